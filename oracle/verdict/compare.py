"""What it means that two answers agree: four levels of strictness, and the class of a difference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import chain, islice
from typing import Any, Final, Literal, NamedTuple

from telltale_conformance.lean_traces.bound_names import differences_in_types
from telltale_conformance.lean_traces.json_values import Difference, differences, shown
from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.strict_json import parse
from telltale_conformance.model.errors import NotJudged, StringError
from telltale_conformance.model.guard_table import EDGE_FORM, FEW_ROLES, variant_of_text
from telltale_conformance.model.operations import Outcome
from telltale_conformance.readable import both_ends

DivergenceClass = Literal["panic", "outcome", "payload", "audit", "state"]
_UNBOUNDED: Final = 1 << 62
PLACES_SHOWN: Final = 500
"""How many places of a divergence are kept."""
MORE_PLACES: Final = "…"
"""Stands among the places for those that are not."""
_VARIANT_SHOWN: Final = 120
"""How much of the name of an error is: the contract's are all shorter."""


class Level(IntEnum):
    """How strictly results are compared; every level includes those before it."""

    outcome = 0
    """ok, or which error."""
    payload = 1
    """All fields of results and errors."""
    audit = 2
    """The audit records too, where the trace observes them."""
    state = 3
    """The result of ``observe`` too, which below is judged by outcome only."""


class Divergence(NamedTuple):
    """Where an answer departs from the reference's."""

    kind: DivergenceClass
    expected: Any
    """The differing fields only, as JSON."""
    actual: Any
    differences: tuple[Difference, ...]


def result_differences(expected: Outcome, result: Any, actual: Any, skipped: str | None = None) -> Iterator[Difference]:
    """Yield where a result, or a part of it, differs from the contract's.

    Names of bound variables are set aside where the contract fixes none.

    Args:
        expected: the contract's answer.
        result: its result as JSON, or a part of that.
        actual: the same of the implementation.
        skipped: a member that is not compared.
    """
    if expected.any_bound_names:
        return differences_in_types(result, actual)
    return differences(result, actual, skipped=skipped)


_FREE_TEXT: Final = frozenset({EDGE_FORM.error, FEW_ROLES.error})
"""The errors of whose texts the rest is free."""


def error_variant(error: Any) -> str:
    """Return which error a JSON error is: its variant's name, or the fixed part of its text."""
    if isinstance(error, str):
        return variant_of_text(error) or "unknown error text"
    if isinstance(error, dict) and len(error) == 1:
        return both_ends(str(next(iter(error))), _VARIANT_SHOWN)
    return "no error of the contract"


def beyond_limit(expected: Outcome) -> bool:
    """Say whether an operation goes beyond a limit of the contract (§18), so that several answers are admitted."""
    return expected.error is not None and expected.error.guard.limit


def admitted_beyond_limit(*, is_ok: bool, result: Any) -> bool:
    """Say whether an answer other than a panic is admitted beyond a limit: any result, or the refusal itself."""
    return is_ok or error_variant(result) == FEW_ROLES.error


def outcome_variant(*, is_ok: bool, result: Any) -> str:
    """Return ``ok``, or which error was answered."""
    return "ok" if is_ok else error_variant(result)


def compare(op: str, expected: Outcome, actual: Answer, level: Level) -> Divergence | None:
    """Compare an answer with the reference's outcome; None when they agree at this level."""
    if isinstance(expected.error, NotJudged):
        return None
    document = parse(encode_answer(expected, audited=True), _UNBOUNDED)
    is_ok = expected.error is None
    member = "ok" if is_ok else "err"
    result = document[member]

    variant = outcome_variant(is_ok=is_ok, result=result)
    actual_variant = outcome_variant(is_ok=actual.is_ok, result=actual.result)
    if variant != actual_variant:
        wanted, given = shown({member: result}), shown({"ok" if actual.is_ok else "err": actual.result})
        return Divergence("outcome", wanted, given, (Difference("$", wanted, given),))
    if level < Level.payload:
        return None
    if op == "observe" and is_ok:
        if level < Level.state:
            return _audit(document, actual, level)
        return _audit(document, actual, level) or _divergence(
            "state", member, result_differences(expected, result, actual.result)
        )
    if not (isinstance(expected.error, StringError) and _says_the_same(variant, result, actual.result)):
        skipped = "retained_bytes" if op == "memory_usage" and is_ok else None
        found = result_differences(expected, result, actual.result, skipped)
        divergence = _divergence("payload", member, chain(found, _implausible_bytes(actual.result) if skipped else ()))
        if divergence is not None:
            return divergence
    return _audit(document, actual, level)


_NAMED: Final = re.compile(r"cannot decode [^:]*: ")
"""After this the text of a refusal to decode is the implementation's own."""


def _says_the_same(variant: str, text: str, actual: str) -> bool:
    """Say whether two error texts of one variant, of which the contract fixes a part only, agree in that part."""
    if variant in _FREE_TEXT:
        return True
    named = _NAMED.match(text)
    return named is not None and actual.startswith(named[0])


def _audit(document: dict[str, Any], actual: Answer, level: Level) -> Divergence | None:
    if level < Level.audit or actual.audit is None:
        return None
    return _divergence("audit", "audit", differences(document["audit"], actual.audit))


def _divergence(kind: DivergenceClass, member: str, found: Iterable[Difference]) -> Divergence | None:
    """Return the divergence that differences make, with no more of it than is shown; None when there are none."""
    kept = tuple(
        Difference(path, shown(expected), shown(actual)) for path, expected, actual in islice(found, PLACES_SHOWN + 1)
    )
    if not kept:
        return None
    places, more = kept[:PLACES_SHOWN], {MORE_PLACES: "more places differ"} if len(kept) > PLACES_SHOWN else {}
    expected = shown({item.path: item.expected for item in places})
    actual = shown({item.path: item.actual for item in places})
    return Divergence(kind, {member: {**expected, **more}}, {member: {**actual, **more}}, places)


def _implausible_bytes(usage: Any) -> Iterator[Difference]:
    """Yield what contradicts itself in an implementation's own estimate of retained bytes (contract §5)."""
    parts = usage.get("retained_bytes") if isinstance(usage, dict) else None
    names = {"live_sessions", "archived_closed", "local_types", "buffers", "traces", "auth", "handlers"}
    if not isinstance(parts, dict) or parts.keys() != names | {"total"}:
        yield Difference("$.retained_bytes", sorted(names | {"total"}), parts)
        return
    for name, value in parts.items():
        if type(value) is not int or value < 0:
            yield Difference(f"$.retained_bytes.{name}", "a number from 0", value)
            return
    total = min(sum(parts[name] for name in names), 2**64 - 1)
    if parts["total"] != total:
        yield Difference("$.retained_bytes.total", total, parts["total"])
    if usage.get("live_sessions") == 0:
        for name in sorted(names - {"archived_closed"}):
            if parts[name] != 0:
                yield Difference(f"$.retained_bytes.{name}", 0, parts[name])
    nothing_archived = usage.get("archived_closed_sessions") == 0
    if nothing_archived != (parts["archived_closed"] == 0):
        expected = 0 if nothing_archived else "more than 0"
        yield Difference("$.retained_bytes.archived_closed", expected, parts["archived_closed"])
