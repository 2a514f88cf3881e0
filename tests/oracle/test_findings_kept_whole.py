"""No finding is lost, whatever becomes of running it again, and what it shows is what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.oracle.histories import minimising as races
from telltale_conformance.oracle.lanes import corpus
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reports import findings as made
from telltale_conformance.oracle.reports import minimal
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.minimal import minimising
from telltale_conformance.oracle.reports.report import Finding
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.report_world import HELLO, accepted, lane, unlogged
from tests.trace_files import CLAIM, CLOSE, OPEN, trace_bytes


def found(divergence: LaneDivergence, minimise: Any = None) -> Finding:
    (one,) = findings([lane("corpus", divergence)], command="x", hello=HELLO, minimise=minimise)
    return one


def test_a_fault_while_its_dossier_is_made_costs_its_files_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any) -> None:
        raise ZeroDivisionError("here")

    whole = found(accepted())
    monkeypatch.setattr(made, "_files", fails)
    bare = found(accepted())
    assert (bare.key, bare.stand, bare.cases) == (whole.key, "new", whole.cases)
    assert (bare.ending, bare.program, bare.files, bare.reproducers) == ("inconclusive", None, {}, ())
    assert bare.remark.startswith("not run again, and without files: fault of the harness")
    assert whole.files


def test_a_race_that_is_lost_too_seldom_is_shown_as_it_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clients(Subject, frozen=True):
        def start_clients(self) -> Any:
            return self

        def close(self) -> None:
            pass

    monkeypatch.setattr(minimal, "race_of", lambda race: race)
    monkeypatch.setattr(races, "minimise_race", lambda *given: races.TooSeldom(times=1, runs=9, late=False))
    with minimising(Clients(), Level.state, 60) as minimise:
        one = minimise(accepted(race=b"{}"))
    assert (one.ending, one.divergence, one.program) == ("flaky", accepted(race=b"{}"), None)
    assert one.remark.startswith("the race was lost again in 1 of 9 runs; it takes ")


def test_a_recording_is_shown_as_the_program_up_to_its_divergence(tmp_path: Path) -> None:
    trace = tmp_path / "t.jsonl"
    trace.write_bytes(trace_bytes([OPEN, CLAIM, CLOSE]))
    one = found(msgspec.structs.replace(unlogged(str(trace)), seq=1))
    assert one.program is not None
    assert one.program.steps == (
        Step(args=OPEN["args"], op="open", seq=0),
        Step(args=CLAIM["args"], op="claim_ownership", seq=1),
    )
    trace.unlink()
    assert found(unlogged(str(trace))).program is None


def test_a_recording_is_made_smaller_at_the_level_at_which_it_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "t.jsonl"
    unlogged_claim = {**CLAIM, "audit": []}
    trace.write_bytes(trace_bytes([OPEN, unlogged_claim, unlogged_claim, CLOSE]))
    monkeypatch.setattr(corpus, "corpus_files", lambda: [trace])
    (divergence,) = corpus.run(Subject(), Settings(level=Level.payload)).divergences
    with minimising(Subject(), Level.payload, 60) as minimise:
        one = minimise(divergence)
    assert one.ending == "minimal", one.remark
    assert one.program is not None
    assert [step.op for step in one.program.steps] == ["open", "claim_ownership", "claim_ownership"]
