"""Reading and writing histories: what several clients asked at once, and what each was answered (history format).

The reader is strict and streams: it keeps the open calls and the last id of each client, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.endings import end_problem
from telltale_conformance.lean_traces.history import (
    HISTORY_SCHEMA,
    Call,
    Crash,
    HistoryEvent,
    HistoryHeader,
    Return,
    event_document,
)
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import first_line, line_object, opened, read_lines
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.strict_json import nests_within
from telltale_conformance.lean_traces.trace import VERSION, MalformedTrace
from telltale_conformance.lean_traces.writer import EventWriter, written_whole
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.readable import json_line

_SEE: Final = "see `telltale-conformance schema history-event`"
_KINDS: Final = ("call", "return", "crash")
_MEMBERS: Final = {
    "call": frozenset({"seq", "client", "call", "op", "args"}),
    "return": frozenset({"seq", "client", "return"}),
    "crash": frozenset({"seq", "client", "crash"}),
}


class HistoryReader:
    """Reads one history from first line to last; iterate over it once.

    The iteration ends only after the end line has been found in order, so whoever gets to its end has read a history
    that is not cut off.

    Raises:
        MalformedTrace: here or while iterating: what is wrong, where, and what to do.
    """

    def __init__(self, file: BinaryIO, path: str, limits: Limits = DEFAULT_LIMITS, *, packed: bool) -> None:
        self.path = path
        self._limits = limits
        self._lines = read_lines(file, path, limits, packed=packed)
        self._digest = hashlib.sha256()
        self.header = self._read_header()
        self._audited = "audit" in self.header.observes
        self._open: dict[int, int] = {}
        """The id of each client's open call."""
        self._owner: dict[int, int] = {}
        """Whose call each open id is."""
        self._last: dict[int, int] = {}
        """The last id of each client."""
        self._events = self._read_events()

    def __iter__(self) -> Iterator[HistoryEvent]:
        return self._events

    def _read_events(self) -> Iterator[HistoryEvent]:
        seq = 0
        for line in self._lines:
            number = seq + 2
            document = self._object(line, number)
            if "end" in document:
                wrong = end_problem(document, seq, self._digest.hexdigest(), "history")
                if wrong is not None:
                    raise self._malformed(number, *wrong)
                for _ in self._lines:
                    problem = "there is a line after the end line"
                    raise self._malformed(number + 1, problem, "one file holds one history")
                return
            self._digest.update(line)
            yield self._event(document, seq, number)
            seq += 1
        raise self._malformed(seq + 2, "there is no end line", "the file was cut off: record it again")

    def _event(self, document: dict[str, Any], seq: int, number: int) -> HistoryEvent:
        kinds = [kind for kind in _KINDS if kind in document]
        if len(kinds) != 1:
            problem = f"the event is {' and '.join(kinds)}" if kinds else "the event is no call, return or crash"
            raise self._malformed(number, problem, "give exactly one of `call`, `return` and `crash`, with the id")
        kind = kinds[0]
        self._check_members(document, kind, number)
        if type(document["seq"]) is not int or document["seq"] != seq:
            shown = json_line(document["seq"], 40)
            raise self._malformed(number, f"seq is {shown}, not {seq}", "events are numbered 0, 1, 2, …")
        client, call = (self._number(document, name, number) for name in ("client", kind))
        if client >= self.header.clients:
            problem = f"there is no client {client}: the header counts {self.header.clients}"
            raise self._malformed(number, problem, "clients are numbered from 0")
        if kind == "call":
            return self._call(document, seq, client, call, number)
        self._close(client, call, kind, number)
        if kind == "crash":
            return Crash(seq, client, call)
        is_ok = "ok" in document
        return Return(seq, client, call, Answer(is_ok, document["ok" if is_ok else "err"], document.get("audit")))

    def _check_members(self, document: dict[str, Any], kind: str, number: int) -> None:
        needed = _MEMBERS[kind]
        for name in sorted(needed - document.keys()):
            raise self._malformed(number, f"missing field `{name}`", _SEE)
        allowed = needed
        if kind == "return":
            if ("ok" in document) == ("err" in document):
                both = "both `ok` and `err`" if "ok" in document else "neither `ok` nor `err`"
                raise self._malformed(number, f"the return has {both}", "give exactly one of them")
            allowed = needed | {"ok", "err", "audit"}
            if "audit" in document and not self._audited:
                problem = "unknown field `audit`"
                raise self._malformed(number, problem, "the header's `observes` does not name it")
            if type(document.get("audit", [])) is not list:
                raise self._malformed(number, "`audit` is not an array", "give the records of this operation")
        for name in sorted(document.keys() - allowed):
            raise self._malformed(number, f"unknown field `{name}`", "remove it")

    def _number(self, document: dict[str, Any], name: str, number: int) -> int:
        value = document[name]
        if type(value) is not int or not 0 <= value <= U64_MAX:
            shown = json_line(value, 40)
            raise self._malformed(number, f"`{name}` is {shown}", f"`{name}` is an integer from 0 to 2^64-1")
        return value

    def _call(self, document: dict[str, Any], seq: int, client: int, call: int, number: int) -> Call:
        if client in self._open:
            problem = f"client {client} calls {call} while its call {self._open[client]} is open"
            raise self._malformed(number, problem, "a client waits for its answer, or its call is crashed, first")
        if call in self._owner:
            problem = f"id {call} is that of an open call of client {self._owner[call]}"
            raise self._malformed(number, problem, "open calls have different ids")
        last = self._last.get(client, -1)
        if call <= last:
            problem = f"id {call} is not above {last}, the last one of client {client}"
            raise self._malformed(number, problem, "ids are not used again: every client numbers its calls upwards")
        op = document["op"]
        codec = CODECS.get(op) if isinstance(op, str) else None
        if codec is None:
            raise self._malformed(number, f"unknown operation {json_line(op, 60)}", _SEE)
        try:
            arguments = codec.from_json(document["args"])
        except ArgumentError as error:
            raise self._malformed(number, str(error), _SEE) from None
        self._open[client] = self._last[client] = call
        self._owner[call] = client
        return Call(seq, client, call, codec.operation, arguments, document["args"])

    def _close(self, client: int, call: int, kind: str, number: int) -> None:
        if self._open.get(client) != call:
            problem = f"{kind} of {call}, which is no open call of client {client}"
            raise self._malformed(number, problem, "a call comes first, of the same client, and is ended once")
        del self._open[client], self._owner[call]

    def _read_header(self) -> HistoryHeader:
        line = next(self._lines, None)
        if line is None:
            raise self._malformed(0, "the file is empty", "name a recorded history")
        document = self._object(line, 1)
        for name, wanted in (("schema", HISTORY_SCHEMA), ("version", VERSION)):
            value = document.get(name)
            if type(value) is not type(wanted) or value != wanted:
                shown = "missing" if value is None else json_line(value, 60)
                remedy = f'this harness reads "schema":"{HISTORY_SCHEMA}","version":{VERSION}'
                raise self._malformed(1, f"`{name}` is {shown}", remedy)
        for name in sorted(set(HistoryHeader.__struct_fields__) - document.keys()):
            raise self._malformed(
                1, f"header: missing field `{name}`", "see `telltale-conformance schema history-header`"
            )
        try:
            header = msgspec.convert(document, HistoryHeader)
        except msgspec.ValidationError as error:
            remedy = "see `telltale-conformance schema history-header`"
            raise self._malformed(1, f"header: {error}", remedy) from None
        if len(header.observes) > 1:
            raise self._malformed(1, "header: `observes` names audit twice", "name it once")
        if not 1 <= header.clients <= self._limits.clients:
            problem = f"header: {header.clients} clients"
            remedy = f"a history has 1 to {self._limits.clients}; raise the limit if more are meant"
            raise self._malformed(1, problem, remedy)
        self._digest.update(line)
        return header

    def _object(self, line: bytes, number: int) -> dict[str, Any]:
        if len(line) <= self._limits.nesting or nests_within(line, self._limits.nesting):
            document = _of_our_form(line)
            if document is not None:
                return document
        if line.endswith(b"\r\n"):
            raise self._malformed(number, "the line ends in CR LF", "lines end in LF alone")
        return line_object(line, number, self.path, self._limits.nesting)

    def _malformed(self, line: int, problem: str, remedy: str) -> MalformedTrace:
        return MalformedTrace(self.path, line, problem, remedy)


