"""Lines that an adapter prints: cut out of a stream of bytes, and read as answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Annotated, Any, Final, Literal, NamedTuple, NoReturn

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.oracle.adapters.faults import (
    AdapterFault,
    HelloRefused,
    InvalidUtf8,
    LineTooLong,
    MalformedAnswer,
    MalformedHello,
    NotJson,
    WrongProtocol,
)
from telltale_conformance.oracle.adapters.protocol import (
    ANSWER_KINDS,
    HELLO_OPS,
    PROTOCOL_VERSION,
    Answer,
    AnswerKind,
    Hello,
    HelloText,
)
from telltale_conformance.readable import one_line

_SHOWN: Final = 120
"""How many bytes of a line a message shows."""


_REST: Final = (len('{"id":,"":}'), len('{"id": , "": }'))
"""How long the rest of an answer is beside id, kind and value, without spaces and with Python's; any other
length is a member that is there twice, or an odd spacing."""
_REST_AUDITED: Final = (len('{"id":,"":,"audit":}'), len('{"id": , "": , "audit": }'))


class LineCutter:
    """Cuts a stream into lines; holds at most one unfinished line, never longer than the limit."""

    def __init__(self, line_bytes: int) -> None:
        self._line_bytes = line_bytes
        self._parts: list[bytes] = []
        self.unfinished = 0
        """How many bytes of a line are there whose end is not."""

    def cut(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that are whole now, without their line ends.

        Raises:
            LineTooLong: the next line is, whole or not; those before it were yielded.
        """
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._parts:
            lines[0] = b"".join([*self._parts, lines[0]])
            self._parts.clear()
            self.unfinished = 0
        for line in lines:
            if len(line) >= self._line_bytes:
                self._refuse()
            yield line
        if rest:
            self._parts.append(rest)
            self.unfinished += len(rest)
            if self.unfinished >= self._line_bytes:
                self._refuse()

    def rest(self) -> bytes:
        """Return the beginning of the line that is not whole yet."""
        return b"".join(self._parts)

    def _refuse(self) -> NoReturn:
        self._parts.clear()
        raise LineTooLong(f"an answer is longer than {self._line_bytes} bytes")


class _Line(Struct, forbid_unknown_fields=True):
    id: Annotated[int, Meta(ge=0)]
    ok: Raw | UnsetType = UNSET
    err: Raw | UnsetType = UNSET
    audit: Raw | UnsetType = UNSET
    unsupported: Raw | UnsetType = UNSET
    panic: Raw | UnsetType = UNSET
    bad_request: Raw | UnsetType = UNSET


class Numbered(NamedTuple):
    """An answer with the id that it carries."""

    number: int
    answer: Answer


class AnswerReader:
    """Reads answers, each in full or not at all."""

    def __init__(self, nesting: int) -> None:
        self._nesting = nesting
        self._decode = msgspec.json.Decoder(_Line).decode

    def read(self, line: bytes) -> Numbered:
        """Return the answer on a line, given without its line end.

        Raises:
            InvalidUtf8, NotJson, MalformedAnswer: what the line is instead.
        """
        try:
            line.decode()
            parts = self._decode(line)
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
            return self._read_carefully(line)
        kind: AnswerKind
        if (payload := parts.ok) is not UNSET:
            kind = "ok"
        elif (payload := parts.err) is not UNSET:
            kind = "err"
        else:
            return self._read_carefully(line)
        audit = parts.audit
        printed = bytes(payload)
        rest = len(line) - len(str(parts.id)) - len(kind) - len(printed)
        if audit is UNSET:
            if rest not in _REST:
                return self._read_carefully(line)
            return Numbered(parts.id, Answer(kind, printed, None))
        records = bytes(audit)
        if rest - len(records) not in _REST_AUDITED or records[:1] != b"[":
            return self._read_carefully(line)
        return Numbered(parts.id, Answer(kind, printed, records))

    def _read_carefully(self, line: bytes) -> Numbered:
        """Read an answer of another kind or in another spacing, or say what is wrong with the line."""
        document = self._parse(line)
        if type(document) is not dict:
            raise malformed(line, "it is not an object")
        number = document.get("id")
        if type(number) is not int or number < 0:
            raise malformed(line, "its id is not a number" if "id" in document else "it has no id")
        kinds = [kind for kind in ANSWER_KINDS if kind in document]
        if len(kinds) != 1:
            raise malformed(line, f"it has {' and '.join(kinds) or 'none of ' + ', '.join(ANSWER_KINDS)}")
        kind = kinds[0]
        unknown = sorted(set(document) - {"id", kind, "audit"})
        if unknown:
            raise malformed(line, f"it has an unknown member {unknown[0]!r}")
        if type(document.get("audit", [])) is not list:
            raise malformed(line, "audit is not a list")
        outcome = kind in ("ok", "err")
        if not outcome and not isinstance(document[kind], str):
            raise malformed(line, f"{kind} is not text")
        members = _members(line)
        return Numbered(number, Answer(kind, members[kind], members.get("audit") if outcome else None))

    def _parse(self, line: bytes) -> Any:
        try:
            line.decode()
        except UnicodeDecodeError as error:
            raise InvalidUtf8(f"an answer is not UTF-8 at byte {error.start + 1}", shown(line)) from None
        if line.count(b"[") + line.count(b"{") > self._nesting < _depth(line):
            raise NotJson(f"an answer nests deeper than {self._nesting} levels", shown(line))
        try:
            return parse(line, self._nesting)
        except StrictJsonError as error:
            raise NotJson(f"an answer cannot be read: {error}", shown(line)) from None


