"""Races are made smaller while they fail often enough; reports draw them, dossiers run them again."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Collection
from pathlib import Path

import msgspec
import pytest

from telltale_conformance.lean_traces.programs import references
from telltale_conformance.lean_traces.races import MalformedRace, Race, race_bytes, race_of
from telltale_conformance.oracle.adapters import AdapterFault
from telltale_conformance.oracle.adapters.clients import ClientsOfOneProcess
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.cli.verify import verify
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.histories import minimising
from telltale_conformance.oracle.histories.judging import judge_file
from telltale_conformance.oracle.histories.minimising import (
    RUNS,
    Lost,
    Smaller,
    TooSeldom,
    Trying,
    minimise_race,
    rated,
)
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reports.page.history_bars import bars_of, drawing
from telltale_conformance.oracle.verdict.compare import Level
from tests.concurrent_stores.stepwise import WRONG, StepwiseClients
from tests.oracle.lane_world import PATIENT
from tests.oracle.minimise_world import HANGS, failing

DOUBLE = "consume checked, then done"


def lost(name: str, seed: int = 1) -> tuple[StepwiseClients, bytes, bytes]:
    """A race that the store of that name loses, and a history of it."""
    clients = StepwiseClients(WRONG[name], "telltale-17")
    result = concurrent.judge_clients(clients, Subject(), Settings(seed=seed, divergences=1))
    (found,) = result.divergences
    assert found.race is not None
    assert found.history is not None
    return clients, found.race, found.history


def smallest(race: bytes, clients: StepwiseClients, seconds: float = 600) -> Smaller:
    found = minimise_race(race_of(race), clients, Level.state, seconds)
    assert isinstance(found, Smaller)
    return found


def ways(race: Race, clients: StepwiseClients) -> set[tuple[str, str]]:
    """In which operations and parts of their answers a race fails in the runs that the minimiser begins with."""
    return {lost.way for lost in Trying(clients, Level.state).losses(race, "again", RUNS).lost}


def way(found: Smaller) -> tuple[str, str]:
    assert found.result.refusal is not None
    return found.result.refusal.op, found.result.refusal.kind


def without(race: Race, number: int) -> Race:
    """The race without a step and all that refers to it, written apart from the minimiser's own."""
    kept = [step for step in race.steps() if step.seq != number]
    while True:
        there = {step.seq for step in kept}
        left = [step for step in kept if references(step.args) <= there]
        if len(left) == len(kept):
            break
        kept = left
    gone = {step.seq for step in race.steps()} - {step.seq for step in kept}
    return msgspec.structs.replace(
        race,
        prefix=tuple(item for item in race.prefix if item[1].seq not in gone),
        suffixes=tuple(tuple(step for step in suffix if step.seq not in gone) for suffix in race.suffixes),
        last=tuple(item for item in race.last if item[1].seq not in gone),
    )


BY_DEFAULT = ("commit checked, then done", "session id given twice", "crash in the middle of a commit", "stale read")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in BY_DEFAULT else pytest.mark.nightly) for name in WRONG]
)
def test_what_is_left_is_lost_as_before_and_no_single_call_can_go(name: str) -> None:
    clients, race, _ = lost(name)
    given = race_of(race)
    found = smallest(race, clients)
    assert found.minimal
    assert len(list(found.race.steps())) <= len(list(given.steps()))
    assert found.race.clients <= given.clients
    assert way(found) in ways(given, clients)
    afresh = StepwiseClients(WRONG[name], "telltale-17")
    trying = Trying(afresh, Level.state, frozenset(ways(given, afresh)))
    assert trying.failing(found.race)
    assert [step.op for step in found.race.steps() if trying.failing(without(found.race, step.seq))] == []
    again = rated(found.race, trying)
    assert again is not None
    assert (again.times, again.runs) == (found.times, found.runs)
    assert smallest(race, StepwiseClients(WRONG[name], "telltale-17")) == found


def test_a_client_that_need_not_be_ended_is_not() -> None:
    clients = StepwiseClients(WRONG["reordered log"], "telltale-17")
    found = concurrent.judge_clients(clients, Subject(), Settings(seed=2, divergences=3)).divergences
    (given,) = (one.race for one in found if one.race is not None and race_of(one.race).ended is not None)
    assert smallest(given, clients).race.ended is None


def test_the_time_ends_the_search_and_the_rating(monkeypatch: pytest.MonkeyPatch) -> None:
    clients, race, _ = lost(DOUBLE)
    now = [0.0]
    monkeypatch.setattr(minimising.time, "monotonic", lambda: now[0])
    once = Trying.once

    def slow(self: Trying, race: Race, seed: str) -> Lost | None:
        now[0] += 1
        return once(self, race, seed)

    monkeypatch.setattr(Trying, "once", slow)
    for seconds, runs in ((1.0, 1), (14.0, 2), (60.0, 20)):
        now[0] = 0.0
        found = minimise_race(race_of(race), clients, Level.state, seconds)
        assert now[0] <= seconds
        if seconds < RUNS:
            assert found == TooSeldom(times=found.times, runs=runs, late=True)
        else:
            assert isinstance(found, Smaller)
            assert (found.minimal, found.runs) == (False, runs)
    assert isinstance(found, Smaller)
    assert len(list(found.race.steps())) < len(list(race_of(race).steps()))


