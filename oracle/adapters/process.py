"""An adapter's process: its three pipes, never blocked on, and the keeper that ends all it started."""

from __future__ import annotations

import errno
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from telltale_conformance.errors import HarnessError
from telltale_conformance.oracle.adapters.faults import AdapterFault, CannotStart, Exited, StderrFlood
from telltale_conformance.oracle.adapters.protocol import AdapterLimits
from telltale_conformance.readable import spelled

CHUNK: Final = 256 * 1024
"""How many bytes are read at once."""
_KEEPER: Final = str(Path(__file__).with_name("keeper.py"))
_SWEEP_SECONDS: Final = 12.0
_NOT_EXECUTABLE: Final = {
    errno.ENOENT: "no such file",
    errno.EACCES: "not an executable file",
    errno.ENOEXEC: "not a program, and no #! line says what runs it",
}


class BadCommand(HarnessError, ValueError):
    """Thrown when the text of a command cannot be split into words, or has none: a usage error."""


def split_command(command: str) -> list[str]:
    """Split a command into words as a POSIX shell would; nothing is expanded and no shell is run.

    Raises:
        BadCommand: an open quotation, or no word at all.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadCommand(f"cannot split the command {command!r}: {error}") from None
    if not words or not words[0]:
        raise BadCommand("the command of the adapter is empty")
    if "\0" in command:
        raise BadCommand(f"the command {command!r} holds a NUL character")
    return words


def shown_command(command: str) -> str:
    """Return a command that a file names for people to read: whole, as what is cut off could be what it does.

    Raises:
        BadCommand: it cannot be split into words.
    """
    return spelled(shlex.join(split_command(command)))


class Ended:
    """How an adapter's process ended."""

    def __init__(self, status: int, left: int) -> None:
        self.code = os.waitstatus_to_exitcode(status)
        """The exit code; negative for a signal."""
        self.left = left
        """How many processes that it had started were still there."""

    def __str__(self) -> str:
        if self.code >= 0:
            return f"it exited with status {self.code}"
        try:
            name = signal.Signals(-self.code).name
        except ValueError:
            name = str(-self.code)
        return f"it was ended by signal {name}"


