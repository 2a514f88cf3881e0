"""The class of a divergence and its fingerprint: what stays the same when the same mistake is seen elsewhere.

A class says which operation departs, in what, and where in the answer; never which session, owner, witness or number
was involved. Its fingerprint is therefore the same for every case that shows the mistake, whatever the names and the
seed, and, since nothing of the harness's wording goes into it, under every version of the harness.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from msgspec import Struct

from lean_traces.codec import encode
from oracle.compare import ABSENT, DivergenceClass, outcome_variant
from oracle.lanes import LaneDivergence

SCHEME: Final = "telltale-conformance/fingerprint/1"
"""Goes into every fingerprint; another number here makes every baseline new."""

_TEXT_GUARD: Final = "the contract answers with the text"
_PASSES: Final = "every guard of its row passes"
_CLAIM: Final = re.compile(r"\b(K(?:1[0-8]|[1-9]))\b")
_INDEX: Final = re.compile(r"\[\d+\]")
_DEEP: Final = re.compile(r"\.(?:Send|Recv|Mu|Var|Prod|Fragments|Endpoint|Chan|Vector)(?=[.\[]|$)")
_NAMED: Final = re.compile(r"(\.role_ids)\..*", re.DOTALL)
_WITNESS_RULES: Final = {
    "witness was never issued": "§3.2",
    "witness payload mismatch": "§3.3",
    "live ownership no longer matches witness": "§3.4",
}
_VOCABULARY: Final = frozenset({"event", "status", "mode", "direction"})
"""Fields whose texts are words of the contract, not names."""


class DivergenceKey(Struct, frozen=True, order=True, kw_only=True):
    """The class of a divergence: equal for all cases of one mistake."""

    op: str
    kind: DivergenceClass
    expected: str
    """Which outcome the contract has, or what it has where the answers differ."""
    actual: str
    guard: str
    """The short name of the guard or rule that decided, as ``G-live``; ``-`` where none refuses."""
    place: str
    """Where in the answer the first difference is, as ``audit[].event``; ``$`` for all of it."""
    claim: str | None = None
    """The claim that was broken, where the divergence was found by watching one."""

    @property
    def fingerprint(self) -> str:
        """The class as 64 hexadecimal digits."""
        parts = [SCHEME, self.op, self.kind, self.expected, self.actual, self.guard, self.place, self.claim]
        return hashlib.sha256(encode(parts)).hexdigest()

    @property
    def rule(self) -> str:
        """The claim, or the row of the contract, that is broken."""
        return self.claim or self.op

    def __str__(self) -> str:
        where = "" if self.place == "$" else f" at {self.place}"
        return f"{self.op}: {self.kind}{where}, expected {self.expected}, got {self.actual}"


def divergence_key(divergence: LaneDivergence) -> DivergenceKey:
    """Return the class of a divergence."""
    place, expected, actual = _first_difference(divergence)
    return DivergenceKey(
        op=divergence.op,
        kind=divergence.kind,
        expected=expected,
        actual=actual,
        guard=_guard(divergence.reason),
        place=place,
        claim=claim_of(divergence.reason),
    )


def claim_of(reason: str) -> str | None:
    """Return the claim that a reason begins with, as ``K3``; None where a guard or a rule decided."""
    found = _CLAIM.match(reason)
    return found[1] if found else None


def _first_difference(divergence: LaneDivergence) -> tuple[str, str, str]:
    """Return where the answers first differ, and what each side has there."""
    expected, actual = divergence.expected, divergence.actual
    if divergence.kind == "panic":
        return "$", _variant(expected), "panic"
    if divergence.kind == "outcome":
        return "$", _variant(expected), _variant(actual)
    member, fields = _only_member(expected)
    _, answered = _only_member(actual)
    if not isinstance(fields, dict) or not isinstance(answered, dict) or not fields:
        return "$", _shape(expected, "$"), _shape(actual, "$")
    path = next(iter(fields))
    place = _place(path)
    there = answered.get(path, repr(ABSENT))
    return f"{member}{place.removeprefix('$')}", _shape(fields[path], place), _shape(there, place)


def _only_member(document: Any) -> tuple[str, Any]:
    if isinstance(document, dict) and len(document) == 1:
        name, value = next(iter(document.items()))
        return str(name), value
    return "answer", None


def _variant(answer: Any) -> str:
    """Return ``ok``, or which error an answer is."""
    name, result = _only_member(answer)
    if name in ("ok", "err"):
        variant = outcome_variant(is_ok=name == "ok", result=result)
        return f"{variant} ({_witness_rule(result)})" if variant == "InvalidWitness" else variant
    return name if name == "panic" else "no answer of the contract"


def _witness_rule(error: Any) -> str:
    """Return which rule of contract §3 refused a witness: the error bears one variant for three of them."""
    fields = error.get("InvalidWitness") if isinstance(error, dict) else None
    reason = fields.get("reason") if isinstance(fields, dict) else None
    return _WITNESS_RULES.get(reason, "another reason") if isinstance(reason, str) else "another reason"


def _guard(reason: str) -> str:
    """Return the short name of the guard or rule; wording after it may change between versions."""
    if reason == _PASSES or claim_of(reason) is not None:
        return "-"
    if reason.startswith(_TEXT_GUARD):
        return "text"
    return reason.partition(":")[0][:40]


def _place(path: str) -> str:
    """Return a path without indices, without names of roles, and cut where a recursive value begins."""
    named = _NAMED.sub(r"\1", path)
    deep = _DEEP.search(named)
    return _INDEX.sub("[]", named[: deep.start()] if deep else named)


def _shape(value: Any, place: str) -> str:
    """Return what kind of value it is, never which one, except where the contract names the values."""
    if isinstance(value, str):
        if value == repr(ABSENT):
            return "absent"
        return value if place.rpartition(".")[2] in _VOCABULARY else "text"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return "number"
    if isinstance(value, float):
        return "no integer"
    return "list" if isinstance(value, list) else "object"
