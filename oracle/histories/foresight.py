"""Answers known ahead of time: each call of a history with the answer that a later event gives it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from telltale_conformance.lean_traces.history import Call, HistoryEvent, Return
from telltale_conformance.lean_traces.reader import Answer

WINDOW: Final = 4096
"""How many events are read ahead."""


class _Waiting:
    __slots__ = ("answer", "event", "known")

    def __init__(self, event: HistoryEvent) -> None:
        self.event = event
        self.answer: Answer | None = None
        self.known = not isinstance(event, Call)


def foreseen(events: Iterable[HistoryEvent], window: int = WINDOW) -> Iterator[tuple[HistoryEvent, Answer | None]]:
    """Yield each event; a call with its answer, or None where that does not come within the window.

    Knowing answers saves orders that they rule out. It changes no verdict.
    """
    waiting: deque[_Waiting] = deque()
    open_calls: dict[int, _Waiting] = {}
    for event in events:
        entry = _Waiting(event)
        waiting.append(entry)
        if isinstance(event, Call):
            open_calls[event.number] = entry
        else:
            called = open_calls.pop(event.number, None)
            if called is not None:
                called.known = True
                called.answer = event.answer if isinstance(event, Return) else None
        while waiting and (waiting[0].known or len(waiting) > window):
            first = waiting.popleft()
            if not first.known:
                del open_calls[first.event.number]
            yield first.event, first.answer
    for entry in waiting:
        yield entry.event, entry.answer
