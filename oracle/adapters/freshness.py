"""Whether the store is fresh after a reset: the same question is answered as it was before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters.faults import ResetIgnored
from telltale_conformance.oracle.adapters.protocol import Answer, Request
from telltale_conformance.readable import one_line


def _that_read(*results: str) -> tuple[str, ...]:
    """Return the operations that take nothing, change nothing and have one of these results."""
    return tuple(
        op
        for op, operation in OPERATIONS.items()
        if operation.reads_only and not operation.parameters and operation.result in results
    )


_FIRST: Final = tuple(reversed(_that_read("count", "sids")))
"""Operations whose answers tell a fresh store from a used one; the first that the adapter
offers is taken, ``next_session_id`` rather than any other."""
_FURTHER: Final = _that_read("sids", "summaries", "records")
"""What else a reset may leave: one of those that are offered is asked after every so many resets, each in turn."""
_FURTHER_AFTER: Final = 4
_EMPTY: Final = (b"0", b"[]")
"""What an empty store answers to those of ``_FIRST`` by the contract."""
PROBES: Final = frozenset((*_FIRST, *_FURTHER))
"""All that may be asked of a store that should be fresh; such a request names no client."""


class Freshness:
    """What an adapter is asked at its start and after its resets, and what it answered.

    Args:
        offered: the operations that it offers; none of them where its resets are not to be looked at.
    """

    def __init__(self, offered: Collection[str] = ()) -> None:
        op = next((op for op in _FIRST if op in offered), None)
        self.first = None if op is None else Request(op, b"{}")
        """What is asked at the start and after every reset."""
        self._further = [Request(more, b"{}") for more in _FURTHER if more in offered and more != op]
        self._resets = 0
        self._fresh: dict[str, Answer] = {}

    def questions(self) -> Iterator[Request]:
        """Yield what is asked after one more reset."""
        if self.first is not None:
            yield self.first
        self._resets += 1
        if self._further and self._resets % _FURTHER_AFTER == 0:
            yield self._further[self._resets // _FURTHER_AFTER % len(self._further)]

    def check(self, op: str, answer: Answer) -> None:
        """Take an answer of a store that should be fresh.

        A store may hold something when its process starts: an empty one is fresh, whatever was there before.

        Raises:
            ResetIgnored: it is another one than before.
        """
        if self.first is not None and op == self.first.op and answer.kind == "ok" and answer.payload in _EMPTY:
            self._fresh[op] = answer
        if answer.kind != "ok" or answer == self._fresh.setdefault(op, answer):
            return
        found, fresh = (one_line(one.payload.decode(), 80) for one in (answer, self._fresh[op]))
        first = "at the start" if self.first is not None and op == self.first.op else "after an earlier one"
        cause = f"{op} answered {found} after a reset and {fresh} {first}"
        raise ResetIgnored("the store is not fresh after a reset", cause)
