"""The verdict on a history as text for people: the orders that there are, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from telltale_conformance.oracle.histories.explaining import Asked, Refusal, WrongAnswer
from telltale_conformance.oracle.histories.judging import HistoryResult
from telltale_conformance.readable import counted, one_line, spelled, value_line

_NOTE: Final = 1000
_ORDERS: Final = 8
"""How many orders the text shows; the JSON has all that were found."""


def history_text(result: HistoryResult) -> str:
    """Return the verdict on a history as text, with the refusal or the error spelled out."""
    if not result.clients:
        return f"{result.verdict}  {one_line(result.error or '', _NOTE)}"
    size = f"{counted(result.events, 'event')} of {counted(result.clients, 'client')}"
    head = f"{result.verdict}  {spelled(result.trace)}  {size}"
    if result.verdict == "agree" and not result.log_compared:
        return f"{head}, log not compared: not every answer has its records"
    if result.refusal is None:
        return head if result.error is None else f"{head}\n  {one_line(result.error, _NOTE)}"
    lines = [head, *refusal_lines(result.refusal)]
    if result.not_judged:
        lines.append(f"    {counted(result.not_judged, 'later event')} not judged")
    return "\n".join(lines)


def refusal_lines(refusal: Refusal) -> Iterator[str]:
    """Yield why no order of the operations gives the answers."""
    yield f"  the first {refusal.prefix} events are those of some order; with event {refusal.seq} no order is left"
    if refusal.order:
        yield f"    before    {_ids(refusal.order)}"
    yield "    these operations cannot be ordered:"
    for asked in refusal.unordered:
        yield f"      call {asked.id}  client {asked.client}  {asked.op} {value_line(asked.args)} -> {_answer(asked)}"
    for wrong in refusal.wrong[:_ORDERS]:
        yield from _order_lines(wrong)
    rest = len(refusal.wrong) - _ORDERS
    if rest > 0 or refusal.more:
        yield f"      and {max(rest, 0)}{' or more' if refusal.more else ''} other orders, each with a wrong answer"


def _order_lines(wrong: WrongAnswer) -> Iterator[str]:
    after = f"after {_ids(wrong.order)}" if wrong.order else "first"
    yield f"      call {wrong.id} {after}:"
    yield f"        expected  {value_line(wrong.expected)}"
    yield f"        answered  {value_line(wrong.actual)}"


def _answer(asked: Asked) -> str:
    answer: Any = asked.answer
    return "no answer is known" if answer is None else value_line(answer)


def _ids(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
