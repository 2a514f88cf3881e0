"""What was last shown of a session, and what was asked of it since.

An answer says what an operation did.  Whether it is so is seen when somebody looks: a refused operation may have acted
all the same, what was given may be another thing than what is live, and a change may come from where nobody asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final, NamedTuple

from telltale_conformance.lean_traces.json_values import same_json

TABLES: Final = ("default_handler", "edge_handlers", "edge_traces")
"""What mutations and host calls change, as ``observe`` shows it."""
_GROWS_BY_REFUSALS: Final = "audit_len"


class Asked(NamedTuple):
    """An operation that may change the session."""

    op: str
    ok: bool
    keeps: Set[str] = frozenset()
    """The claims that are kept by its refusal, if it was refused and if that changed nothing."""


class Everywhere:
    """What was asked of the whole store, counted."""

    def __init__(self) -> None:
        self.mutations = 0
        """Mutations of any session."""
        self.reloads = 0


class Look:
    """The last ``observe`` of a session and the operations since."""

    def __init__(self, everywhere: Everywhere) -> None:
        self._everywhere = everywhere
        self._mutations = 0
        """Those of this session."""
        self._at_look = (0, 0)
        self.shown: Mapping[str, Any] | None = None
        """The state as it was shown; None where nobody has looked."""
        self.asked: list[Asked] = []
        self.guarded = False
        """Whether handlers and traces were the owner's alone all the time since, and the owner changed none."""

    def looked(self, state: Mapping[str, Any], *, guarded: bool) -> None:
        """Take in what ``observe`` shows."""
        self.shown, self.guarded = state, guarded
        self._at_look = self._elsewhere(), self._everywhere.reloads
        self.asked.clear()

    def ask(self, asked: Asked, *, guarded: bool, mutates: bool) -> None:
        """Take in an operation that may change the session, and whether it left handlers and traces to the owner."""
        self.asked.append(asked)
        self.guarded = self.guarded and guarded
        self._mutations += mutates

    def _elsewhere(self) -> int:
        return self._everywhere.mutations - self._mutations

    @property
    def operations(self) -> set[str]:
        """The operations that were asked since."""
        return {asked.op for asked in self.asked}

    @property
    def reloaded(self) -> bool:
        """Whether the store was read back since."""
        return self._everywhere.reloads != self._at_look[1]

    @property
    def mutated_elsewhere(self) -> bool:
        """Whether nothing was asked of this session since, and a mutation of another one."""
        return not self.asked and not self.reloaded and self._elsewhere() != self._at_look[0]

    def changes(self, state: Mapping[str, Any]) -> list[str]:
        """Return which parts of a state are not as they were shown last; none where nobody had looked."""
        before = self.shown
        if before is None:
            return []
        return [part for part in before if part != _GROWS_BY_REFUSALS and not same_json(before[part], state[part])]

    def kept_by_refusal(self) -> Set[str]:
        """Return the claims of the one operation that was asked since, and was refused."""
        if self.reloaded or len(self.asked) != 1 or self.asked[0].ok:
            return frozenset()
        return self.asked[0].keeps
