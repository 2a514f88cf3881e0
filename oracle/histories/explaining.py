"""Why no order of the operations gives the answers: the orders that there are, each with its first wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from telltale_conformance.lean_traces.codec import as_json
from telltale_conformance.lean_traces.history import HistoryEvent
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.histories.checker import CONFIGURATIONS, Checker, OverBudget, Refused, check
from telltale_conformance.oracle.histories.components import Component
from telltale_conformance.oracle.histories.configurations import Configuration
from telltale_conformance.oracle.histories.foresight import foreseen
from telltale_conformance.oracle.histories.pending import Pending
from telltale_conformance.oracle.verdict.compare import Divergence, DivergenceClass, Level, compare
from telltale_conformance.oracle.verdict.decision import decided_by

ORDERS: Final = 24
"""How many orders are shown."""
_TRIED: Final = 2000
"""How many steps are tried to find orders."""
_LONGEST: Final = 20_000
"""Events of the longest history whose order so far is shown."""
_ORDER_SHOWN: Final = 40
"""How many operations of the order so far are shown, the last ones."""


class Asked(Struct, frozen=True, kw_only=True):
    """An operation of a history, for people."""

    client: int
    id: int
    op: str
    args: Any
    answer: Any
    """``{"ok": …}`` or ``{"err": …}``; None where it is not known."""


class WrongAnswer(Struct, frozen=True, kw_only=True):
    """One order of the operations that cannot be ordered, up to its first wrong answer."""

    order: tuple[int, ...]
    """The ids of the operations before it."""
    id: int
    expected: Any
    """The differing fields as the contract answers them there."""
    actual: Any
    """The same fields as they were answered."""


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a history is no history of the contract."""

    prefix: int
    """How many events the longest beginning has that some order explains."""
    seq: int
    """The event at which no order is left: the return of ``id``."""
    id: int
    op: str
    kind: DivergenceClass
    args: Any
    expected: Any
    actual: Any
    guard: str
    reason: str
    order: tuple[int, ...]
    """The ids of the last operations before those, in one order that explains the beginning."""
    unordered: tuple[Asked, ...]
    """The operations that cannot be ordered."""
    wrong: tuple[WrongAnswer, ...]
    """For each order of these the first wrong answer."""
    more: bool
    """Whether there are more orders than are shown."""


def refusal(
    refused: Refused,
    checker: Checker,
    seq: int,
    again: Callable[[], Iterable[HistoryEvent]],
    contract: Contract,
    level: Level,
) -> Refusal:
    """Explain a refusal.

    Args:
        refused: the refusal.
        checker: that refused.
        seq: the event at which it did.
        again: gives the events once more.
        contract: by which the history is judged.
        level: how strictly.
    """
    prefix, order = _beginning(again, seq, contract, level)
    wrong: list[tuple[tuple[Pending, ...], Pending, Outcome]] = []
    more = False
    for one in _orders(refused, checker):
        if len(wrong) == ORDERS:
            more = True
            break
        wrong.append(one)
    _, last, outcome = max(wrong, key=lambda item: (item[1] is refused.operation, len(item[0])))
    divergence = _difference(last, outcome, level)
    decision = decided_by(outcome)
    return Refusal(
        prefix=prefix,
        seq=seq,
        id=last.call.number,
        op=last.call.operation.name,
        kind=divergence.kind,
        args=shown(last.call.args),
        expected=divergence.expected,
        actual=divergence.actual,
        guard=decision.guard,
        reason=decision.reason,
        order=order,
        unordered=tuple(map(_asked, _unordered(refused))),
        wrong=tuple(_wrong_answer(*one, level) for one in wrong),
        more=more,
    )


def _unordered(refused: Refused) -> Sequence[Pending]:
    return list(refused.component.pending) or [refused.operation]


def _orders(refused: Refused, checker: Checker) -> Iterator[tuple[tuple[Pending, ...], Pending, Outcome]]:
    """Yield orders of the pending operations up to their first wrong answer."""
    if refused.outcome is not None:
        yield (), refused.operation, refused.outcome
        return
    tried = 0
    component: Component = refused.component
    known = [one for one in component.pending if one.answer is not None or one.crashed]
    waiting: list[tuple[Configuration, tuple[Pending, ...]]] = [(one, ()) for one in reversed(refused.before)]
    for one in refused.before:
        predicted = one.done.get(refused.operation)
        if predicted is not None:
            yield (), refused.operation, refused.operation.predicted[predicted]
    while waiting:
        configuration, order = waiting.pop()
        following = []
        for operation in known:
            if operation in configuration.done or refused.operation in configuration.done:
                continue
            tried += 1
            if tried > _TRIED:
                return
            for after, outcome in checker.after(component, configuration, operation):
                if after is None:
                    yield order, operation, outcome
                else:
                    following.append((after, (*order, operation)))
        waiting.extend(reversed(following))


def _beginning(
    again: Callable[[], Iterable[HistoryEvent]], seq: int, contract: Contract, level: Level
) -> tuple[int, tuple[int, ...]]:
    """Return how many events some order explains, and the end of such an order."""
    keep = seq < _LONGEST
    checker = Checker(contract, level=level, budget=CONFIGURATIONS, keep_order=keep)
    taken = 0
    try:
        for _ in check(foreseen(again(), 0), checker):
            taken += 1
    except Refused:
        pass
    except OverBudget:
        return seq, ()
    order = [operation.call.number for operation in checker.order()[-_ORDER_SHOWN:]] if keep else []
    return max(taken, seq), tuple(order)


def _difference(operation: Pending, outcome: Outcome, level: Level) -> Divergence:
    assert operation.answer is not None
    found = compare(operation.call.operation.name, outcome, operation.answer, level)
    assert found is not None, "an answer that is right was called wrong"
    return found


def _wrong_answer(order: tuple[Pending, ...], operation: Pending, outcome: Outcome, level: Level) -> WrongAnswer:
    found = _difference(operation, outcome, level)
    return WrongAnswer(
        order=tuple(one.call.number for one in order),
        id=operation.call.number,
        expected=found.expected,
        actual=found.actual,
    )


def _asked(operation: Pending) -> Asked:
    call, answer = operation.call, operation.answer
    told = None if answer is None else shown({"ok" if answer.is_ok else "err": as_json(answer.result)})
    return Asked(client=call.client, id=call.number, op=call.operation.name, args=shown(call.args), answer=told)
