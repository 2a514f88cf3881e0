"""Recording: drive an implementation through a program and write what it answered as a trace."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step, UnresolvedReference, references, resolve
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, VERSION, Header, Source
from telltale_conformance.lean_traces.writer import TraceWriter, written_whole
from telltale_conformance.oracle.adapters import AWAIT_ANSWERS, RESET, Adapter, Answer, Request
from telltale_conformance.oracle.adapters.answers import strict_value


class Recording(NamedTuple):
    """What became of a program that was recorded."""

    events: int
    skipped: tuple[tuple[int, str], ...]
    """Steps that were not sent, with the reason: a reference has no result or makes no arguments."""
    uncovered: tuple[tuple[int, str], ...]
    """Steps that the implementation does not support."""
    stopped: tuple[int, str] | None
    """The step at which the recording ends early: a panic, or a request that the adapter did not understand."""


class Driven(NamedTuple):
    """One step that was carried out."""

    step: Step
    args: bytes
    """Its arguments with references resolved."""
    answer: Answer


class Drive:
    """Sends the steps of a program; references are resolved from the implementation's own answers.

    Requests go ahead of the answers except where a step refers to one that is not there yet.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sent: deque[tuple[Step, bytes]] = deque()
        self._results: dict[int, Any] = {}
        self.skipped: list[tuple[int, str]] = []

    def through(self, adapter: Adapter) -> Iterator[Driven]:
        """Yield the steps that were carried out in a fresh store, in order.

        Raises:
            AdapterFault: the adapter failed.
        """
        for answer in adapter.submit(self._requests()):
            step, args = self._sent.popleft()
            if answer.kind == "ok":
                self._results[step.seq] = strict_value(answer.payload)
            yield Driven(step, args, answer)

    def _requests(self) -> Iterator[Request | None]:
        yield RESET
        for step in self._program.steps:
            needed = references(step.args)
            if needed and any(sent.seq in needed for sent, _ in self._sent):
                yield AWAIT_ANSWERS
            try:
                document = resolve(step.args, self._results)
                CODECS[step.op].from_json(document)
            except (UnresolvedReference, ArgumentError) as error:
                self.skipped.append((step.seq, str(error)))
                continue
            args = encode_as_written(document)
            self._sent.append((step, args))
            yield Request(step.op, args)


def record(adapter: Adapter, program: Program, path: Path) -> Recording:
    """Drive an implementation through a program and write a trace of what it answered.

    The trace is written whole or not at all; it ends early at a panic or a bad request, since an event holds
    only ok or err. The reset that comes first starts an adapter again that has failed.

    Args:
        adapter: the implementation.
        program: what to do.
        path: the trace; a name that ends in ``.gz`` is packed.

    Raises:
        AdapterFault: the adapter failed; nothing is written.
        OSError: the file cannot be written.
    """
    hello = adapter.hello
    header = Header(
        contract=hello.contract,
        meta={"language": hello.language, "program": program.meta},
        observes=["audit"] if hello.audited else [],
        schema=TRACE_SCHEMA,
        source=Source(kind="implementation", name=hello.name, version=hello.version),
        version=VERSION,
    )
    drive = Drive(program)
    uncovered: list[tuple[int, str]] = []
    stopped: tuple[int, str] | None = None
    with written_whole(path) as file:
        writer = TraceWriter(file, header)
        for step, args, answer in drive.through(adapter):
            if answer.kind == "unsupported":
                uncovered.append((step.seq, answer.text()))
            elif answer.kind in ("panic", "bad_request"):
                stopped = (step.seq, f"{step.op} was answered with {answer.kind}: {answer.text()}")
                break
            else:
                writer.event(step.op, args, _members(answer))
        writer.end()
    return Recording(writer.events, tuple(drive.skipped), tuple(uncovered), stopped)


def _members(answer: Answer) -> dict[str, Any]:
    members: dict[str, Any] = {answer.kind: strict_value(answer.payload)}
    if answer.audit is not None:
        members["audit"] = strict_value(answer.audit)
    return members
