"""What the events of a campaign add up to: cells, the estimate of what is left, verdict, report and page."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters.reference import REFERENCE_NAME
from telltale_conformance.oracle.campaign.events import (
    Begun,
    Ended,
    Entry,
    Event,
    Inherited,
    LaneWork,
    MetClass,
    TaskDone,
    TaskLost,
)
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.live import Live
from telltale_conformance.oracle.campaign.over_time import bars, stretches
from telltale_conformance.oracle.campaign.page import campaign_page
from telltale_conformance.oracle.campaign.plan import LaneKind, lanes_of
from telltale_conformance.oracle.campaign.report import cells_of, report_lines, report_of
from telltale_conformance.oracle.campaign.standing import Contradiction, Standing
from telltale_conformance.oracle.campaign.verdict import missing_of, verdict_of
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.not_covered import OWN_REFERENCE
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]


def task(
    number: int,
    *,
    at: float = 2.0,
    tally: Tally = Tally(cases=10, judged=100),  # noqa: B008 # it is frozen
    new: tuple[str, ...] = (),
    cells: tuple[tuple[int, int], ...] = (),
    findings: tuple[MetClass, ...] = (),
    entries: tuple[Entry, ...] = (),
    unsupported: tuple[str, ...] = (),
    decoded: tuple[str, ...] = (),
    lane: LaneKind = "programs",
    missing: tuple[str, ...] = (),
) -> TaskDone:
    return TaskDone(
        at=at,
        task=number,
        lane=lane,
        turn=number,
        parents=(),
        worker="here:1",
        seconds=1.0,
        cpu_seconds=0.5,
        tally=tally,
        open=len(missing),
        missing=missing,
        new_cells=new,
        cells=cells,
        entries=entries,
        histories=(),
        findings=findings,
        faults=("it died",) if tally.faults else (),
        unsupported=unsupported,
        decoded=decoded,
    )


def inherited(
    campaign: str,
    *,
    over: bool = True,
    unsupported: tuple[str, ...] = (),
    decoded: tuple[str, ...] = (),
    open: int = 0,
) -> Inherited:
    return Inherited(
        at=3.0,
        campaign=campaign,
        events=4,
        tasks=1,
        seconds=1.0,
        cpu_seconds=0.5,
        tally=Tally(cases=1, judged=1),
        lanes={"programs": LaneWork(tasks=1, tally=Tally(cases=1, judged=1), open=open)},
        missing=("it is too wide",) if open else (),
        cells={},
        findings={},
        unsupported=unsupported,
        decoded=decoded,
        over=over,
        hours=1.0,
        faults=(),
    )


ENTRY = Entry(address="cd" * 32, case=1, steps=4, reached="00000000000000ff")
FOUND = MetClass(fingerprint="ab" * 32, text="close: another answer", case="programs: program 4", cases=2, after=40)
BEGUN, OVER = Begun(at=1.0, workers=2), Ended(at=9.0, why="time")


def standing(*events: Event) -> Standing:
    return Standing().take([BEGUN, *events])


def test_what_is_left_is_estimated_from_what_was_reached_once_and_twice() -> None:
    # 20 cases; a: 3 or more, b: 1, c: 1, d: 2, e: 2
    stands = standing(
        task(0, new=("a", "b", "d"), cells=((0, 3), (1, 1), (2, 1))),
        task(1, new=("c", "e"), cells=((3, 1), (2, 1), (4, 2))),
    )
    cells = cells_of(stands)
    assert (cells.reached, cells.once, cells.twice) == (5, 2, 2)
    assert cells.next_case == pytest.approx(2 / 20)
    assert cells.left == pytest.approx(19 / 20 * 2 * 2 / (2 * 2), abs=0.05)


def test_without_cells_that_were_reached_twice_the_estimate_is_the_bias_corrected_one() -> None:
    cells = cells_of(standing(task(0, new=("a", "b", "c"), cells=((0, 1), (1, 1), (2, 1)))))
    assert cells.left == pytest.approx(9 / 10 * 3 * 2 / 2, abs=0.05)


def test_pauses_do_not_count_as_time_and_a_cut_campaign_counts_up_to_its_last_event() -> None:
    stands = standing(task(0, at=5.0), Begun(at=100.0, workers=2), task(1, at=103.0), Ended(at=104.0, why="time"))
    assert stands.seconds == pytest.approx(4.0 + 4.0)
    assert [point.seconds for point in stands.curve] == pytest.approx([4.0, 7.0])


def test_the_curve_has_few_points_and_its_last_one_is_now() -> None:
    events = [task(number, at=2.0 + number, new=(f"c{number}",), cells=((number, 1),)) for number in range(1000)]
    stands = standing(*events)
    assert len(stands.curve) <= 401
    assert stands.curve[-1].cells == 1000
    assert stands.curve[-1].answers == 100_000
    drawn = bars([part.end.cells for part in stretches(stands.curve, 60)])
    assert len(drawn) == 60
    assert list(drawn) == sorted(drawn)


def calls(function: Callable[[], object]) -> int:
    """Return how many functions are called, those of C and generators that go on included."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_a_task_of_a_long_campaign_takes_no_more_work_than_one_of_a_short_one() -> None:
    def long(tasks: int) -> list[Event]:
        early = (task(number, new=(f"a/{number}", f"b/{number}"), cells=((number, 1),)) for number in range(tasks // 2))
        late = (task(number, cells=((number % 7, 1),)) for number in range(tasks // 2, tasks))
        return [BEGUN, *early, *late]

    each = [calls(partial(Standing().take, events)) / len(events) for events in (long(200), long(4000))]
    assert each[1] < 1.1 * each[0]
    stands = standing(*long(4000)[1:])
    assert stands.once == sum(count == 1 for count in stands.cells.values()) == 1993
    assert stands.twice == sum(count == 2 for count in stands.cells.values()) == 0


def test_a_task_that_is_counted_twice_contradicts_what_was_before() -> None:
    with pytest.raises(Contradiction, match="counted twice"):
        standing(task(0), task(0))


EDGE, VALUE = ("decode Edge",), ("decode Value",)
NO_ANSWER = "no answer was judged in lane programs"
FAULT = Tally(cases=1, judged=1, faults=1)


@pytest.mark.parametrize(
    ("events", "verdict", "missing"),
    [
        ((task(0), OVER), "agree", []),
        ((task(0), Ended(at=9.0, why="tasks")), "agree", []),
        ((task(0, findings=(FOUND,)), OVER), "diverge", []),
        ((task(0, findings=(FOUND,), tally=FAULT),), "diverge", ["1 fault", "it is not over"]),
        ((task(0, tally=FAULT), OVER), "inconclusive", ["1 fault"]),
        ((task(0), TaskLost(at=3.0, task=1, why="it ended three workers"), OVER), "inconclusive", ["1 fault"]),
        ((task(0),), "inconclusive", ["it is not over"]),
        (
            (task(0), Ended(at=9.0, why="interrupted by SIGINT")),
            "inconclusive",
            ["it ended before its time: interrupted by SIGINT"],
        ),
        ((OVER,), "inconclusive", [NO_ANSWER, "no answer was judged"]),
        ((task(0, lane="deep"), OVER), "inconclusive", [NO_ANSWER]),
        ((task(0, tally=Tally(cases=4, uncovered=4)), task(1, lane="deep"), OVER), "inconclusive", [NO_ANSWER]),
        (
            (task(0, unsupported=("open",)), OVER),
            "inconclusive",
            ["offered and answered as unsupported: open"],
        ),
        ((task(0, unsupported=EDGE, decoded=VALUE), OVER), "agree", []),
        ((task(0, unsupported=EDGE), OVER), "inconclusive", ["offered and answered as unsupported: decode"]),
        (
            (task(0, unsupported=EDGE, decoded=VALUE), task(1, decoded=EDGE), OVER),
            "inconclusive",
            ["offered and answered as unsupported: decode"],
        ),
        ((inherited("a", unsupported=EDGE, decoded=VALUE), inherited("b", decoded=VALUE)), "agree", []),
        (
            (inherited("a", unsupported=EDGE, decoded=VALUE), inherited("b", decoded=EDGE)),
            "inconclusive",
            ["offered and answered as unsupported: decode"],
        ),
        (
            (task(0, missing=("history 3: it is too wide",)), OVER),
            "inconclusive",
            ["1 case without a verdict: history 3: it is too wide"],
        ),
        ((inherited("a"), inherited("b")), "agree", []),
        ((inherited("a"), inherited("b", over=False)), "inconclusive", ["campaign b was not over"]),
        ((inherited("a", open=2), inherited("b")), "inconclusive", ["2 cases without a verdict: it is too wide"]),
        (
            (inherited("a", unsupported=("open",)), inherited("b")),
            "inconclusive",
            ["offered and answered as unsupported: open"],
        ),
    ],
)
def test_a_campaign_agrees_only_where_nothing_is_missing(
    events: tuple[Event, ...], verdict: str, missing: list[str]
) -> None:
    stands = standing(*events)
    lanes = {"programs": stands.lanes.get("programs", LaneWork())}
    assert list(missing_of(stands, lanes)) == missing
    assert verdict_of(stands, missing) == verdict


def test_every_lane_of_a_campaign_must_have_judged_something(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c"):
        settings = read_settings(tmp_path / "c")
    lanes = lanes_of(settings.setup())
    assert set(lanes) == {"start", "mutants", "programs", "stateful", "deep", "concurrent"}
    whole = [task(number, lane=lane) for number, lane in enumerate(lanes)]
    assert report_of(settings, standing(*whole, OVER)).verdict == "agree"
    for left_out in lanes:
        report = report_of(settings, standing(*(one for one in whole if one.lane != left_out), OVER))
        assert report.verdict == "inconclusive"
        assert report.missing == (f"no answer was judged in lane {left_out}",)
        assert f"missing for agreement: no answer was judged in lane {left_out}" in [*report_lines(report)]


def test_a_lane_that_has_no_turn_is_named_with_why(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c"):
        settings = read_settings(tmp_path / "c")
    alone = msgspec.structs.replace(settings, command="x", hello={**settings.hello, "clients": 1})
    lanes = lanes_of(alone.setup())
    assert "concurrent" not in lanes
    report = report_of(alone, standing(*(task(number, lane=lane) for number, lane in enumerate(lanes)), OVER))
    assert report.verdict == "agree"
    assert "lane concurrent has no turn: the implementation has one client" in [*report_lines(report)]


def test_a_finding_is_one_row_with_when_it_was_first_met() -> None:
    again = task(2, findings=(FOUND,), entries=(ENTRY,))
    stands = standing(task(0), task(1, findings=(FOUND,)), again)
    (found,) = stands.found.values()
    assert (found.cases, found.answers, found.task) == (4, 140, 1)
    assert stands.entries == {"cd" * 32: ENTRY}


def test_report_and_page_say_how_it_stands(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c"):
        settings = read_settings(tmp_path / "c")
    stands = standing(task(0, new=("a", "b"), cells=((0, 1), (1, 2)), findings=(FOUND,)), OVER)
    lines = list(report_lines(report_of(settings, stands)))
    assert "cells: 2 reached" in lines[2]
    assert not [line for line in lines if "operations offered" in line]
    few = msgspec.structs.replace(
        settings, hello={**settings.hello, "ops": sorted(OPERATIONS.keys() - {"open", "plan"})}
    )
    assert f"{len(OPERATIONS) - 2} of {len(OPERATIONS)} operations offered, not open, plan" in [
        *report_lines(report_of(few, stands))
    ]
    assert "finding abababababab  close: another answer" in lines
    assert lines[-1] == "verdict: diverge"
    live = Live(stands, None)
    assert "1 task, 100 answers" in live.line(12.0)


def test_a_campaign_that_went_on_for_longer_than_it_began_with_says_both(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c"):
        settings = msgspec.structs.replace(read_settings(tmp_path / "c"), hours=0.5)
    for seconds, told in ((1800, "0:30:00 of 0:30:00"), (5400, "1:30:00, begun with 0:30:00")):
        report = msgspec.structs.replace(report_of(settings, standing(task(0), OVER)), seconds=seconds)
        assert f": {told}, 1 task, " in [*report_lines(report)][1]
        assert f"<dd>{told}, " in campaign_page(report)


def test_a_campaign_on_the_built_in_reference_says_that_it_judged_no_implementation(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c"):
        report = report_of(read_settings(tmp_path / "c"), standing(task(0), OVER))
    own = msgspec.structs.replace(report, implementation=REFERENCE_NAME)
    assert OWN_REFERENCE in [*report_lines(own)]
    assert OWN_REFERENCE in campaign_page(own)
    other = msgspec.structs.replace(report, implementation="a store")
    assert OWN_REFERENCE not in [*report_lines(other)]
    assert OWN_REFERENCE not in campaign_page(other)
