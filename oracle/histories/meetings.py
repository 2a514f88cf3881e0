"""What met in a history: operations of two clients that were under way at the same time, each with its answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from telltale_conformance.lean_traces.history import Call, HistoryEvent, Return
from telltale_conformance.lean_traces.reader import Answer

Meeting: TypeAlias = tuple[str, str, str, str, str]
"""The word ``meeting``, then twice an operation with the kind of its answer, in the order of the alphabet."""
Key = TypeVar("Key", bound=Hashable)


def meetings(events: Iterable[HistoryEvent]) -> set[Meeting]:
    """Return what met in a history."""
    open_calls: dict[int, Call] = {}
    beside: list[tuple[int, int]] = []
    ended: dict[int, tuple[str, str]] = {}
    for event in events:
        if isinstance(event, Call):
            beside += ((number, event.number) for number in open_calls)
            open_calls[event.number] = event
        else:
            call = open_calls.pop(event.number)
            ended[event.number] = call.operation.name, _said(event.answer) if isinstance(event, Return) else "crash"
    ended.update((number, (call.operation.name, "crash")) for number, call in open_calls.items())
    return {("meeting", *first, *second) for first, second in (sorted((ended[a], ended[b])) for a, b in beside)}


def _said(answer: Answer) -> str:
    """Return the kind of an answer: ``ok``, or the name of its error."""
    if answer.is_ok:
        return "ok"
    error = answer.result
    return next(iter(error), "") if isinstance(error, dict) else str(error)


def few(met: Mapping[Key, set[Meeting]], most: int | None = None) -> list[Key]:
    """Return few histories in which together all meets that meets in these, those first in which most does.

    Args:
        met: what met in each history.
        most: how many histories are returned at most; None for no such end.
    """
    chosen: list[Key] = []
    known: set[Meeting] = set()
    for key in sorted(met, key=lambda key: -len(met[key])):
        if not met[key] <= known and (most is None or len(chosen) < most):
            chosen.append(key)
            known |= met[key]
    return chosen


def new_in(events: Sequence[HistoryEvent], known: Callable[[Meeting], bool]) -> list[Meeting]:
    """Return what met in a history and is not known, in a fixed order."""
    return sorted(meeting for meeting in meetings(events) if not known(meeting))
