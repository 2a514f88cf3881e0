"""Stores whose answers are right and whose sessions are not: each claim is broken by its own row, not by another lane.

A refused operation acts all the same, another thing is live than what was given, a neighbour is changed, or a message
turns up where it was not sent.  The programs are those that the lane watches without a seed.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.claims import judging
from telltale_conformance.oracle.claims.judging import ProgramReport, judge_claims
from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.lanes.claims import _unsteady, claims_of, watched_programs
from tests.oracle import wrong_references as wrong
from tests.oracle.claims.belied_stores import STORES
from tests.oracle.claims.occasions import (
    BEGIN,
    CLAIM,
    ISSUE,
    LOOKUP,
    OBSERVE,
    OPEN,
    RELOAD,
    UPDATE,
    Step,
    attenuate,
    events,
    send_to,
)
from tests.oracle.claims.replaced import Replaced


@cache
def programs() -> dict[str, Program]:
    return {name: made for name, made in watched_programs("hardened", 0) if not name.startswith("seeded")}


def report(replaced: Replaced, *names: str) -> list[ProgramReport]:
    made = programs()
    return list(judge_claims(wrong.WrongReference(replaced, "hardened"), [(name, made[name]) for name in names]))


def broken(replaced: Replaced, *names: str) -> set[str]:
    stands = claims_of(report(replaced, *names))
    return {claim for claim, stand in stands.items() if stand.status == "broken"}


@pytest.mark.parametrize("mistake", STORES)
def test_the_claim_itself_is_broken(mistake: str) -> None:
    claim, program, replaced = STORES[mistake]
    assert claim in broken(replaced, program)


def test_a_right_store_is_belied_nowhere() -> None:
    assert broken({}, *programs()) == {"K30"}


# what may not be blamed ------------------------------------------------------------------------------------------


def shown(made: list[dict[str, Any]], **changed: Any) -> list[dict[str, Any]]:
    """Let the last look show another ownership."""
    *before, last = made
    state = last["ok"]
    return [*before, {**last, "ok": {**state, "ownership": {**state["ownership"], **changed}}}]


LOOKED = [OPEN, CLAIM, OBSERVE]
TAKEN_BACK: list[Step] = [BEGIN, ("rollback_ownership_transfer", {"receipt": {"$ref": 3}})]
NARROWED = attenuate({"Fragments": ["x"]})
ELSEWHERE: list[Step] = [OPEN, RELOAD]


@pytest.mark.parametrize("before", [[], TAKEN_BACK, ELSEWHERE])
def test_an_operation_that_succeeded_last_is_blamed_for_what_it_leaves(before: list[Step]) -> None:
    one = events([*LOOKED, *before, NARROWED, OBSERVE])
    wide = {**one[-1]["ok"]["ownership"]["current"], "scope": "Session"}
    assert watch(shown(one, current=wide))["K4"].verdict == ("not judged" if before is ELSEWHERE else "broken")


@pytest.mark.parametrize("after", [[ISSUE], *([step] for step in ELSEWHERE)])
def test_an_operation_after_which_another_one_was_asked_is_not_blamed(after: list[Step]) -> None:
    several = events([*LOOKED, NARROWED, *after, OBSERVE])
    wide = {**several[-1]["ok"]["ownership"]["current"], "scope": "Session"}
    assert watch(shown(several, current=wide))["K4"].verdict == "not judged"


COMMITTED: list[Step] = [BEGIN, ("commit_ownership_transfer", {"receipt": {"$ref": 3}})]


@pytest.mark.parametrize("asked", [TAKEN_BACK, COMMITTED, [*COMMITTED, ISSUE]])
def test_another_owner_than_the_commits_gave_is_blamed_on_transfers_whatever_else_was_asked(asked: list[Step]) -> None:
    made = events([*LOOKED, *asked, OBSERVE])
    live = made[-1]["ok"]["ownership"]["current"]
    assert watch(made)["K21"].verdict != "broken"
    assert watch(shown(made, current={**live, "owner_id": "x"}))["K21"].verdict == "broken"


def test_a_commit_that_was_refused_and_acted_replaces_nobody_without_a_commit() -> None:
    forged: Step = ("commit_ownership_transfer", {"receipt": {"$ref": 3, "set": {"claim_id": 9}}})
    made = events([*LOOKED, BEGIN, forged, ISSUE, OBSERVE])
    live = made[-1]["ok"]["ownership"]["current"]
    assert watch(shown(made, current={**live, "owner_id": "x"}))["K21"].verdict != "broken"


STRANGER: Step = ("mark_owner_died", {"sid": {"$ref": 0}, "owner_id": "x"})


def died(name: str) -> dict[str, Any]:
    return {"current": None, "terminal_reason": {"OwnerDied": {"owner_id": name}}}


@pytest.mark.parametrize(
    ("asked", "name", "blamed"),
    [
        ([STRANGER, ISSUE], "x", True),
        ([ISSUE], "a", True),
        ([], "a", True),
        ([STRANGER, ISSUE], "a", False),
    ],
)
def test_a_death_that_is_shown_is_an_owners_of_which_the_session_was_told(
    asked: list[Step], name: str, blamed: bool
) -> None:
    made = shown(events([*LOOKED, *asked, OBSERVE]), **died(name))
    assert (watch(made)["K22"].verdict == "broken") == blamed


REFUSED: Step = ("begin_ownership_transfer", {**BEGIN[1], "new_owner_id": "c"})


@pytest.mark.parametrize("asked", [[REFUSED, REFUSED], [REFUSED, ISSUE], [ISSUE]])
def test_a_pending_receipt_has_not_become_another_one(asked: list[Step]) -> None:
    made = events([OPEN, CLAIM, BEGIN, OBSERVE, *asked, OBSERVE])
    assert watch(made)["K7"].verdict != "broken"
    another = {**made[-1]["ok"]["ownership"]["pending_transfer"], "claim_id": 9}
    assert watch(shown(made, pending_transfer=another))["K7"].verdict == "broken"


def test_a_receipt_that_something_was_to_end_is_not_missed() -> None:
    forged: Step = ("rollback_ownership_transfer", {"receipt": {"$ref": 2, "set": {"claim_id": 9}}})
    for asked in (forged, RELOAD):
        made = events([OPEN, CLAIM, BEGIN, OBSERVE, asked, OBSERVE])
        another = {**made[-1]["ok"]["ownership"]["pending_transfer"], "claim_id": 9}
        assert watch(shown(made, pending_transfer=another))["K7"].verdict == "not judged"


def test_several_refusals_are_blamed_for_the_claims_that_each_of_them_kept() -> None:
    seen = events([OPEN, CLAIM, BEGIN, OBSERVE, REFUSED, REFUSED, OBSERVE])
    assert watch(shown(seen, pending_transfer=None))["K7"].verdict == "broken"
    for beside in (STRANGER, ISSUE, OPEN):
        seen = events([OPEN, CLAIM, BEGIN, OBSERVE, REFUSED, beside, OBSERVE])
        assert watch(shown(seen, pending_transfer=None))["K7"].verdict == "kept"


def test_a_host_call_that_was_refused_and_is_made_again_without_an_owner_is_no_violation() -> None:
    steps = [OPEN, CLAIM, UPDATE, ("release_ownership", {"capability": {"$ref": 1}}), UPDATE, LOOKUP, OBSERVE]
    made = events(steps)
    assert [event["op"] for event in made if "err" in event] == ["update_handler"]
    assert watch(made)["K28"].verdict == "kept"


def test_a_role_that_moved_with_another_one_is_no_wrong_continuation() -> None:
    """What is shown of roles that followed no branch is no matter of K16."""
    loop = send_to("B", "m", then=send_to("B", "n"))
    opened: Step = ("open", {"roles": ["A", "B"], "initial_types": {"A": loop, "B": loop}})
    made = events([opened, ("advance", {"ep": {"sid": {"$ref": 0}, "role": "A"}, "label": "m"}), OBSERVE])
    state = made[-1]["ok"]
    for role, verdict in (("A", "broken"), ("B", "not judged")):
        entries = [entry | ({"current": "End"} if entry["role"] == role else {}) for entry in state["local_types"]]
        wrong = {**made[-1], "ok": {**state, "local_types": entries}}
        assert watch([*made[:-1], wrong])["K16"].verdict == verdict


def test_a_refusal_is_blamed_only_for_what_was_seen_before_and_after_it() -> None:
    seen_before = events([OPEN, CLAIM, BEGIN, OBSERVE, REFUSED, OBSERVE])
    assert watch(seen_before)["K7"].verdict == "kept"
    assert watch(shown(seen_before, pending_transfer=None))["K7"].verdict == "broken"
    never_seen = events([OPEN, CLAIM, BEGIN, REFUSED, OBSERVE])
    assert watch(shown(never_seen, pending_transfer=None))["K7"].verdict == "kept"


def test_a_fault_of_the_harness_in_one_program_costs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str, *given: Any) -> ProgramReport:
        if name == "neighbours":
            raise ZeroDivisionError("here")
        return judged(name, *given)

    judged = judging.judge_program
    monkeypatch.setattr(judging, "judge_program", fails)
    reports = report({}, "neighbours", "scopes")
    assert [(one.faulty, one.stopped) for one in reports] == [
        (True, "fault of the harness: ZeroDivisionError: here"),
        (False, None),
    ]
    assert claims_of(reports) == claims_of(reports[1:])


def test_what_is_answered_now_so_and_now_otherwise_is_no_reload() -> None:
    number = count()

    def answers(store: Store) -> int:
        return next(number)

    (unsteady,) = report({"active_count": answers}, "surface")
    assert unsteady.stopped is None
    moved = {"next_session_id": answers}
    (unsteady,) = report(moved, "surface")
    assert unsteady.stopped == "the second time: it is answered otherwise"
    assert unsteady.unsteady
    assert not unsteady.faulty
    (note,) = _unsteady([unsteady])
    assert note.startswith("K27 persistence: no second run of 1 program with reloads could be compared (surface: ")
    assert not [why for why in unsteady.verdicts["K27"].violations if "without the reloads" in why.why]


@pytest.mark.parametrize("fault", [False, True])
def test_a_run_without_reloads_that_does_not_end_shows_nothing_of_them(fault: bool) -> None:
    class Tired(wrong.WrongReference):
        def _answer(self, request: Request) -> Answer:
            if self.programs == 1:
                return super()._answer(request)
            if fault:
                raise Exited("it ended")
            return Answer("panic", b'"tired"', None)

    (one,) = judge_claims(Tired({}, "hardened"), [("K27", programs()["K27"])])
    why = "it ended" if fault else "step 0: open was answered with panic"
    assert (one.program, one.faulty) == ("K27", fault)
    assert one.stopped is not None
    assert one.stopped.startswith(f"without its reloads: {why}")
    (ended,) = report({}, "K27")
    assert one.own.occasions == ended.own.occasions - 1
