"""Why no claim notices a change: what only the comparison with the reference holds down, and what changes nothing."""

from __future__ import annotations

import re
from typing import Final

NOTHING_CHANGES: Final = "changes nothing"
REFERENCE_ONLY: Final = "equal to the reference only"

_WHY: Final = (
    (
        r"G-giver|claim_ownership: guard dropped: G-idle|guard dropped: §3\.4|commit.*: G-counter",
        NOTHING_CHANGES,
        "no operation reaches a state in which this guard decides (contract §1)",
    ),
    (r"mark_owner_died: field swapped: result's sid", NOTHING_CHANGES, "the session that was named is the same"),
    (
        r"guard dropped: (G-owned|§3\.2)$|another error: G-owned",
        REFERENCE_ONLY,
        "another refusal is given, which is true as well; claims do not ask for the guard order",
    ),
    (r"Cancellation", REFERENCE_ONLY, "no claim speaks of the records of cancellations"),
    (r"state's epoch", REFERENCE_ONLY, "no claim speaks of epochs"),
    (
        r"^(close|reap_sessions): ",
        REFERENCE_ONLY,
        "no claim says which session a close or reaping is for, or that it must end one",
    ),
)


def why(change: str) -> tuple[str, str]:
    """Return what stands behind a change that no claim notices: the kind and a sentence.

    Raises:
        LookupError: nothing explains it; a claim is missing, or the explanation.
    """
    for pattern, kind, sentence in _WHY:
        if re.search(pattern, change):
            return kind, sentence
    raise LookupError(f"no claim notices this change, and nothing says why: {change}")
