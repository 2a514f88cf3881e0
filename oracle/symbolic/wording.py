"""Between the codes of the symbolic state and the texts of programs and events."""

from __future__ import annotations

from typing import Any

import z3  # type: ignore[import-untyped]  # see terms

from oracle.symbolic.state import Cap, Mutation, Receipt, Witness
from oracle.symbolic.terms import FRAGMENT_BITS, SESSION_SCOPE_BITS

OWNERS = ("alice", "bob", "carol", "dave")
ROLES = ("A", "B", "C", "D")
FRAGMENTS = "mnopqrstuvwxyzabcdefghij"
"""A name for each fragment of a scope."""


def text(kind: str, code: int) -> str:
    """The text of a name code: owners and roles have names, the other kinds are numbered."""
    known = {"owner": OWNERS, "role": ROLES}.get(kind, ())
    return known[code - 1] if 0 < code <= len(known) else f"{kind}-{code}"


def scope_json(bits: int) -> Any:
    """The wire form of a scope."""
    if bits == SESSION_SCOPE_BITS:
        return "Session"
    return {"Fragments": sorted(FRAGMENTS[bit] for bit in range(FRAGMENT_BITS) if bits >> bit & 1)}


class Reader:
    """Reads records out of a model, as JSON."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._model = model

    def number(self, term: z3.ExprRef) -> int:
        """The value of a bit vector."""
        return int(self._model.eval(term, True).as_long())

    def truth(self, term: z3.ExprRef) -> bool:
        """The value of a condition."""
        return bool(z3.is_true(self._model.eval(term, True)))

    def owner(self, term: z3.ExprRef) -> str:
        """An owner."""
        return text("owner", self.number(term))

    def record(self, value: Cap | Receipt | Witness) -> dict[str, Any]:
        """A capability, receipt or witness in wire form."""
        common = {"session_id": self.number(value.sid), "scope": scope_json(self.number(value.scope))}
        if isinstance(value, Receipt):
            return {
                **common,
                "claim_id": self.number(value.claim_id),
                "from_owner_id": self.owner(value.from_owner),
                "from_generation": self.number(value.from_generation),
                "to_owner_id": self.owner(value.to_owner),
                "to_generation": self.number(value.to_generation),
            }
        common |= {"owner_id": self.owner(value.owner), "generation": self.number(value.generation)}
        if isinstance(value, Witness):
            predicate = text("predicate", self.number(value.predicate))
            return {**common, "witness_id": self.number(value.id), "predicate_ref": predicate}
        return common


def mutation_json(kind: int, edge: dict[str, Any], code: int) -> dict[str, Any]:
    """The wire form of a host mutation; a trace's code is the number of its value types."""
    if kind == Mutation.TRACE:
        return {"UpdateTrace": {"edge": edge, "trace": ["Nat"] * code}}
    handler = text("handler", code)
    if kind == Mutation.DEFAULT_HANDLER:
        return {"SetDefaultHandler": {"handler": handler}}
    return {"UpdateEdgeHandler": {"edge": edge, "handler": handler}}
