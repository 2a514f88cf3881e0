"""``campaign report --history``: a line for each state of a campaign, once; ``trends`` draws them over versions."""

import errno
import json
import multiprocessing
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.campaign.events import Begun, DossierMade, Ended, Inherited
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.record import record_of
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.cli.campaign import report
from telltale_conformance.oracle.cli.trends import run
from telltale_conformance.oracle.reports.trends import file
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.reports.trends.file import Appended, BadRecords, append_record, read_records
from telltale_conformance.oracle.reports.trends.page import trends_page
from telltale_conformance.oracle.reports.trends.record import Record
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.reports.trends.text import trends_lines
from tests.oracle.campaign.campaign_history import FIRST, OTHER, day, in_folder, record, settings, works
from tests.oracle.campaign.test_standing import FOUND
from tests.oracle.report_world import MARKUP, SCRIPT, accepted
from tests.oracle.test_check_records import mutants
from tests.oracle.trends_world import check


def told(folder: Path, history: Path, **changes: Any) -> int:
    return report(folder, **{"output": None, "history": history, "badge": None, "as_json": True, **changes})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


# --- what a record says


def test_a_record_says_how_the_campaign_stood() -> None:
    made = record(7, "2.1", 1, FOUND, tasks=5)
    assert (made.verdict, made.exit_code, made.state, made.why) == ("diverge", 1, "ended", "time")
    assert made.date == "2030-01-02T03:00:06Z"  # of its last event
    assert (made.campaign, made.parts) == (f"{7:032x}", {f"{7:032x}": 7})
    assert (made.tasks, made.judged, made.speed.cpu_seconds) == (5, 500, 2.5)
    assert made.speed.answers_per_second == pytest.approx(500 / 6, abs=0.1)
    assert {lane: one.judged for lane, one in made.lanes.items()} == {
        "mutants": 200,
        "programs": 100,
        "stateful": 100,
        "deep": 100,
    }
    assert (made.coverage.cells, made.coverage.rows, made.coverage.operations) == (5, 5, 3)
    assert made.coverage.of_rows > 100
    assert (made.estimate.once, made.estimate.twice) == (5, 0)
    (found,) = made.findings
    assert (found.fingerprint, found.cases, found.lanes, found.ending) == (FOUND.fingerprint, 2, ("mutants",), "waits")
    assert found.after_answers == 440


def test_cells_of_one_row_are_one_row() -> None:
    assert record(0, "1", 0, tasks=12).coverage.rows == 6
    assert record(0, "1", 0, tasks=12).coverage.cells == 12


def test_the_schema_and_the_reader_agree(path: Path) -> None:
    made = json.loads(msgspec.json.encode(record(0, "1", 0, FOUND)))
    made["lanes"] = {"programs": made["lanes"]["programs"]}
    assert validator("campaign-record").is_valid(made)
    variants = list(mutants(made))
    assert len(variants) > 200
    for where, document in variants:
        path.write_bytes(json.dumps(document).encode() + b"\n")
        try:
            read_records(path)
        except BadRecords:
            assert not validator("campaign-record").is_valid(document), where
        else:
            assert validator("campaign-record").is_valid(document), where


# --- one campaign counts once


def test_a_state_is_appended_once_and_a_later_one_again(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0, 4, ended="interrupted by SIGINT"))
    assert [told(folder, path), told(folder, path)] == [3, 3]
    assert "has this state of the campaign, or a later one: nothing is appended" in capsys.readouterr().err
    assert len(read_records(path).records) == 1
    in_folder(
        folder, settings(), [Begun(at=FIRST + 60, workers=1), works(4, FIRST + 61), Ended(at=FIRST + 62, why="time")]
    )
    assert told(folder, path) == 0
    first, second = read_records(path).records
    assert (first.judged, second.judged) == (400, 500)
    (series,) = series_of([first, second])
    assert series.records == (second,)


def test_an_event_within_the_same_second_makes_a_new_state(tmp_path: Path, path: Path) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0, 4, FOUND))
    told(folder, path)
    made = DossierMade(
        at=FIRST + 5, fingerprint=FOUND.fingerprint, ending="minimal", remark="", steps=3, cpu_seconds=1.0, folder=None
    )
    in_folder(folder, settings(), [made])
    told(folder, path)
    first, second = read_records(path).records
    assert first.date == second.date
    for order in ((first, second), (second, first)):
        assert series_of(order)[0].records == (second,)


def test_an_older_copy_of_the_folder_adds_nothing(tmp_path: Path, path: Path) -> None:
    told(in_folder(tmp_path / "new", settings(), day(0, 4)), path)
    told(in_folder(tmp_path / "old", settings(), day(0, 2, ended=None)), path)
    assert [one.judged for one in read_records(path).records] == [400]


