"""Lane ``corpus``: a trace that cannot be read is missing, never left out; the level is that of the check."""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import Adapter, ReferenceAdapter
from telltale_conformance.oracle.lanes import corpus
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.trace_files import CLOSE, OPEN, trace_bytes


class Here(Subject, frozen=True):
    def start(self) -> Adapter:
        return ReferenceAdapter()


def of(monkeypatch: pytest.MonkeyPatch, folder: Path, *traces: bytes) -> None:
    files = [folder / f"{number}.jsonl" for number in range(len(traces))]
    for file, trace in zip(files, traces, strict=True):
        file.write_bytes(trace)
    monkeypatch.setattr(corpus, "corpus_files", lambda: files)


GOOD = trace_bytes([OPEN])
CUT = trace_bytes([OPEN, CLOSE])[:-40]


def test_a_trace_that_cannot_be_read_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    of(monkeypatch, tmp_path, GOOD, CUT)
    replayed = corpus.run(Subject(), Settings())
    assert (replayed.verdict, replayed.evidence.cases.shown, replayed.evidence.cases.missing) == ("inconclusive", 1, 1)
    assert "1.jsonl" in replayed.missing[0]
    put = corpus.run(Here(command="in this process"), Settings())
    assert (put.verdict, put.tally.faults, put.evidence.cases.missing) == ("inconclusive", 1, 2)
    assert "1.jsonl" in put.missing[0]


def test_the_same_trace_in_whole_agrees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    of(monkeypatch, tmp_path, GOOD, trace_bytes([OPEN, CLOSE]))
    assert corpus.run(Subject(), Settings()).verdict == "agree"
    assert corpus.run(Here(command="in this process"), Settings()).verdict == "agree"


def test_recordings_are_replayed_at_the_level_of_the_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    of(monkeypatch, tmp_path, trace_bytes([{**OPEN, "ok": 1}]))
    assert corpus.run(Subject(), Settings(level=Level.outcome)).verdict == "agree"
    assert corpus.run(Subject(), Settings(level=Level.payload)).verdict == "diverge"


def test_where_a_fault_left_nothing_the_lane_was_run() -> None:
    result = LaneResult(lane="corpus", evidence=Evidence(Items("traces", 1)), tally=Tally(uncovered=1))
    faulty = LaneResult(lane="corpus", evidence=Evidence(Items("traces", 1)), tally=Tally(uncovered=1, faults=1))
    assert corpus._unless_nothing_is_offered(result, []).verdict == "not run"
    assert corpus._unless_nothing_is_offered(faulty, []).verdict == "inconclusive"
