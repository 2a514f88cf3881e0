"""The class of a divergence and its fingerprint: what stays the same when the same mistake is seen elsewhere.

The minimiser keeps the class of what it makes smaller, a baseline lists classes, reports show one finding for each,
a dossier names the one that it is of. A class says which operation departs, under which guard, in what, and where in
the answer; never which session, owner, witness or number was involved. So it is the same in every case that shows the
mistake, whatever the names, the seed and the lane, and, since of the harness's wording only the short names of guards
go into it, under every version of the harness.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.json_values import ABSENT
from telltale_conformance.lean_traces.printing import as_json, encode
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.verdict.compare import MORE_PLACES, Divergence, DivergenceClass, error_variant
from telltale_conformance.oracle.verdict.decision import PASSES, decided_by
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.readable import spelled

SCHEME: Final = 3
"""Goes into every fingerprint; another number here makes all of them new.

2: the guard was derived from the variant of its error. 3: it is the one whose check fired.
"""
WHOLE: Final = "$"
"""The place of a difference that is the whole answer."""

_INDEX: Final = re.compile(r"\[\d+\]")
_LAST_INDEX: Final = re.compile(r"\[\d+\]$")
_OF_ELEMENT: Final = re.compile(r"(.*)\[\d+\]\.sid$", re.DOTALL)
_RECURSIVE: Final = frozenset({"Send", "Recv", "Mu", "Var", "Prod", "Vector", "Endpoint", "Chan", "Fragments"})
"""Constructors of local types, values and scopes: how deep a difference lies within one varies from case to case."""
_NAMED_FIELDS: Final = frozenset({"role_ids"})
"""Objects whose members bear names of the program."""
_NAMES_SHOWN: Final = 2
_QUOTED: Final = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"")
_DIGITS: Final = re.compile(r"\d+")
_PANIC_SHOWN: Final = 120


class Fingerprint(Struct, frozen=True, order=True, kw_only=True):
    """A divergence as a class of its own: equal for all cases of one mistake."""

    op: str
    kind: DivergenceClass = msgspec.field(name="class")
    expected: str
    """``ok`` or the error's variant, as the contract has it."""
    actual: str
    """The same of the implementation; of a panic what it said up to its first colon, without names and numbers."""
    guard: str
    """The name of the guard that refuses, as ``G-live``; ``passes`` where none does."""
    place: str = WHOLE
    """Where the answers differ, as ``ownership.current`` or ``[].epoch``, of several places the first; with
    ``: missing`` where the implementation has nothing there, ``: unexpected`` where the contract has nothing,
    ``: absent`` where one has null and the other no field."""
    claim: str | None = None
    """The claim that was broken, where the divergence was found by watching one."""

    @property
    def digest(self) -> str:
        """The class as 64 hexadecimal digits, the same on every machine."""
        return self.digest_in(SCHEME)

    def digest_in(self, scheme: int) -> str:
        """Return the digest that a class of these words has under a scheme; they may be those of an older one."""
        members = [self.op, self.kind, self.expected, self.actual, self.guard, self.place, self.claim]
        return hashlib.sha256(encode([f"telltale-conformance/fingerprint/{scheme}", *members])).hexdigest()

    @property
    def short(self) -> str:
        """The beginning of the digest, enough to tell the classes of one report apart."""
        return self.digest[:12]

    @property
    def rule(self) -> str:
        """The claim, or the row of the contract, that is broken."""
        return self.claim or self.op

    def allows(self, op: str, outcome: Outcome) -> bool:
        """Say whether the contract's answer to an operation leaves this divergence possible there."""
        if op != self.op or contract_side(outcome) != (self.expected, self.guard):
            return False
        place, _, presence = self.place.partition(": ")
        return self.kind in ("outcome", "panic") or presence not in ("", "missing") or self._has(place, outcome)

    def _has(self, place: str, outcome: Outcome) -> bool:
        """Say whether the contract's answer has something at the place where the implementation has another."""
        if self.kind == "audit":
            return bool(outcome.audit)
        if outcome.error is not None:
            return True
        found = [as_json(outcome.ok)]
        for name in place.removeprefix(WHOLE).split("."):
            field = name.partition("[]")[0]
            if field:
                members = [_within_constructor(value, field) for value in found]
                found = [value[field] for value in members if isinstance(value, dict) and field in value]
            for _ in range((len(name) - len(field)) // 2):
                found = [element for value in found if isinstance(value, list) for element in value]
        return any(value is not None for value in found)

    def text(self) -> str:
        """Return the class as one line for people: error and place may bear names of the implementation."""
        return spelled(self._words())

    def _words(self) -> str:
        if self.kind == "outcome":
            return f"{self.op}: expected {self.expected} ({self.guard}), answered {self.actual}"
        if self.kind == "panic":
            return f"{self.op}: expected {self.expected} ({self.guard}), panicked: {self.actual}"
        where = "" if self.place == WHOLE else f" at {self.place}"
        return f"{self.op}: {self.expected} ({self.guard}) with another {self.kind}{where}"


def fingerprint(op: str, expected: Outcome, divergence: Divergence) -> Fingerprint:
    """Return the class of a divergence from what the reference answered."""
    return classified(op, divergence.kind, divergence.expected, divergence.actual, decided_by(expected).guard, None)


def fingerprint_of(divergence: LaneDivergence) -> Fingerprint:
    """Return the class of a divergence that a lane has told; the same as when it was seen."""
    return classified(
        divergence.op,
        divergence.kind,
        divergence.expected,
        divergence.actual,
        divergence.guard,
        divergence.claim,
    )


def contract_side(outcome: Outcome) -> tuple[str, str]:
    """Return which answer the contract demands, and the name of the guard that decided it."""
    guard = decided_by(outcome).guard
    return _variant_of(guard), guard


def classified(
    op: str, kind: DivergenceClass, expected: Any, actual: Any, guard: str, claim: str | None = None
) -> Fingerprint:
    """Return the class of a divergence.

    Args:
        op: where it was seen.
        kind: in what the answers differ.
        expected: the differing fields as the contract has them.
        actual: the same fields as they were answered.
        guard: the name of the guard that decides; ``passes`` where none refuses.
        claim: that is broken, where it is one.
    """
    place = WHOLE
    if kind in ("outcome", "panic"):
        wanted, given = _answered(expected, ruled=False), _answered(actual)
    else:
        wanted = given = _variant_of(guard)
        place = _first_place(expected, actual)
    return Fingerprint(op=op, kind=kind, expected=wanted, actual=given, guard=guard, place=place, claim=claim)


def _variant_of(guard: str) -> str:
    """Return the answer that a guard decides on: the variant of its error, or the name of its text."""
    if guard in GUARDS:
        return GUARDS[guard].error
    return "ok" if guard.partition(":")[0] == PASSES.guard else guard


_WITNESS_GUARDS: Final = {guard.logged: guard for guard in GUARDS.values() if guard.error == "InvalidWitness"}
"""By the reason that an answer gives: one variant stands for three guards of contract §3."""


def _only_member(document: Any) -> tuple[str, Any]:
    if isinstance(document, dict) and len(document) == 1:
        name, value = next(iter(document.items()))
        return str(name), value
    return "answer", None


def _answered(answer: Any, *, ruled: bool = True) -> str:
    """Return ``ok``, which error an answer is, or what a panic said."""
    name, result = _only_member(answer)
    if name == "ok":
        return "ok"
    if name == "panic":
        return _DIGITS.sub("N", _QUOTED.sub("…", str(result).partition(":")[0]))[:_PANIC_SHOWN]
    if name != "err":
        return str(result) if isinstance(result, str) else "no answer of the contract"
    variant = error_variant(result)
    if variant != "InvalidWitness" or not ruled:
        return variant
    fields = result[variant]
    reason = fields.get("reason") if isinstance(fields, dict) else None
    guard = _WITNESS_GUARDS.get(reason) if isinstance(reason, str) else None
    return f"{variant} ({guard.name if guard is not None else 'another reason'})"


def _first_place(expected: Any, actual: Any) -> str:
    """Return the first of the places where two answers of one variant differ, in the order of their names."""
    _, fields = _only_member(expected)
    _, answered = _only_member(actual)
    if not isinstance(fields, dict) or not isinstance(answered, dict) or not fields:
        return WHOLE
    others = _other_elements(fields, answered)
    paths = [path for path in fields if path != MORE_PLACES]
    return min(_place(path, others, _presence(fields[path], answered.get(path, ABSENT))) for path in paths)


def _other_elements(fields: dict[str, Any], answered: dict[str, Any]) -> set[str]:
    """Return the lists whose elements are others, or more, or fewer: what differs within those says nothing."""
    found = set()
    for path, value in fields.items():
        of_element = _OF_ELEMENT.match(path)
        if of_element is not None:
            found.add(of_element[1])
        elif _LAST_INDEX.search(path) and _is_absent(value) != _is_absent(answered.get(path, ABSENT)):
            found.add(_LAST_INDEX.sub("", path))
    return found


def _place(path: str, others: set[str], presence: str) -> str:
    """Return a path without indexes and names of the program, cut where a recursive or another value begins."""
    for longer in others:
        if path.startswith(f"{longer}["):
            path = f"{longer}[0]"
    names: list[str] = []
    for name in _INDEX.sub("[]", path).split("."):
        plain = name.removesuffix("[]")
        if plain in _RECURSIVE or len(names) > _NAMES_SHOWN:
            presence = ""
            break
        if plain in _NAMED_FIELDS:
            names.append(plain)
            break
        if not plain[:1].isupper():
            names.append(name)
    if plain[:1].isupper():
        presence = ""
    return ".".join(names).removeprefix("$.").replace("$[]", "[]") + presence


def _presence(expected: Any, actual: Any) -> str:
    """Say whether one side has nothing there; which of several values stands there varies from case to case."""
    nothing = [value is None or _is_absent(value) for value in (expected, actual)]
    return {(False, True): ": missing", (True, False): ": unexpected", (True, True): ": absent"}.get(
        (nothing[0], nothing[1]), ""
    )


def _within_constructor(value: Any, field: str) -> Any:
    """Return what a constructor holds, where a value is one; its name is not part of a place."""
    while isinstance(value, dict) and field not in value and len(value) == 1:
        name, inner = next(iter(value.items()))
        if not name[:1].isupper():
            break
        value = inner
    return value


def _is_absent(value: Any) -> bool:
    return value is ABSENT or value == repr(ABSENT)