_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]', re.DOTALL)


_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = [1 if byte in b"[{" else -1 for byte in range(256)]


def _depth(line: bytes) -> int:
    """How deep arrays and objects nest, in one pass over the line."""
    brackets = _STRINGS.sub(b"", line).translate(None, delete=_NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _members(line: bytes) -> dict[str, bytes]:
    """Cut the members of a well-formed object out of its text; nothing here recurses."""
    members: dict[str, bytes] = {}
    depth, key, start = 0, b"", 0
    for token in _TOKEN.finditer(line):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
        elif depth == 1 and mark == b":":
            start = token.end()
        elif depth == 1 and mark[:1] == b'"' and start == 0:
            key = mark
        if start and (depth == 0 or (depth == 1 and mark == b",")):
            members[msgspec.json.decode(key)] = line[start : token.start()].strip()
            start = 0
    return members


def strict_value(text: bytes) -> Any:
    """Parse the payload or the records of an answer, which the fast reader takes as they are.

    Raises:
        MalformedAnswer: it is JSON that two readers may read differently: a repeated key, a lone surrogate, a number
            above 2^64-1 or one that no float holds.
    """
    try:
        value = parse(text, DEFAULT_LIMITS.nesting)
    except StrictJsonError as error:
        raise malformed(text, str(error)) from None
    if len(text) >= _DIGITS and (beyond := _beyond(value)) is not None:
        raise malformed(text, f"a number is above 2^64-1 or below -2^63: {beyond:g}")
    return value


_DIGITS: Final = 4
"""A number that is too large takes as many characters: ``1e20``."""


def _beyond(value: Any) -> float | None:
    """Return a number outside of the range of integers, which the parser gives as a float; None where none is.

    The float -2^63 counts as outside: -2^63-1 is rounded to it, while -2^63 itself is given as an integer.
    """
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if type(part) is float and not -(2.0**63) < part < 2.0**64:
            return part
        if type(part) is dict:
            waiting.extend(part.values())
        elif type(part) is list:
            waiting.extend(part)
    return None


def malformed(line: bytes, problem: str) -> AdapterFault:
    """Return the failure for a line of JSON that is not an answer."""
    return MalformedAnswer(f"a line is no answer: {problem}", shown(line))


def shown(line: bytes) -> str:
    """Return the beginning of a line for people to see."""
    cut = one_line(line[:_SHOWN].decode(errors="backslashreplace"), _SHOWN)
    return f"it printed '{cut}'" + (f" and {len(line) - _SHOWN} bytes more" if len(line) > _SHOWN else "")


class HelloAnswer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The hello as it comes over the wire."""

    protocol: int
    name: HelloText
    version: HelloText
    language: HelloText
    contract: HelloText
    ops: Annotated[list[HelloText], Meta(max_length=HELLO_OPS)]
    observes: list[Literal["audit"]]
    clients: Annotated[int, Meta(ge=1, le=DEFAULT_LIMITS.clients)] = 1

    def checked(self) -> Hello:
        """Return what the harness keeps of it."""
        return Hello(
            name=self.name,
            version=self.version,
            language=self.language,
            contract=self.contract,
            ops=frozenset(self.ops),
            observes=frozenset(self.observes),
            clients=self.clients,
        )


class _ProtocolOnly(Struct, frozen=True):
    """The part of a hello that is read before all else, so that another version is named as such."""

    protocol: Raw


def read_hello(answer: Answer) -> Hello:
    """Return what an adapter said of its implementation.

    Raises:
        HelloRefused: it answered anything but ok.
        WrongProtocol: it speaks another version.
        MalformedHello: a field is missing, unknown, of another kind, or too long.
        MalformedAnswer: two readers may read it differently, as one with a repeated key.
    """
    if answer.kind != "ok":
        said = one_line(answer.payload.decode(errors="replace"), 200)
        raise HelloRefused(f"hello was answered with {answer.kind}", said)
    strict_value(answer.payload)
    try:
        version = bytes(msgspec.json.decode(answer.payload, type=_ProtocolOnly).protocol)
        if version != b"%d" % PROTOCOL_VERSION:
            said = one_line(version.decode(errors="replace"), 40)
            raise WrongProtocol(f"the adapter speaks protocol {said}, not {PROTOCOL_VERSION}")
        return msgspec.json.decode(answer.payload, type=HelloAnswer).checked()
    except msgspec.ValidationError as error:
        raise MalformedHello("hello was answered with something else", str(error)) from None
    except RecursionError:
        raise MalformedHello("hello was answered with something else", "it nests too deep") from None
