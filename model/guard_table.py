"""The guards of the contract as values, in its order: what each demands, and what is said where it fails.

A refusal carries the guard whose check fired. Several guards may answer with one error, so the error does not tell
which of them it was; texts, fingerprints, reports and coverage therefore read the guard from the refusal.
"""

from __future__ import annotations

from typing import Final

from telltale_conformance.model.decoding.rows import Refusal
from telltale_conformance.model.guard import Guard

GUARDS: Final[dict[str, Guard]] = {}
"""All guards by name, in the order of the contract."""


def _guard(
    name: str, *, holds: str, failed: str, error: str, origin: str, text: str | None = None, logged: str | None = None
) -> Guard:
    """List a guard."""
    guard = Guard(name=name, holds=holds, failed=failed, error=error, origin=origin, text=text, logged=logged)
    GUARDS[name] = guard
    return guard


# §1 and §21: the guards of ownership operations, in the order in which a row lists them

G_FOUND: Final = _guard(
    "G-found",
    holds="the session is live",
    failed="there is no live session of that id",
    error="SessionNotFound",
    origin="§1",
)
G_OPEN: Final = _guard(
    "G-open",
    holds="no terminal reason is recorded",
    failed="a terminal reason is recorded",
    error="Terminal",
    origin="§1",
    logged="ownership terminated",
)
G_ACTIVE: Final = _guard(
    "G-active",
    holds="the session is not closed",
    failed="the session is closed",
    error="SessionClosed",
    origin="H8",
    logged="session closed",
)
G_OWNED: Final = _guard(
    "G-owned",
    holds="there is a live owner",
    failed="there is no live owner",
    error="Unclaimed",
    origin="§1",
    logged="session unclaimed",
)
G_UNOWNED: Final = _guard(
    "G-unowned",
    holds="there is no live owner",
    failed="there is a live owner already",
    error="AlreadyClaimed",
    origin="§1",
)
G_LIVE: Final = _guard(
    "G-live",
    holds="owner and generation of the capability are the live owner's",
    failed="owner or generation of the capability are not the live owner's",
    error="StaleCapability",
    origin="§1",
    logged="stale capability",
)
G_NAMED: Final = _guard(
    "G-named",
    holds="the owner named is the live one",
    failed="the owner named is not the live one",
    error="StaleCapability",
    origin="§1",
)
G_HONEST: Final = _guard(
    "G-honest",
    holds="the scope of the capability is the live one",
    failed="the scope of the capability is not the live one",
    error="ScopeViolation",
    origin="H5",
    logged="scope mismatch",
)
G_SCOPE: Final = _guard(
    "G-scope",
    holds="the live scope is Session",
    failed="the live scope is not Session",
    error="ScopeViolation",
    origin="§1",
    logged="scope violation",
)
G_IDLE: Final = _guard(
    "G-idle",
    holds="no transfer is pending",
    failed="a transfer is pending",
    error="TransferPending",
    origin="§1",
)
G_STAGED: Final = _guard(
    "G-staged",
    holds="a transfer is pending",
    failed="no transfer is pending",
    error="TransferNotPending",
    origin="§1",
    logged="receipt is no longer pending",
)
G_MATCH: Final = _guard(
    "G-match",
    holds="the receipt equals the pending one in every field",
    failed="the receipt differs from the pending one",
    error="ReceiptMismatch",
    origin="§1",
    logged="receipt payload mismatch",
)
G_GIVER: Final = _guard(
    "G-giver",
    holds="the live owner is the one that the receipt is from",
    failed="the live owner is not the one that the receipt is from",
    error="StaleCapability",
    origin="§1",
    logged="stale capability",
)
G_WITHIN: Final = _guard(
    "G-within",
    holds="the scope to be granted is within the live one",
    failed="the scope to be granted is not within the live one",
    error="ScopeViolation",
    origin="H3, H4",
)
OWN_EDGE: Final = _guard(
    "H15",
    holds="the edge has the session's id and listed roles",
    failed="the edge has another session's id or an unlisted role",
    error="ForeignEdge",
    origin="H15",
)