def test_an_adapter_that_fails_while_the_smallest_race_is_rated_does_not_lose_it() -> None:
    clients, race, _ = lost(DOUBLE)
    begun = smallest(race, clients)
    counting = Dying(DOUBLE, ())
    assert smallest(race, counting) == begun
    dying = smallest(race, Dying(DOUBLE, (counting.runs - 5,)))
    assert (dying.race, dying.runs, dying.faults) == (begun.race, 14, 1)
    at_once = smallest(race, Dying(DOUBLE, (counting.runs - 19,)))
    assert (at_once.race, at_once.faults) == (begun.race, 1)
    assert at_once.times >= 2
    assert at_once.result.verdict == "diverge"


def test_a_race_that_was_lost_once_only_is_said_to_be() -> None:
    clients, race, _ = lost(DOUBLE)
    given = race_of(race)
    losing = Trying(clients, Level.state).losses(given, "again", RUNS)
    assert len(losing.lost) > 1

    class Once(Dying):
        def reset(self, seed: int) -> None:
            super().reset(seed)
            self._lose = WRONG[DOUBLE] if self.runs == first else None

    first = next(
        number for number in range(1, RUNS + 1) if Trying(clients, Level.state).once(given, f"again/{number - 1}")
    )
    assert minimise_race(given, Once(DOUBLE, ()), Level.state, 60) == TooSeldom(times=1, runs=RUNS, late=False)


def test_a_double_consume_is_made_as_small_as_it_can_be() -> None:
    clients, race, _ = lost(DOUBLE)
    smaller = smallest(race, clients)
    assert smaller.minimal
    steps = list(smaller.race.steps())
    assert len(steps) == 5 < len(list(race_of(race).steps()))
    assert smaller.race.clients == 2
    assert [step.op for step in steps][-2:] == ["consume_readiness_witness"] * 2
    assert 2 <= smaller.times <= smaller.runs == 20
    assert smaller.result.verdict == "diverge"


def test_what_is_kept_fails_again_and_a_right_store_never_does() -> None:
    clients, race, _ = lost("session id given twice")
    smaller = smallest(race, clients)
    assert rated(smaller.race, Trying(clients, Level.state)) is not None
    right = StepwiseClients(None, "telltale-17")
    assert minimise_race(smaller.race, right, Level.state, 60) == TooSeldom(times=0, runs=RUNS, late=False)
    assert rated(smaller.race, Trying(right, Level.state)) is None


def test_a_race_that_fails_in_another_way_is_another_one() -> None:
    clients, race, _ = lost(DOUBLE)
    any_way, other_way = Trying(clients, Level.state), Trying(clients, Level.state, frozenset({("close", "audit")}))
    assert any_way.failing(race_of(race))
    assert not other_way.failing(race_of(race))
    assert rated(race_of(race), other_way) is None
    smaller = smallest(race, clients)
    assert way(smaller) in ways(race_of(race), clients)


class Dying(StepwiseClients):
    """Fails at the runs of these numbers, as an adapter that dies does; the run after it is another process's."""

    def __init__(self, name: str, dies: Collection[int]) -> None:
        super().__init__(WRONG[name], "telltale-17")
        self._dies = dies
        self.runs = 0

    def reset(self, seed: int) -> None:
        self.runs += 1
        if self.runs in self._dies:
            raise AdapterFault("died")
        super().reset(seed)


def test_an_adapter_that_fails_at_candidates_loses_nothing_of_what_was_found() -> None:
    _, race, _ = lost(DOUBLE)
    clients = Dying(DOUBLE, (RUNS + 1, RUNS + 9, RUNS + 30))
    smaller = smallest(race, clients)
    assert smaller.faults == 3
    assert len(list(smaller.race.steps())) < len(list(race_of(race).steps()))


def test_a_race_is_not_minimal_where_the_adapter_failed_at_something_smaller() -> None:
    clients, race, _ = lost(DOUBLE)
    found = smallest(race, clients)
    assert found.minimal
    again = smallest(race_bytes(found.race), Dying(DOUBLE, (RUNS + 1,)))
    assert (again.race, again.faults, again.minimal) == (found.race, 1, False)


def test_an_adapter_that_fails_too_often_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimising, "FAULTS", 4)
    _, race, _ = lost(DOUBLE)
    clients = Dying(DOUBLE, range(RUNS + 1, RUNS + 5))
    smaller = smallest(race, clients)
    assert smaller.faults == 4
    assert smaller.race == race_of(race)
    assert not smaller.minimal


@pytest.mark.parametrize(("last", "minimised"), [(RUNS + 1, True), (0, False)])
def test_an_adapter_that_hangs_takes_no_more_than_the_time(tmp_path: Path, last: int, minimised: bool) -> None:
    store = shlex.join([sys.executable, "-m", "tests.concurrent_stores.serve", "double consume"])
    command = failing(tmp_path, f"n > {last}", store, HANGS)
    _, race, _ = lost(DOUBLE)
    clients = ClientsOfOneProcess(command, PATIENT)
    begun = time.monotonic()
    found = minimise_race(race_of(race), clients, Level.payload, 6)
    assert time.monotonic() - begun < PATIENT.deadline / 2
    if minimised:
        assert isinstance(found, Smaller)
        assert (found.minimal, found.faults, found.result.verdict) == (False, 0, "diverge")
    else:
        assert found == TooSeldom(times=0, runs=0, late=True)


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
