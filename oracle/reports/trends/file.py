"""The file of check records: one JSON line for each check, appended whole, read strictly.

A power cut may leave half a line at the end. That line was never reported as written: a reader says how long it is and
goes on, and the next check moves it to a file beside it, so that nothing is lost and every line stays readable.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content, open_regular
from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.oracle.reports.trends.record import FORMAT, VERSION, CheckRecord
from telltale_conformance.readable import one_line

NESTING: Final = 16
"""How deep a line may nest."""
_REMEDY: Final = "see `telltale-conformance schema check-record`"


class BadCheckRecords(HarnessError):
    """Thrown when a file is not one of check records, or cannot be written; the message names file and line."""


class CheckRecords(Struct, frozen=True):
    """What a file of check records holds."""

    records: tuple[CheckRecord, ...]
    """In the order of the file."""
    torn: int = 0
    """The bytes of a last line whose writing did not end; they are not a record."""


def read_records(path: Path) -> CheckRecords:
    """Read a file of check records, strictly.

    Raises:
        BadCheckRecords: it cannot be read, or a line other than a torn last one is not a record.
    """
    try:
        data = content(path)
    except OSError as error:
        raise BadCheckRecords(f"cannot be read: {error.strerror or error}", place=path) from None
    whole, last = _torn_off(data)
    lines = whole.split(b"\n")[:-1] if whole else []
    return CheckRecords(tuple(_record(path, number, line) for number, line in enumerate(lines, 1)), len(last))


def make_ready(path: Path) -> None:
    """Check that a record can be appended, before the run that it is for; the file is made where there is none.

    Raises:
        BadCheckRecords: it holds something else, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            pass
    except OSError as error:
        raise BadCheckRecords(f"cannot be written: {error.strerror or error}", place=path) from None
    read_records(path)


def append_record(path: Path, record: CheckRecord) -> str | None:
    """Append a record: the whole line or nothing, whoever else appends at the same time.

    Returns:
        What happened to a torn last line that was in the way; None where there was none.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    line = encode(record) + b"\n"
    with _locked(path) as file:
        remark = _clear_end(path, file)
        _write_whole(file, line)
    return remark


def _record(path: Path, number: int, line: bytes) -> CheckRecord:
    place = f"{path}:{number}"
    try:
        document = parse(line, NESTING)
    except StrictJsonError as error:
        raise BadCheckRecords(f"not a check record: no JSON: {error.problem}", place=place, remedy=_REMEDY) from None
    if not isinstance(document, dict) or document.get("schema") != FORMAT:
        raise BadCheckRecords(
            f'not a check record: it has no "schema": "{FORMAT}"',
            place=place,
            remedy="name a file that --history wrote",
        )
    if document.get("version") != VERSION:
        version = one_line(str(document.get("version")), 40)
        raise BadCheckRecords(
            f"a check record of version {version}, and this harness reads version {VERSION}", place=place
        )
    try:
        return msgspec.convert(document, CheckRecord)
    except msgspec.ValidationError as error:
        raise BadCheckRecords(f"not a check record: {one_line(str(error))}", place=place, remedy=_REMEDY) from None


def _torn_off(data: bytes) -> tuple[bytes, bytes]:
    """Return the whole lines, each with its end, and a torn last line; one that only lacks its end is whole."""
    cut = data.rfind(b"\n") + 1
    last = data[cut:]
    if last and _is_json(last):
        return data + b"\n", b""
    return data[:cut], last


def _is_json(line: bytes) -> bool:
    try:
        parse(line, NESTING)
    except StrictJsonError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a regular file for appending, with nobody else appending by this function."""
    descriptor = open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _clear_end(path: Path, file: int) -> str | None:
    """Let the file end with a whole line: move a torn one away, or end the last."""
    size = os.fstat(file).st_size
    if size == 0 or os.pread(file, 1, size - 1) == b"\n":
        return None
    whole, last = _torn_off(content(path))
    if not last:
        _write_whole(file, b"\n")
        return None
    beside = path.with_name(path.name + ".torn")
    with _locked(beside) as kept:
        _write_whole(kept, last + b"\n")
    os.ftruncate(file, len(whole))
    return f"{path}: its last line was torn ({len(last)} bytes); it is now in {beside}"


def _write_whole(file: int, data: bytes) -> None:
    """Append bytes and see them on the disk; where they do not fit, the file is as it was."""
    size = os.fstat(file).st_size
    try:
        rest = data
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
