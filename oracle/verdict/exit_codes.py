"""The exit codes of every command (trace format, verdicts)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

AGREE: Final = 0
"""Everything judged agrees, and something was judged."""
DIVERGE: Final = 1
"""At least one divergence, or a stale baseline."""
USAGE: Final = 2
"""A usage error or malformed input."""
INCONCLUSIVE: Final = 3
"""A fault of the machinery, or nothing was judged."""

_BY_VERDICT: Final = {
    "agree": AGREE,
    "diverge": DIVERGE,
    "malformed": USAGE,
    "inconclusive": INCONCLUSIVE,
}


def exit_code(verdicts: Iterable[str]) -> int:
    """Return the exit code of a run with these verdicts.

    Malformed input comes first, since then the run was not the one that was asked for; a divergence comes
    before what is inconclusive, since it is certain. Without any verdict nothing was judged.
    """
    return gravest(_BY_VERDICT[verdict] for verdict in verdicts)


def gravest(codes: Iterable[int]) -> int:
    """Return the exit code of several runs together, in the same order; of none, that nothing was judged."""
    found = set(codes)
    for code in (USAGE, DIVERGE, INCONCLUSIVE):
        if code in found:
            return code
    return AGREE if found else INCONCLUSIVE
