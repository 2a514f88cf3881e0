"""A check of one thing only: each kind of name, what counts then, and that the verdict says what was left out."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.adapters.clients import Clients
from telltale_conformance.oracle.adapters.scheduled import LockedClients
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.check import run, run_lane
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.chunks import collect
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.only import Only, UnknownName, chosen_cases, only_named, restricted
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import ASKED_FOR, LANES
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.verdict.baseline import Baseline, read_baseline, write_baseline
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.minimise_world import program
from tests.oracle.wrong_references import WRONG, WrongReference

NAMES = (*LANES, *ASKED_FOR)
TWICE = "a witness is consumed twice"


class Wrong(Subject, frozen=True, kw_only=True):
    """The reference with one defect, in this process."""

    defect: str = TWICE

    def start(self) -> Adapter:
        return WrongReference(WRONG[self.defect], self.contract)

    def start_clients(self) -> Clients | None:
        return LockedClients(self.start())


WRONG_SUBJECT = Wrong(command="in this process")


def lane(name: str, subject: Subject, only: str | None, **more: int) -> object:
    restriction = None if only is None else only_named(only, NAMES)
    return run_lane(name, subject, Settings(effort=Effort.quick, only=restriction, **more))


# --- names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("open", "operation open"),
        (" consume_readiness_witness ", "operation consume_readiness_witness"),
        ("K13", "claim K13 rejection-audited"),
        ("k13", "claim K13 rejection-audited"),
        ("rejection-audited", "claim K13 rejection-audited"),
        ("K13 rejection-audited", "claim K13 rejection-audited"),
        ("G-idle", "row G-idle"),
        ("g-idle", "row g-idle"),
        ("§3.1", "row §3.1"),
        ("§5", "row §5"),
        ("H7", "row H7"),
        ("programs: program 17", "case programs: program 17"),
        ("corpus: corner-1.jsonl.gz", "case corpus: corner-1.jsonl.gz"),
    ],
)
def test_each_kind_of_name_is_known(name: str, shown: str) -> None:
    assert str(only_named(name, NAMES)) == shown


def test_a_row_is_its_guards_or_its_operations() -> None:
    assert only_named("§3.1", NAMES).guards == {"§3.1"}
    assert only_named("H7", NAMES).guards == {"H7 left", "H7 ahead", "H7 unused"}
    assert "reap_closed" in only_named("§5", NAMES).operations
    assert "claim_ownership" not in only_named("§5", NAMES).operations
    assert only_named("G-counter", NAMES).guards == {f"G-counter {c}" for c in ("generation", "claim_id", "witness_id")}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("opn", "open"),
        ("witness-single", "K3 witness-single-use"),
        ("G-idel", "G-idle"),
        ("K99", "K9 terminal-absorbing"),
    ],
)
def test_an_unknown_name_lists_what_is_near(name: str, near: str) -> None:
    with pytest.raises(UnknownName) as error:
        only_named(name, NAMES)
    assert f'nothing is called "{name}"; near it are ' in str(error.value)
    assert near in str(error.value).partition("near it are ")[2].partition(". ")[0].split(", ")
    assert "a case as reports name it" in str(error.value)


def test_a_name_that_is_like_nothing_says_what_there_can_be() -> None:
    with pytest.raises(UnknownName, match="--only takes an operation, a claim, a guard or a section"):
        only_named("nowhere: x", NAMES)


# --- what counts

OPENED = ("open", {"roles": [], "initial_types": {}})
CLAIMED = ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"})
ISSUED = ("issue_readiness_witness", {"capability": {"$ref": 1}, "predicate_ref": "p"})
CONSUMED = ("consume_readiness_witness", {"capability": {"$ref": 1}, "witness": {"$ref": 2}})
CLOSED = ("close", {"sid": {"$ref": 0}})
CASES = {
    "twice": program(OPENED, CLAIMED, ISSUED, CONSUMED, CONSUMED, CLOSED),
    "once": program(OPENED, CLAIMED, ISSUED, CONSUMED),
    "none": program(OPENED, CLOSED),
}


def judged(only: Only) -> tuple[tuple[int, int, int], list[str], int, tuple[str, ...]]:
    adapter = WrongReference(WRONG[TWICE])
    ops = adapter.hello.ops
    cases = [partial(iter, asked_of(one, "telltale-17", ops)[0]) for one in CASES.values()]
    found: list[str] = []

    def describe(position: int, result: object) -> None:
        found.append(list(CASES)[position])

    chunk = collect("cases", chosen_cases(adapter, cases, list(CASES), Level.state, only), len(cases), describe)
    items = chunk.evidence.cases
    return (items.planned, items.shown, items.against), found, chunk.tally.judged, items.missing_ones


def test_cases_with_the_operation_are_played_up_to_its_last_occurrence() -> None:
    assert judged(only_named("consume_readiness_witness", NAMES)) == ((2, 1, 1), ["twice"], 9, ())
    assert judged(only_named("issue_readiness_witness", NAMES)) == ((2, 2, 0), [], 6, ())


def test_cases_with_a_guards_refusal_are_played() -> None:
    assert judged(only_named("§3.1", NAMES)) == ((1, 0, 1), ["twice"], 5, ())
    assert judged(only_named("G-idle", NAMES))[0] == (0, 0, 0)


def test_what_departs_earlier_elsewhere_is_missing_and_not_against() -> None:
    items, found, _, why = judged(only_named("close", NAMES))
    assert (items, found) == ((2, 1, 0), [])
    assert why == ("cases depart earlier, in consume_readiness_witness, which ends them",)


def test_a_fault_before_any_case_with_the_name_leaves_a_question() -> None:
    nothing = LaneResult(lane="programs", evidence=Evidence(Items("programs")))
    faulty = LaneResult(lane="programs", evidence=Evidence(Items("programs")), tally=Tally(faults=1))
    wanted = only_named("close", NAMES)
    assert [restricted(result, wanted).verdict for result in (nothing, faulty)] == ["not run", "inconclusive"]


@pytest.mark.parametrize(("case", "items"), [("twice", (1, 0, 1)), ("once", (1, 1, 0)), ("other", (0, 0, 0))])
def test_a_case_is_the_one_of_its_name(case: str, items: tuple[int, int, int]) -> None:
    assert judged(only_named(f"programs: {case}", NAMES))[0] == items


# --- each lane


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("fixed", {}),
        pytest.param("corpus", {}, marks=pytest.mark.nightly),
        ("programs", {"cases": 40}),
        ("guided", {"cases": 60}),
        ("stateful", {"cases": 24}),
        ("deep", {}),
        pytest.param("claims", {}, marks=pytest.mark.nightly),
    ],
)
def test_every_case_that_a_lane_names_is_run_again_alone(name: str, more: dict[str, int]) -> None:
    whole = lane(name, WRONG_SUBJECT, None, divergences=1, **more)
    first = whole.divergences[0]
    again = lane(name, WRONG_SUBJECT, f"{name}: {first.case}", **more)
    assert [one.case for one in again.divergences] == [first.case]
    assert again.divergences[0].seq == first.seq
    if name != "stateful":
        assert (again.evidence.cases.planned, again.tally.cases) == (1, 1)
    assert not again.complete
    right = lane(name, Subject(), f"{name}: {first.case}", **more)
    assert right.verdict == "agree", right.missing


def test_tours_and_histories_have_names_too() -> None:
    tour = lane("graph", WRONG_SUBJECT, "graph: tour 3")
    assert (tour.verdict, tour.tally.cases, tour.figures) == ("agree", 1, {})
    settings = Settings(effort=Effort.quick, cases=3)
    names = [f"history {index}" for index in range(3)]
    case = _history_names(settings)[1]
    assert case.startswith(names[1])
    history = lane("concurrent", Subject(), f"concurrent: {case}", cases=3)
    assert (history.verdict, history.evidence.cases.planned) == ("agree", 1)


def _history_names(settings: Settings) -> list[str]:
    from telltale_conformance.generators.histories import race, races_offered
    from telltale_conformance.oracle.adapters.protocol import CLIENTS

    ops = Subject().start().hello.ops
    pairs = races_offered(ops)
    return [f"history {index} ({race(settings.seed, index, pairs, CLIENTS, ops).pair})" for index in range(3)]


def test_a_name_that_no_case_has_leaves_the_lane_not_run() -> None:
    result = lane("programs", Subject(), "programs: program 41", cases=40)
    assert result.why_not_run == "none of its cases is case programs: program 41"


def test_lanes_whose_cases_are_drawn_do_not_take_part() -> None:
    for name in ("stateful", "concurrent"):
        assert "drawn while they are played" in str(lane(name, Subject(), "open").why_not_run)


@pytest.mark.parametrize(
    ("claim", "defect", "verdict"),
    [
        ("K3", TWICE, "diverge"),
        pytest.param("K19", TWICE, "agree", marks=pytest.mark.nightly),
        pytest.param("K13", "cancel logs nothing", "agree", marks=pytest.mark.nightly),
    ],
)
def test_a_claim_is_watched_alone(claim: str, defect: str, verdict: str) -> None:
    result = lane("claims", Wrong(command="in this process", defect=defect), claim)
    assert result.verdict == verdict, result.missing
    assert set(result.claims) == {claim}
    assert result.evidence.cases.kind.startswith(f"occasions of {claim} ")
    assert "only claim" in str(lane("fixed", Subject(), claim).why_not_run)


# --- the whole check


def checked(tmp_path: Path, only: str, **more: object) -> tuple[int, Report]:
    gate = Gate(report=tmp_path / "r", **more)
    code = run(lanes=["programs"], cases=20, only=only, gate=gate)
    return code, json.loads((tmp_path / "r" / "report.json").read_text())


def test_the_verdict_says_that_it_is_no_whole_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = checked(tmp_path, "open")
    assert code == 0
    assert report["not_covered"]["restricted_to"] == ["operation open"]
    assert report["headline"].endswith("Only operation open was asked for.")
    told = "not covered: all but operation open: this is no whole check"
    assert told in capsys.readouterr().out.splitlines()[-1]
    assert told.removeprefix("not covered: ") in (tmp_path / "r" / "summary.md").read_text()
    assert told.removeprefix("not covered: ") in (tmp_path / "r" / "index.html").read_text()


def test_nothing_that_has_the_name_is_inconclusive(tmp_path: Path) -> None:
    code, report = checked(tmp_path, "programs: program 999")
    assert (code, report["verdict"]) == (3, "inconclusive")


def test_a_baseline_is_neither_stale_nor_written(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    write_baseline(known, Baseline(contract="telltale-17"))
    assert checked(tmp_path, "open", baseline=known)[0] == 0
    assert run(lanes=["programs"], only="open", gate=Gate(baseline=known, update=True)) == 2
    assert not read_baseline(known).entries


def test_no_record_and_no_badge_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(tmp_path, "open", history=tmp_path / "h.jsonl", badge=tmp_path / "b.json")
    assert "no record and no badge is written" in capsys.readouterr().err
    assert not (tmp_path / "h.jsonl").exists()
    assert not (tmp_path / "b.json").exists()


def test_the_command_line_refuses_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["check", "--only", "opn", "--no-config"])
    assert ended.value.code == 2
    assert "near it are open" in capsys.readouterr().err