# §3: what consume_readiness_witness checks of the witness

UNCONSUMED: Final = _guard(
    "§3.1",
    holds="the witness id was not consumed before",
    failed="the witness id was consumed before",
    error="WitnessConsumed",
    origin="§3",
    logged="witness already consumed",
)
ISSUED: Final = _guard(
    "§3.2",
    holds="the witness id is among the issued ones",
    failed="the witness id is not among the issued ones",
    error="InvalidWitness",
    origin="§3",
    logged="witness was never issued",
)
UNCHANGED: Final = _guard(
    "§3.3",
    holds="the witness equals the issued one in every field",
    failed="the witness differs from the issued one",
    error="InvalidWitness",
    origin="§3",
    logged="witness payload mismatch",
)
BOUND: Final = _guard(
    "§3.4",
    holds="session, owner, generation and scope of the witness are the capability's",
    failed="session, owner, generation or scope of the witness are not the capability's",
    error="InvalidWitness",
    origin="§3",
    logged="live ownership no longer matches witness",
)

# The counters, asked last

G_COUNTER_GENERATION: Final = _guard(
    "G-counter generation",
    holds="there is a next generation",
    failed="the next generation would pass 2^64-1",
    error="CounterExhausted",
    origin="H2",
    logged="counter exhausted",
)
G_COUNTER_CLAIM_ID: Final = _guard(
    "G-counter claim_id",
    holds="there is a next claim id",
    failed="the next claim id would pass 2^64-1",
    error="CounterExhausted",
    origin="H2",
    logged="counter exhausted",
)
G_COUNTER_WITNESS_ID: Final = _guard(
    "G-counter witness_id",
    holds="there is a next witness id",
    failed="the next witness id would pass 2^64-1",
    error="CounterExhausted",
    origin="H2",
    logged="counter exhausted",
)

# The others, by section

