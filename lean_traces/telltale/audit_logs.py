"""Authority audit logs as telltale's machine gives them: three dialects, one or several sessions in a file.

* a log, as ``authority_audit_log`` gives it: ``[{"tick","artifact","event","reason"}, …]``;
* the same with its session, ``{"session":0,"authority_audit_log":[…]}``, or an array of these;
* ``semantic_audit_log``: ``[{"Authority":{"tick","session","artifact","event","reason"}}, {"Publication":…}, …]``. It
  is sorted by what its records say, so it does not tell in which order they were written;
* ``capability_lifecycle``: ``[{"tick","artifact","lifecycle","reason"}, …]``, where artifacts and events have other
  names.

The last two may also stand under their own name in an object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.telltale.audit_records import ELEMENTS, SORTED, Dialect
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.model.values import U64, U64_MAX, AuditRecord

_DIGITS: Final = bytes(48 if byte in b"0123456789" else byte for byte in range(256))
_LONG: Final = b"0" * 20
"""As many digits as 2^64-1 has, all digits being alike; this is found much faster than a pattern."""


class Log(Struct):
    """One log of a file."""

    place: str
    """The JSON path of its array."""
    session: int | None = None
    """The session that the file names for it, before or after its records."""
    mixed: bool = False
    """It may hold records of several sessions: an array without the name of one."""
    in_order: bool = True
    """The records stand in the order in which they were written."""


class LogRecord(NamedTuple):
    """One record of a log."""

    log: Log
    number: int
    """The place in the array, counted from 0."""
    session: int | None
    """The session that the record itself names beside its artifact (``semantic_audit_log``)."""
    record: AuditRecord
    scopes_as_printed: bool
    """Its scopes are sorted and without repeats, as a set is printed (contract §1)."""

    @property
    def place(self) -> str:
        """The JSON path in the file."""
        return f"{self.log.place}[{self.number}]"


class AuditLogReader:
    """Reads the records of a file with audit logs, in the order of the file; iterate over it once.

    Args:
        stream: at the beginning of the document.
        dialect: of a file that is one array of records; None where it names its logs.
    """

    def __init__(self, stream: JsonStream, dialect: Dialect | None) -> None:
        self._stream = stream
        self._dialect = dialect
        self.logs: list[Log] = []
        """The logs begun so far, empty ones too."""
        self.not_judged: Counter[str] = Counter()
        """Entries that are no authority records, by kind."""

    def __iter__(self) -> Iterator[LogRecord]:
        """Yield every record.

        Raises:
            MalformedDocument: what is wrong, where, and what to do.
        """
        stream = self._stream
        if self._dialect is not None:
            yield from self._array(self._dialect, Log("$", None, True, self._dialect != SORTED))
        elif stream.peek() == b"[":
            stream.enter(b"[", "$")
            number = 0
            while stream.another(b"]", "$", first=number == 0):
                yield from self._object(f"$[{number}]")
                number += 1
        else:
            yield from self._object("$")
        stream.end()

    def _object(self, place: str) -> Iterator[LogRecord]:
        """Read an object that holds logs under their names, with their session before or after them."""
        stream = self._stream
        stream.enter(b"{", place)
        session: int | None = None
        logs: list[Log] = []
        seen: set[str] = set()
        while stream.another(b"}", place, first=not seen):
            name = stream.key(place)
            if name in seen:
                raise stream.malformed(place, f"the field `{name}` is given twice", "give it once")
            seen.add(name)
            here = f"{place}.{name}"
            if name == "session":
                session = self._session(stream.value(here), here)
            elif name in ELEMENTS:
                logs.append(Log(here, session, name != "authority_audit_log", name != SORTED))
                yield from self._array(name, logs[-1])
            else:
                known = ", ".join(("session", *ELEMENTS))
                raise stream.malformed(place, f"unknown field `{name}`", f"the fields here are {known}")
        if not logs:
            raise stream.malformed(place, "no audit log is given", 'give {"session":0,"authority_audit_log":[…]}')
        for log in logs:
            log.session = session

    def _session(self, text: bytes, place: str) -> int:
        try:
            session = msgspec.json.decode(text, type=U64)
        except msgspec.ValidationError as error:
            raise self._stream.malformed(place, str(error), "a session id is an integer 0..2^64-1") from None
        self._check_integers(text, place)
        return session

    def _array(self, dialect: str, log: Log) -> Iterator[LogRecord]:
        self.logs.append(log)
        elements, read = ELEMENTS[dialect]
        number = 0
        for text, found in self._stream.elements(elements, log.place):
            self._stream.refuse_repeated_keys(text, log.place, number)
            self._check_integers(text, f"{log.place}[{number}]")
            as_printed: Iterable[bool] = repeat(True)
            if b"Fragments" in text:
                as_printed = map(_scopes_sorted, msgspec.json.decode(text))
            for entry, printed in zip(found, as_printed, strict=False):
                try:
                    read_ = read(entry)
                except msgspec.ValidationError as error:
                    raise self._stream.wrong_shape(error, f"{log.place}[{number}].Authority") from None
                if isinstance(read_, str):
                    self.not_judged[read_] += 1
                elif read_ is None:
                    kinds = "OwnershipCapability, OwnershipReceipt, Readiness, Cancellation, Timeout"
                    raise self._stream.malformed(
                        f"{log.place}[{number}]", "there is not exactly one artifact", f"an artifact is one of {kinds}"
                    )
                else:
                    yield LogRecord(log, number, *read_, printed)
                number += 1

    def _check_integers(self, text: bytes, place: str) -> None:
        if _LONG in text.translate(_DIGITS) and any(
            number > U64_MAX for number in _integers(msgspec.json.decode(text))
        ):
            raise self._stream.malformed(place, "an integer is above 2^64-1", "ids and generations are 0..2^64-1")


def _scopes_sorted(document: Any) -> bool:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            names = value.get("Fragments")
            if isinstance(names, list) and any(left >= right for left, right in pairwise(names)):
                return False
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return True


def _integers(document: Any) -> Iterator[int]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if type(value) is int:
            yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
