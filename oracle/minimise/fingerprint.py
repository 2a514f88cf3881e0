"""The class of a divergence: what must stay the same while a program is made smaller.

Operation, expected and actual variant, the guard that decided and, where both sides answer the same variant, the
fields in which they differ. Nothing of it depends on how sessions, owners and roles are called, so the same defect
has the same class in every program that shows it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from msgspec import Struct

from lean_traces.codec import encode
from model.errors import InvalidWitness, StringError, VariantError
from model.operations import Outcome
from oracle.compare import Divergence, DivergenceClass, error_variant

PASSES: Final = "passes"
"""The guard of an answer that every guard lets through."""

_WITNESS_RULES: Final = {
    "witness was never issued": "§3.2",
    "witness payload mismatch": "§3.3",
    "live ownership no longer matches witness": "§3.4",
}
_NAMED_FIELDS: Final = frozenset({"role_ids"})
"""Objects whose members bear names of the program."""
_INDEX: Final = re.compile(r"\[\d+\]")
_QUOTED: Final = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"")
_DIGITS: Final = re.compile(r"\d+")
_PANIC_SHOWN: Final = 120


class Fingerprint(Struct, frozen=True, kw_only=True):
    """A divergence as a class of its own."""

    op: str
    kind: DivergenceClass
    expected: str
    """``ok`` or the error's variant, as the contract has it."""
    actual: str
    """The same of the implementation; of a panic what it said, without names and numbers."""
    guard: str
    """The guard or rule that decided the contract's answer, by its short name; ``passes`` of an ``ok``."""
    places: tuple[str, ...] = ()
    """The fields that differ, without indexes; empty where the variants differ."""

    def digest(self) -> str:
        """Return a short name of the class, the same on every machine and in every version of this format."""
        members = [self.op, self.kind, self.expected, self.actual, self.guard, self.places]
        return hashlib.sha256(encode(members)).hexdigest()[:16]

    def covers(self, other: Fingerprint) -> bool:
        """Say whether ``other`` shows the same defect: this class, in some of its fields and no others."""
        if (self.op, self.kind, self.expected, self.actual, self.guard) != (
            other.op,
            other.kind,
            other.expected,
            other.actual,
            other.guard,
        ):
            return False
        return set(other.places) <= set(self.places) and bool(other.places) == bool(self.places)

    def allows(self, op: str, outcome: Outcome) -> bool:
        """Say whether the contract's answer to an operation leaves this divergence possible there."""
        if op != self.op:
            return False
        expected, guard = contract_side(outcome)
        return (expected, guard) == (self.expected, self.guard)

    def text(self) -> str:
        """Return the class as one line for people."""
        if self.kind == "outcome":
            return f"{self.op}: expected {self.expected} ({self.guard}), answered {self.actual}"
        if self.kind == "panic":
            return f"{self.op}: expected {self.expected} ({self.guard}), panicked: {self.actual}"
        return f"{self.op}: {self.expected} ({self.guard}) with another {self.kind} in {', '.join(self.places)}"


def fingerprint(op: str, expected: Outcome, divergence: Divergence) -> Fingerprint:
    """Return the class of a divergence."""
    variant, guard = contract_side(expected)
    actual = variant
    places: tuple[str, ...] = ()
    if divergence.kind == "outcome":
        actual = _answered(divergence.actual)
    elif divergence.kind == "panic":
        actual = _without_names(str(divergence.actual["panic"]))
    else:
        places = tuple(sorted({_area(difference.path) for difference in divergence.differences}))
    return Fingerprint(
        op=op, kind=divergence.kind, expected=variant, actual=actual, guard=guard, places=places
    )


def contract_side(outcome: Outcome) -> tuple[str, str]:
    """Return which answer the contract demands, and the short name of the guard that decided it."""
    error = outcome.error
    if error is None:
        return "ok", PASSES
    variant = error_variant(error.to_json())
    if isinstance(error, StringError):
        return variant, variant
    assert isinstance(error, VariantError)
    if isinstance(error, InvalidWitness):
        return variant, _WITNESS_RULES.get(str(error.fields["reason"]), "§3")
    return variant, error.guard.partition(":")[0]


def _answered(actual: dict[str, Any]) -> str:
    if "ok" in actual:
        return "ok"
    variant = error_variant(actual["err"])
    if variant == "InvalidWitness":
        fields = actual["err"][variant]
        reason = fields.get("reason") if isinstance(fields, dict) else None
        rule = _WITNESS_RULES.get(reason) if isinstance(reason, str) else None
        return f"{variant} {rule or '(another reason)'}"
    return variant


def _area(path: str) -> str:
    """Return the place of a difference: at most two names, no index, no name of the program."""
    names = [name for name in _INDEX.sub("", path).removeprefix("$").split(".") if name]
    if names and names[0] in _NAMED_FIELDS:
        names = names[:1]
    return ".".join(names[:2]) or "the value"


def _without_names(text: str) -> str:
    return _DIGITS.sub("N", _QUOTED.sub("…", text))[:_PANIC_SHOWN]
