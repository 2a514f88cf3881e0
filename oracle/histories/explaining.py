"""Why no order of the operations gives the answers: the orders that there are, each with its first wrong answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.history import Call, HistoryEvent, Return
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.histories.budget import OverBudget
from telltale_conformance.oracle.histories.checker import Checker, Refused, check
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
_LOOKED_BACK: Final = 200
"""How many operations before a wrong answer are looked at for a race."""
_RACE_SHOWN: Final = 8
"""How many operations may stand between a race and the answer that shows who lost it."""
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
    kind: DivergenceClass = msgspec.field(name="class")
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
    seq: int,
    again: Callable[[], Iterable[HistoryEvent]],
    contract: Contract,
    level: Level,
) -> Refusal:
    """Explain a refusal.

    Args:
        refused: the refusal.
        seq: the event at which it came.
        again: gives the events once more.
        contract: by which the history is judged.
        level: how strictly.
    """
    race = _Race(refused.operation, seq, again, contract, level)
    found = list(islice(race.wrong_orders(), ORDERS + 1)) or [_only(refused)]
    wrong, more = found[:ORDERS], len(found) > ORDERS
    _, last, outcome = max(wrong, key=lambda one: len(one.order))
    divergence = _difference(last, outcome, level)
    decision = decided_by(outcome)
    return Refusal(
        prefix=_beginning(again, seq, contract, level),
        seq=seq,
        id=last.call.number,
        op=last.call.operation.name,
        kind=divergence.kind,
        args=shown(last.call.args),
        expected=divergence.expected,
        actual=divergence.actual,
        guard=decision.guard,
        reason=decision.reason,
        order=race.before,
        unordered=tuple(map(_asked, race.operations or [refused.operation])),
        wrong=tuple(_wrong_answer(*one, level) for one in wrong),
        more=more,
    )


class _Order(NamedTuple):
    """An order of the operations that cannot be ordered, up to its first wrong answer."""

    order: tuple[Pending, ...]
    operation: Pending
    outcome: Outcome
    """What the contract answers there."""


def _only(refused: Refused) -> _Order:
    """Return what is wrong at the very return, where no race was found around it."""
    outcome = refused.outcome
    for one in refused.before:
        predicted = one.done.get(refused.operation)
        if predicted is not None:
            outcome = refused.operation.predicted[predicted]
    assert outcome is not None, "a refusal without a wrong answer"
    return _Order((), refused.operation, outcome)


class _Race:
    """The operations around the one at whose return no order is left, all of them still to be ordered.

    The history is checked anew up to that return, without the returns of these operations. What is tried then are
    their orders that keep to the time: none is put after one that was called when it had returned.
    Where nothing was open beside it, the answer shows what a race before it has done, and that is tried too.
    """

    def __init__(
        self,
        last: Pending,
        seq: int,
        again: Callable[[], Iterable[HistoryEvent]],
        contract: Contract,
        level: Level,
    ) -> None:
        self._called: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self.before: tuple[int, ...] = ()
        """The ids of the last operations before the race, in one order."""
        self.operations: list[Pending] = []
        self._find(last.call.number, seq, again)
        keep = seq < _LONGEST
        self._checker = Checker(contract, level=level, keep_order=keep)
        self._component: Component | None = None
        left = islice(foreseen(again()), seq)
        try:
            for _ in check(((one, answer) for one, answer in left if not self._is_return(one)), self._checker):
                pass
        except (Refused, OverBudget):
            return
        self._component = component = self._checker.component_of(last.call.number)
        self.operations = [one for one in component.pending if one.answer is not None or one.crashed]
        if keep:
            self.before = tuple(one.call.number for one in self._checker.order()[-_ORDER_SHOWN:])

    def _find(self, last: int, seq: int, again: Callable[[], Iterable[HistoryEvent]]) -> None:
        """Find the calls that were open while the last one was; where there were none, the last that overlapped."""
        calls: dict[int, int] = {}
        recent: deque[tuple[int, int, int]] = deque(maxlen=_LOOKED_BACK)
        for event in islice(again(), seq):
            if isinstance(event, Call):
                calls[event.number] = event.seq
            else:
                recent.append((calls.pop(event.number), event.seq, event.number))
        begin = calls[last]
        if len(calls) == 1 and all(end < begin for _, end, _ in recent):
            begin = _last_overlap(recent, begin)
        self._called = {number: call for call, end, number in recent if end > begin} | calls
        self._ended = {number: end for _, end, number in recent if end > begin}

    def _is_return(self, event: HistoryEvent) -> bool:
        return isinstance(event, Return) and event.number in self._called

    def wrong_orders(self) -> Iterator[_Order]:
        """Yield the orders, each up to its first wrong answer; nothing where one is right, as it cannot be."""
        component = self._component
        if component is None:
            return
        tried = 0
        waiting: list[tuple[Configuration, tuple[Pending, ...]]] = [
            (one, ()) for one in reversed(component.configurations)
        ]
        while waiting:
            configuration, order = waiting.pop()
            left = [one for one in self.operations if one not in configuration.done]
            following = []
            for operation in left:
                if any(self._comes_before(other, operation) for other in left):
                    continue
                tried += 1
                if tried > _TRIED:
                    return
                for after, outcome in self._checker.after(component, configuration, operation):
                    if after is None:
                        yield _Order(order, operation, outcome)
                    else:
                        following.append((after, (*order, operation)))
            waiting.extend(reversed(following))

    def _comes_before(self, one: Pending, other: Pending) -> bool:
        ended = self._ended.get(one.call.number)
        called = self._called.get(other.call.number)  # one that crashed before the race may happen at any time
        return ended is not None and called is not None and not one.crashed and ended < called


def _beginning(again: Callable[[], Iterable[HistoryEvent]], seq: int, contract: Contract, level: Level) -> int:
    """Return how many events some order explains, whatever comes after them."""
    taken = 0
    try:
        for _ in check(foreseen(again(), 0), Checker(contract, level=level)):
            taken += 1
    except (Refused, OverBudget):
        pass
    return max(taken, seq)


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


def _last_overlap(recent: Iterable[tuple[int, int, int]], begin: int) -> int:
    """Return where the operations begin that overlapped last, or ``begin`` where that is long ago."""
    spans = sorted(((call, end) for call, end, _ in recent), reverse=True)
    for place, (call, _) in enumerate(spans[:_RACE_SHOWN]):
        earlier = [start for start, end in spans[place + 1 :] if end > call]
        if earlier:
            return min(earlier)
    return begin
