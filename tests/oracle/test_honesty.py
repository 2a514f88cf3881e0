"""The honesty matrix: odd adapters by lanes by levels, with the verdicts and last lines of docs/verdicts.md.

The lanes are made small (``honesty_world``); the rules are those of the full ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec
import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.histories.judging import HistoryResult
from telltale_conformance.oracle.lanes import (
    asked,
    concurrent,
    corpus,
    deep,
    graph,
    machines,
    only,
    programs,
)
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.reference import judging
from telltale_conformance.oracle.reports.json_report import report_document, report_json
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.honesty_world import (
    ADAPTERS,
    EVERYTHING,
    Made,
    Odd,
    asked_by_one_lane,
    ran,
    saying,
    small_world,
    wrong_at,
)
from tests.oracle.lane_world import subject

AGREE, DIVERGE, OPEN, NOT_RUN = "agree", "diverge", "inconclusive", "not run"


def all_lanes(verdict: str, **others: str) -> dict[str, str]:
    """Return one verdict for every lane, others apart."""
    return {**dict.fromkeys(LANES, verdict), **others}


NONE_IN_FULL = f"lanes not in full: {', '.join(LANES)}"
NO_STATES = "states not compared: observe is not offered"
BELOW = {
    Level.outcome: "level outcome: fields of answers, audit log and states not compared",
    Level.payload: "level payload: audit log and states not compared",
    Level.audit: "level audit: states not compared",
}

ALL: Final = len(OPERATIONS)

EXPECTED: Final[dict[str, tuple[dict[str, str], int, tuple[str, ...]]]] = {
    # a right store agrees, however slow it is and whatever it leaves out; what it leaves out is named
    "right": (all_lanes(AGREE), 0, ()),
    "slow": (all_lanes(AGREE), 0, ()),
    "operations from the future": (all_lanes(AGREE), 0, ()),
    "ten operations": (all_lanes(AGREE), 0, (f"10 of {ALL} operations offered, not advance, ",)),
    "no observe": (all_lanes(AGREE), 0, (f"{ALL - 1} of {ALL} operations offered, not observe",)),
    "no log": (all_lanes(AGREE), 0, ("claims not judged: ",)),
    # a lane that has nothing to ask is not run; where none is, nothing was judged
    "one query": (
        all_lanes(AGREE, deep=NOT_RUN, graph=NOT_RUN, claims=NOT_RUN, concurrent=NOT_RUN),
        0,
        ("lanes not run: deep, graph, claims, concurrent", f"1 of {ALL} operations offered"),
    ),
    "nothing offered": (
        all_lanes(NOT_RUN),
        3,
        ("0 answers judged", f"lanes not run: {', '.join(LANES)}"),
    ),
    # what is offered and not done leaves cases without an end, and the floors unreached
    "all unsupported": (all_lanes(OPEN), 3, (NONE_IN_FULL, "answered as unsupported: ")),
    "commit unsupported": (all_lanes(OPEN), 3, ("answered as unsupported: commit_ownership_transfer",)),
    "query unsupported": (
        all_lanes(OPEN, graph=AGREE, claims=AGREE, concurrent=AGREE),
        3,
        ("lanes not in full: fixed, corpus, programs, guided, stateful, deep", "answered as unsupported: memory_usage"),
    ),
    # types that decode does not have are named, and nothing is said of them (contract §20)
    "no internal types": (
        all_lanes(AGREE),
        0,
        ("answered as unsupported: decode CachedBranch, decode SessionState, decode SessionStore",),
    ),
    "no types": (all_lanes(AGREE), 3, ("answered as unsupported: decode, decode AuthProof, ",)),
    # a fault of the adapter is never a verdict on the implementation
    "does not understand": (
        all_lanes(OPEN),
        3,
        (NONE_IN_FULL,),
    ),
    "dies at once": (all_lanes(OPEN), 3, ("0 answers judged", NONE_IN_FULL)),
    "dies later": (all_lanes(OPEN), 3, (NONE_IN_FULL,)),
    # one answer that is otherwise is enough, whatever else is missing
    "only errors": (all_lanes(DIVERGE), 1, ()),
    "panics": (all_lanes(DIVERGE), 1, ()),
    "commit refuses": (all_lanes(DIVERGE), 1, ()),
    "commit refuses, no observe": (all_lanes(DIVERGE), 1, ("not observe",)),
    # these ask for nothing that has the odd answer: the number of sessions is in no pump, graph or claim
    "nested 1,900 levels": (all_lanes(DIVERGE, deep=AGREE, graph=AGREE, claims=AGREE, concurrent=AGREE), 1, ()),
    "logs nothing": (all_lanes(DIVERGE), 1, ()),
    "wrong field": (all_lanes(DIVERGE, claims=AGREE), 1, ()),  # no program of a claim asks who owns a session
    "wrong state": (all_lanes(DIVERGE), 1, ()),
}
"""Of each adapter, at the level ``state``: the verdict of each lane, the exit code, and what the last line says."""

SEEN_FROM: Final = {
    "logs nothing": Level.audit,
    "nested 1,900 levels": Level.payload,
    "wrong field": Level.payload,
    "wrong state": Level.state,
}
"""From which level on a difference is compared; below it there is none."""


@pytest.fixture(scope="module", autouse=True)
def world() -> Iterator[pytest.MonkeyPatch]:
    with small_world() as patch:
        yield patch


@cache
def shown_by(name: str, lane: str, level: Level) -> LaneResult:
    """Return what a lane says of an adapter; it says the same each time."""
    return ran(ADAPTERS[name], lane, level)


def checked(make: Callable[[], Adapter], results: tuple[LaneResult, ...], level: Level = Level.state) -> Check:
    """Return the check that had these results."""
    hello = make().hello
    return Check(subject=Made(command="odd", make=make), hello=hello, settings=Settings(level=level), results=results)


def test_the_matrix_has_every_adapter() -> None:
    assert EXPECTED.keys() == ADAPTERS.keys()
    assert len(ADAPTERS) >= 14


@pytest.mark.parametrize(
    ("name", "level"),
    [
        pytest.param(name, level, id=f"{name}-{level.name}", marks=() if by_default else pytest.mark.nightly)
        for name in EXPECTED
        for level, by_default in ((Level.state, True), (Level.outcome, name in SEEN_FROM or name == "right"))
    ],
)
def test_the_verdict_is_what_was_shown(name: str, level: Level, capsys: pytest.CaptureFixture[str]) -> None:
    make = ADAPTERS[name]
    verdicts, code, said = EXPECTED[name]
    if level < SEEN_FROM.get(name, Level.outcome):
        verdicts, code, said = all_lanes(AGREE), 0, ()
    results = tuple(shown_by(name, lane, level) for lane in LANES)
    told = {result.lane: (result.missing, result.notes[:2]) for result in results}
    assert {result.lane: result.verdict for result in results} == verdicts, told
    assert Gate().conclude(checked(make, results, level)) == code
    last = capsys.readouterr().out.splitlines()[-1]
    word = {0: "agree", 1: "diverge", 3: "inconclusive"}[code]
    assert last.startswith(f"{word}: ")
    assert last.endswith(f"exit code {code}")
    for words in (*said, *([BELOW[level]] if level in BELOW else [])):
        assert words in last
    assert (NO_STATES in last) == (level is Level.state and "observe" not in make().hello.ops)


@pytest.mark.nightly
@pytest.mark.parametrize("level", [Level.payload, Level.audit], ids=lambda level: level.name)
@pytest.mark.parametrize("name", EXPECTED)
def test_the_levels_between(name: str, level: Level, capsys: pytest.CaptureFixture[str]) -> None:
    test_the_verdict_is_what_was_shown(name, level, capsys)


def test_a_wrong_store_that_one_lane_alone_sees_is_refused() -> None:
    only_asked_by = asked_by_one_lane()
    assert only_asked_by.keys() == LANES.keys()
    for lane, question in only_asked_by.items():
        others = set(only_asked_by.values()) - {question}
        assert ran(lambda question=question: Odd(wrong_at(question)), lane).verdict == DIVERGE, question
        assert ran(lambda others=others: Odd(wrong_at(*others)), lane).verdict == AGREE, lane


def test_the_graph_says_where_it_judges_answers_alone() -> None:
    for make, level in ((ADAPTERS["no observe"], Level.state), (Odd, Level.audit)):
        result = ran(make, "graph", level)
        (edges,) = result.evidence.further
        assert edges.kind == "edges by their answers alone"
        assert (edges.shown, edges.missing) == (edges.planned, 0)
        assert "states cannot be compared" in " ".join(result.notes)
        assert "edges lacking" not in result.figures


@pytest.mark.parametrize("level", [Level.outcome, Level.state], ids=lambda level: level.name)
def test_a_graph_is_not_equal_by_absence(level: Level) -> None:
    result = graph.run(subject("begin_does_not_count_claims"), Settings(level=level))
    (edges,) = result.evidence.further
    if level is Level.state:
        assert result.verdict == DIVERGE
        assert edges.kind == "edges"
    else:
        assert edges.kind == "edges by their answers alone"
        assert "level outcome does not compare them" in " ".join(result.notes)


def test_commit_that_always_refuses_does_not_agree_in_the_stateful_lane() -> None:
    assert ran(ADAPTERS["commit refuses, no observe"], "stateful").verdict == DIVERGE


def without_times(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: without_times(value) for name, value in document.items() if name not in ("seconds", "last_line")}
    return [without_times(value) for value in document] if isinstance(document, list) else document


def test_a_slow_store_gives_the_same_report_times_apart() -> None:
    documents = []
    for name in ("right", "slow"):
        check = checked(ADAPTERS[name], tuple(shown_by(name, lane, Level.state) for lane in LANES))
        documents.append(without_times(report_document(Gate().assembled(check, (), None))))
    assert json.dumps(documents[0], sort_keys=True) == json.dumps(documents[1], sort_keys=True)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_report_has_the_form_of_its_schema(name: str) -> None:
    make = ADAPTERS[name]
    check = checked(make, tuple(shown_by(name, lane, Level.state) for lane in ("corpus", "graph")))
    gate = Gate()
    document = json.loads(report_json(gate.assembled(check, gate.findings(check), None)))
    assert [error.message[:300] for error in validator("report").iter_errors(document)] == []
    assert document["not_covered"]["words"]
    assert document["last_line"].startswith(document["verdict"])


# --- the judging broken on purpose: no lane agrees


@pytest.mark.parametrize("lane", LANES)
def test_a_lane_that_judges_nothing_does_not_agree(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (judging, machines):
        monkeypatch.setattr(module, "judge_one", lambda *given: None)
    monkeypatch.setattr(concurrent, "judge_history", lambda *given, **more: HistoryResult("", "agree"))
    assert ran(Odd, lane).verdict == OPEN


def test_a_history_of_which_half_is_judged_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    real = concurrent.judge_history

    def half(events: Any, *given: Any, **more: Any) -> HistoryResult:
        return real(lambda: events()[: len(events()) // 2], *given, **more)

    monkeypatch.setattr(concurrent, "judge_history", half)
    assert ran(Odd, "concurrent").verdict == OPEN


@pytest.mark.parametrize("lane", ["fixed", "corpus", "programs", "guided", "deep", "claims", "graph"])
def test_a_lane_that_loses_its_last_cases_does_not_agree(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = judging.judge_cases

    def fewer(*given: Any) -> Iterator[Any]:
        return iter(list(real(*given))[:-1])

    monkeypatch.setattr(only, "judge_cases", fewer)
    assert ran(Odd, lane).verdict == OPEN


@pytest.mark.parametrize("name", ["right", "no observe"])
def test_a_graph_that_drops_edges_does_not_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = graph._Reached if name == "right" else graph._Answered
    real = watcher.watch

    def forgetful(self: Any, asked: Any, answer: Any) -> None:
        if asked.op != "release_ownership":
            real(self, asked, answer)

    monkeypatch.setattr(watcher, "watch", forgetful)
    result = ran(ADAPTERS[name], "graph")
    assert result.verdict != AGREE


@pytest.mark.parametrize("ops", [EVERYTHING, EVERYTHING - {"observe"}])
def test_an_edge_that_is_answered_as_unsupported_is_not_shown_and_not_against(ops: frozenset[str]) -> None:
    said = saying("unsupported", '"no"', "validate_ownership_capability")
    edges = ran(lambda: Odd(said, ops), "graph").evidence.further[-1]
    assert edges.kind.startswith("edges")
    assert edges.missing > 0
    assert edges.against == 0


FORGOTTEN = "release_ownership"


def forget_in_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    real = corpus._asked

    def asked(*given: Any) -> Any:
        steps, left_out = real(*given)
        return [step for step in steps if step.op != FORGOTTEN], left_out

    monkeypatch.setattr(corpus, "_asked", asked)


def forget_in_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = programs.Generator.steps
    monkeypatch.setattr(
        programs.Generator,
        "steps",
        lambda generator: (step for step in real(generator) if step.operation.name != FORGOTTEN),
    )


def forget_in_stateful(monkeypatch: pytest.MonkeyPatch) -> None:
    real = machines.AdapterCounterpart.compare

    def compare(self: Any, step: Any, args: bytes) -> None:
        if step.operation.name != FORGOTTEN:
            real(self, step, args)

    monkeypatch.setattr(machines.AdapterCounterpart, "compare", compare)


def forget_in_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    real = graph._asked
    monkeypatch.setattr(graph, "_asked", lambda *given: (step for step in real(*given) if step.op != FORGOTTEN))


def forget_in_judged_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asked.asked_of

    def fewer(*given: Any) -> Any:
        steps, *counts = real(*given)
        return [step for step in steps if step.op != FORGOTTEN], *counts

    monkeypatch.setattr(asked, "asked_of", fewer)


def forget_in_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    real = deep.asked_of
    monkeypatch.setattr(deep, "asked_of", lambda *given: (step for step in real(*given) if step.op != FORGOTTEN))


def forget_in_concurrent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = concurrent.race

    def without(*given: Any) -> Any:
        race = real(*given)
        suffixes = tuple(tuple(step for step in steps if step.op != FORGOTTEN) for steps in race.suffixes)
        return msgspec.structs.replace(race, suffixes=suffixes)

    monkeypatch.setattr(concurrent, "race", without)


@pytest.mark.parametrize(
    ("lane", "forget"),
    [
        ("fixed", forget_in_judged_programs),
        ("guided", forget_in_judged_programs),
        ("deep", forget_in_deep),
        ("concurrent", forget_in_concurrent),
        ("corpus", forget_in_corpus),
        ("programs", forget_in_programs),
        ("claims", forget_in_judged_programs),
        ("stateful", forget_in_stateful),
        ("graph", forget_in_graph),
    ],
)
def test_a_lane_that_forgets_an_operation_does_not_agree(
    lane: str, forget: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    assert ran(Odd, lane).verdict != AGREE


def test_a_replay_that_judges_less_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    real = corpus.judge

    def half(*given: Any, **more: Any) -> Any:
        result = real(*given, **more)
        return msgspec.structs.replace(result, judged=result.judged // 2)

    assert corpus.run(Subject(), Settings()).verdict == AGREE
    monkeypatch.setattr(corpus, "judge", half)
    assert corpus.run(Subject(), Settings()).verdict == OPEN


def test_the_replayed_corpus_counts_its_operations() -> None:
    result = corpus.run(Subject(), Settings())
    assert len({cell.operation.partition("/")[0] for cell in result.coverage}) > 30