def test_copies_that_went_on_apart_keep_the_findings_of_each(path: Path) -> None:
    one, other = record(0, "1", 0, FOUND, tasks=5), record(0, "1", 0, OTHER, tasks=6)
    for made in (one, other, one):
        append_record(path, made)
    assert read_records(path).records == (one, other)
    assert series_of([one, other])[0].records == (one, other)


def merger(number: int, *of: CampaignRecord) -> CampaignRecord:
    parts = {name: events for one in of for name, events in one.parts.items()}
    return msgspec.structs.replace(of[0], campaign=f"{number:032x}", parts=parts, state="merged")


def test_a_merger_counts_in_place_of_the_campaigns_that_it_holds() -> None:
    a, b, c = record(1, "1", 0), record(2, "1", 1), record(3, "1", 2)
    ab = merger(9, a, b)
    everything = merger(10, ab, c)
    for given, counted in (
        ((a, b, ab), [ab]),
        ((ab, b, a, c), [ab, c]),
        ((everything, a, ab, c), [everything]),
        ((a, a, b), [a, b]),
    ):
        assert sorted(one.date for one in series_of(given)[0].records) == sorted(one.date for one in counted)
        assert {id(one) for one in series_of(given)[0].records} <= {id(one) for one in given}
        assert len(series_of(given)[0].records) == len(counted)


def test_a_campaign_that_went_on_after_it_was_merged_counts_beside_the_merger() -> None:
    a, later = record(1, "1", 0), record(1, "1", 0, FOUND, tasks=6)
    merged = merger(9, a, record(2, "1", 1))
    assert set(map(id, series_of([a, merged, later])[0].records)) == {id(merged), id(later)}


def test_a_merged_folder_says_which_states_it_holds(tmp_path: Path) -> None:
    inherited = Inherited(
        at=FIRST,
        campaign="ab" * 16,
        events=6,
        tasks=4,
        seconds=4.0,
        cpu_seconds=2.0,
        tally=works(0, 1.0).tally,
        cells={},
        findings={},
        lanes={},
        missing=(),
        unsupported=(),
        over=True,
        hours=1.0,
        faults=(),
    )
    made = record_of(settings(3, merged=True), Standing().take([inherited]))
    assert made is not None
    assert (made.state, made.parts, made.tasks, made.speed.cpu_seconds) == ("merged", {"ab" * 16: 6}, 4, 2.0)


# --- the file


def test_a_campaign_without_a_task_is_not_recorded(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = in_folder(tmp_path / "c", settings(), [Begun(at=FIRST, workers=0)])
    assert told(folder, path) == 3
    assert f"no task is finished yet: nothing is appended to {path}" in capsys.readouterr().err
    assert read_records(path).records == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"mine\n", ":1: not a record: no JSON"),
        (b'{"schema": "telltale-conformance/campaign-report", "version": 1}\n', ':1: not a record: its "schema"'),
        (b'{"schema": "telltale-conformance/campaign-record", "version": 2}\n', ":1: a campaign record of version 2"),
        (b'{"schema": "telltale-conformance/campaign-record", "version": 1}\n', ":1: not a campaign record: "),
    ],
)
def test_a_bad_file_is_refused_and_left_as_it_is(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str], data: bytes, said: str
) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0))
    path.write_bytes(data)
    page = tmp_path / "page.html"
    assert told(folder, path, output=page) == 2
    given = capsys.readouterr()
    assert f"{path}{said}" in given.err
    assert given.out == ""
    assert path.read_bytes() == data
    assert not page.exists()


def test_what_is_no_campaign_makes_no_history(tmp_path: Path, path: Path) -> None:
    assert told(tmp_path / "nothing", path) == 2
    assert not path.exists()


def test_a_torn_line_is_moved_away_and_said(tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append_record(path, check(0, "1"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:70])
    told(in_folder(tmp_path / "c", settings(), day(0)), path)
    assert "its last line was torn (70 bytes)" in capsys.readouterr().err
    assert [one.what for one in read_records(path).records] == ["check", "campaign"]
    assert Path(f"{path}.torn").read_bytes() == whole[:70] + b"\n"


@pytest.mark.parametrize(("findings", "code"), [((), 3), ((FOUND,), 1)])
def test_on_a_full_disk_the_verdict_stands_and_the_file_is_as_it_was(
    tmp_path: Path,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: Any,
    code: int,
) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0, 4, *findings))
    append_record(path, check(0, "1"))
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file.os, "fsync", full)
    assert told(folder, path) == code
    given = capsys.readouterr()
    assert f"cannot write to {path}: No space left on device" in given.err
    assert json.loads(given.out)["tasks"] == 4
    assert path.read_bytes() == before


