"""Lines of a plain or gzipped file, within limits."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from telltale_conformance import files
from telltale_conformance.encoding import other_encoding
from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import MalformedTrace


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, unpacking it when its name ends in ``.gz``.

    Raises:
        MalformedTrace: the file cannot be opened.
    """
    try:
        with files.opened(path) as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file, mode="rb") as unpacking:
                    yield cast("BinaryIO", unpacking)
            else:
                yield file
    except OSError as error:
        problem = error.strerror or str(error)
        raise MalformedTrace(str(path), 0, f"cannot be read: {problem}", "name a readable file") from None


def line_object(line: bytes, number: int, path: str, nesting: int, *, spelled: bool = False) -> dict[str, Any]:
    """Return the JSON object that a line is, strictly parsed; with ``spelled``, numbers keep their spelling.

    Raises:
        MalformedTrace: it is no JSON object.
    """
    try:
        document = parse(line, nesting, spelled=spelled)
    except StrictJsonError as error:
        raise MalformedTrace(path, number, str(error), "every line is one JSON object in UTF-8") from None
    if type(document) is not dict:
        raise MalformedTrace(path, number, "the line is not a JSON object", "every line is one JSON object")
    return document


def read_lines(file: BinaryIO, path: str, limits: Limits, *, packed: bool) -> Iterator[bytes]:
    """Yield the lines of a file with their line ends. Errors as of ``read_blocks``."""
    return chain.from_iterable(read_blocks(file, path, limits, packed=packed))


def read_blocks(file: BinaryIO, path: str, limits: Limits, *, packed: bool) -> Iterator[list[bytes]]:
    """Yield the lines of a file with their line ends, as many at a time as cost little memory.

    Raises:
        MalformedTrace: a line is too long or has no line end, or the packed data are damaged or too large; the lines
            before have been given.
    """
    if packed:
        return _in_blocks(_unpacked_lines(file, path, limits))
    return _plain_blocks(file, path, limits.line_bytes)


_BLOCK: Final = 2**15


def _plain_blocks(file: BinaryIO, path: str, longest: int) -> Iterator[list[bytes]]:
    number = 0
    while block := file.read1(_BLOCK):  # type: ignore[attr-defined] # the streams of io have it
        lines = io.BytesIO(block + file.readline(longest + 1)).readlines()
        good = len(lines)
        if lines[-1][-1] != 10 or len(block) + len(lines[-1]) > longest:
            good = next((at for at, line in enumerate(lines) if line[-1] != 10 or len(line) > longest), good)
        if good:
            yield lines[:good] if good < len(lines) else lines
        if good < len(lines):
            _refuse_unended(path, number + good + 1, lines[good], longest)
        number += good


def _in_blocks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield lines many at a time; those before an error are given before it."""
    block: list[bytes] = []
    size = 0
    malformed = None
    try:
        for line in lines:
            block.append(line)
            size += len(line)
            if size >= _BLOCK:
                yield block
                block, size = [], 0
    except MalformedTrace as error:
        malformed = error
    if block:
        yield block
    if malformed is not None:
        raise malformed


def _unpacked_lines(file: BinaryIO, path: str, limits: Limits) -> Iterator[bytes]:
    """Yield the lines of a packed file."""
    number = unpacked = 0
    longest = limits.line_bytes
    try:
        while line := file.readline(longest + 1):
            number += 1
            if line[-1] != 10 or len(line) > longest:
                _refuse_unended(path, number, line, longest)
            unpacked += len(line)
            if unpacked > limits.unpacked_bytes:
                raise MalformedTrace(
                    path,
                    number,
                    f"unpacks to more than {limits.unpacked_bytes} bytes",
                    "raise the limit if the file is meant to be that large",
                )
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise MalformedTrace(
            path, number + 1, f"damaged gzip data ({error})", "fetch or export the file again"
        ) from None


def _refuse_unended(path: str, number: int, line: bytes, longest: int) -> None:
    if len(line) > longest:
        raise MalformedTrace(
            path,
            number,
            f"line longer than {longest} bytes",
            "raise the limit if such a line is meant, or split the operation",
        )
    encoded = other_encoding(line) if number == 1 else None
    if encoded is not None:
        raise MalformedTrace(path, number, encoded, "every line is one JSON object in UTF-8")
    if b"\r" in line:
        raise MalformedTrace(path, number, "the lines end in CR", "lines end in LF alone")
    remedy = "the file was cut off: record it again"
    with suppress(StrictJsonError):
        parse(line, DEFAULT_LIMITS.nesting)
        remedy = "end it with LF if nothing is missing after it, else record it again"
    raise MalformedTrace(path, number, "the last line has no line end", remedy)


TRACE_SUFFIXES: Final = (".jsonl", ".jsonl.gz")


class NoTraces(HarnessError):
    """Thrown when a path names no trace; the message says which and what would be one."""


def find_traces(paths: Iterable[Path]) -> list[Path]:
    """Return the trace files that the paths name: files as they are, folders searched to their bottom.

    Raises:
        NoTraces: a path does not exist, or a folder holds no trace or cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = traces_in(path)
            if not inside:
                raise NoTraces("no traces in this folder", place=path, remedy="traces end in .jsonl or .jsonl.gz")
            found.extend(inside)
        elif path.exists():
            found.append(path)
        else:
            raise NoTraces("no such file or folder", place=path)
    return found


def traces_in(folder: Path) -> list[Path]:
    """Return all traces of a folder, to its bottom, in order.

    Raises:
        NoTraces: a folder in it cannot be read.
    """
    return [path for path in files_in(folder) if is_trace(path)]


def files_in(folder: Path) -> list[Path]:
    """Return all files of a folder, to its bottom, in order.

    Raises:
        NoTraces: a folder in it cannot be read.
    """
    try:
        return files.below(folder)
    except OSError as error:
        raise NoTraces(error.strerror or str(error), place=error.filename or folder) from None


def first_line(path: Path, limits: Limits) -> bytes:
    """Return the first line of a plain or gzipped file; of an empty file nothing.

    Raises:
        MalformedTrace: as ``opened`` and ``read_lines``.
    """
    with opened(path) as file:
        return next(read_lines(file, str(path), limits, packed=path.suffix == ".gz"), b"")


def line_count(path: Path) -> int:
    """Return how many lines a plain or gzipped file has."""
    with opened(path) as file:
        return sum(1 for _ in file)


def is_trace(path: Path) -> bool:
    """Say whether a file is named like a trace; what it is shows when it is opened."""
    return path.name.endswith(TRACE_SUFFIXES) and not path.name.startswith(".")
