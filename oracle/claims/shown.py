"""Second monitors of claims: what a session shows of itself, compared with what its answers said.

A look is no occasion to keep a claim; the answers before it are.  But it can break one: a claim that speaks of the live
owner, of a pending receipt or of a table is not kept by an answer that the session itself belies.  Where several
operations were asked since the last look, a claim about one of them is blamed only if each of them would have broken
it, if that one alone can have left what is shown, or if the claim forbids what is shown whoever did it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import RECEIPT_OPERATIONS, TERMINATES, Ledger
from telltale_conformance.oracle.claims.looks import TABLES
from telltale_conformance.oracle.claims.scopes import same_artifact, within
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen

_LOOKS: Final = frozenset({"observe", "current_ownership"})
(_ATTENUATES,) = those(lambda one: one.gives == "capability" and "capability" in one.parameters)
(_COMMITS,) = those(lambda one: one.gives == "capability" and "receipt" in one.parameters)
(_DIES,) = those(lambda one: one.terminal and "owner_id" in one.parameters)
_FOLLOWS: Final = "advance"
_ENDS_TRANSFERS: Final = RECEIPT_OPERATIONS | TERMINATES | {"close"}


def acts_all_the_same(seen: Seen) -> Mapping[str, Judgement]:
    """Return the claims that a refusal seemed to keep, though the session shows that the operation acted."""
    ledger = seen.ledger
    if seen.op != "observe" or not seen.ok or ledger is None:
        return {}
    kept = ledger.look.kept_by_refusal()
    changed = ledger.look.changes(seen.answer) if kept else []
    if not changed:
        return {}
    refused = " and ".join(sorted(ledger.look.operations))
    why = f"{refused} was refused, and changed {', '.join(changed)} all the same"
    return {claim: Judgement(True, why) for claim in sorted(kept)}


def _live(seen: Seen) -> tuple[Ledger, Mapping[str, Any], Mapping[str, Any]] | None:
    """Return the session, its live capability by the answers, and the one that it shows; None without one of them."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.unsure or ledger.live is None:
        return None
    shown = seen.answer["ownership"]["current"] if seen.op == "observe" else seen.answer
    return None if shown is None else (ledger, ledger.live, shown)


def attenuated(seen: Seen) -> Judgement | None:
    """K4: what is live after attenuating has no wider scope than what it gave."""
    return _widened(seen, _ATTENUATES)


def transferred(seen: Seen) -> Judgement | None:
    """K5: what is live after a commit has no wider scope than what it gave, and no pending receipt has one."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.unsure:
        return None
    pending = seen.answer["ownership"]["pending_transfer"] if seen.op == "observe" else None
    if pending is not None and ledger.live is not None and not within(pending["scope"], ledger.live["scope"]):
        return Judgement(True, f"the pending receipt grants {pending['scope']} where {ledger.live['scope']} is live")
    return _widened(seen, _COMMITS)


def _widened(seen: Seen, op: str) -> Judgement | None:
    found = _live(seen)
    if found is None or not found[0].look.left_by(op):
        return None
    _, live, shown = found
    if within(shown["scope"], live["scope"]):
        return None
    return Judgement(True, f"scope {shown['scope']} is live after {op}, which left {live['scope']}")


def committed_generation(seen: Seen) -> Judgement | None:
    """K8: the generation that is live after a commit is the one that it gave."""
    found = _after_a_commit(seen)
    if found is None or found[0]["generation"] == found[1]["generation"]:
        return None
    return Judgement(True, f"generation {found[1]['generation']} is live after a commit of {found[0]['generation']}")


def reached(seen: Seen) -> Judgement | None:
    """K21: after a commit what it gave is live, and no owner is another one without a commit.

    Another owner than the commits gave breaks it, whatever else was asked: either a commit reached somebody else, or
    something else did what only a commit may.
    """
    found = _after_a_commit(seen)
    if found is not None:
        return None if same_artifact(*found) else Judgement(True, f"{found[1]} is live after a commit gave {found[0]}")
    known = _live(seen)
    if known is None or known[1]["owner_id"] == known[2]["owner_id"] or known[0].look.refused(_COMMITS):
        return None
    return Judgement(True, f"{known[2]['owner_id']!r} owns what {known[1]['owner_id']!r} has not passed on")


def _after_a_commit(seen: Seen) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    found = _live(seen)
    if found is None or not found[0].look.left_by(_COMMITS, refused=False):
        return None
    return found[1], found[2]


def pending_replaced(seen: Seen) -> Judgement | None:
    """K7: a receipt that was pending at the last look, and that nothing was to end, has not become another one."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.pending is None or ledger.look.shown is None:
        return None
    before = ledger.look.shown["ownership"]["pending_transfer"]
    now = seen.answer["ownership"]["pending_transfer"]
    if now is None or not same_artifact(before, ledger.pending) or now["claim_id"] == before["claim_id"]:
        return None
    if ledger.look.reloaded or ledger.look.operations & _ENDS_TRANSFERS:
        return None
    return Judgement(True, f"receipt {now['claim_id']} is pending while {before['claim_id']} is outstanding")


