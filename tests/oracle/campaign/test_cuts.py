"""A campaign that is cut between two steps, or that shares its folder: no finding is lost, and nothing counts twice."""

import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.campaign import opening
from telltale_conformance.oracle.campaign.events import DossierMade, TaskDone
from telltale_conformance.oracle.campaign.findings import MalformedFinding, reduced
from telltale_conformance.oracle.campaign.folder import FILE, held, read_settings
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.journal import events
from telltale_conformance.oracle.campaign.merging import merge
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import carry_out
from telltale_conformance.oracle.lanes.subject import Subject
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks, worked
from tests.wrong_stores.beside import Fault, WrongAdapter

__all__ = ["small_tasks"]


def miscounted(store: Store, operation: Operation, arguments: tuple[Any, ...], outcome: Outcome) -> Outcome:
    """Leave a store whose epoch grows with each claim."""
    if operation.name == "claim_ownership" and outcome.error is None:
        store.sessions[arguments[0]].epoch += 1
    return outcome


def found_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the store be wrong, work in a folder until that is found, and return the fingerprint."""
    monkeypatch.setattr(Subject, "start", lambda self: WrongAdapter(Fault(left=miscounted)))
    with campaign_in(folder) as campaign:
        for _ in range(8):
            worked(campaign, 1)
            if campaign.standing.found:
                return next(iter(campaign.standing.found))
    raise AssertionError("nothing was found")


def again(folder: Path) -> Standing:
    return Standing().take(events(folder))


def test_a_dossier_without_its_line_is_made_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "c"
    fingerprint = found_in(folder, monkeypatch)
    with opened(folder, read_settings(folder)) as found:
        campaign = found.campaign
        made = reduced(campaign.setup, campaign.findings.read(fingerprint))
        campaign.findings.write_dossier(fingerprint, made.files)  # and here it is cut
    place = folder / "findings" / fingerprint[:12]
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    assert again(folder).found[fingerprint].made is None
    with opened(folder, read_settings(folder)) as found:
        found.campaign.take_reduced(reduced(found.campaign.setup, found.campaign.findings.read(fingerprint)))
        found.campaign.settle()
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    (told,) = [event for event in events(folder) if isinstance(event, DossierMade)]
    assert (told.fingerprint, told.folder) == (fingerprint, f"findings/{fingerprint[:12]}")


def test_what_was_written_without_its_line_counts_once_when_the_task_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fingerprint = found_in(whole, monkeypatch)
    lines = (whole / JOURNAL).read_bytes().splitlines(keepends=True)
    assert fingerprint.encode() in lines[-1]
    shutil.copytree(whole, cut)
    (cut / JOURNAL).write_bytes(b"".join(lines[:-1]))
    with opened(cut, read_settings(cut)) as found:
        assert fingerprint not in found.campaign.standing.found
        worked(found.campaign, 1)
    assert (again(cut).tally, again(cut).entries) == (again(whole).tally, again(whole).entries)
    assert again(cut).found[fingerprint].cases == again(whole).found[fingerprint].cases
    tasks = Counter(event.task for event in events(cut) if isinstance(event, TaskDone))
    assert set(tasks.values()) == {1}


def test_only_one_campaign_works_in_a_folder(tmp_path: Path) -> None:
    with (
        held(tmp_path / "c"),
        pytest.raises(UsageError, match="another campaign runs in this folder"),
        held(tmp_path / "c"),
    ):
        pass
    with held(tmp_path / "c"):
        pass
    assert not (tmp_path / "c").exists(), "nothing came of it"
    (tmp_path / "c").mkdir()
    with held(tmp_path / "c"):
        pass
    assert (tmp_path / "c").exists()


def test_a_folder_that_is_still_worked_in_is_merged_as_far_as_its_journal_says(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    with campaign_in(a) as campaign:
        worked(campaign, 3)
        path = a / JOURNAL
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"event":"task","at":17')  # it is being written
        merge([a], b)
        path.write_bytes(whole)
    assert again(b).tally == again(a).tally
    report = report_of(read_settings(b), again(b))
    assert report.verdict == "inconclusive"
    assert f"campaign {campaign.setup.campaign} was not over" in report.missing


def test_a_merger_that_was_cut_off_counts_once_when_it_is_made_again(tmp_path: Path) -> None:
    a, b, both = tmp_path / "a", tmp_path / "b", tmp_path / "both"
    for folder, seed in ((a, 1), (b, 2)):
        with campaign_in(folder, seed=seed) as campaign:
            worked(campaign, 2)
    merge([a, b], both)
    (both / FILE).unlink()  # which is written last
    merge([a], both)
    assert again(both).tally == again(a).tally
    assert len(again(both).inherited) == 1


def test_no_campaign_begins_over_the_journal_of_another(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 1)
    (tmp_path / "c" / FILE).unlink()
    with pytest.raises(UsageError, match="a campaign is there already"):
        begin(tmp_path / "c", Subject(), hours=1.0)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\0" * 40, None])
def test_a_finding_whose_files_are_damaged_stays_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    folder = tmp_path / "c"
    fingerprint = found_in(folder, monkeypatch)
    place = folder / "found" / f"{fingerprint[:12]}.json"
    place.unlink() if damage is None else place.write_bytes(damage)
    with opened(folder, read_settings(folder)) as found:
        with pytest.raises(MalformedFinding, match="gone or damaged"):
            found.campaign.findings.read(fingerprint)
        Running(found.campaign, SimpleNamespace(), seconds=1.0)._reduce(fingerprint)
        found.campaign.settle()
    report = report_of(read_settings(folder), again(folder))
    assert report.verdict == "diverge"
    assert [row.ending for row in report.findings if row.fingerprint == fingerprint] == ["inconclusive"]


def test_a_program_that_is_gone_is_changed_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        worked(campaign, 5)
        entries = list(campaign.standing.entries)
        corpus = campaign.corpus
    other = corpus.read(entries[0])
    assert other is not None
    corpus.place(entries[-1]).write_bytes(other)  # whole, but not that of its name
    monkeypatch.setattr(opening, "rebuilt", lambda *given: None)
    with opened(folder, read_settings(folder)) as found:
        assert found.remarks[-1] == f"gone of the corpus: 1 program, the first: {entries[-1]}"
        parents = set(parents_of(found.campaign))
        assert entries[-1] not in parents
        assert parents & set(entries)


def parents_of(campaign: Campaign) -> list[str]:
    """Return the parents of the next tasks."""
    found: list[str] = []
    for _ in range(60):
        task = campaign.next_task()
        if task.lane == "mutants":
            campaign.given(task)
            found += task.parents
    return found


def test_a_result_that_comes_twice_counts_once(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        task = campaign.next_task()
        given = campaign.given(task)
        done = carry_out(campaign.setup, task, given)
        running = Running(campaign, SimpleNamespace(fetched={"k": done}), seconds=1.0)
        for _ in range(2):
            running._task_ended(task, given, SimpleNamespace(key="k"))
        campaign.settle()
    assert again(tmp_path / "c").tally == msgspec.structs.replace(done.tally)


def test_a_campaign_that_begins_with_a_damaged_corpus_says_what_is_gone(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "a") as begun:
        first, second = begun.setup.start[:2]
        begun.corpus.place(first).write_bytes(b"")
        begun.corpus.place(second).unlink()
        begun.corpus.place(second).mkdir()
    said: list[str] = []
    settings = begin(tmp_path / "b", Subject(), hours=1.0, source=tmp_path / "a", say=said.append)
    assert {first, second} <= {*settings.start}, "they are part of the package, too"
    assert said == [f"{tmp_path / 'a'}: 2 files of its corpus gone or damaged, the first: {first}"]


def test_a_folder_in_the_place_of_a_program_is_named(tmp_path: Path) -> None:
    """It is somebody's, so it is not removed."""
    folder = tmp_path / "c"
    with campaign_in(folder) as begun:
        place = begun.corpus.place(begun.setup.start[0])
    place.unlink()
    place.mkdir()
    told = "a folder stands where a program of the corpus belongs"
    with pytest.raises(InconclusiveError, match=told), opened(folder, read_settings(folder)):
        pass
    assert place.is_dir()
    place.rmdir()
    place.symlink_to(tmp_path)
    with opened(folder, read_settings(folder)) as found:
        assert found.remarks == ["1 damaged program of the corpus made again"]
    assert place.is_file()
