"""A claim is kept only where it could have been broken and was seen not to be; each such event is counted."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.generators.claim_programs import claim_programs, coverage_program
from telltale_conformance.generators.looked_at import looked_at
from telltale_conformance.oracle.claims.answers import _IS_SO
from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS
from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Monitors, watch
from telltale_conformance.oracle.reference.run import run
from tests.oracle.claims.occasions import (
    BEGIN,
    CLAIM,
    CLAIM_FRAGMENT,
    CLOSE,
    CONSUME,
    DIED,
    ISSUE,
    LOOP,
    NEITHER,
    OCCASIONS,
    OPEN,
    OPEN_TALKING,
    RESIZING,
    ROLL_BACK,
    SEND,
    VALIDATE,
    VALIDATE_UNKNOWN,
    Step,
    advance,
    events,
    mutate,
    open_typed,
    ref,
)

SEVERAL = {("K3", 2): 1, ("K12", 2): 1, ("K18", 1): 1}
"""Where an earlier step is one."""


def verdict(claim: str, program: list[Step], contract: str = "hardened") -> ClaimVerdict:
    return watch(events(program, contract))[claim]


CASES = [(claim, number) for claim, programs in OCCASIONS.items() for number in range(len(programs))]
NO_CASES = [(claim, number) for claim, programs in NEITHER.items() for number in range(len(programs))]


def test_every_claim_that_is_watched_has_its_cases() -> None:
    watched = {*CLAIMS, *(part.id for part in PARTS.values() if part.apart)}
    assert set(OCCASIONS) == watched
    assert set(NEITHER) == watched


@pytest.mark.parametrize(("claim", "number"), CASES)
def test_the_last_step_is_an_occasion_and_keeps_the_claim(claim: str, number: int) -> None:
    program = OCCASIONS[claim][number]
    before, after = verdict(claim, program[:-1]), verdict(claim, program)
    assert after.verdict == "kept"
    assert after.occasions == before.occasions + 1
    if claim not in ("K12", "K19"):
        assert before.verdict == "not judged"


@pytest.mark.parametrize(("claim", "number"), NO_CASES)
def test_what_could_not_break_the_claim_says_nothing_about_it(claim: str, number: int) -> None:
    found = verdict(claim, NEITHER[claim][number])
    assert found.occasions == SEVERAL.get((claim, number), 0)


@pytest.mark.parametrize("name", [name for name, _ in claim_programs()])
def test_the_program_that_breaks_a_claim_is_an_occasion_to_keep_it(name: str) -> None:
    program = dict(claim_programs())[name]
    watched = PARTS[name].watched_as if name in PARTS else name
    steps = [{"seq": step.seq, "op": step.op, "args": step.args} for step in program.steps]
    if name == "K18":  # a refusal says nothing of the message until somebody looks for it
        assert watch(run(steps, "hardened"))[watched].verdict == "not judged"
        steps.append({"seq": len(steps), "op": "has_message", "args": steps[-1]["args"]})
    assert watch(run(steps, "hardened"))[watched].verdict == ("broken" if name == "K30" else "kept")
    broken = watch(run(steps, "telltale-17"))[watched]
    assert broken.verdict == "broken"
    assert broken.occasions >= 1


@pytest.mark.parametrize("claim", ["K12", "K13"])
def test_without_the_log_there_is_no_occasion(claim: str) -> None:
    for program in OCCASIONS[claim]:
        unheard = [{name: part for name, part in event.items() if name != "audit"} for event in events(program)]
        assert watch(unheard)[claim].verdict == "not judged"


ENDS: dict[str, list[Step]] = {
    "OwnerDied": [DIED],
    "TransferAbandoned": [BEGIN, ("cancel_abandoned_transfer", {"receipt": ref(2)})],
    "TransferCommitFailed": [BEGIN, ("fault_failed_transfer_commit", {"receipt": ref(2), "reason": "r"})],
}


def true_refusal(program: list[Step], variant: str) -> Any:
    """Return the last answer, which must be such a refusal, and must be judged to be so."""
    made = events(program)
    before, after = watch(made[:-1])["K23"], watch(made)["K23"]
    assert (after.occasions, after.violations) == (before.occasions + 1, [])
    assert list(made[-1]["err"]) == [variant]
    return made[-1]["err"]


@pytest.mark.parametrize("reason", ENDS)
def test_a_refusal_that_names_the_true_end_is_true(reason: str) -> None:
    said = true_refusal([OPEN, CLAIM, *ENDS[reason], CLAIM], "Terminal")
    assert list(said["Terminal"]["reason"]) == [reason]


REFUSED: dict[str, tuple[list[Step], list[Step]]] = {
    "Terminal": ([OPEN, CLAIM, DIED, CLAIM], [OPEN, CLAIM]),
    "SessionClosed": ([OPEN, CLOSE, CLAIM], [OPEN, CLAIM]),
    "Unclaimed": ([OPEN, VALIDATE_UNKNOWN], [OPEN, CLAIM, VALIDATE]),
    "AlreadyClaimed": ([OPEN, CLAIM, CLAIM], [OPEN, CLAIM]),
    "StaleCapability": (
        [OPEN, CLAIM, ("validate_ownership_capability", {"capability": ref(1, generation=5)})],
        [OPEN, CLAIM, VALIDATE],
    ),
    "ScopeViolation": ([OPEN, CLAIM_FRAGMENT, ISSUE], [OPEN, CLAIM, ISSUE]),
    "TransferPending": ([OPEN, CLAIM, BEGIN, BEGIN], [OPEN, CLAIM, BEGIN]),
    "TransferNotPending": ([OPEN, CLAIM, BEGIN, ROLL_BACK, ROLL_BACK], [OPEN, CLAIM, BEGIN, ROLL_BACK]),
    "ReceiptMismatch": (
        [OPEN, CLAIM, BEGIN, ("rollback_ownership_transfer", {"receipt": ref(2, claim_id=9)})],
        [OPEN, CLAIM, BEGIN, ROLL_BACK],
    ),
    "WitnessConsumed": ([OPEN, CLAIM, ISSUE, CONSUME, CONSUME], [OPEN, CLAIM, ISSUE, CONSUME]),
    "InvalidWitness": (
        [OPEN, CLAIM, ISSUE, ("consume_readiness_witness", {**CONSUME[1], "witness": ref(2, predicate_ref="q")})],
        [OPEN, CLAIM, ISSUE, CONSUME],
    ),
    "ForeignEdge": ([OPEN, CLAIM, mutate(sid=7)], [OPEN, CLAIM, mutate()]),
}
"""By variant: a program whose last step is refused so, and one whose last step is not."""


@pytest.mark.parametrize("variant", REFUSED)
def test_a_refusal_is_true_in_one_session_and_not_in_another(variant: str) -> None:
    so, not_so = REFUSED[variant]
    said = true_refusal(so, variant)
    *before, last = events(not_so)
    if variant == "ForeignEdge":
        said = {variant: {**said[variant], "edge": last["args"]["mutation"]["UpdateEdgeHandler"]["edge"]}}
    del last["ok"]
    assert watch([*before, {**last, "err": said}])["K23"].verdict == "broken"


def test_every_refusal_that_is_judged_has_its_programs() -> None:
    assert REFUSED.keys() == _IS_SO.keys() - {"SessionNotFound"}, "what was opened is there"


def test_a_witness_of_an_id_that_was_given_twice_may_be_refused() -> None:
    """K3 is broken by the id; which of the two the store knows is not said."""
    made = events([OPEN, CLAIM, ISSUE, ISSUE, CONSUME])
    twice = {**made[3]["ok"], "witness_id": made[2]["ok"]["witness_id"]}
    refused = {
        **{name: made[4][name] for name in ("op", "args", "seq", "audit")},
        "err": {"InvalidWitness": {"session_id": 0, "witness_id": twice["witness_id"]}},
    }
    found = watch([*made[:3], {**made[3], "ok": twice}, refused])
    assert (found["K3"].verdict, found["K23"].violations) == ("broken", [])


def test_no_refusal_is_unreadable() -> None:
    """Whatever the state: what cannot be read ends all that is known of the sessions."""
    monitors = Monitors()
    steps = [
        {"seq": step.seq, "op": step.op, "args": step.args} for step in looked_at(coverage_program("hardened")).steps
    ]
    for event in run(steps, "hardened"):
        refused = {name: part for name, part in event.items() if name != "ok"}
        monitors.feed({**refused, "err": {"SessionNotFound": {"session_id": 0}}, "audit": []})
        assert monitors.unreadable == [], event["op"]
        monitors.feed(event)


def test_a_branch_that_the_type_has_may_not_be_refused() -> None:
    made = events([open_typed(LOOP), advance("m")])
    refused = {**made[1], "err": {"NoBranch": {"ep": made[1]["args"]["ep"], "label": "m"}}}
    del refused["ok"]
    found = watch([made[0], refused])["K16"]
    assert found.verdict == "broken"
    reaped = {"seq": 1, "op": "reap_sessions", "args": {"session_ids": [0]}, "ok": [{"sid": 0}], "audit": []}
    assert watch([made[0], reaped, refused])["K16"].verdict == "not judged"


def test_a_full_buffer_that_takes_one_more_breaks_its_bound_without_being_observed() -> None:
    made = events([RESIZING, SEND, SEND, SEND, SEND])
    assert made[-1]["ok"] == "Full"
    assert watch([*made[:-1], {**made[-1], "ok": "Ok"}])["K14"].verdict == "broken"


def test_messages_moved_by_an_operation_that_is_not_followed_are_not_judged() -> None:
    monitors = Monitors()
    unknown = {"seq": 2, "op": "take_twice", "args": {"sid": 0, "from": "A", "to": "B"}, "ok": None, "audit": []}
    lost = {"seq": 3, "op": "recv", "args": unknown["args"], "ok": None, "audit": []}
    for event in (*events([OPEN_TALKING, SEND]), unknown, lost):
        monitors.feed(event)
    assert monitors.verdicts["K18"].verdict == "not judged"
