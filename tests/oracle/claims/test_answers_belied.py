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
from telltale_conformance.oracle.claims.judging import ProgramReport, judge_claims
from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.lanes.claims import _unsteady, claims_of, watched_programs
from tests.oracle import wrong_references as wrong
from tests.oracle.claims.belied_stores import STORES, Replaced
from tests.oracle.claims.test_occasions import BEGIN, CLAIM, OBSERVE, OPEN, attenuate, events


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


def test_of_several_operations_since_the_look_none_is_blamed() -> None:
    looked = [OPEN, CLAIM, OBSERVE]
    narrowed = attenuate({"Fragments": ["x"]})
    one = events([*looked, narrowed, OBSERVE])
    wide = {**one[-1]["ok"]["ownership"]["current"], "scope": "Session"}
    assert watch(shown(one, current=wide))["K4"].verdict == "broken"
    several = events([*looked, BEGIN, ("rollback_ownership_transfer", {"receipt": {"$ref": 3}}), narrowed, OBSERVE])
    assert watch(shown(several, current=wide))["K4"].verdict == "not judged"


def test_a_refusal_is_blamed_only_for_what_was_seen_before_and_after_it() -> None:
    refused = ("begin_ownership_transfer", {**BEGIN[1], "new_owner_id": "c"})
    seen_before = events([OPEN, CLAIM, BEGIN, OBSERVE, refused, OBSERVE])
    assert watch(seen_before)["K7"].verdict == "kept"
    assert watch(shown(seen_before, pending_transfer=None))["K7"].verdict == "broken"
    never_seen = events([OPEN, CLAIM, BEGIN, refused, OBSERVE])
    assert watch(shown(never_seen, pending_transfer=None))["K7"].verdict == "kept"


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