def test_many_append_at_once_and_each_state_is_there_once(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_all, args=(path, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    found = read_records(path).records
    states = [one.judged for one in found if one.what == "campaign"]
    assert states == sorted(set(states))
    assert states[-1] == 600
    assert sorted(one.seed for one in found if one.what == "check") == [0, 1, 2]


def _append_all(path: Path, number: int) -> None:
    for tasks in range(1, 7):
        append_record(path, record(0, "1", 0, tasks=tasks))
    append_record(path, msgspec.structs.replace(check(0, "1"), seed=number))


def test_a_state_that_is_there_is_not_written(path: Path) -> None:
    assert append_record(path, record(0, "1", 0)) == Appended(written=True)
    assert append_record(path, record(0, "1", 0)) == Appended(written=False)


# --- trends


def drawn(*records: Record) -> list[str]:
    return list(trends_lines(series_of(records)))


def test_campaigns_and_checks_of_one_file_make_series_of_their_own(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in (check(0, "1"), record(0, "1", 0), check(1, "2"), record(1, "2", 1, FOUND)):
        append_record(path, one)
    assert run([path], output=tmp_path / "page.html") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("my-store")] == ["my-store"] * 2
    begin = next(number for number, line in enumerate(lines) if "guided campaign" in line)
    assert lines[begin + 1].split() == (
        [
            "version",
            "harness",
            "campaigns",
            "last",
            "verdict",
            "findings",
            "tasks",
            "rows",
            "cells",
            "left",
            "answers",
            "answers/s",
        ]
    )
    assert [line.split()[:6] for line in lines[begin + 2 : begin + 4]] == [
        ["1", "0.1.0", "1", "agree", "0", "4"],
        ["2", "0.1.0", "1", "diverge", "1", "4"],
    ]
    assert lines[begin + 4] == f"    + {FOUND.text}"


@pytest.mark.parametrize("change", [{"guided": False}, {"contract": "hardened"}, {"level": "outcome"}, {"name": "b"}])
def test_campaigns_that_cannot_be_compared_are_not_mixed(change: dict[str, Any]) -> None:
    found = series_of([record(0, "1", 0), record(1, "1", 1, **change), record(2, "1", 2)])
    assert sorted(len(one.records) for one in found) == [1, 2]


def test_campaigns_of_any_length_and_seed_make_one_series() -> None:
    assert len(series_of([record(0, "1", 0, tasks=4), record(1, "2", 1, tasks=9, hours=8.0, seed=4)])) == 1


def test_a_search_that_does_not_find_it_again_does_not_show_that_it_is_gone() -> None:
    before, after = record(0, "1", 0, FOUND, OTHER), record(1, "2", 1, OTHER)
    lines = drawn(before, after)
    assert lines[-1] == f"    not found again: {FOUND.text}"
    page = trends_page(series_of([before, after]))
    assert ">not found again</span>" in page
    assert "no longer seen" not in page


def test_what_an_earlier_campaign_on_the_version_found_stays_found() -> None:
    found, again = record(0, "1", 0, FOUND), record(1, "1", 1)
    assert drawn(found, again)[-1] == f"    found by an earlier campaign: {FOUND.text}"
    assert ">found by an earlier campaign</span>" in trends_page(series_of([found, again]))
    assert drawn(found, again, record(2, "2", 2))[-1] == f"    not found again: {FOUND.text}"
    (after,) = [of for of in series_of([again, record(2, "2", 2, FOUND), record(3, "2", 3)])[0].versions if of.earlier]
    assert (after.version, after.appeared, after.earlier) == ("2", (FOUND.text,), (FOUND.text,))


def test_power_coverage_findings_and_speed_of_campaigns_are_drawn() -> None:
    page = trends_page(series_of([record(number, str(number), number) for number in range(3)]))
    for title in (
        "Findings",
        "Power: of 100 cells within reach, by the estimate",
        "Coverage: rows of the contract",
        "Coverage: cells",
        "Length: answers judged",
        "Speed: answers per second",
        "Speed: processor seconds for 100,000 answers",
    ):
        assert f">{title}</title>" in page
    assert page.count('class="line of0" points=') == page.count('<svg class="chart"') == 7


def test_the_power_is_the_part_of_the_cells_within_reach() -> None:
    made = record(0, "1", 0)  # 4 cells, each reached by one of 40 cases: Chao2 estimates 39/40 * 4 * 3 / 2 more
    assert made.estimate.left == pytest.approx(5.8, abs=0.1)
    assert made.share_reached == pytest.approx(400 / 9.8, abs=0.5)


def test_texts_of_others_are_escaped_and_every_id_occurs_once() -> None:
    bad = msgspec.structs.replace(FOUND, text=MARKUP + "\x1b")
    records = [record(0, SCRIPT, 0, bad, name=MARKUP), check(0, SCRIPT, accepted(), name=MARKUP)]
    page = trends_page(series_of(records))
    assert "<img" not in page
    assert "<script" not in page
    assert "\x1b" not in page + "".join(drawn(*records))
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_the_journal_is_only_read(tmp_path: Path, path: Path) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0))
    before = (folder / JOURNAL).read_bytes()
    told(folder, path)
    assert (folder / JOURNAL).read_bytes() == before
