"""An implementation behind a resident process that speaks the adapter protocol over stdin and stdout."""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from telltale_conformance.oracle.adapters.answers import AnswerReader, LineCutter, read_hello, shown
from telltale_conformance.oracle.adapters.direct import not_offered
from telltale_conformance.oracle.adapters.faults import (
    AdapterFault,
    Closed,
    DeadlinePassed,
    Exited,
    HalfLine,
    HelloChanged,
    LeftProcesses,
    NoCleanExit,
    ResetRefused,
    RestartsSpent,
)
from telltale_conformance.oracle.adapters.freshness import Freshness
from telltale_conformance.oracle.adapters.in_flight import NOT_SENT, Sent, check_answer
from telltale_conformance.oracle.adapters.process import Process, exited, split_command
from telltale_conformance.oracle.adapters.protocol import (
    AWAIT_ANSWERS,
    DEFAULT_ADAPTER_LIMITS,
    PROTOCOL_VERSION,
    RESET,
    AdapterLimits,
    Answer,
    Hello,
    Request,
    request_line,
)
from telltale_conformance.readable import one_line

_HELLO: Final = Request("hello", b'{"protocol":%d}' % PROTOCOL_VERSION)
_BYE: Final = Request("bye", b"{}")
_FLUSH_AFTER: Final = 16
"""How many requests are gathered before they are written, so that the adapter begins while we go on."""
_END: Final = Request("", b"")


