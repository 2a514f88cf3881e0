"""A request in flight, and what must hold of the line that is taken for its answer."""

from __future__ import annotations

from typing import Final, NamedTuple

from telltale_conformance.oracle.adapters.answers import malformed, shown
from telltale_conformance.oracle.adapters.faults import TwoAnswers, WrongId
from telltale_conformance.oracle.adapters.protocol import Answer

NOT_SENT: Final = -1
"""The number of a request that the adapter does not offer: it only holds its place."""
_OUTCOMES: Final = ("ok", "err")
_UNAUDITED: Final = ("hello", "reset", "bye")


class Sent(NamedTuple):
    """A request in flight."""

    number: int
    op: str
    turn: int
    """Which submit it is of; 0 for the adapter's own requests."""


def check_answer(sent: Sent | None, last: int, number: int, answer: Answer, line: bytes, *, audited: bool) -> Sent:
    """Return the request that a line answers.

    Args:
        sent: the request that is due; None where none is.
        last: the number of the request answered before it.
        number: the id in the line.
        answer: what the line says.
        line: as it came.
        audited: whether outcomes come with their records.

    Raises:
        TwoAnswers: the request was answered before, or nothing was asked.
        WrongId: it is the answer to another request.
        MalformedAnswer: it has records and must not, or the reverse.
    """
    if sent is None or number == last:
        raise TwoAnswers(f"request {number} was answered again, or never asked", shown(line))
    if number != sent.number:
        raise WrongId(f"the answer to request {sent.number} has the id {number}", shown(line))
    if answer.kind in _OUTCOMES and (answer.audit is None) == audited and sent.op not in _UNAUDITED:
        has = "has no audit, which the hello observes" if audited else "has audit, unlike the hello"
        raise malformed(line, f"it {has}")
    return sent