def died(seen: Seen) -> Judgement | None:
    """K22: a session that has ended by death has ended by the name of an owner, given to this session."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.terminal:
        return None
    reason = seen.answer["ownership"]["terminal_reason"]
    if reason is None or "OwnerDied" not in reason:
        return None
    name = reason["OwnerDied"]["owner_id"]
    if ledger.owned_by(name) and _DIES in ledger.look.operations:
        return None
    return Judgement(True, f"the death of {name!r} ended a session that was not told of the death of its owner")


def the_session_opened(seen: Seen) -> Judgement | None:
    """K10: the session under an id is the one that was opened under it: it has its roles."""
    if seen.ledger is None or not seen.ok or seen.answer["roles"] == list(seen.ledger.roles):
        return None
    opened, shown = list(seen.ledger.roles), seen.answer["roles"]
    return Judgement(True, f"session {seen.args['sid']} was opened for {opened}, and is one for {shown}")


def place_followed(seen: Seen) -> Judgement | None:
    """K16: where a role has followed a branch, the session shows it at the continuation."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.look.reloaded or _FOLLOWS not in ledger.look.operations:
        return None
    wrong = seen.types.belied(seen.args["sid"], seen.answer, followed=True)
    return Judgement(True, f"{', '.join(wrong)} not shown at the continuation that was followed") if wrong else None


def reason_stays(seen: Seen) -> Judgement | None:
    """K9: the terminal reason is the one that an answer gave first."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.told_reason is None:
        return None
    shown = seen.answer["ownership"]["terminal_reason"]
    if same_json(shown, ledger.told_reason):
        return None
    return Judgement(True, f"the terminal reason is {shown}, and was {ledger.told_reason}")


def changed_from_elsewhere(seen: Seen) -> Judgement | None:
    """K17: what a mutation of another session changes is not this one's."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or not ledger.look.mutated_elsewhere:
        return None
    changed = [part for part in ledger.look.changes(seen.answer) if part in TABLES]
    return Judgement(True, f"a mutation of another session changed {', '.join(changed)}") if changed else None


def changed_without_the_owner(seen: Seen) -> Judgement | None:
    """K28: the tables of an owned or ended session are as they were, where the owner asked for no change."""
    ledger = seen.ledger
    if ledger is None or not seen.ok or ledger.unsure or not ledger.look.guarded:
        return None
    changed = [part for part in ledger.look.changes(seen.answer) if part in TABLES]
    since = ", ".join(sorted(ledger.look.operations)) or "nothing"
    return Judgement(True, f"{', '.join(changed)} changed without the owner ({since} since)") if changed else None


MONITORS: Final[Mapping[str, Monitor]] = {
    "K4": Monitor(_LOOKS, attenuated),
    "K5": Monitor(_LOOKS, transferred),
    "K7": Monitor({"observe"}, pending_replaced),
    "K8": Monitor(_LOOKS, committed_generation),
    "K9": Monitor({"observe"}, reason_stays),
    "K10": Monitor({"observe"}, the_session_opened),
    "K16": Monitor({"observe"}, place_followed),
    "K17": Monitor({"observe"}, changed_from_elsewhere),
    "K21": Monitor(_LOOKS, reached),
    "K22": Monitor({"observe"}, died),
    "K28": Monitor({"observe"}, changed_without_the_owner),
}
"""They stand beside the monitors that look at answers, and never count an occasion that keeps a claim."""
