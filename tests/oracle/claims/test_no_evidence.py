"""Nothing is said of a claim where nothing was shown: without an occasion, or by an answer that says nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.judging import ProgramReport
from telltale_conformance.oracle.claims.monitors import WATCHED, ClaimVerdict, Monitors, watch
from telltale_conformance.oracle.lanes.claims import claims_of, occasions
from telltale_conformance.oracle.lanes.stands import stand_of
from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED, ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.claims.occasions import (
    CLAIM,
    CLOSE,
    HAS,
    OBSERVE,
    OCCASIONS,
    OPEN,
    OPEN_TALKING,
    RECEIVE,
    SEND,
    SEND_OTHER,
    Step,
    events,
    receive,
    signed,
)

SAYS_NOTHING: dict[str, dict[str, Any]] = {
    "a live session is not found": {"err": {"SessionNotFound": {"session_id": 0}}},
    "a text without meaning": {"err": "internal error"},
    "a limit": {"err": "limit exceeded: memory"},
    "an error that the contract does not have": {"err": {"Busy": {"session_id": 0}}},
    "a number": {"ok": 17},
    "an object": {"ok": {"answer": 17}},
}
"""Answers that show of no claim that it is kept, whatever was asked."""
EVERY_OCCASION = [
    (claim, number) for claim in WATCHED if claim not in ("K13", "K27") for number in range(len(OCCASIONS[claim]))
]
"""Without K13, which the record beside the answer keeps, and K27: its answers, whatever they are, are those before."""


def kept(found: ClaimVerdict) -> int:
    return found.occasions - len(found.violations)


@pytest.mark.parametrize("said", SAYS_NOTHING)
@pytest.mark.parametrize(("claim", "number"), EVERY_OCCASION)
def test_an_answer_that_says_nothing_keeps_no_claim(claim: str, number: int, said: str) -> None:
    *before, last = events(OCCASIONS[claim][number])
    answer = {name: part for name, part in last.items() if name not in ("ok", "err")} | SAYS_NOTHING[said]
    assert kept(watch([*before, answer])[claim]) == kept(watch(before)[claim])


@pytest.mark.parametrize("claim", WATCHED)
def test_without_an_occasion_a_claim_is_not_judged(claim: str) -> None:
    for seen in ([], events([OPEN]), events([OPEN, ("session_ids", {})])):
        found = watch(seen)[claim]
        assert (found.occasions, found.verdict) == (0, "not judged")
    assert stand_of(ClaimVerdict(claim)) == NOT_JUDGED
    assert claims_of([ProgramReport("nothing", Monitors().verdicts, None)]) == dict.fromkeys(CLAIMS, NOT_JUDGED)


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_a_check_of_a_claim_without_an_occasion_agrees_with_nothing(claim: str, contract: str) -> None:
    nothing = LaneResult(lane="claims")
    evidence = occasions(claim, {claim: NOT_JUDGED}, nothing, contract)
    assert msgspec.structs.replace(nothing, evidence=evidence).verdict == "inconclusive"
    assert evidence.cases.missing == 1
    one = occasions(claim, {claim: ClaimStand("kept", 1)}, nothing, contract)
    assert msgspec.structs.replace(nothing, evidence=one).verdict == "agree"


def test_a_check_of_a_claim_that_is_kept_does_not_hide_that_its_programs_are_answered_otherwise() -> None:
    departed = LaneResult(lane="claims", evidence=Evidence(Items("programs", 1, 0, 1)))
    evidence = occasions("K1", {"K1": ClaimStand("kept", 1)}, departed, "telltale-17")
    assert msgspec.structs.replace(departed, evidence=evidence).verdict == "diverge"


@pytest.mark.parametrize("status", ["kept", "broken"])
@pytest.mark.parametrize("seen", [None, 0])
def test_a_claim_seen_on_no_occasion_can_be_neither_kept_nor_broken(status: Any, seen: int | None) -> None:
    with pytest.raises(ValueError, match="only where there was an occasion"):
        ClaimStand(status, seen)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"status": status, "occasions": seen}), type=ClaimStand)


REFUSED = receive("recv_verified")
LOST: list[Step] = [OPEN_TALKING, signed("corrupt"), SEND, REFUSED]


def test_a_refused_receive_shows_nothing_until_the_message_is_looked_for() -> None:
    assert watch(events([OPEN_TALKING, signed("corrupt"), REFUSED]))["K18"].verdict == "not judged"
    assert watch(events([OPEN_TALKING, signed("corrupt"), REFUSED, HAS]))["K18"].verdict == "kept"
    assert watch(events([OPEN_TALKING, signed("corrupt"), REFUSED], "telltale-17"))["K18"].verdict == "not judged"
    assert watch(events([OPEN_TALKING, signed("corrupt"), REFUSED, HAS], "telltale-17"))["K18"].verdict == "broken"


def test_another_message_is_not_taken_for_the_refused_one() -> None:
    """Under ``telltale-17`` the bad message is gone, and the next one has the same value."""
    for looks in (HAS, receive("recv_signed")):
        assert watch(events([*LOST, looks], "telltale-17"))["K18"].verdict == "not judged"
    found = watch(events([*LOST, RECEIVE], "telltale-17"))
    assert found["K25"].occasions == 1, "the refused one; the good one is no other occasion, and breaks nothing"
    assert found["K25"].verdict == "kept"


def test_numbers_are_those_of_the_messages_that_were_handed_out() -> None:
    """A bad message with number 6 is lost; 5 and 6 are received, which rise."""
    sends = [
        signed("corrupt", sequence_no=6, val={"Nat": 1}),
        signed("valid", sequence_no=5, val={"Nat": 2}),
        signed("valid", sequence_no=6, val={"Nat": 3}),
    ]
    found = watch(events([OPEN_TALKING, *sends, REFUSED, REFUSED, REFUSED], "telltale-17"))
    assert (found["K26"].verdict, found["K26"].occasions) == ("kept", 1)


def test_a_message_lost_behind_a_refusal_is_noticed_where_another_one_is_handed_out() -> None:
    program = [OPEN_TALKING, signed("corrupt"), SEND_OTHER, REFUSED, RECEIVE]
    assert watch(events(program, "telltale-17"))["K18"].verdict == "broken"


def without(record: int, *program: Step) -> ClaimVerdict:
    """Return how K12 stands when the last step of a program, or the one before a look, lacks one of its records."""
    made = events(list(program))
    assert watch(made)["K12"].verdict == "kept"
    place = -2 if made[-1]["op"] == "observe" else -1
    logged = made[place]["audit"]
    made[place] = {**made[place], "audit": logged[:record] + logged[record + 1 :]}
    assert len(made[place]["audit"]) < len(logged)
    return watch(made)["K12"]


NARROW: Step = ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": {"Fragments": ["x"]}})
GRANT: Step = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"})
COMMIT: Step = ("commit_ownership_transfer", {"receipt": {"$ref": 2}})


@pytest.mark.parametrize("record", [0, 1])
def test_a_capability_that_another_one_replaces_gets_its_record(record: int) -> None:
    assert without(record, OPEN, CLAIM, NARROW).verdict == "broken"
    assert without(record, OPEN, CLAIM, GRANT, COMMIT).verdict == "broken"


@pytest.mark.parametrize("record", [0, 1])
def test_what_a_close_ends_gets_its_record(record: int) -> None:
    assert without(record, OPEN, CLAIM, GRANT, CLOSE, OBSERVE).verdict == "broken"


def test_a_forged_capability_logged_in_place_of_the_live_one_breaks_the_audit() -> None:
    forged: Step = (
        "attenuate_ownership_scope",
        {"capability": {"$ref": 1, "set": {"scope": {"Fragments": ["x"]}}}, "new_scope": "Session"},
    )
    assert watch(events([OPEN, CLAIM, forged], "telltale-17"))["K12"].verdict == "broken"


def test_a_witness_that_is_observed_as_issued_is_in_the_log() -> None:
    *before, last = events([OPEN, CLAIM, ("observe", {"sid": {"$ref": 0}})])
    ownership = last["ok"]["ownership"]
    witness = {**before[-1]["ok"], "witness_id": 1, "predicate_ref": "p"}
    shown = {**last, "ok": {**last["ok"], "ownership": {**ownership, "issued_readiness": [witness]}}}
    assert watch([*before, last])["K12"].verdict == "kept"
    assert watch([*before, shown])["K12"].verdict == "broken"
