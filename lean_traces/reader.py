"""The strict streaming reader of traces: every line is checked, nothing is kept.

A line in our writer's form is decoded by msgspec alone. That is not yet strict: repeated keys, say, go
unnoticed. Whoever knows the answer that the line should hold prints it and calls ``Event.is_exactly``:
equal bytes prove that the line is well-formed. For every other line ``Event.answer`` parses it strictly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
from msgspec import Struct

from lean_traces.codec import CODECS, ArgumentCodec, ArgumentError, NotOurForm, encode
from lean_traces.limits import DEFAULT_LIMITS, Limits
from lean_traces.lines import opened, read_lines
from lean_traces.strict_json import StrictJsonError, parse
from lean_traces.trace import TRACE_SCHEMA, VERSION, Header, MalformedTrace
from model.operations import Operation

_PREFIX: Final = len(b'{"args":')
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class Answer(NamedTuple):
    """What an event's line says was answered, as parsed JSON."""

    is_ok: bool
    result: Any
    audit: list[Any] | None


def _line_decoder(codec: ArgumentCodec) -> msgspec.json.Decoder[Any]:
    shape = msgspec.defstruct(
        f"{codec.operation.name}_line",
        [("args", codec.struct), ("op", str), ("seq", int)],
        frozen=True,
        kw_only=True,
    )
    return msgspec.json.Decoder(shape)


_DECODERS: Final = {name.encode(): (codec, _line_decoder(codec)) for name, codec in CODECS.items()}


