"""Campaigns merged: programs once by content, findings once, work once; and their programs in a check."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from telltale_conformance.errors import UsageError
from telltale_conformance.generators.guidance import reached_by
from telltale_conformance.generators.guided_programs import read_corpus
from telltale_conformance.lean_traces.programs import written_program
from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cluster import ClusterMissing, distributed_there
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.events import Ended, MetClass
from telltale_conformance.oracle.campaign.folder import DISTILLED, held, read_settings, write_settings
from telltale_conformance.oracle.campaign.journal import Journal, begin_journal, events
from telltale_conformance.oracle.campaign.merging import distil, merge, merged_lines
from telltale_conformance.oracle.campaign.opening import begin, histories_in, opened
from telltale_conformance.oracle.campaign.plan import lanes_of
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.cli import campaign as command
from telltale_conformance.oracle.lanes import guided
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from tests.oracle.campaign.campaign_world import DIES, campaign_in, small_tasks, worked, worked_until_found, wrong
from tests.oracle.campaign.test_journal import DOSSIER, TASK
from tests.wrong_stores.beside import Fault, WrongAdapter

__all__ = ["small_tasks"]
MET = MetClass(fingerprint="ab" * 32, text="open: expected ok", case="start: case 1", cases=1, after=3)


def reach(folder: Path) -> set[object]:
    settings = read_settings(folder)
    corpus = Corpus(folder / "corpus")
    found: set[object] = set()
    for address in (*settings.start, *Standing().take(events(folder)).entries):
        data = corpus.read(address)
        assert data is not None
        found |= reached_by(written_program(data, address).steps, "telltale-17")
    return found


def programs_of(folder: Path) -> set[str]:
    return {*read_settings(folder).start, *standing_in(folder).entries}


def test_merged_campaigns_reach_together_what_each_reached_and_count_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch, DIES)
    a, b, both, again = (tmp_path / name for name in ("a", "b", "both", "again"))
    for folder, seed in ((a, 1), (b, 2)):
        with campaign_in(folder, seed=seed) as campaign:
            worked(campaign, 7)
    made = merge([a, b], both)
    assert made.programs.dropped > 0
    assert made.programs.kept + made.programs.dropped + made.programs.twice == made.programs.given
    assert made.programs.twice >= 12  # those that both began with
    assert reach(a) | reach(b) <= reach(both)
    stands = [Standing().take(events(folder)) for folder in (a, b, both)]
    assert stands[2].tally == stands[0].tally + stands[1].tally
    assert set(stands[2].found) == set(stands[0].found) | set(stands[1].found)
    assert set(stands[2].cells) == set(stands[0].cells) | set(stands[1].cells)
    for fingerprint, found in stands[2].found.items():
        first = next(one for one in stands if fingerprint in one.found).found[fingerprint]
        assert found.answers == first.answers > 0
        assert (both / "found" / f"{fingerprint[:12]}.json").exists()
    merge([both, a], again)
    assert Standing().take(events(again)).tally == stands[2].tally
    assert report_of(read_settings(again), Standing().take(events(again))).tasks == 14
    assert len(list(Corpus(again / "corpus").addresses())) == len(read_settings(again).start)


@pytest.mark.parametrize("order", [("whole", "copy"), ("copy", "whole")])
def test_of_a_copy_of_a_campaign_only_what_has_more_tasks_counts(order: tuple[str, str], tmp_path: Path) -> None:
    with campaign_in(tmp_path / "whole") as campaign:
        worked(campaign, 2)
        shutil.copytree(tmp_path / "whole", tmp_path / "copy")
        worked(campaign, 2)
    merge([tmp_path / name for name in order], tmp_path / "both")
    both, whole = (Standing().take(events(tmp_path / name)) for name in ("both", "whole"))
    assert both.tally == whole.tally
    assert sum(one.tasks for one in both.inherited.values()) == len(whole.tasks) == 4


def test_what_the_copy_with_fewer_tasks_found_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with campaign_in(tmp_path / "whole") as campaign:
        worked(campaign, 2)
        shutil.copytree(tmp_path / "whole", tmp_path / "copy")
        worked(campaign, 3)
    with held(tmp_path / "copy"), opened(tmp_path / "copy", read_settings(tmp_path / "copy")) as copy:
        twice = Fault(left=lambda store, operation, arguments, outcome: replace(outcome, audit=outcome.audit * 2))
        monkeypatch.setattr(Subject, "start", lambda self: WrongAdapter(twice))
        keeping.drop()
        worked(copy.campaign, 1)
        keeping.drop()
        found = set(copy.campaign.standing.found)
    assert found
    for order in (("whole", "copy"), ("copy", "whole")):
        both = tmp_path / "-".join(order)
        merge([tmp_path / name for name in order], both)
        report = report_of(read_settings(both), Standing().take(events(both)))
        assert (report.tasks, report.verdict) == (5, "diverge")
        assert {row.fingerprint for row in report.findings} == found


def campaign_that_judged(folder: Path, lanes: int | None = None, findings: tuple[MetClass, ...] = ()) -> Path:
    """Let a campaign tell of a task in each of its lanes, or in the first ones, and end."""
    with campaign_in(folder) as campaign:
        for number, lane in enumerate(lanes_of(campaign.setup)[:lanes]):
            campaign.note(replace(TASK, task=number, lane=lane, findings=findings if not number else ()))
        campaign.note(Ended(at=3.0, why="tasks"))
        campaign.settle()
    return folder


@pytest.mark.parametrize(
    ("other", "code", "verdict"),
    [({}, 0, "agree"), ({"lanes": 1}, 3, "inconclusive"), ({"findings": (MET,)}, 1, "diverge")],
)
def test_the_exit_code_of_a_merger_is_that_of_its_report(
    tmp_path: Path, other: dict[str, Any], code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [campaign_that_judged(tmp_path / "a"), campaign_that_judged(tmp_path / "b", **other)]
    if code == 3:
        folders.pop(0)
    assert command.merge(folders, tmp_path / "m", as_json=True) == code
    merged = capsys.readouterr()
    assert json.loads(merged.out)["verdict"] == verdict
    assert command.report(tmp_path / "m", output=None, history=None, badge=None, as_json=True) == code
    assert capsys.readouterr().out == merged.out
    assert "telltale-conformance: programs: " in merged.err


def test_a_merger_says_what_was_merged_kept_dropped_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, DIES)
    keeping.drop()
    folders = a, b, copy = tmp_path / "a", tmp_path / "b", tmp_path / "copy"
    tasks = 0
    for seed, folder in ((2, a), (1, b)):
        with campaign_in(folder, seed=seed) as campaign:
            if folder == a:
                tasks = worked_until_found(campaign)
            else:
                worked(campaign, 1)
            campaign.note(Ended(at=campaign.now(), why="tasks"))
            for finding in campaign.standing.found:
                campaign.note(replace(DOSSIER, fingerprint=finding, folder=f"findings/{finding[:12]}"))
            campaign.settle()
    keeping.drop()
    shutil.copytree(a, copy)
    lost = read_settings(a).start[0]
    for folder in folders:
        Corpus(folder / "corpus").place(lost).write_bytes(b"damaged")
    (finding,) = standing_in(a).found
    name = finding[:12]
    for path in (a / "found").iterdir():
        path.unlink()
    name_of_a = read_settings(a).campaign
    made = merge(folders, tmp_path / "m")
    told = list(merged_lines(made))
    judged = [f"{standing_in(folder).tally.judged:,} answers judged" for folder in folders]
    assert told[:4] == [
        f"merged {a}: ended, {tasks} tasks, {judged[0]}, 1 finding",
        f"merged {b}: ended, 1 task, {judged[1]}, 0 findings",
        f"merged {copy}: ended, {tasks} tasks, {judged[2]}, 1 finding",
        f"  campaign {name_of_a} is in 2 of them; its work counts once, of the copy with the most tasks",
    ]
    counts = [len(programs_of(one)) for one in folders]
    kept, twice = len(read_settings(tmp_path / "m").start), sum(counts) - len(set().union(*map(programs_of, folders)))
    assert told[4] == (
        f"programs: {kept} kept of {sum(counts)}; {twice} given by several folders, {sum(counts) - kept - twice - 1} "
        "that reach nothing beyond those kept, 1 gone or damaged"
    )
    assert told[6] == "findings: 1 kept of 2; 1 given by several folders"
    assert told[7:] == [
        f"gone or damaged: {Corpus(a / 'corpus').place(lost)}",
        f"gone or damaged: {a / 'findings' / name}",  # what the copy had of the finding itself was taken
    ]
    assert (tmp_path / "m" / "found" / f"{name}.json").exists()
    assert (
        report_of(read_settings(tmp_path / "m"), standing_in(tmp_path / "m")).findings[0].remark
        == "its dossier is gone"
    )


@pytest.mark.parametrize("odd", ["a fault", "a finding untold", "not over"])
def test_what_failed_in_one_copy_is_not_hidden_by_another_one(odd: str, tmp_path: Path) -> None:
    """That a copy had not yet ended where another one has is no failure."""
    whole = campaign_that_judged(tmp_path / "whole")
    copy = shutil.copytree(whole, tmp_path / "copy")
    if odd == "a finding untold":
        (copy / "found").mkdir()
        (copy / "found" / f"{'ab' * 6}.json").write_bytes(b"{}")
    else:
        *told, end = events(copy)
        begin_journal(copy, read_settings(copy).campaign)
        journal = Journal(copy)
        journal.write([*told, replace(end, faults=("the disk was full",))] if odd == "a fault" else told)
        journal.close()
    merge([whole, copy] if odd == "not over" else [copy, whole], tmp_path / "both")
    report = report_of(read_settings(tmp_path / "both"), standing_in(tmp_path / "both"))
    assert report.tasks == len(standing_in(whole).tasks)
    if odd == "not over":
        assert report.verdict == "agree"
    else:
        assert (report.verdict, report.tally.faults) == ("inconclusive", 1)
        assert ("the disk was full" if odd == "a fault" else "the journal does not tell of") in report.faults[0]


@pytest.mark.parametrize("field", ["harness_hash", "ops"])
def test_campaigns_of_another_harness_or_of_fewer_operations_are_not_merged(field: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        with campaign_in(tmp_path / name):
            pass
    settings = read_settings(tmp_path / "b")
    if field == "ops":
        other = {"hello": {**settings.hello, "ops": settings.hello["ops"][1:]}}
    else:
        other = {"identity": msgspec.structs.replace(settings.identity, harness_hash="sha256:" + "0" * 64)}
    write_settings(tmp_path / "b", msgspec.structs.replace(settings, **other))
    with pytest.raises(UsageError, match="it began with another version than"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")


def test_campaigns_of_another_implementation_are_not_merged(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with campaign_in(tmp_path / name):
            pass
    settings = read_settings(tmp_path / "b")
    other = msgspec.structs.replace(settings.identity, version="9")
    write_settings(tmp_path / "b", msgspec.structs.replace(settings, identity=other))
    with pytest.raises(UsageError, match="is of telltale-conformance reference 9"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")


def test_a_check_plays_what_a_campaign_distilled(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        worked(campaign, 6)
        addresses = [*campaign.setup.start, *campaign.standing.entries]
    count = distil(folder, "telltale-17", addresses, histories_in(folder))
    programs = read_corpus((folder / DISTILLED).read_bytes())
    assert len(programs) == count > 0
    result = guided.run(Subject(), Settings(cases=30, corpus=str(folder / DISTILLED)))
    assert result.verdict == "agree"
    assert result.evidence.cases.shown == 30


@pytest.mark.parametrize("data", [b"", b"no gzip", b"\x1f\x8b\x08\x00"])
def test_another_file_is_no_distilled_corpus(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(UsageError, match=r"distilled corpus|no programs"):
        guided.corpus_of(str(tmp_path / "x"), "")


def test_a_campaign_begins_with_the_programs_of_another(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "a") as campaign:
        worked(campaign, 3)
        entries = list(campaign.standing.entries)
    settings = begin(tmp_path / "b", Subject(), hours=1.0, source=tmp_path / "a")
    assert set(entries) <= set(settings.start)
    assert all(Corpus(tmp_path / "b" / "corpus").read(address) for address in entries)
    with pytest.raises(UsageError, match=r"a campaign is there already.*campaign resume"):
        begin(tmp_path / "b", Subject(), hours=1.0)


def test_a_campaign_without_dask_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterMissing, match=r"pip install 'telltale-conformance\[cluster\]'"):
        distributed_there()
