"""What the lane ``lean`` and the export conclude from the model's answers; a stand-in for the model gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.lean_answer import LeanRun, LeanStep
from telltale_conformance.lean_traces.lean_errors import LeanCrashed
from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.lanes import lean, lean_export
from telltale_conformance.oracle.lanes.lean import compare_runs, observed_at_the_end
from telltale_conformance.oracle.lanes.lean_export import corpus_differences, exported
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import program

OPEN = ("open", {"roles": ["A", "B"], "initial_types": {}})
CLAIM = ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"})
LOST = ("release_ownership", {"capability": {"$ref": 7}})
"""Nothing has that number, so the step is skipped."""
WHOLE = program(OPEN, CLAIM, LOST, ("close", {"sid": {"$ref": 0}}))
Change = Callable[[LeanStep], LeanStep]


class StandIn:
    """Answers as the reference does, but for one change of each step."""

    def __init__(self, change: Change = lambda step: step) -> None:
        self._change = change

    def run(self, programs: Sequence[Program]) -> list[LeanRun]:
        return [LeanRun(one, [self._change(step) for step in self._steps(one)]) for one in programs]

    def _steps(self, given: Program) -> list[LeanStep]:
        reference = ReferenceRun(given.contract)
        return [self._step(reference.step(step)) for step in given.steps]

    def _step(self, done: Any) -> LeanStep:
        if done.outcome is None:
            return LeanStep(done.step.seq, done.step.op, "skipped", None, [])
        answer = json.loads(encode_answer(done.outcome, audited=True))
        kind = "ok" if "ok" in answer else "err"
        return LeanStep(done.step.seq, done.step.op, kind, answer[kind], answer["audit"])

    @classmethod
    def start(cls) -> StandIn:
        return cls()

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *given: object) -> None:
        pass


def compared(model: Any, count: int = 1) -> list[lean.ProgramComparison]:
    return list(compare_runs(model, [WHOLE] * count, Level.state))


def test_a_model_that_answers_as_the_reference_agrees_in_every_program_of_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lean, "BATCH", 2)
    done = compared(StandIn(), 5)
    assert [(one.divergence, one.tally.cases, one.tally.judged, one.tally.skipped) for one in done] == [
        (None, 1, 3, 1)
    ] * 5


def changed(seq: int, **fields: Any) -> Change:
    return lambda step: step if step.seq != seq else LeanStep(**{**_fields(step), **fields})


def _fields(step: LeanStep) -> dict[str, Any]:
    return {name: getattr(step, name) for name in ("seq", "op", "kind", "value", "audit")}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (changed(0, value=1), "payload"),
        (changed(1, audit=[]), "audit"),
        (changed(1, kind="skipped", value=None, audit=[]), "outcome"),
        (changed(2, kind="ok"), "outcome"),
        (changed(3, kind="err", value={"Unclaimed": {"session_id": 0}}), "outcome"),
    ],
)
def test_one_answer_that_is_another_departs(change: Change, kind: str) -> None:
    (one,) = compared(StandIn(change))
    assert one.divergence is not None
    assert one.divergence.kind == kind
    assert one.tally.judged + one.tally.skipped + one.tally.not_judged == len(WHOLE.steps)
    assert one.divergence.program is not None
    assert one.divergence.program.steps[-1].seq == one.divergence.seq


def test_the_lane_counts_departures_as_not_shown_and_a_fault_of_lean_as_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lean, "diff_programs", lambda *given: [WHOLE] * 3)
    monkeypatch.setattr(lean, "LeanModel", StandIn)
    agreed = lean.run("telltale-17")
    assert (agreed.verdict, agreed.evidence.cases.shown, agreed.tally.cases) == ("agree", 3, 3)

    wrong = StandIn(changed(0, value=1))
    monkeypatch.setattr(StandIn, "start", lambda: wrong)
    departed = lean.run("telltale-17")
    assert (departed.verdict, departed.evidence.cases.shown, departed.evidence.cases.against) == ("inconclusive", 0, 0)
    assert departed.evidence.cases.missing_ones[0] == "program 0, step 0: open departs in payload"

    def fails() -> StandIn:
        raise LeanCrashed("it ended")

    monkeypatch.setattr(StandIn, "start", fails)
    failed = lean.run("telltale-17")
    assert (failed.verdict, failed.tally.faults, failed.evidence.cases.planned) == ("inconclusive", 1, 3)


def test_a_program_ends_with_a_look_at_each_session_that_it_opens() -> None:
    ended = observed_at_the_end(program(OPEN, CLAIM, OPEN))
    assert [(step.seq, step.op, step.args) for step in ended.steps[3:]] == [
        (3, "observe", {"sid": {"$ref": 0}}),
        (4, "observe", {"sid": {"$ref": 2}}),
    ]


def test_every_program_is_exported_and_what_differs_from_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_export, "BATCH", 2)
    programs = [(name, WHOLE) for name in "abc"]
    traces = list(exported(StandIn(), programs))
    assert [name for name, _ in traces] == ["a.jsonl.gz", "b.jsonl.gz", "c.jsonl.gz"]
    for name, packed in traces:
        (tmp_path / name).write_bytes(packed)
    assert corpus_differences(tmp_path, iter(traces)) == []
    (tmp_path / "a.jsonl.gz").rename(tmp_path / "d.jsonl.gz")
    (tmp_path / "b.jsonl.gz").write_bytes(b"other")
    assert corpus_differences(tmp_path, iter(traces)) == [
        "a.jsonl.gz is not in the corpus",
        "b.jsonl.gz differs from what the model answers now",
        "d.jsonl.gz is no trace of the model any more",
    ]