class Process:
    """One running adapter.

    Raises:
        CannotStart: the command cannot be executed.
    """

    def __init__(self, command: Sequence[str], limits: AdapterLimits) -> None:
        self._limits = limits
        self._command = list(command)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._keeper = subprocess.Popen(
                    [
                        *(sys.executable, "-I", "-S", _KEEPER, str(theirs.fileno()), str(os.getpid())),
                        *self._command,
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    bufsize=0,
                )
        except BaseException:
            ours.close()
            raise
        self._owner = os.getpid()
        self._control = ours
        self._said = b""
        self._ended: Ended | None = None
        self.pid = 0
        self._stderr = bytearray()
        self._stderr_count = 0
        self._out = bytearray()
        self._open_pipes()
        try:
            self._await_start()
        except BaseException:
            self.kill()
            raise

    def _open_pipes(self) -> None:
        assert self._keeper.stdin
        assert self._keeper.stdout
        assert self._keeper.stderr
        self._stdin = self._keeper.stdin.fileno()
        self._stdout = self._keeper.stdout.fileno()
        self._stderr_fd = self._keeper.stderr.fileno()
        for fd in (self._stdin, self._stdout, self._stderr_fd):
            os.set_blocking(fd, False)
        self._control.setblocking(False)
        self._poll = select.poll()
        for fd in (self._stdout, self._stderr_fd, self._control.fileno()):
            self._poll.register(fd, select.POLLIN)
        self._writing = False
        self._stdin_open = True

    def _await_start(self) -> None:
        control = select.poll()
        control.register(self._control, select.POLLIN)
        until = time.monotonic() + self._limits.start_deadline
        while True:
            while b"\n" in self._said:
                line, _, self._said = self._said.partition(b"\n")
                word, number = line.split()[:2]
                if word == b"failed":
                    problem = int(number)
                    cause = _NOT_EXECUTABLE.get(problem, os.strerror(problem))
                    raise CannotStart(f"cannot start {self._command[0]!r}", cause)
                self.pid = int(number)
                self._heed()
                return
            left = until - time.monotonic()
            if left <= 0:
                raise CannotStart(f"cannot start {self._command[0]!r}", "the machine was too slow to do it")
            control.poll(left * 1000)
            try:
                said = self._control.recv(4096)
            except BlockingIOError:
                continue
            if not said:
                raise CannotStart(f"cannot start {self._command[0]!r}", "its keeper process ended")
            self._said += said

    @property
    def stdout(self) -> int:
        """The file descriptor of its stdout."""
        return self._stdout

    def send(self, data: bytes) -> None:
        """Queue bytes for the adapter's stdin, and write what can be written at once."""
        self._out += data
        if not self._writing:
            self._write()

    def _write(self) -> None:
        while self._out and self._stdin_open:
            try:
                written = os.write(self._stdin, self._out)
            except BlockingIOError:
                break
            except OSError:
                self.close_stdin()  # it reads no more; whether that is a failure shows in what it answers
                break
            del self._out[:written]
        waiting = bool(self._out) and self._stdin_open
        if waiting != self._writing:
            self._writing = waiting
            if waiting:
                self._poll.register(self._stdin, select.POLLOUT)
            else:
                self._poll.unregister(self._stdin)

    def close_stdin(self) -> None:
        """Let the adapter see the end of its input."""
        if self._stdin_open:
            self._stdin_open = False
            if self._writing:
                self._poll.unregister(self._stdin)
                self._writing = False
            self._out.clear()
            assert self._keeper.stdin
            self._keeper.stdin.close()

    def read(self, until: float) -> bytes | None:
        """Return some bytes of stdout, ``b""`` at its end, None when ``until`` (monotonic seconds) has come.

        Meanwhile stdin is written and stderr is kept.

        Raises:
            StderrFlood: more came over stderr than the limit.
        """
        while True:
            milliseconds = (until - time.monotonic()) * 1000
            ready = self._poll.poll(max(milliseconds, 0))
            data = None
            for fd, _ in ready:
                if fd == self._stdout:
                    data = _read(fd)
                elif fd == self._stderr_fd:
                    self._hear(fd)
                elif fd == self._stdin:
                    self._write()
                else:
                    self._heed()
            if data is not None:
                return data
            if self._ended and not self._poll_stdout():
                return b""  # what it started may hold its stdout open, but it will not answer any more
            if milliseconds <= 0:
                return None

    def _poll_stdout(self) -> bool:
        poll = select.poll()
        poll.register(self._stdout, select.POLLIN)
        return bool(poll.poll(0))

    def _hear(self, fd: int) -> None:
        data = _read(fd)
        if data == b"":
            self._poll.unregister(fd)
        if data:
            self._keep(data)
        if self._stderr_count > self._limits.stderr_bytes:
            raise StderrFlood(f"more than {self._limits.stderr_bytes} bytes came over stderr")

    def _keep(self, data: bytes) -> None:
        self._stderr_count += len(data)
        self._stderr += data
        del self._stderr[: max(len(self._stderr) - self._limits.stderr_kept, 0)]

    def forget_stderr_count(self) -> None:
        """Begin anew to count what comes over stderr."""
        self._stderr_count = 0

    def _heed(self) -> None:
        """Take in what the keeper says."""
        try:
            said = self._control.recv(4096)
        except BlockingIOError:
            said = None
        except OSError:
            said = b""
        if said:
            self._said += said
        for line in self._said.splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == b"exited":
                self._ended = Ended(int(words[1]), int(words[2]))
        if (said == b"" or self._ended) and self._control.fileno() >= 0:
            if self._ended is None:
                self._ended = Ended(signal.SIGKILL, 0)
            with suppress(KeyError):
                self._poll.unregister(self._control)

    def wait_ended(self, until: float) -> Ended | None:
        """Return how the adapter ended, None when ``until`` comes first; its output is left alone."""
        control = select.poll()
        control.register(self._control, select.POLLIN)
        while self._ended is None and (left := until - time.monotonic()) > 0:
            if control.poll(left * 1000):
                self._heed()
        return self._ended

    def kill(self) -> str:
        """End the adapter with everything that it started, wait for that, and return its stderr's end."""
        if os.getpid() != self._owner:
            return ""  # a forked copy of this process has the adapter's pipes, but it is not its own
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self.close_stdin()
        try:
            self._keeper.wait(_SWEEP_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        finally:
            self._close()
        return self._stderr.decode(errors="replace")

    def _close(self) -> None:
        self._control.close()
        for pipe in (self._keeper.stdout, self._keeper.stderr):
            if pipe is not None and not pipe.closed:
                if pipe is self._keeper.stderr:
                    self._drain_stderr()
                pipe.close()

    def _drain_stderr(self) -> None:
        """Take in what is left of stderr, up to the limit."""
        while self._stderr_count <= self._limits.stderr_bytes and (data := _read(self._stderr_fd)):
            self._keep(data)


def _read(fd: int) -> bytes | None:
    try:
        return os.read(fd, CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def exited(process: Process, until: float, what: str) -> AdapterFault:
    """Return the failure that the end of the adapter's stdout is."""
    ended = process.wait_ended(until)
    cause = "it closed its stdout and goes on running" if ended is None else str(ended)
    return Exited(f"the adapter ended {what}", cause)
