"""What the minimiser knows without a run: a program that was run tells of all that it begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.minimise import minimiser
from telltale_conformance.oracle.minimise.known import Found, Known
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.simplifying import plainest
from telltale_conformance.oracle.minimise.trying import BEFORE_DOUBT, OutOfTime, Trials
from telltale_conformance.oracle.minimise.values import simplifications
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import SometimesWrong, Wrapped, failure, plain, program
from tests.oracle.wrong_references import WRONG, WrongReference

RELEASE = "release ignores a pending transfer"
OPEN = ("open", {"initial_types": {}, "roles": []})
CLAIM = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
BEGIN = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "a", "new_scope": "Session"})
LET_GO = ("release_ownership", {"capability": {"$ref": 1}})
RELEASING = program(OPEN, CLAIM, BEGIN, LET_GO)


def requests(text: str) -> list[tuple[str, bytes]]:
    return [(op, b"{}") for op in text]


def test_a_run_tells_of_its_beginnings_and_of_what_goes_on_after_a_divergence() -> None:
    known: Known[str] = Known()
    known.note(requests("abc"))
    known.note(requests("abxy"), "seen at y")
    assert known.find(requests("ab")) == Found(2, None)
    assert known.find(requests("abc")) == Found(3, None)
    assert known.find(requests("abx")) == Found(3, None)
    assert known.find(requests("abxyz")) == known.find(requests("abxy")) == Found(3, "seen at y")
    assert known.find(requests("abcd")) is None
    assert known.find(requests("b")) is None


def aimed() -> Trials:
    trials = Trials(WrongReference(WRONG[RELEASE]), Level.state)
    trials.target = trials.look(RELEASING).fingerprint
    return trials


def test_what_goes_on_after_a_known_divergence_reproduces_without_a_run() -> None:
    trials = aimed()
    attempt = trials.attempt(program(OPEN, CLAIM, BEGIN, LET_GO, ("session_ids", {}), LET_GO))
    assert (attempt.verdict, trials.runs) == ("reproduces", 1)
    assert plain(attempt.program) == plain(RELEASING)
    assert attempt.sighting is not None
    assert attempt.sighting.at == 3


def test_what_begins_a_program_that_agreed_is_not_run() -> None:
    trials = aimed()
    refused = ("release_ownership", {"capability": {"$ref": 1, "set": {"generation": 7}}})
    longer = program(OPEN, CLAIM, refused, BEGIN, ("rollback_ownership_transfer", {"receipt": {"$ref": 3}}), LET_GO)
    trials.look(longer)
    runs = trials.runs
    assert trials.target is not None
    assert trials.attempt(program(OPEN, CLAIM, refused, BEGIN)).verdict == "impossible"
    trials.target = None
    claimed = Trials(WrongReference(WRONG["release keeps the owner"]), Level.state)
    again = ("claim_ownership", {**CLAIM[1], "owner_id": "b"})
    claimed.target = claimed.look(program(OPEN, CLAIM, LET_GO, again)).fingerprint
    assert claimed.attempt(program(OPEN, CLAIM)).verdict == "agrees"
    assert (trials.runs, claimed.runs) == (runs, 1)


def test_a_candidate_at_which_the_adapter_fails_is_asked_once_and_says_nothing_of_its_beginning() -> None:
    class Dying(Wrapped):
        def before(self, reset: int) -> None:
            if reset == 2:
                raise failure()

    trials = Trials(Dying(WrongReference(WRONG["release keeps the owner"])), Level.state)
    again = ("claim_ownership", {**CLAIM[1], "owner_id": "b"})
    trials.target = trials.look(program(OPEN, CLAIM, LET_GO, again)).fingerprint
    longer = program(OPEN, ("session_ids", {}), CLAIM)
    assert [trials.attempt(longer).verdict for _ in range(2)] == ["inconclusive", "inconclusive"]
    assert trials.runs == 2
    let_go = ("release_ownership", {"capability": {"$ref": 2}})
    assert trials.attempt(program(OPEN, ("session_ids", {}), CLAIM, let_go, again)).verdict == "reproduces"
    assert trials.runs == 3


class Noting(Wrapped):
    """Keeps the operations of each program."""

    def __init__(self, inner: Adapter) -> None:
        super().__init__(inner)
        self.programs: list[list[str]] = []

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        return super().submit(self._noted(requests))

    def _noted(self, requests: Iterable[Request | None]) -> Iterator[Request | None]:
        for request in requests:
            if request is not None and request.op == "reset":
                self.programs.append([])
            elif request is not None:
                self.programs[-1].append(request.op)
            yield request


def test_the_first_candidate_is_the_second_sighting() -> None:
    given = program(OPEN, CLAIM, ("session_ids", {}), BEGIN, LET_GO)
    adapter = Noting(WrongReference(WRONG[RELEASE]))
    result = minimise(adapter, given)
    whole, smaller = [step.op for step in given.steps], [step.op for step in RELEASING.steps]
    assert (result.ending, adapter.programs) == ("minimal", [whole, smaller, smaller])


@pytest.mark.parametrize("shown_at", range(BEFORE_DOUBT + 2))
def test_a_divergence_that_none_of_the_first_candidates_shows_is_doubted_once(shown_at: int) -> None:
    look = ("current_ownership", {"sid": {"$ref": 0}})
    trials = Trials(WrongReference(WRONG["release keeps the owner"]), Level.state)
    trials.target = trials.look(program(OPEN, CLAIM, LET_GO, look)).fingerprint
    doubted_at: list[int] = []
    trials.doubt = lambda: doubted_at.append(trials.runs - 1)
    for place in range(BEFORE_DOUBT + 3):
        claim = (CLAIM[0], {**CLAIM[1], "owner_id": f"owner {place}"})
        shows = place == shown_at
        attempt = trials.attempt(program(OPEN, claim, *([LET_GO] if shows else []), look))
        assert (attempt.verdict == "reproduces") == shows
    assert doubted_at == ([BEFORE_DOUBT] if shown_at >= BEFORE_DOUBT else [])
    assert trials.believed


def test_what_is_known_without_a_run_is_no_second_sighting(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise OutOfTime

    monkeypatch.setattr(minimiser, "at_once", stopped)
    result = minimise(WrongReference(WRONG[RELEASE]), RELEASING)  # no step of it can be left out
    assert (result.ending, result.runs.implementation) == ("deadline", 1)
    assert result.rate is not None
    assert (result.rate.times, result.rate.runs) == (1, 1)


def test_a_divergence_that_the_first_candidate_and_the_given_program_do_not_show_again_is_flaky() -> None:
    result = minimise(SometimesWrong(RELEASE, {1, 4}.__contains__), RELEASING)
    assert (result.ending, result.program) == ("flaky", RELEASING)
    assert result.rate is not None
    assert (result.rate.times, result.rate.runs) == (2, 20)


def test_all_is_made_plain_that_leaves_each_step_its_effect() -> None:
    branch = [{"name": "go", "sort": "Nat"}, None, "End"]
    types = {"C": {"Send": {"branches": [branch], "partner": "S"}}, "S": "End"}
    opened = {"buffer_config": {"initial_capacity": 3, "mode": "Fifo", "policy": "Drop"}, "initial_types": types}
    given = program(
        ("open_with_sid", {**opened, "roles": ["C", "S"], "sid": 4}),
        ("claim_ownership", {"owner_id": "me", "scope": {"Fragments": ["f"]}, "sid": {"$ref": 0}}),
        ("claim_ownership", {"owner_id": "you", "scope": "Session", "sid": {"$ref": 0}}),
        ("begin_ownership_transfer", {**BEGIN[1], "new_owner_id": "you", "new_scope": {"Fragments": ["f"]}}),
        LET_GO,
    )
    assert plain(plainest(aimed(), given)) == [OPEN, CLAIM, CLAIM, BEGIN, LET_GO]
    kept = plain(plainest(aimed(), given, [(0, "roles"), (3, "new_scope")]))
    assert kept[0] == ("open_with_sid", {**opened, "roles": [], "sid": 4})
    assert kept[3] == (BEGIN[0], {**BEGIN[1], "new_owner_id": "you"})


@pytest.mark.parametrize("least", [2, 16, 1000, 2**63])
def test_a_large_number_comes_down_in_few_steps(least: int) -> None:
    number, tried = 2**64 - 1, 0
    while True:
        changes = [change.value for change in simplifications(_ticking(number))]
        assert changes == sorted(changes)
        smaller = next((value for value in changes if value >= least), None)
        if smaller is None:
            break
        tried += changes.index(smaller) + 1
        number = smaller
    assert number == least
    assert tried < 2100


def _ticking(number: int) -> Program:
    return program(("advance_clock", {"tick": number}))
