"""What was last shown of a session, and what was asked of it since.

An answer says what an operation did.  Whether it is so is seen when somebody looks: a refused operation may have acted
all the same, what was given may be another thing than what is live, and a change may come from where nobody asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from itertools import takewhile
from typing import Any, Final, NamedTuple

from telltale_conformance.lean_traces.json_values import same_json

TABLES: Final = ("default_handler", "edge_handlers", "edge_traces")
"""What mutations and host calls change, as ``observe`` shows it."""
_GROWS_BY_REFUSALS: Final = "audit_len"


class Asked(NamedTuple):
    """An operation that may change the session."""

    op: str
    ok: bool
    keeps: frozenset[str] = frozenset()
    """The claims that are kept by its refusal, if it was refused and if that changed nothing."""


class Everywhere:
    """What was asked of the whole store, counted."""

    def __init__(self) -> None:
        self.asked = 0
        """Operations that may change something."""
        self.mutations = 0
        self.reloads = 0


class Look:
    """The last ``observe`` of a session and the operations since."""

    def __init__(self, everywhere: Everywhere) -> None:
        self._everywhere = everywhere
        self._before = copy(everywhere)
        """What had been asked when the session was looked at, or opened."""
        self.shown: Mapping[str, Any] | None = None
        """The state as it was shown; None where nobody has looked."""
        self.asked: list[Asked] = []
        self.guarded = False
        """Whether handlers and traces were the owner's alone all the time since, and the owner changed none."""

    def looked(self, state: Mapping[str, Any], *, guarded: bool) -> None:
        """Take in what ``observe`` shows."""
        self.shown, self.guarded = state, guarded
        self._before = copy(self._everywhere)
        self.asked.clear()

    def ask(self, asked: Asked, *, guarded: bool) -> None:
        """Take in an operation that may change the session, and whether it left handlers and traces to the owner."""
        self.asked.append(asked)
        self.guarded = self.guarded and guarded

    @property
    def operations(self) -> set[str]:
        """The operations that were asked since."""
        return {asked.op for asked in self.asked}

    def left_by(self, op: str, *, refused: bool = True) -> bool:
        """Whether what is shown now is what an operation left.

        It succeeded, and nothing else was asked afterwards. Or it was the only one asked since the last look, and was
        ``refused``.
        """
        last = list(takewhile(lambda asked: asked.op == op, reversed(self.asked)))
        alone = refused and len(last) == len(self.asked) > 0
        return self._nothing_elsewhere and (alone or any(asked.ok for asked in last))

    def refused(self, op: str) -> bool:
        """Whether an operation was refused since."""
        return any(asked.op == op and not asked.ok for asked in self.asked)

    @property
    def reloaded(self) -> bool:
        """Whether the store was read back since."""
        return self._everywhere.reloads != self._before.reloads

    @property
    def _nothing_elsewhere(self) -> bool:
        return self._everywhere.asked - self._before.asked == len(self.asked)

    @property
    def mutated_elsewhere(self) -> bool:
        """Whether nothing was asked of this session since, and a mutation of another one."""
        return not self.asked and not self.reloaded and self._everywhere.mutations != self._before.mutations

    def changes(self, state: Mapping[str, Any]) -> list[str]:
        """Return which parts of a state are not as they were shown last; none where nobody had looked."""
        before = self.shown
        if before is None:
            return []
        return [part for part in before if part != _GROWS_BY_REFUSALS and not same_json(before[part], state[part])]

    def kept_by_refusal(self) -> frozenset[str]:
        """Return the claims that each operation asked since kept by its refusal: whichever acted, it broke them."""
        if not (self.asked and self._nothing_elsewhere):
            return frozenset()
        return frozenset.intersection(*(frozenset() if asked.ok else asked.keeps for asked in self.asked))
