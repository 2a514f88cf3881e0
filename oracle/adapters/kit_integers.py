"""What becomes of integers on their way through an adapter.

A number is sent as the sid of every operation that names a session; where a small one comes back, in an answer or in
the text of a refusal, a great one must come back too. What has changed in one of the known ways is the adapter's
mistake, and the remedy names the languages that make it. What has changed in another way may be the store's doing, and
is left to ``check``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.oracle.adapters import Adapter, Answer
from telltale_conformance.oracle.adapters.kit_answers import NUMBER, Written, document, fresh, leaves
from telltale_conformance.oracle.adapters.kit_requests import WELL_FORMED, with_sid
from telltale_conformance.oracle.adapters.kit_results import Departure, NotOffered, Problem
from telltale_conformance.readable import one_line

SMALL: Final = (7, 1000)
GREAT: Final = (2**31, 2**32 + 1, 2**53 + 1, 2**63, U64_MAX - 1, U64_MAX)

ROUNDED: Final = (
    "read and keep integers as integers of 64 bits without sign: in JavaScript as BigInt, with a reader of your own, "
    "because JSON.parse rounds above 2^53; in Go as uint64 or with json.Number, because numbers read into any are "
    "float64; in Lua, PHP and Perl with a library for large integers"
)
POINT: Final = (
    "print integers without point and exponent: in Go from uint64, in Lua with %d, in Python from int, in C with "
    "PRIu64 in place of %g"
)
SIGNED: Final = (
    "integers go up to 2^64-1, and a signed one ends at 2^63-1: use u64 in Rust, uint64 in Go, BigInteger or "
    "Long.parseUnsignedLong in Java, ULong in Kotlin, ulong in C#, uint64_t in C"
)
NARROW: Final = "32 bits are too few: use an unsigned integer of 64 bits"
QUOTED: Final = "print integers as JSON numbers, not as texts; a BigInt of JavaScript needs a writer of your own"


class Found(NamedTuple):
    """A number in an answer, or in a text of one."""

    written: str
    in_text: bool
    """It is a part of a text, or the whole of one."""

    @property
    def value(self) -> float | int:
        """The number itself; an integer where it is written as one."""
        return float(self.written) if re.search("[.eE]", self.written) else int(self.written)


def numbers(answer: Answer) -> Iterator[Found]:
    """Yield the numbers of an answer as they are written, those within texts too."""
    for token in leaves(document(answer, as_written=True)):
        if isinstance(token, Written):
            yield Found(str(token), in_text=False)
        elif isinstance(token, str):
            yield from (Found(found, in_text=True) for found in NUMBER.findall(token))


def check_integers(adapter: Adapter) -> str:
    """Integers are exact up to 2^64-1."""
    asked = {op: request for op, request in WELL_FORMED.items() if _names_a_session(op, adapter)}
    echoing = []
    for op, request in asked.items():
        echoes = [_echo_of(number, fresh(adapter, [with_sid(request, number)])[0]) for number in SMALL]
        if all(echoes):
            echoing.append(op)
    _without_points(adapter)
    if not echoing:
        raise NotOffered("no operation that is offered gives a session's number back")
    for op in echoing:
        for number in GREAT:
            answer = fresh(adapter, [with_sid(asked[op], number)])[0]
            _judge_number(op, number, answer)
    return f"{U64_MAX} through {', '.join(echoing[:3])}{' and more' if len(echoing) > 3 else ''}"


def _names_a_session(op: str, adapter: Adapter) -> bool:
    return op in adapter.hello.ops and OPERATIONS[op].sid_of is not None


def _echo_of(number: int, answer: Answer) -> bool:
    """Tell whether a small number came back.

    Raises:
        Problem: it came back with a point or an exponent, or as a text.
    """
    if answer.kind not in ("ok", "err"):
        return False
    seen = list(numbers(answer))
    for found in seen:
        if not found.in_text and isinstance(found.value, float) and found.value == number:
            raise Problem(f"{number} came back as {found.written}", POINT)
    if any(type(leaf) is str and leaf == str(number) for leaf in leaves(document(answer))):
        raise Problem(f"{number} came back as a text", QUOTED)
    return any(found.written == str(number) for found in seen)


def _without_points(adapter: Adapter) -> None:
    """See that no answer to a well-formed request holds a number with a point or an exponent."""
    requests = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    for request, answer in zip(requests, fresh(adapter, requests), strict=True):
        for found in numbers(answer) if answer.kind in ("ok", "err") else ():
            if not found.in_text and isinstance(found.value, float):
                raise Problem(f"{request.op} was answered with the number {found.written}", POINT)


def _judge_number(op: str, number: int, answer: Answer) -> None:
    """See that a great number came back, or say what it has become."""
    if answer.kind == "bad_request":
        said = one_line(answer.text(), 120)
        raise Problem(f"{op} takes session 7 and answers bad_request for {number}: {said}", SIGNED)
    if answer.kind not in ("ok", "err"):
        raise Departure(f"{op} takes session 7 and answers {answer.kind} for {number}", "see what check says of it")
    seen = list(numbers(answer))
    if any(found.written == str(number) for found in seen):
        return
    for found in seen:
        if (became := _became(number, found)) is not None:
            what, remedy = became
            raise Problem(f"session {number} came back as {found.written}: {what}", remedy)
    shown = one_line(answer.payload.decode(errors="replace"), 120)
    raise Departure(
        f"{op} gives session 7 back, and not {number}: {shown}",
        "see where the number gets lost; check will compare the answers",
    )


def _became(number: int, found: Found) -> tuple[str, str] | None:
    """Say what a number was made into, and what to do; None where it does not look like it."""
    value = found.value
    if value in (number - 2**64, 2**63 - 1, -(2**63)):
        return "it went through a signed integer of 64 bits", SIGNED
    if float(value) == float(number):
        exact = number <= 2**53
        return ("written as a float", POINT) if exact else ("rounded, as a float rounds", ROUNDED)
    if value in (number % 2**32, number % 2**32 - 2**32, 2**31 - 1, 2**32 - 1):
        return "it went through an integer of 32 bits", NARROW
    return None
