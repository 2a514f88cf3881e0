"""The strict streaming reader of traces: every line is checked, nothing is kept.

Of a line in our writer's form only the arguments are read. Whoever knows the answer that the line should hold calls
``Event.is_exactly``, which prints the event again: equal bytes prove that the line is well-formed. For every other line
``Event.answer`` parses it strictly.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
from msgspec import UNSET, Struct

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.endings import end_problem
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import line_object, opened, read_blocks
from telltale_conformance.lean_traces.printed_events import (
    ARGS,
    UNREAD,
    PrintedEvent,
    PrintedLine,
    args_of,
    arguments_of,
    holds_otherwise,
    read_printed,
)
from telltale_conformance.lean_traces.printing import encode_as_written, encode_lines
from telltale_conformance.lean_traces.strict_json import nests_within
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, VERSION, Header, MalformedTrace
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.readable import json_line

_AFTER_ARGS: Final = {True: (b',"audit":[',), False: (b',"ok":', b',"err":')}
"""What follows the arguments in our own form, where events are audited and where not."""


class Answer(NamedTuple):
    """What an event's line says was answered, as parsed JSON."""

    is_ok: bool
    result: Any
    audit: list[Any] | None


class Event(Struct, gc=False):
    """One event of a trace: the operation with its arguments, and its line, which holds the answer."""

    reader: TraceReader
    line: bytes
    seq: int
    operation: Operation
    arguments: tuple[Any, ...]
    printed: PrintedEvent | None
    """What was read of a line that is nearly in our own form; None for another line."""
    checked: Answer | None = None
    """The answer of such another line."""

    @property
    def line_number(self) -> int:
        """The line in the file, counted from 1."""
        return self.seq + 2

    def is_exactly(self, outcome: Outcome) -> bool:
        """Say whether the line holds what our writer prints for this outcome.

        True proves the line well-formed; False proves nothing.
        """
        event = self.printed
        if event is None:
            return False
        error = outcome.error
        audit = outcome.audit if self.reader.audited else UNSET
        try:
            if error is None:
                line = PrintedLine(event.args, audit, UNSET, outcome.ok, event.op, self.seq)
            else:
                line = PrintedLine(event.args, audit, error.to_json(), UNSET, event.op, self.seq)
            printed = encode_lines([line])
        except (OverflowError, RecursionError):
            return False
        return printed == self.line or holds_otherwise(self.line, event, printed)

    def arguments_document(self) -> Any:
        """Return the arguments as the line has them, as parsed JSON that prints as it was written."""
        return self.reader.parse_object(self.line, self.line_number, spelled=True)["args"]

    def arguments_text(self) -> bytes:
        """Return the arguments' bytes in the line.

        Raises:
            MalformedTrace: they are not well-formed.
        """
        try:
            text = args_of(self.line)
        except (ArgumentError, RecursionError):
            self.answer()
            return encode_as_written(self.arguments_document())
        if self.printed is not None:
            places = [ARGS + text + after for after in _AFTER_ARGS[self.reader.audited]]
            if not (self.line.startswith(tuple(places)) and self.printed.codec.takes(text)):
                self.answer()
        return text

    def answer(self) -> Answer:
        """Parse the line strictly, unless that has been done, and return the answer.

        Raises:
            MalformedTrace: the line is not well-formed.
        """
        return self.checked or self.reader.parse_event(self.line, self.line_number)[2]