_decode_plain: Final = msgspec.json.Decoder().decode
_encode_plain: Final = msgspec.json.Encoder(order="deterministic").encode


def _of_our_form(line: bytes) -> dict[str, Any] | None:
    """Read a line that is, byte for byte, what our writer prints of it, which proves it strict; None for others."""
    try:
        document = _decode_plain(line)
        if type(document) is dict and _encode_plain(document) == line[:-1]:
            return document
    except (ValueError, RecursionError):
        pass
    return None


@contextmanager
def open_history(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[HistoryReader]:
    """Open a history file, plain or gzipped, with its header read.

    Raises:
        MalformedTrace: the file cannot be opened, or does not begin like a history.
    """
    with opened(path) as file:
        yield HistoryReader(file, str(path), limits, packed=path.suffix == ".gz")


def is_history(path: Path, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Say whether a file begins like a history; one that cannot be read does not."""
    try:
        return HISTORY_SCHEMA.encode() in first_line(path, limits)
    except MalformedTrace:
        return False


class HistoryWriter(EventWriter):
    """Writes the lines of one history."""

    def event(self, event: HistoryEvent) -> None:
        """Write the next event; it gets the next number, whatever it has."""
        self.write_event(event_document(event))


def write_history(path: Path, header: HistoryHeader, events: Iterable[HistoryEvent]) -> None:
    """Write a history file, whole or not at all."""
    with written_whole(path) as file:
        writer = HistoryWriter(file, header)
        for event in events:
            writer.event(event)
        writer.end()