class Event:
    """One event of a trace: the operation with its arguments, and its line, which holds the answer."""

    __slots__ = ("_args_end", "_checked", "_reader", "arguments", "line", "line_number", "operation", "seq")

    def __init__(
        self,
        reader: TraceReader,
        line: bytes,
        operation: Operation,
        arguments: tuple[Any, ...],
        seq: int,
        args_end: int,
        checked: Answer | None,
    ) -> None:
        self._reader = reader
        self.line = line
        self.line_number = seq + 2
        self.operation = operation
        self.arguments = arguments
        self.seq = seq
        self._args_end = args_end
        """Where the arguments end in a line of our form; 0 in another form."""
        self._checked = checked

    def is_exactly(self, tail: Struct) -> bool:
        """Say whether the line is, byte for byte, its arguments followed by this tail (see ``tail_of``).

        True proves the line well-formed; False proves nothing.
        """
        end = self._args_end
        if not end:
            return False
        try:
            printed = encode(tail)
        except RecursionError:
            return False
        return len(self.line) == end + len(printed) + 1 and self.line.startswith(printed[1:], end + 1)

    def arguments_document(self) -> Any:
        """Return the arguments as the line has them, as parsed JSON."""
        return self._reader.parse_object(self.line, self.line_number)["args"]

    def answer(self) -> Answer:
        """Parse the line strictly and return the answer.

        Raises:
            MalformedTrace: the line is not well-formed.
        """
        if self._checked is None:
            self._checked = self._reader.parse_event(self.line, self.line_number)[2]
        return self._checked


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
        self._lines = read_lines(file, path, limits, packed=packed)
        self._digest = hashlib.sha256()
        self.header = self._read_header()
        self._events = self._read_events()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def _read_events(self) -> Iterator[Event]:
        nesting = self._limits.nesting
        update = self._digest.update
        seq = 0
        for line in self._lines:
            event = self._fast(line, seq) if line.count(b"{") + line.count(b"[") <= nesting else None
            if event is None:
                event = self._strict(line, seq)
                if event is None:
                    return
            update(line)
            seq += 1
            yield event
        raise self._malformed(seq + 2, "there is no end line", "the file was cut off: record it again")

    def _fast(self, line: bytes, seq: int) -> Event | None:
        """Read a line of our own form; None where strict parsing has to say what it is."""
        start = line.rfind(b',"op":"') + 7
        entry = _DECODERS.get(line[start : line.find(b'"', start)])
        if entry is None:
            return None
        codec, decoder = entry
        try:
            decoded = decoder.decode(line)
            printed = encode(decoded.args)
            if not line.startswith(printed, _PREFIX) or decoded.op != codec.operation.name:
                return None
            arguments = codec.from_printed(decoded.args)
        except (msgspec.MsgspecError, NotOurForm, RecursionError, OverflowError, UnicodeDecodeError):
            return None
        if decoded.seq != seq:
            return None
        return Event(self, line, codec.operation, arguments, seq, _PREFIX + len(printed), None)

    def _strict(self, line: bytes, seq: int) -> Event | None:
        """Read a line of any form; None after the end line, when all is in order."""
        number = seq + 2
        document = self.parse_object(line, number)
        if "end" in document:
            self._check_end(document, seq, number)
            return None
        if document.get("seq") != seq or type(document.get("seq")) is not int:
            shown = msgspec.json.encode(document.get("seq")).decode()[:40]
            raise self._malformed(number, f"seq is {shown}, not {seq}", "events are numbered 0, 1, 2, …")
        operation, arguments, answer = self._check_event(document, number)
        return Event(self, line, operation, arguments, seq, 0, answer)

    def parse_event(self, line: bytes, number: int) -> tuple[Operation, tuple[Any, ...], Answer]:
        """Parse one event's line strictly.

        Raises:
            MalformedTrace: the line is not well-formed.
        """
        return self._check_event(self.parse_object(line, number), number)

    def _check_event(
        self, document: dict[str, Any], number: int
    ) -> tuple[Operation, tuple[Any, ...], Answer]:
        present = ("ok" in document) + ("err" in document)
        if present != 1:
            problem = "the event has both `ok` and `err`" if present else "the event has neither `ok` nor `err`"
            raise self._malformed(number, problem, "give exactly one of them")
        needed = {"seq", "op", "args"} | ({"audit"} if self.header.audited else set())
        for name in sorted(needed - document.keys()):
            raise self._malformed(number, f"missing field `{name}`", "record the event with all its fields")
        for name in sorted(document.keys() - needed - {"ok", "err"}):
            remedy = "the header's `observes` does not name it" if name == "audit" else "remove it"
            raise self._malformed(number, f"unknown field `{name}`", remedy)
        op = document["op"]
        codec = CODECS.get(op) if isinstance(op, str) else None
        if codec is None:
            shown = msgspec.json.encode(op).decode()[:60]
            raise self._malformed(number, f"unknown operation {shown}", "see `telltale-conformance schema trace-event`")
        try:
            arguments = codec.from_json(document["args"])
        except ArgumentError as error:
            raise self._malformed(number, str(error), "see `telltale-conformance schema trace-event`") from None
        audit = document.get("audit")
        if self.header.audited and type(audit) is not list:
            raise self._malformed(number, "`audit` is not an array", "give the records that were appended")
        is_ok = "ok" in document
        return codec.operation, arguments, Answer(is_ok, document["ok" if is_ok else "err"], audit)

    def _check_end(self, document: dict[str, Any], events: int, number: int) -> None:
        if document.keys() != {"end", "events", "digest"} or document["end"] is not True:
            raise self._malformed(
                number,
                "the end line is not `end` (true), `events` and `digest`",
                "the writer of the trace must close it so",
            )
        if type(document["events"]) is not int or document["events"] != events:
            shown = str(document["events"])[:40]
            raise self._malformed(
                number, f"the end line counts {shown} events, there are {events}", "record the trace again"
            )
        digest = document["digest"]
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise self._malformed(number, "`digest` is not `sha256:` and 64 hex digits", "record the trace again")
        if digest != f"sha256:{self._digest.hexdigest()}":
            raise self._malformed(
                number, "the digest is not that of the lines before", "the file was changed: record it again"
            )
        for _ in self._lines:
            raise self._malformed(number + 1, "there is a line after the end line", "one file holds one trace")

    def _read_header(self) -> Header:
        line = next(self._lines, None)
        if line is None:
            raise self._malformed(0, "the file is empty", "name a recorded trace")
        document = self.parse_object(line, 1)
        schema = document.get("schema")
        if schema != TRACE_SCHEMA:
            shown = "missing" if schema is None else msgspec.json.encode(schema).decode()[:60]
            raise self._malformed(1, f"`schema` is {shown}", f'a trace begins with "schema":"{TRACE_SCHEMA}"')
        version = document.get("version")
        if type(version) is not int or version != VERSION:
            shown = "missing" if version is None else msgspec.json.encode(version).decode()[:60]
            raise self._malformed(1, f"`version` is {shown}", f"this harness reads version {VERSION}")
        try:
            header = msgspec.convert(document, Header)
        except msgspec.ValidationError as error:
            remedy = "see `telltale-conformance schema trace-header`"
            raise self._malformed(1, f"header: {error}", remedy) from None
        if len(header.observes) > 1:
            raise self._malformed(1, "header: `observes` names audit twice", "name it once")
        self._digest.update(line)
        return header

    def parse_object(self, line: bytes, number: int) -> dict[str, Any]:
        """Parse one line of the trace strictly.

        Raises:
            MalformedTrace: it is not one JSON object.
        """
        if line.endswith(b"\r\n"):
            raise self._malformed(number, "the line ends in CR LF", "lines end in LF alone")
        try:
            document = parse(line, self._limits.nesting)
        except StrictJsonError as error:
            raise self._malformed(number, str(error), "every line is one JSON object in UTF-8") from None
        if type(document) is not dict:
            raise self._malformed(number, "the line is not a JSON object", "every line is one JSON object")
        return document

    def _malformed(self, line: int, problem: str, remedy: str) -> MalformedTrace:
        return MalformedTrace(self.path, line, problem, remedy)


def read_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[Header, Event]]:
    """Yield every event of a trace file with the header, each strictly checked, to the end of the file."""
    with opened(path) as file:
        reader = TraceReader(file, str(path), limits, packed=path.suffix == ".gz")
        for event in reader:
            event.answer()
            yield reader.header, event
