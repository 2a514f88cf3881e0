"""Work shared over processes, one item at a time for each, with the results in the order of the items.

Which process has which item is known at every moment. So a process that is killed costs one item, and that item is
named.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, NamedTuple, TypeVar

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.oracle.process.garbage import collect_seldom
from telltale_conformance.oracle.process.interrupts import deaf_to_interrupts, leave_interrupts_to_parent
from telltale_conformance.readable import one_line

Item = TypeVar("Item")
Result = TypeVar("Result")
_AHEAD: Final = 64
"""How many results of each process may wait for one before them."""


class CannotShare(InconclusiveError):
    """Thrown when no processes can be started that share the work."""

    def __init__(self, error: BaseException) -> None:
        while error.__cause__ or error.__context__:  # where a cluster is to be started, its worker says why not
            error = error.__cause__ or error.__context__ or error
        super().__init__(
            f"no processes can share the work: {one_line(str(error), 200)}",
            remedy="they need /dev/shm and the temporary folder, both to be written; check --workers 1 needs neither",
        )


class Lost(NamedTuple):
    """Stands for the result of an item whose process ended by itself."""

    how: str
    """How it ended, as ``was killed by SIGKILL``."""


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Result | Lost]]:
    """Yield every item with its result; by more than one worker, each is a process of its own.

    Args:
        work: what is done with an item; it can be pickled, as can items and results.
        items: are taken as they are needed.
        workers: from 1.

    Raises:
        Exception: what ``work`` or the iteration raised, after the results before it.
    """
    if workers == 1:
        for item in items:
            yield item, work(item)
        return
    crew = _Crew(work, workers)
    try:
        yield from crew.results(iter(items))
    finally:
        crew.end()


class _Raised(NamedTuple):
    error: Exception


class _Worker:
    """A process that works on one item after the other."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far, work), daemon=True)
        with deaf_to_interrupts():
            self.process.start()
        far.close()

    def give(self, item: object) -> bool:
        """Hand an item over; say whether somebody is there to take it."""
        try:
            self.connection.send(item)
        except OSError:
            return False
        return True

    def take(self) -> Any:
        """Return the result of the item, or how the process ended."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            return Lost(_ending(self.process.exitcode))

    def end(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


class _Crew(Generic[Item, Result]):
    """The processes, and what each of them is at."""

    def __init__(self, work: Callable[[Item], Result], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, int]] = {}

    def results(self, items: Iterator[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        given: list[Item] = []
        done: dict[int, Any] = {}
        due = 0
        stopped: StopIteration | Exception | None = None
        while stopped is None or self._busy or done:
            while stopped is None and len(self._busy) < self._workers and len(given) - due < _AHEAD * self._workers:
                try:
                    given.append(next(items))
                except (StopIteration, Exception) as error:
                    stopped = error
                else:
                    self._hand_over(len(given) - 1, given[-1])
            while due in done:
                result = done.pop(due)
                if isinstance(result, _Raised):
                    raise result.error
                yield given[due], result
                due += 1
            for connection in wait([*self._busy]) if self._busy else ():
                assert isinstance(connection, Connection)
                worker, number = self._busy.pop(connection)
                done[number] = worker.take()
                if isinstance(done[number], Lost):
                    worker.end()
                else:
                    self._idle.append(worker)
        if stopped is not None and not isinstance(stopped, StopIteration):
            raise stopped

    def _hand_over(self, number: int, item: Item) -> None:
        while self._idle:
            worker = self._idle.pop()
            if worker.give(item):
                break
            worker.end()
        else:
            worker = _Worker(self._work)
            worker.give(item)
        self._busy[worker.connection] = worker, number

    def end(self) -> None:
        """End all processes, at whatever they are."""
        for worker in (*self._idle, *(worker for worker, _ in self._busy.values())):
            worker.end()


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    """Work on what comes until the other side is gone."""
    leave_interrupts_to_parent()
    collect_seldom()
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError):
            return
        try:
            result = work(item)
        except Exception as error:
            result = _Raised(error)
        with suppress(BrokenPipeError):
            connection.send(result)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
