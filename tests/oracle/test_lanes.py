"""The lanes: the right store agrees, wrong ones are refused, and the report does not depend on the workers."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from telltale_conformance.generators.tours import toured
from telltale_conformance.lean_traces.programs import write_program
from telltale_conformance.model.operations import OPERATIONS, Outcome
from telltale_conformance.oracle.lanes import corpus, graph, near_miss, programs, stateful
from telltale_conformance.oracle.lanes.chunks import Chunk
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import Asked, CaseResult
from telltale_conformance.oracle.reference.replay import TraceResult
from telltale_conformance.oracle.reference.run import run_on_reference
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.lane_world import Stub, same, subject

QUICK = Settings(seed=3, effort=Effort.quick)
TWO = Settings(seed=3, effort=Effort.quick, workers=2)
SEQUENCES = 12


def test_corpus_replays_the_recordings_and_puts_them_to_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third of them; the check that README shows has all (``tests/test_docs.py``)."""
    files = corpus.corpus_files()[::3]
    monkeypatch.setattr(corpus, "corpus_files", lambda: files)
    replayed = corpus.run(Subject(), QUICK)
    assert (replayed.verdict, replayed.tally.cases) == ("agree", len(files))
    driven = corpus.run(subject("correct"), QUICK)
    assert (driven.verdict, driven.tally) == ("agree", replayed.tally)
    assert same(driven) == same(corpus.run(subject("correct"), TWO))


def test_corpus_names_the_trace_of_a_divergence() -> None:
    result = corpus.run(subject("close_keeps_edge_traces"), QUICK)
    assert result.verdict == "diverge"
    first = result.divergences[0]
    assert Path(first.path or "").name == first.case
    assert first.program is not None
    assert first.program.steps[-1].seq == first.seq


def test_corpus_counts_what_is_not_offered() -> None:
    chunk = corpus.judge_trace(Stub(ops={"open", "observe"}), corpus.corpus_files()[0])
    assert chunk.tally.uncovered > 0
    assert not chunk.divergences


@pytest.mark.parametrize("name", ["generation_is_not_compared", "death_keeps_the_pending_transfer"])
def test_programs_report_a_divergence_that_can_be_run_again(name: str, tmp_path: Path) -> None:
    result = programs.run(subject(name), QUICK)
    assert result.verdict == "diverge"
    assert same(result) == same(programs.run(subject(name), TWO))
    for divergence in result.divergences:
        assert divergence.program is not None
        run = list(run_on_reference(divergence.program))
        assert run[-1].step.seq == divergence.seq
        assert run[-1].args == divergence.args
        write_program(tmp_path / "case.jsonl", divergence.program)


def test_programs_without_their_floor_are_inconclusive() -> None:
    agreeing = LaneResult(lane="programs", evidence=Evidence(Items("programs", 1, 1)))
    assert agreeing.verdict == "agree"
    some = programs.with_floor(agreeing, "telltale-17", frozenset({"open", "observe"}))
    assert some.verdict == "inconclusive"
    assert "cells of the floor not shown" in some.missing[0]


def test_graph_goes_through_every_edge_both_ways() -> None:
    result = graph.run(subject("correct"), QUICK)
    assert result.verdict == "agree"
    figures = result.figures
    assert figures["edges"] == figures["edges of the implementation"] > 8000
    assert (figures["edges lacking"], figures["edges added"]) == (0, 0)
    assert same(result) == same(graph.run(subject("correct"), TWO))


def test_graph_finds_edges_that_the_implementation_has_otherwise() -> None:
    result = graph.run(
        subject("death_keeps_the_pending_transfer"), Settings(seed=3, effort=Effort.quick, divergences=10**6)
    )
    assert result.verdict == "diverge"
    assert result.figures["edges lacking"] > 0
    assert result.figures["edges added"] > 0
    first = result.divergences[0]
    assert first.program is not None
    assert [answer.skipped for answer in run_on_reference(first.program)] == [None] * len(first.program.steps)


def test_stateful_refuses_alike_for_any_workers() -> None:
    wrong = stateful.run(subject("lookup_falls_back_to_the_default_handler"), QUICK)
    assert wrong.verdict == "diverge"
    assert wrong.divergences[0].program is not None
    assert same(wrong) == same(stateful.run(subject("lookup_falls_back_to_the_default_handler"), TWO))