class TraceReader:
    """Reads one trace from first line to last; iterate over it once.

    The header is read at once. The iteration ends only after the end line has been found in order, so
    whoever gets to its end has read a trace that is not cut off.

    Raises:
        MalformedTrace: here or while iterating: what is wrong, where, and what to do.
    """

    def __init__(self, file: BinaryIO, path: str, limits: Limits = DEFAULT_LIMITS, *, packed: bool) -> None:
        self.path = path
        self._limits = limits
        self._blocks = read_blocks(file, path, limits, packed=packed)
        self._digest = hashlib.sha256()
        self.header = self._read_header()
        self.audited = self.header.audited
        self._ended = False
        self._events = chain.from_iterable(self._read_events())

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def _read_events(self) -> Iterator[Iterable[Event]]:
        """Yield the events of each block; one kind of work at a time is much faster than turns with the caller's."""
        seq = 0
        for block in self._blocks:
            text = b"".join(block)
            events = self._fast(block, text, seq)
            whole = [event for event in events if event is not None]
            yield whole if len(whole) == len(block) else self._each(block, events, seq)
            if self._ended:
                return
            seq += len(block)
            self._digest.update(text)
        raise self._malformed(seq + 2, "there is no end line", "the file was cut off: record it again")

    def _each(self, block: list[bytes], events: list[Event | None], first: int) -> Iterator[Event]:
        """Yield the events of a block in which some lines are to be read strictly."""
        for at, fast in enumerate(events):
            event = fast or self._strict(block[at], first + at)
            if event is None:
                self._check_end(block, at, first + at)
                self._ended = True
                return
            yield event

    def _fast(self, block: list[bytes], text: bytes, first: int) -> list[Event | None]:
        """Read the lines of a block that are nearly in our own form; None in place of any other.

        An event is what its line seems to be if the line is found to be well-formed: ``is_exactly`` or ``answer`` does.

        Args:
            block: the lines.
            text: the lines together.
            first: the number of the first.
        """
        nesting = self._limits.nesting
        surely_within = 2 * nesting  # of well-formed JSON, as this is, each level takes two bytes
        events: list[Event | None] = []
        arguments: tuple[Any, ...] | None
        for seq, line, printed in zip(count(first), block, read_printed(block, text)):
            if printed is None or printed.seq != seq or (len(line) > surely_within and not nests_within(line, nesting)):
                events.append(None)
                continue
            codec = printed.codec
            try:
                arguments = codec.from_printed(printed.args)
            except UNREAD:
                arguments = arguments_of(line, codec)
                if arguments is None:
                    events.append(None)
                    continue
            events.append(Event(self, line, seq, codec.operation, arguments, printed))
        return events

    def _strict(self, line: bytes, seq: int) -> Event | None:
        """Read a line of any form; None for the end line."""
        number = seq + 2
        document = self.parse_object(line, number)
        if "end" in document:
            return None
        operation, arguments, answer = self._check_event(document, number)
        return Event(self, line, seq, operation, arguments, None, answer)

    def parse_event(self, line: bytes, number: int) -> tuple[Operation, tuple[Any, ...], Answer]:
        """Parse one event's line strictly.

        Raises:
            MalformedTrace: the line is not well-formed.
        """
        return self._check_event(self.parse_object(line, number), number)

    def _check_event(self, document: dict[str, Any], number: int) -> tuple[Operation, tuple[Any, ...], Answer]:
        if document.get("seq") != number - 2 or type(document.get("seq")) is not int:
            shown = json_line(document.get("seq"), 40)
            raise self._malformed(number, f"seq is {shown}, not {number - 2}", "events are numbered 0, 1, 2, …")
        present = ("ok" in document) + ("err" in document)
        if present != 1:
            problem = "the event has both `ok` and `err`" if present else "the event has neither `ok` nor `err`"
            raise self._malformed(number, problem, "give exactly one of them")
        needed = {"seq", "op", "args"} | ({"audit"} if self.audited else set())
        for name in sorted(needed - document.keys()):
            raise self._malformed(number, f"missing field `{name}`", "record the event with all its fields")
        for name in sorted(document.keys() - needed - {"ok", "err"}):
            remedy = "the header's `observes` does not name it" if name == "audit" else "remove it"
            raise self._malformed(number, f"unknown field `{name}`", remedy)
        op = document["op"]
        codec = CODECS.get(op) if isinstance(op, str) else None
        if codec is None:
            shown = json_line(op, 60)
            raise self._malformed(number, f"unknown operation {shown}", "see `telltale-conformance schema trace-event`")
        try:
            arguments = codec.from_json(document["args"])
        except ArgumentError as error:
            raise self._malformed(number, str(error), "see `telltale-conformance schema trace-event`") from None
        audit = document.get("audit")
        if self.audited and type(audit) is not list:
            raise self._malformed(number, "`audit` is not an array", "give the records that were appended")
        is_ok = "ok" in document
        return codec.operation, arguments, Answer(is_ok, document["ok" if is_ok else "err"], audit)

    def _check_end(self, block: list[bytes], at: int, events: int) -> None:
        """Check the end line, which stands at that place of a block."""
        number = events + 2
        self._digest.update(b"".join(block[:at]))
        wrong = end_problem(self.parse_object(block[at], number), events, self._digest.hexdigest(), "trace")
        if wrong is not None:
            raise self._malformed(number, *wrong)
        if at + 1 < len(block) or next(self._blocks, None) is not None:
            raise self._malformed(number + 1, "there is a line after the end line", "one file holds one trace")

    def _read_header(self) -> Header:
        block = next(self._blocks, None)
        if block is None:
            raise self._malformed(0, "the file is empty", "name a recorded trace")
        line, *rest = block
        document = self.parse_object(line, 1)
        schema = document.get("schema")
        if schema != TRACE_SCHEMA:
            shown = "missing" if schema is None else json_line(schema, 60)
            raise self._malformed(1, f"`schema` is {shown}", f'a trace begins with "schema":"{TRACE_SCHEMA}"')
        version = document.get("version")
        if type(version) is not int or version != VERSION:
            shown = "missing" if version is None else json_line(version, 60)
            raise self._malformed(1, f"`version` is {shown}", f"this harness reads version {VERSION}")
        try:
            header = msgspec.convert(document, Header)
        except msgspec.ValidationError as error:
            remedy = "see `telltale-conformance schema trace-header`"
            raise self._malformed(1, f"header: {error}", remedy) from None
        if len(header.observes) > 1:
            raise self._malformed(1, "header: `observes` names audit twice", "name it once")
        self._digest.update(line)
        self._blocks = chain((rest,) if rest else (), self._blocks)
        return header

    def parse_object(self, line: bytes, number: int, *, spelled: bool = False) -> dict[str, Any]:
        """Parse one line of the trace strictly; with ``spelled``, numbers keep their spelling.

        Raises:
            MalformedTrace: it is not one JSON object.
        """
        if line.endswith(b"\r\n"):
            raise self._malformed(number, "the line ends in CR LF", "lines end in LF alone")
        return line_object(line, number, self.path, self._limits.nesting, spelled=spelled)

    def _malformed(self, line: int, problem: str, remedy: str) -> MalformedTrace:
        return MalformedTrace(self.path, line, problem, remedy)


@contextmanager
def open_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[TraceReader]:
    """Open a trace file, plain or gzipped, with its header read.

    Raises:
        MalformedTrace: the file cannot be opened, or does not begin like a trace.
    """
    with opened(path) as file:
        yield TraceReader(file, str(path), limits, packed=path.suffix == ".gz")


@contextmanager
def trace_of(data: bytes, path: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[TraceReader]:
    """Give the trace that the bytes of a plain file are, as ``open_trace`` does."""
    yield TraceReader(io.BytesIO(data), path, limits, packed=False)


def read_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Header, Event]]:
    """Yield every event of a trace file with the header, each strictly checked, to the end of the file."""
    with open_trace(path, limits) as reader:
        for event in reader:
            event.answer()
            yield reader.header, event
