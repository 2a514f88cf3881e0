"""Races are made smaller while they fail often enough; reports draw them, dossiers run them again."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.races import MalformedRace, race_bytes, race_of
from telltale_conformance.oracle.adapters import AdapterFault
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.cli.verify import verify
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.histories import minimising
from telltale_conformance.oracle.histories.judging import judge_file
from telltale_conformance.oracle.histories.minimising import RUNS, Trying, minimise_race, rated
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reports.page.history_bars import bars_of, drawing
from telltale_conformance.oracle.verdict.compare import Level
from tests.concurrent_stores.stepwise import WRONG, StepwiseClients

DOUBLE = "consume checked, then done"


def lost(name: str, seed: int = 1) -> tuple[StepwiseClients, bytes, bytes]:
    """A race that the store of that name loses, and a history of it."""
    clients = StepwiseClients(WRONG[name], "telltale-17")
    result = concurrent.judge_clients(clients, Subject(), Settings(seed=seed, divergences=1))
    (found,) = result.divergences
    assert found.race is not None
    assert found.history is not None
    return clients, found.race, found.history


def test_a_double_consume_is_made_as_small_as_it_can_be() -> None:
    clients, race, _ = lost(DOUBLE)
    smaller = minimise_race(race_of(race), clients, Level.state, 60)
    assert smaller is not None
    assert smaller.minimal
    steps = list(smaller.race.steps())
    assert len(steps) == 5 < len(list(race_of(race).steps()))
    assert smaller.race.clients == 2
    assert [step.op for step in steps][-2:] == ["consume_readiness_witness"] * 2
    assert 2 <= smaller.times <= smaller.runs == 20
    assert smaller.result.verdict == "diverge"


def test_what_is_kept_fails_again_and_a_right_store_never_does() -> None:
    clients, race, _ = lost("session id given twice")
    smaller = minimise_race(race_of(race), clients, Level.state, 60)
    assert smaller is not None
    assert rated(smaller.race, Trying(clients, Level.state), minimal=True) is not None
    right = StepwiseClients(None, "telltale-17")
    assert minimise_race(smaller.race, right, Level.state, 60) is None
    assert rated(smaller.race, Trying(right, Level.state), minimal=True) is None


def test_a_race_that_fails_in_another_way_is_another_one() -> None:
    clients, race, _ = lost(DOUBLE)
    any_way, other_way = Trying(clients, Level.state), Trying(clients, Level.state, frozenset({("close", "audit")}))
    assert any_way.failing(race_of(race))
    assert not other_way.failing(race_of(race))
    assert rated(race_of(race), other_way, minimal=True) is None
    smaller = minimise_race(race_of(race), clients, Level.state, 60)
    assert smaller is not None
    assert smaller.result.refusal is not None
    assert (smaller.result.refusal.op, smaller.result.refusal.kind) in any_way.ways(race_of(race))


class Dying(StepwiseClients):
    """Fails at the runs of these numbers, as an adapter that dies does; the run after it is another process's."""

    def __init__(self, name: str, dies: Collection[int]) -> None:
        super().__init__(WRONG[name], "telltale-17")
        self._dies = dies
        self._runs = 0

    def reset(self, seed: int) -> None:
        self._runs += 1
        if self._runs in self._dies:
            raise AdapterFault("died")
        super().reset(seed)


def test_an_adapter_that_fails_at_candidates_loses_nothing_of_what_was_found() -> None:
    _, race, _ = lost(DOUBLE)
    clients = Dying(DOUBLE, (RUNS + 1, RUNS + 9, RUNS + 30))
    smaller = minimise_race(race_of(race), clients, Level.state, 60)
    assert smaller is not None
    assert smaller.faults == 3
    assert len(list(smaller.race.steps())) < len(list(race_of(race).steps()))


def test_a_race_is_not_minimal_where_the_adapter_failed_at_something_smaller() -> None:
    clients, race, _ = lost(DOUBLE)
    smallest = minimise_race(race_of(race), clients, Level.state, 60)
    assert smallest is not None
    assert smallest.minimal
    again = minimise_race(smallest.race, Dying(DOUBLE, (RUNS + 1,)), Level.state, 60)
    assert again is not None
    assert (again.race, again.faults, again.minimal) == (smallest.race, 1, False)


def test_an_adapter_that_fails_too_often_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimising, "FAULTS", 4)
    _, race, _ = lost(DOUBLE)
    clients = Dying(DOUBLE, range(RUNS + 1, RUNS + 5))
    smaller = minimise_race(race_of(race), clients, Level.state, 60)
    assert smaller is not None
    assert smaller.faults == 4
    assert smaller.race == race_of(race)
    assert not smaller.minimal


def test_a_race_is_written_and_read_strictly() -> None:
    _, race, _ = lost(DOUBLE)
    assert race_bytes(race_of(race)) == race
    document = json.loads(race)
    for change, problem in (
        ({"version": 2}, "version 1"),
        ({"more": 1}, "unknown field"),
        ({"suffixes": [[{"op": "shut", "args": {}, "seq": 90}]]}, "unknown operation"),
        ({"suffixes": [[{"op": "close", "args": {"sid": {"$ref": 99}}, "seq": 90}]]}, "refers to 99"),
        ({"last": [[9, document["last"][0][1]]]}, "there is no client 9"),
        ({"last": [document["last"][0], document["last"][0]]}, "two steps have the number"),
    ):
        with pytest.raises(MalformedRace, match=problem):
            race_of(json.dumps({**document, **change}).encode())


def test_the_history_is_drawn_with_its_failing_window() -> None:
    _, race, history = lost(DOUBLE)
    from telltale_conformance.oracle.histories.judging import judge_bytes

    refusal = judge_bytes(history).refusal
    assert refusal is not None
    bars = bars_of(history, refusal)
    assert {bar.op for bar in bars if bar.failing} >= {"consume_readiness_witness"}
    assert len(bars) >= len(list(race_of(race).steps())) - 2
    svg = drawing(bars, "h1")
    assert svg.count('<rect class="call') == len(bars)
    assert svg.count('class="diverging"') == 1
    assert "cannot be ordered" in svg


def test_a_race_in_a_report_has_a_dossier_that_runs_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    way = f"{shlex.quote(sys.executable)} -m tests.concurrent_stores.serve 'double consume'"
    gate = Gate(report=tmp_path, minimise_seconds=60, fail_fast=True)
    assert run(sut=way, lanes=["concurrent"], level=Level.payload, gate=gate) == 1
    told = capsys.readouterr().out
    assert "a race of several clients, minimal; 5 steps of 2 clients, refused in" in told
    (folder,) = (tmp_path / "divergences").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        *("dossier.json", "race.json", "history.jsonl", "explanation.txt", "seal.sha256")
    }
    assert judge_file(folder / "history.jsonl").verdict == "diverge"
    page = (tmp_path / "index.html").read_text()
    assert "History of" in page
    assert "these operations cannot be ordered" in page
    again = verify(folder, kept=True)
    assert again.verdict == "reproduced", again
    assert "refused in" in again.now
    right = way.replace("double consume", "backwards")
    assert verify(folder, sut=right).verdict == "inconclusive"
    (folder / "race.json").write_bytes(b"{}")
    with pytest.raises(Exception, match="not the file that the dossier was written with"):
        verify(folder, kept=True)
