"""The file of records: one JSON line for each check or state of a campaign, appended whole, read strictly.

A power cut may leave half a line at the end. That line was never reported as written: a reader says how long it is and
goes on, and the next record moves it to a file beside it, so that nothing is lost and every line stays readable.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError, unwritable
from telltale_conformance.files import content, open_regular
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.oracle.reports.trends.campaign_record import FORMAT as CAMPAIGN
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.reports.trends.check_record import FORMAT as CHECK
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord
from telltale_conformance.oracle.reports.trends.record import VERSION, Record
from telltale_conformance.readable import one_line

NESTING: Final = 16
"""How deep a line may nest."""
_FORMS: Final[dict[str, type[CheckRecord] | type[CampaignRecord]]] = {CHECK: CheckRecord, CAMPAIGN: CampaignRecord}
_REMEDY: Final = "name a file that --history wrote, or repair the line"


class BadRecords(HarnessError):
    """Thrown when a file is not one of records, or cannot be written; the message names file and line."""


class Records(Struct, frozen=True):
    """What a history file holds."""

    records: tuple[Record, ...]
    """In the order of the file."""
    torn: int = 0
    """The bytes of a last line whose writing did not end; they are not a record."""


class Appended(NamedTuple):
    """The result of appending a record."""

    written: bool
    """Whether it was; else the file has a record that contains it."""
    remark: str | None = None
    """What happened to a torn last line that was in the way; None where there was none."""


def read_records(path: Path) -> Records:
    """Read a file of records, strictly.

    Raises:
        BadRecords: it cannot be read, or a line other than a torn last one is not a record.
    """
    try:
        data = content(path)
    except OSError as error:
        raise BadRecords(f"cannot be read: {error.strerror or error}", place=path) from None
    whole, last = _torn_off(data)
    lines = whole.split(b"\n")[:-1] if whole else []
    return Records(tuple(_record(path, number, line) for number, line in enumerate(lines, 1)), len(last))


def make_ready(path: Path) -> None:
    """Check that a record can be appended, before the run that it is for; the file is made where there is none.

    Raises:
        BadRecords: it holds something else.
        HarnessError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            pass
    except OSError as error:
        raise unwritable(error, path) from None
    read_records(path)


def append_record(path: Path, record: Record) -> Appended:
    """Append a record: the whole line or nothing, whoever else appends at the same time.

    A campaign is not appended as it stood, where the file has this state of it or a later one.

    Raises:
        BadRecords: a campaign is to be appended to a file that holds something else.
        OSError: it cannot be written; the file is as it was.
    """
    line = encode(record) + b"\n"
    with _locked(path) as file:
        if isinstance(record, CampaignRecord) and _has(path, record):
            return Appended(written=False)
        remark = _clear_end(path, file)
        _write_whole(file, line)
    return Appended(written=True, remark=remark)


def _has(path: Path, record: CampaignRecord) -> bool:
    known = read_records(path).records
    return any(isinstance(one, CampaignRecord) and one.contains(record) for one in known)


def _record(path: Path, number: int, line: bytes) -> Record:
    place = f"{path}:{number}"
    try:
        document = parse(line, NESTING)
    except StrictJsonError as error:
        raise BadRecords(f"not a record: no JSON: {error.problem}", place=place, remedy=_REMEDY) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    form = _FORMS.get(schema) if isinstance(schema, str) else None
    if form is None:
        raise BadRecords(
            f'not a record: its "schema" is neither "{CHECK}" nor "{CAMPAIGN}"',
            place=place,
            remedy="name a file that --history wrote",
        )
    if document.get("version") != VERSION:
        version = one_line(str(document.get("version")), 40)
        raise BadRecords(
            f"a {form.what} record of version {version}, and this harness reads version {VERSION}",
            place=place,
            remedy="read it with the harness that wrote it, or begin another file",
        )
    try:
        return msgspec.convert(document, form)
    except msgspec.ValidationError as error:
        raise BadRecords(
            f"not a {form.what} record: {one_line(str(error))}",
            place=place,
            remedy=f"see `telltale-conformance schema {form.what}-record`",
        ) from None


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
