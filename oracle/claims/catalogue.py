"""The claims: each with its name, its sentence, what is known of it under each contract, and what can break it.

This is the one home of these facts.  The monitors, the symbolic statements, the lanes, the reports, the schemas and
docs/claims.md take them from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.claim import Claim, Known, Part

_CLAIMS: Final = (
    Claim(
        id="K1",
        name="generation-freshness",
        sentence="A capability that was live and has stopped being so is never accepted again.",
        seed="ownership generation used to reject stale capabilities",
        telltale_17="refuted",
        hardened="proved",
        occasion="A capability that was invalidated in this session is presented while another one is live.",
    ),
    Claim(
        id="K2",
        name="witness-binding",
        sentence="A witness is consumed only under the very claim (tenure of a live capability) that issued it.",
        seed="generation that must still be live when the witness is consumed",
        telltale_17="refuted",
        hardened="proved",
        occasion="A witness that an earlier tenure issued, and nobody consumed, is presented to be consumed.",
    ),
    Claim(
        id="K3",
        name="witness-single-use",
        sentence="A witness id is given out at most once and consumed at most once in a session.",
        seed="unique witness identifier; consumed exactly once",
        telltale_17="bounded",
        hardened="proved",
        occasion="A consumed witness is presented again, or a session that has given out a witness gives out another.",
    ),
    Claim(
        id="K4",
        name="attenuation",
        sentence="Attenuating never adds authority: the new scope is contained in the live one.",
        seed="attenuate the live ownership scope",
        telltale_17="refuted",
        hardened="proved",
        occasion="The live owner, with nothing pending, asks for a scope that the live one does not contain.",
    ),
    Claim(
        id="K5",
        name="transfer-authority",
        sentence="A transfer grants no more than the giver has, neither in its receipt nor on commit.",
        seed="scope granted by the transfer receipt",
        telltale_17="refuted",
        hardened="proved",
        occasion="The live owner, with nothing pending, asks to grant a scope that the live one does not contain.",
    ),
    Claim(
        id="K6",
        name="scope-honesty",
        sentence="A capability whose scope differs from the live one is refused.",
        seed="scope granted by the capability",
        telltale_17="refuted",
        hardened="proved",
        occasion="A capability with the live owner and generation and another scope is presented.",
    ),
    Claim(
        id="K7",
        name="one-pending",
        sentence="At most one transfer is pending: none begins while a receipt is outstanding.",
        seed="currently pending transfer receipt, if any",
        telltale_17="proved",
        hardened="proved",
        occasion="The live owner asks to begin a transfer while a receipt is outstanding.",
    ),
    Claim(
        id="K8",
        name="commit-generation",
        sentence="After a commit the live generation is the receipt's to_generation,"
        " which is one above its from_generation.",
        seed="target ownership generation that becomes live on commit",
        telltale_17="bounded",
        hardened="proved",
        occasion="A commit succeeds, and the capability that it gives is seen.",
    ),
    Claim(
        id="K9",
        name="terminal-absorbing",
        sentence="Once a terminal reason is recorded, no ownership operation succeeds and the reason stays.",
        seed="terminal reason, once ownership has ended for good",
        telltale_17="proved",
        hardened="proved",
        occasion="An ownership operation is asked of a session whose ownership has ended for good.",
    ),
    Claim(
        id="K10",
        name="unique-session",
        sentence="A session id names one session for ever.",
        seed="unique session identifier",
        telltale_17="refuted",
        hardened="proved",
        occasion="A session is to be opened under an id that was used before.",
    ),
    Claim(
        id="K11",
        name="closed-means-closed",
        sentence="No ownership operation on a closed session succeeds.",
        seed="session is closed",
        telltale_17="refuted",
        hardened="proved",
        occasion="An ownership operation is asked of a closed session.",
    ),
    Claim(
        id="K12",
        name="audit-completeness",
        sentence="Replaying the log gives the live owner, the pending receipt and the issued witnesses:"
        " what stops being valid gets its record.",
        seed="append-only authority audit log",
        telltale_17="refuted",
        hardened="proved",
        occasion="Ownership changes, or is observed once it has changed, in a session whose whole log was seen.",
    ),
    Claim(
        id="K13",
        name="rejection-audited",
        sentence="Every receipt or witness that a live session refuses is logged as Rejected.",
        seed="artifact was rejected",
        telltale_17="refuted",
        hardened="proved",
        occasion="A live session refuses a receipt or a witness, and the records that it appended were seen.",
    ),
    Claim(
        id="K14",
        name="buffer-bound",
        sentence="A buffer that may be resized never holds nor has room for more than max_capacity"
        " (or than it was opened with, where that is more).",
        seed="upper bound on buffer capacity",
        telltale_17="refuted",
        hardened="proved",
        occasion="A buffer that may be resized is full and sent to, or is observed after it had to grow.",
    ),
    Claim(
        id="K15",
        name="blueprint",
        sentence="The edges of a session are exactly those between distinct listed roles that some reachable send or"
        " receive needs.",
        seed="edges derived from the local types",
        telltale_17="refuted",
        hardened="bounded",
        occasion="The edges for roles with a send or receive in their types are seen, or a repeated role is refused.",
    ),
    Claim(
        id="K16",
        name="unfolding",
        sentence="Following a branch gives the continuation of the substituted type.",
        seed="unfold the recursion at the top of a local type",
        telltale_17="refuted",
        hardened="bounded",
        occasion="A role whose place in its type is known follows a branch within a recursion, or into one.",
    ),
    Claim(
        id="K17",
        name="foreign-edge",
        sentence="A mutation touches only edges of its own session, between listed roles.",
        seed="edge handler bound within the session",
        telltale_17="refuted",
        hardened="proved",
        occasion="The live owner of the whole session asks to change an edge of another session or an unlisted role.",
    ),
    Claim(
        id="K18",
        name="exactly-once delivery",
        sentence="A message that is received is delivered, or stays.",
        seed="signed value received from the edge",
        telltale_17="refuted",
        hardened="proved",
        occasion="A message is received from a buffer in which one is known to wait, or one that was refused to a"
        " receiver is looked for.",
    ),
    Claim(
        id="K19",
        name="receipt-single-use",
        sentence="A claim id is given out at most once; only the receipt given out with it commits, rolls back or ends"
        " the transfer, and at most once.",
        seed="OwnershipReceipt: claim_id",
        telltale_17="bounded",
        hardened="proved",
        occasion="A receipt that has been used or has ended is presented, or one that was never given out while another"
        " one is pending, or a session that has given out a claim id gives out another.",
    ),
    Claim(
        id="K20",
        name="scope-enforced",
        sentence="Without the scope of the whole session no mutation, issue or consume succeeds.",
        seed="ScopeViolation: required, actual",
        telltale_17="proved",
        hardened="proved",
        occasion="The live owner of fragments asks to mutate the session, or to issue or consume a witness.",
    ),
    Claim(
        id="K21",
        name="transfer-reaches",
        sentence="A live owner is replaced by another only by a commit, and after it the live owner, generation, scope"
        " and session are those of the receipt that was given out for the transfer.",
        seed="OwnershipReceipt: to_owner_id, to_generation, scope, session_id",
        telltale_17="proved",
        hardened="proved",
        occasion="A commit succeeds while it is known which receipt is pending, or a session that has an owner is to be"
        " claimed.",
    ),
    Claim(
        id="K22",
        name="death-by-name",
        sentence="Only the live owner's own name ends a session by death.",
        seed="OwnerDied: owner_id",
        telltale_17="proved",
        hardened="proved",
        occasion="The death of somebody who is not the live owner is reported while there is one.",
    ),
    Claim(
        id="K23",
        name="answers-are-true",
        sentence="What is given is what was asked for, a claim exactly its session, owner and scope; a capability that"
        " is accepted is the live owner's; a witness is consumed as it was given; what a refusal says is so;"
        " and a look-up finds the handler bound last.",
        seed="OwnershipCapability, OwnershipError, lookup_handler",
        telltale_17="refuted",
        hardened="proved",
        occasion="An ownership operation gives something or is refused, or the owner or a handler is looked up, in a"
        " session whose life was seen.",
    ),
    Claim(
        id="K24",
        name="progress",
        sentence="An honest client gets on: an open, unowned session can be claimed by anyone; its owner can release,"
        " narrow, begin, commit and end a transfer; the owner of the whole session can issue, mutate, and consume a"
        " fresh witness.",
        seed="current live capability, if any",
        telltale_17="proved",
        hardened="proved",
        occasion="Somebody who may do so asks for an ownership operation, as the answers before tell.",
    ),
    Claim(
        id="K25",
        name="signature-binding",
        sentence="A verified message was signed for this edge and this sequence number.",
        seed="signature, sequence_no",
        telltale_17="refuted",
        hardened="proved",
        occasion="A message whose signature is bad, or made for another edge, number or value, is received.",
    ),
    Claim(
        id="K26",
        name="sequence",
        sentence="On one edge verified messages are received with rising sequence numbers, each once.",
        seed="sequence_no",
        telltale_17="refuted",
        hardened="proved",
        occasion="A verified message with a known number is received after another one of its edge.",
    ),
    Claim(
        id="K27",
        name="persistence",
        sentence="Reload changes no answer.",
        seed="Serialize, Deserialize",
        telltale_17="refuted",
        hardened="proved",
        occasion="A question is asked before and after a reload, and nothing was changed in between.",
    ),
    Claim(
        id="K28",
        name="guarded-mutation",
        sentence="While a session has a live owner its handlers and traces change only through the owner, and after a"
        " terminal reason not at all; closing, which clears traces, apart.",
        seed="mutation applied on behalf of the live owner",
        telltale_17="refuted",
        hardened="proved",
        occasion="The host is refused a change of an owned or ended session, or what it asked to change is seen.",
    ),
    Claim(
        id="K29",
        name="plan-purity",
        sentence="Sessions opened from one plan share nothing, and a plan is its own input's.",
        seed="open plan, reused",
        telltale_17="proved",
        hardened="proved",
        proved_in=("z3",),
        occasion="A session that was opened from a plan after another one is observed unused, or after another one of"
        " its plan was used, or a plan is made again after it was used.",
    ),
    Claim(
        id="K30",
        name="proof-soundness",
        sentence="A proof that verifies shows that leaf at that index.",
        seed="index, siblings, sibling_on_left",
        telltale_17="refuted",
        hardened="refuted",
        proved_in=(),
        occasion="A proof is given for a known root and a leaf that is not at the index of the proof.",
    ),
)

CLAIMS: Final[Mapping[str, Claim]] = {claim.id: claim for claim in _CLAIMS}
"""All claims by id, in the order in which they are listed."""

STATUS_PART: Final = "K9-status"
PARTS: Final[Mapping[str, Part]] = {
    part.id: part
    for part in (
        Part(
            id=STATUS_PART,
            claim="K9",
            name="terminal-absorbing (status)",
            sentence="Cancelled and Faulted are never overwritten.",
            apart=True,
            occasion="A session whose ownership has ended for good was closed and is observed.",
        ),
        Part(
            id="K12-receipt",
            claim="K12",
            name="audit-completeness (receipts)",
            sentence="A pending receipt that is dropped gets its record.",
        ),
        Part(
            id="K12-witness",
            claim="K12",
            name="audit-completeness (witnesses)",
            sentence="A witness whose generation has ended gets its record.",
        ),
        Part(
            id="K16-binder",
            claim="K16",
            name="unfolding (binders)",
            sentence="A variable leads to its own binder, not to the recursion entered last.",
        ),
        Part(
            id="K27-handlers",
            claim="K27",
            name="persistence (handlers)",
            sentence="Reload does not change which handler is found.",
        ),
    )
}
"""Parts of claims by id; they add programs to the corpus."""

EXPECTED: Final[Mapping[str, Mapping[str, Known]]] = {
    contract: {claim.id: claim.known(contract) for claim in _CLAIMS} for contract in CONTRACTS
}
"""What is known of each claim under each contract; any other finding is about the harness or its rules."""


def title_of(claim: str) -> str:
    """Return the id of a claim, or of a part of one, with its name; whatever else it is as it is."""
    if claim in CLAIMS:
        return CLAIMS[claim].title
    return f"{claim} {PARTS[claim].name}" if claim in PARTS else claim


def unknown(contract: str | None, claims: Iterable[str]) -> str | None:
    """Return the sentence for an unknown contract or claim, with the list of those there are."""
    if contract is not None and contract not in CONTRACTS:
        return f"unknown contract {contract!r}: this harness states {', '.join(CONTRACTS)}"
    for claim in claims:
        if claim not in CLAIMS:
            return f"unknown claim {claim!r}: there are {', '.join(map(title_of, CLAIMS))}"
    return None


def in_order(claims: Iterable[str]) -> list[str]:
    """Return ids of claims in the order of the catalogue; unknown ones come last, by name."""
    places = {claim: place for place, claim in enumerate(CLAIMS)}
    return sorted(claims, key=lambda claim: (places.get(claim, len(places)), claim))