class SubprocessAdapter:
    """Starts an adapter once, keeps it, and starts it again after a failure as often as the limits allow.

    Nothing that the adapter started is left after ``close``, after a failure, or when this process ends in any
    manner; on macOS, nothing of its process group. One thread at a time may use it.

    Args:
        command: what to run, as words or as one text that is split into words; no shell is involved.
        limits: how long, how much and how often.
        probe_resets: ask after each reset for something that tells whether the store is fresh.

    Raises:
        BadCommand: the text of the command cannot be split.
        AdapterFault: the adapter does not start, or its hello fails.
    """

    def __init__(
        self,
        command: str | Sequence[str],
        limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
        *,
        probe_resets: bool = True,
    ) -> None:
        self.command = split_command(command) if isinstance(command, str) else list(command)
        self.limits = limits
        self.restarts = 0
        """How often the adapter was started again after a failure."""
        self.until: float | None = None
        """The moment (``time.monotonic``) after which no answer is waited for, whatever the limits; None for none."""
        self._probe_resets = probe_resets
        self._process: Process | None = None
        self._first_fault: AdapterFault | None = None
        self._closed = False
        self._turn = 0
        self._reader = AnswerReader(limits.nesting)
        self._ready: deque[Answer] = deque()
        self._hello = self._start()

    @property
    def hello(self) -> Hello:
        """What the adapter said of the implementation."""
        return self._hello

    @property
    def pid(self) -> int:
        """The process id of the running adapter, 0 when it is not running."""
        return self._process.pid if self._process else 0

    def reset(self) -> None:
        """Make the store fresh before the next request, starting the adapter again if it has failed.

        A running adapter's answer is awaited only with those of the next ``submit``.

        Raises:
            AdapterFault: the adapter failed, or cannot be started again.
        """
        self._turn += 1
        self._ready.clear()
        if self._process is None:
            self._restart()  # what is in the store of a new process is its own business
        self._queue_reset()
        self._flush()

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Yield one answer per request, in order; see ``oracle.adapters.protocol.Adapter``.

        Answers that came before a failure are yielded before it is raised.

        Raises:
            AdapterFault: the adapter failed; it is not running any more.
        """
        if self._process is None:
            raise self._down()
        self._turn += 1
        self._ready.clear()
        return self._answers(iter(requests), self._turn)

    def _answers(self, source: Iterator[Request | None], turn: int) -> Iterator[Answer]:
        ready, in_flight, window = self._ready, self._in_flight, self.limits.window
        low_water = window // 2
        drawing, waiting = True, False
        while turn == self._turn:
            if self._process is not None and drawing and not waiting and len(in_flight) <= low_water:
                while len(in_flight) < window:
                    request = next(source, _END)
                    if turn != self._turn:
                        return  # the source itself used the adapter
                    if request is AWAIT_ANSWERS:
                        waiting = True
                        break
                    if request is _END:
                        drawing = False
                        break
                    if request.op == "reset":
                        self._queue_reset()
                    else:
                        self._queue(request, turn)
                self._flush()
            if not ready and in_flight:
                self._receive()
            while ready:
                yield ready.popleft()
                if turn != self._turn:
                    return
            if not in_flight:
                if self._failure is not None:
                    raise self._failure
                if waiting:
                    waiting = False
                elif not drawing:
                    return

    def close(self) -> None:
        """Say bye, wait for the adapter to exit, and see that nothing is left; closing twice does nothing.

        Raises:
            AdapterFault: it did not exit, not with status 0, left processes behind, or answered something more.
        """
        self._closed = True
        if self._process is None:
            return
        self._turn += 1
        try:
            self._say_bye(self._process)
        except AdapterFault as fault:
            raise self._fail(fault) from None
        finally:
            self._kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self._closed = True
            self._kill()

    # Starting

    def _start(self) -> Hello:
        self._in_flight: deque[Sent] = deque()
        self._failure: AdapterFault | None = None
        self._number = 0
        self._last = -1
        self._unsent: list[bytes] = []
        self._audited = False
        self._offered = frozenset({"hello"})
        self._freshness = Freshness()
        self._cutter = LineCutter(self.limits.line_bytes)
        self._ready.clear()
        self._deadline = self.limits.start_deadline
        try:
            self._process = Process(self.command, self.limits)
            self._forgotten = weakref.finalize(self, self._process.kill)
            return self._greet()
        except AdapterFault as fault:
            raise self._fail(fault) from None
        except BaseException:
            self._kill()
            raise

    def _greet(self) -> Hello:
        hello = read_hello(self._exchange(_HELLO))
        self._deadline = self.limits.deadline
        self._audited = hello.audited
        self._offered = hello.ops
        if self._probe_resets:
            self._freshness = Freshness(hello.ops)
            if self._freshness.first is not None:
                self._freshness.check(self._freshness.first.op, self._exchange(self._freshness.first))
        return hello

    def _restart(self) -> None:
        if self._closed:
            raise self._down()
        if self.restarts >= self.limits.restarts:
            first = self._first_fault
            cause = f"the first failure was: {first.problem} [{first.code}]" if first else ""
            raise RestartsSpent(f"the adapter failed more than {self.limits.restarts} times", cause)
        self.restarts += 1
        hello = self._start()
        if hello != self._hello:
            raise self._fail(HelloChanged("the restarted adapter says another hello", self._hello.differs(hello)))

    # Sending

    def _queue(self, request: Request, turn: int) -> None:
        if turn and request.op not in self._offered:
            if self._in_flight:
                self._in_flight.append(Sent(NOT_SENT, request.op, turn))
            else:
                self._ready.append(not_offered(request.op))
            return
        self._unsent.append(request_line(self._number, request))
        self._in_flight.append(Sent(self._number, request.op, turn))
        self._number += 1
        if len(self._unsent) >= _FLUSH_AFTER:
            self._flush()

    def _queue_reset(self) -> None:
        self._queue(RESET, 0)
        for question in self._freshness.questions():
            self._queue(question, 0)

    def _flush(self) -> None:
        if self._unsent and self._process is not None:
            self._process.send(b"".join(self._unsent))
            self._unsent.clear()

    # Receiving

    def _exchange(self, request: Request) -> Answer:
        """Send one of the adapter's own requests with nothing in flight, and wait for its answer."""
        self._turn += 1
        self._queue(request, self._turn)
        self._flush()
        while not self._ready and self._failure is None:
            self._receive()
        if self._failure is not None:
            raise self._failure
        return self._ready.popleft()

    def _receive(self) -> None:
        """Wait until at least one answer more is there, or the failure that came instead."""
        process = self._process
        assert process is not None
        waiting_for = self._in_flight[0].number
        until = time.monotonic() + self._deadline
        try:
            while self._in_flight and self._in_flight[0].number == waiting_for:
                self._hear(process, until)
        except AdapterFault as fault:
            self._failure = self._fail(fault)
        except BaseException:
            self._kill()
            raise

    def _hear(self, process: Process, until: float) -> None:
        """Take the next lines that come."""
        data = process.read(until if self.until is None else min(until, self.until))
        if data:
            for line in self._cutter.cut(data):
                self._take(line)
        elif data is None:
            raise self._late()
        else:
            raise self._ended(process)

    def _take(self, line: bytes) -> None:
        """Take one line as the answer to the request that is due."""
        number, answer = self._reader.read(line)
        due = self._in_flight[0] if self._in_flight else None
        sent = check_answer(due, self._last, number, answer, line, audited=self._audited)
        if sent.turn == self._turn:
            self._ready.append(answer)
        elif sent.turn == 0:
            self._check_reset(sent, answer)
        self._in_flight.popleft()
        self._last = number
        while self._in_flight and self._in_flight[0].number == NOT_SENT:
            skipped = self._in_flight.popleft()
            if skipped.turn == self._turn:
                self._ready.append(not_offered(skipped.op))

    def _check_reset(self, sent: Sent, answer: Answer) -> None:
        if sent.op == "reset":
            if answer.kind != "ok":
                what = one_line(answer.payload.decode(errors="replace"), 200)
                raise ResetRefused(f"reset was answered with {answer.kind}", what)
            if self._process is not None:
                self._process.forget_stderr_count()
        else:
            self._freshness.check(sent.op, answer)

    def _late(self) -> AdapterFault:
        if self.until is not None and time.monotonic() >= self.until:
            return DeadlinePassed("no answer came before the time for all was over")
        seconds = f"{self._deadline:g} s"
        if self._cutter.unfinished:
            part = shown(self._cutter.rest())
            return HalfLine(f"an answer was begun and not ended within {seconds}", part)
        return DeadlinePassed(f"no answer came within {seconds}")

    def _ended(self, process: Process) -> AdapterFault:
        until = time.monotonic() + min(self.limits.close_deadline, self._deadline)
        fault = exited(process, until, "before it answered")
        if not self._cutter.unfinished:
            return fault
        return HalfLine("the last line of the adapter has no end", f"{fault.cause}; {shown(self._cutter.rest())}")

    # Ending

    def _say_bye(self, process: Process) -> None:
        within = f"within {self.limits.close_deadline:g} s"
        until = time.monotonic() + self.limits.close_deadline
        self._queue(_BYE, 0)
        self._flush()
        while (data := process.read(until)) != b"":
            if data is None:
                raise NoCleanExit("the adapter did not exit after bye", within)
            for line in self._cutter.cut(data):
                self._take(line)
        ended = process.wait_ended(until)
        if ended is None:
            raise NoCleanExit("the adapter closed its stdout and did not exit after bye", within)
        if self._cutter.unfinished:
            raise HalfLine("the last line of the adapter has no end", shown(self._cutter.rest()))
        if self._in_flight and self._in_flight[0].op != "bye":
            raise Exited("the adapter ended before it answered", str(ended))
        if ended.code != 0:
            raise NoCleanExit("the adapter did not exit with status 0 after bye", str(ended))
        if ended.left:
            raise LeftProcesses(f"the adapter left {ended.left} process(es) behind")

    def _fail(self, fault: AdapterFault) -> AdapterFault:
        """Take note of a failure and end the adapter."""
        if self._in_flight and not fault.request:
            sent = self._in_flight[0]
            fault.request = f"{sent.op} #{sent.number}"
        self._in_flight.clear()
        if self._first_fault is None:
            self._first_fault = fault
        fault.stderr = self._kill() or fault.stderr
        return fault

    def _kill(self) -> str:
        process, self._process = self._process, None
        if process is None:
            return ""
        self._forgotten.detach()
        return process.kill()

    def _down(self) -> AdapterFault:
        if self._closed:
            return Closed("the adapter was closed")
        cause = f"{self._failure.problem} [{self._failure.code}]" if self._failure else ""
        return Closed("the adapter has failed and was not reset", cause)