def test_near_misses_are_all_refused() -> None:
    for contract in ("telltale-17", "hardened"):
        result = near_miss.run(contract)
        assert result.verdict == "agree", result.notes
        assert result.figures["edits refused"] == result.tally.cases
        assert (result.tally.cases > near_miss.PROGRAMS) == (contract == "telltale-17")  # recordings are edited too


def test_near_misses_that_pass_are_a_fault_of_the_harness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_conformance.oracle.reference.judging.compare", lambda *arguments: None)
    result = near_miss.run("telltale-17")
    assert result.verdict == "inconclusive"
    assert "not refused" in result.notes[0]


def test_a_near_miss_that_is_refused_at_another_step_has_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The harness must see the very edit; what it says of another answer is another mistake."""
    elsewhere = Asked(-2, "close", b"{}", Outcome(None, None, ()))
    monkeypatch.setattr(near_miss, "judge_cases", lambda *given: [CaseResult(judged=1, diverged_at=elsewhere)])
    edited = near_miss._edited_program(0, "telltale-17", Random(0))
    assert edited is not None
    assert edited.passed is not None
    real = near_miss.judge

    def moved(path: Path) -> TraceResult:
        result = real(path)
        assert result.first_divergence is not None
        other = msgspec.structs.replace(result.first_divergence, seq=-2)
        return msgspec.structs.replace(result, first_divergence=other)

    monkeypatch.setattr(near_miss, "judge", moved)
    edited = near_miss._edited_trace(corpus.corpus_files()[0], tmp_path / "copy.jsonl", Random(0))
    assert edited is not None
    assert edited.passed is not None


@pytest.mark.parametrize("lane", [corpus, programs, graph, stateful])
def test_an_adapter_that_ends_is_inconclusive(lane: object) -> None:
    from telltale_conformance.oracle.cli.check import run_lane

    name = lane.__name__.rpartition(".")[2]
    result = run_lane(name, Subject(command="false"), QUICK)
    assert result.verdict == "inconclusive"
    assert not result.divergences


def test_a_lane_that_meets_its_deadline_says_so() -> None:
    result = programs.run(Subject(), Settings(deadline=0.0))
    assert result.verdict == "inconclusive"
    assert "stopped by the time limit" in " ".join(result.missing)


def test_a_graph_that_is_not_gone_through_is_inconclusive() -> None:
    part = LaneResult(lane="graph", evidence=Evidence(Items("tours", 9, 8)))
    explored, _ = toured(graph.BOUNDS[Effort.quick], "telltale-17", frozenset(OPERATIONS))
    concluded = graph._concluded(part, [], graph=explored)
    assert concluded.verdict == "inconclusive"
    assert "edges lacking" not in concluded.figures


def test_an_edge_that_is_lacking_or_added_is_against_though_every_answer_agrees() -> None:
    explored, _ = toured(graph.BOUNDS[Effort.quick], "telltale-17", frozenset(OPERATIONS))
    edges = graph._edges(explored)
    lacking = next(iter(edges))
    agreeing = LaneResult(lane="graph", evidence=Evidence(Items("tours", 9, 9)))
    unasked = msgspec.structs.replace(agreeing, unsupported=frozenset({edges[lacking]}))
    unfinished = msgspec.structs.replace(agreeing, evidence=Evidence(Items("tours", 9, 8)))
    for part, marks, verdict, against in (
        (agreeing, edges.keys(), "agree", 0),
        (agreeing, edges.keys() | {-1}, "diverge", 1),
        (agreeing, edges.keys() - {lacking}, "diverge", 1),
        (unasked, edges.keys() - {lacking}, "inconclusive", 0),
        (unfinished, edges.keys() - {lacking}, "inconclusive", 0),
    ):
        chunk = Chunk(evidence=part.evidence, marks=frozenset(marks))
        concluded = graph._concluded(part, [chunk], graph=explored)
        assert (concluded.verdict, concluded.evidence.further[0].against) == (verdict, against)


def test_stateful_tries_more_where_an_operation_has_not_succeeded_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this seed twice the sequences miss one; a right store must not be inconclusive for that."""
    monkeypatch.setitem(stateful.SEQUENCES, Effort.default, SEQUENCES)
    result = stateful.run(Subject(contract="hardened"), Settings(seed=0))
    assert (result.verdict, result.missing) == ("agree", ())
    assert result.tally.cases > 2 * SEQUENCES