KNOWN_SESSION: Final = _guard(
    "§5 session",
    holds="the session is live",
    failed="there is no live session of that id",
    error="session not found",
    origin="§5, §8",
    text="session {} not found",
)
SID_LEFT: Final = _guard(
    "H7 left",
    holds="there is a session id left",
    failed="the last session id, 2^64-1, has been used",
    error="session ids exhausted",
    origin="H7",
    text="session ids exhausted",
)
SID_AHEAD: Final = _guard(
    "H7 ahead",
    holds="the session id is not below the next one",
    failed="the session id has been used or passed over",
    error="session already used",
    origin="H7",
    text="session {} already used",
)
SID_UNUSED: Final = _guard(
    "H7 unused",
    holds="the last session id, 2^64-1, has not been used",
    failed="the last session id, 2^64-1, has been used",
    error="session already used",
    origin="H7",
    text="session {} already used",
)
FEW_ROLES: Final = _guard(
    "§18 roles",
    holds="at most 65,536 roles are listed",
    failed="more than 65,536 roles are listed",
    error="limit exceeded",
    origin="§18",
    text="limit exceeded: {}",
)
FEW_HANDLERS: Final = _guard(
    "§18 handlers",
    holds="the session has at most 65,536 distinct handler names",
    failed="the session would have more than 65,536 distinct handler names",
    error="limit exceeded",
    origin="§18",
    text="limit exceeded: {}",
)
FEW_LABELS: Final = _guard(
    "§18 labels",
    holds="the session has at most 65,536 distinct labels",
    failed="the session would have more than 65,536 distinct labels",
    error="limit exceeded",
    origin="§18",
    text="limit exceeded: {}",
)
SMALL_BUFFERS: Final = _guard(
    "§18 capacity",
    holds="no buffer opens with a capacity above 65,536",
    failed="a buffer would open with a capacity above 65,536",
    error="limit exceeded",
    origin="§18",
    text="limit exceeded: {}",
)
DISTINCT_ROLES: Final = _guard(
    "H13",
    holds="the names of the roles are distinct",
    failed="a name of a role is repeated",
    error="repeated role",
    origin="H13",
    text="repeated role: {}",
)
BRANCH: Final = _guard(
    "§7",
    holds="the current type has a branch of that label",
    failed="the current type has no branch of that label",
    error="NoBranch",
    origin="§7",
)
BUFFER: Final = _guard(
    "§8 buffer",
    holds="the pair of roles has a buffer",
    failed="the pair of roles has no buffer",
    error="no buffer",
    origin="§8",
    text="no buffer for edge {} → {}",
)
VERIFIED_HERE: Final = _guard(
    "H16",
    holds="the signature of the oldest message verifies",
    failed="the signature of the oldest message does not verify, and it stays",
    error="signature verification failed",
    origin="H16",
    text="signature verification failed on edge {} -> {}",
)
VERIFIED: Final = _guard(
    "§14 signature",
    holds="the signature of the oldest message verifies",
    failed="the signature of the oldest message does not verify, and it is gone",
    error="signature verification failed",
    origin="§14",
    text="signature verification failed on edge {} -> {}",
)
IN_SEQUENCE: Final = _guard(
    "H19",
    holds="the sequence number is the next one of the edge",
    failed="the sequence number is not the next one of the edge",
    error="sequence number",
    origin="H19",
    text="sequence number {} is not next on edge {} -> {}",
)
CLOCK: Final = _guard(
    "§9 clock",
    holds="the clock does not go back",
    failed="the clock would go back",
    error="clock",
    origin="§9",
    text="clock cannot go back from {} to {}",
)
EDGE_FORM: Final = _guard(
    "§10.1 form",
    holds="the value is an object or an array of three",
    failed="the value is neither an object nor an array of three",
    error="invalid edge json",
    origin="§10",
    text="invalid edge json: {}",
)
EDGE_ROLES: Final = _guard(
    "§10.1 roles",
    holds="sender and receiver are texts",
    failed="sender or receiver is no text",
    error="invalid edge json",
    origin="§10",
    text="invalid edge json: {}",
)
EDGE_SID: Final = _guard(
    "§10.1 sid",
    holds="the sid is absent, null or an unsigned 64-bit integer",
    failed="the sid is not an unsigned 64-bit integer",
    error="invalid edge json",
    origin="§10",
    text="invalid edge json: {}",
)
EDGE_SID_GIVEN: Final = _guard(
    "§10.2",
    holds="the value or the hint gives a sid",
    failed="neither the value nor the hint gives a sid",
    error="missing sid",
    origin="§10",
    text="missing sid in edge json",
)
DECODING: Final = {
    row: _guard(
        f"§20 {row.row}",
        holds=row.holds,
        failed=row.failed,
        error="cannot decode",
        origin="§20",
        text="cannot decode {}: {}",
    )
    for row in Refusal
}
"""What refuses a text that is to be decoded, by the row of §20."""
LEFT_OPEN: Final = _guard(
    "§20 left open",
    holds="the contract says what becomes of the text",
    failed="the contract leaves open what becomes of the text",
    error="not judged",
    origin="§20",
    text="not judged: {}",
)
_ERROR_TEXTS: Final = dict.fromkeys(
    (
        *((*one.fixed_parts, one.error) for one in GUARDS.values() if one.text is not None),
        ("too many roles: ", "", FEW_ROLES.error),
    )
)
"""The fixed parts of the error texts: beginning, ending, name. The last is an older form of its error."""


def variant_of_text(text: str) -> str | None:
    """Return which error a text says; None where the contract has no such text."""
    for beginning, ending, variant in _ERROR_TEXTS:
        if text.startswith(beginning) and text.endswith(ending):
            return variant
    return None
