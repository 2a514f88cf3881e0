"""Ctrl-C and SIGTERM: the run ends soon, its report is written as a partial one, no process stays behind.

A signal raises ``Interrupted`` in the main thread and ends the processes that share the cases; the adapters that
those have started go with them, since each is watched over by a keeper of its own. Where the main thread does not
come back from foreign code, where Python hears no signal, another thread asks that code to stop, and in the end calls
the ``last_resort``, which writes what there is, and ends the process.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from telltale_conformance.oracle.verdict.exit_codes import INCONCLUSIVE

GRACE_SECONDS: Final = 10.0
"""How long the main thread may take from the signal to the end of the lanes."""
SOON_SECONDS: Final = 1.5
"""How long it may take where there is nothing to save."""
_POLL_SECONDS: Final = 0.1
_holding: list[None] = []
"""One for each block of ``held_back`` that the main thread is in."""
_held: list[str] = []
"""The signal that came in such a block."""
_stops: list[Callable[[], None]] = []
"""Each ends what foreign code is at, when a signal comes."""
_watches: list[Watch] = []
"""Those of the ``watched`` blocks that the main thread is in."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """Thrown in the main thread by a signal that asks the run to end; no ``except Exception`` stops it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        """The signal, as ``SIGTERM``."""


class Watch:
    """Whether a signal has come, and which."""

    def __init__(self) -> None:
        self.signal: str | None = None
        """The first signal that came, as ``SIGINT``; None before."""
        self.last_resort: Callable[[], None] = lambda: None
        """Is called from another thread when the main one does not come back."""

    @property
    def reason(self) -> str | None:
        """Why the run was cut short, for the report; None where it was not."""
        return None if self.signal is None else f"interrupted by {self.signal}"


@contextmanager
def watched(grace: float = GRACE_SECONDS) -> Iterator[Watch]:
    """Turn SIGINT and SIGTERM into ``Interrupted`` while the block runs; the second one ends the process.

    In a thread other than the main one signals cannot be watched, and nothing is.

    Args:
        grace: how many seconds after a signal the block may take to end; then ``last_resort`` of the watch is called
            and the process exits with code 3.
    """
    watch = Watch()
    if threading.current_thread() is not threading.main_thread():
        yield watch
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if watch.signal is None:
            watch.signal = signal.Signals(number).name
            if _holding:
                _held.append(watch.signal)
            else:
                raise Interrupted(watch.signal)

    with _guarded(handle, watch, grace, "{}, ending; once more to end at once"):
        _watches.append(watch)
        try:
            yield watch
        finally:
            _watches.pop()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the process with exit code 3 while the block runs, the second one at once.

    For commands that have nothing to save. What has something is ``watched`` inside.
    """
    watch = Watch()

    def handle(number: int, frame: FrameType | None) -> None:
        if watch.signal is None:
            watch.signal = signal.Signals(number).name
            raise SystemExit(INCONCLUSIVE)

    with _guarded(handle, watch, SOON_SECONDS, "inconclusive: ended by {}"):
        yield


@contextmanager
def _guarded(
    handle: Callable[[int, FrameType | None], None], watch: Watch, grace: float, remark: str
) -> Iterator[None]:
    """Handle signals in the main thread, and see from another one that the process ends in time."""
    heard, bell = socket.socketpair()
    bell.setblocking(False)
    guard = threading.Thread(target=_guard, args=(heard, watch, grace, remark), daemon=True)
    guard.start()
    wakeup = signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        bell.close()
        guard.join()


def _guard(heard: socket.socket, watch: Watch, grace: float, remark: str) -> None:
    """Wait for a signal; after it, see to it that the process ends in time. Ends when the block does."""
    until: float | None = None
    with heard:
        while True:
            heard.settimeout(None if until is None else _POLL_SECONDS)
            received = b""
            with suppress(TimeoutError):
                received = heard.recv(1)
                if not received:
                    return
            if received and received[0] not in _SIGNALS:
                continue
            if until is None:
                until = time.monotonic() + grace
                _say(remark.format(signal.Signals(received[0]).name))
            elif received:
                end_children()
                os._exit(INCONCLUSIVE)
            end_children()
            for stop in tuple(_stops):
                stop()
            if time.monotonic() > until:
                watch.signal = watch.signal or "a signal"
                try:
                    watch.last_resort()
                finally:
                    os._exit(INCONCLUSIVE)


def _say(remark: str) -> None:
    """Write to standard error, past Python's buffers: the main thread may be writing there at this moment."""
    with suppress(OSError):
        os.write(2, f"\ntelltale-conformance: {remark}\n".encode())


@contextmanager
def held_back() -> Iterator[None]:
    """Let a signal wait until the block has ended: for short blocks that must not stop halfway."""
    _holding.append(None)
    try:
        yield
    finally:
        _holding.pop()
        if _held and not _holding:
            raise Interrupted(_held.pop())


@contextmanager
def stopped_by_a_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Run foreign code, in which Python hears no signal; when one comes, ``stop`` is called from another thread."""
    _stops.append(stop)
    try:
        yield
    finally:
        _stops.remove(stop)
    heed()


def heed() -> None:
    """Raise what a signal asks for once more: Python drops the exception when it comes in a callback from C."""
    if _watches and _watches[-1].signal is not None and not _holding:
        raise Interrupted(_watches[-1].signal)


@contextmanager
def let_through() -> Iterator[None]:
    """Hear signals again within a block that holds them back: for what takes long and can be stopped anywhere."""
    holding = _holding.copy()
    _holding.clear()
    try:
        if holding and _held:
            raise Interrupted(_held.pop())
        yield
    finally:
        _holding.extend(holding)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Start processes that a Ctrl-C on the terminal never reaches, not even while Python itself starts in them.

    Here the signal only waits until the block has ended; a blocked signal is inherited by what is started.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_children() -> None:
    """End the processes that share the cases; their adapters are ended by their keepers."""
    for child in multiprocessing.active_children():
        child.terminate()


def leave_interrupts_to_parent() -> None:
    """Ignore Ctrl-C in a process that shares cases: the parent, which gets it too, ends it by SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
