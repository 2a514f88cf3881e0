"""A JSON document read from front to back: the elements of its long arrays are never all held at once.

msgspec decodes whole texts only. An array is therefore read in windows, each cut where one element that is an object
ends and the next begins. Where such a cut lies inside a text or inside an element, the text before it is not a
list of whole values. msgspec finds that, and an earlier cut is tried. So a cut that can be decoded is right.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, Generic, NoReturn, TypeVar

import msgspec
from msgspec import Raw

from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.whole_document import repeated_key

T = TypeVar("T")

_READ: Final = 1 << 18
_FIRST_WINDOW: Final = 1 << 12
_BETWEEN_OBJECTS: Final = re.compile(rb"\}\s*(,)\s*(?=\{)")
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_SPACE: Final = b" \t\n\r"
_any: Final = msgspec.json.Decoder(Raw)
_text: Final = msgspec.json.Decoder(str)


class Elements(Generic[T]):
    """Decodes windows of an array into lists of elements."""

    def __init__(self, element: type[T]) -> None:
        self.decode = msgspec.json.Decoder(list[element]).decode  # type: ignore[valid-type] # a value, for msgspec


class JsonStream:
    """A cursor over one JSON document in a binary file.

    Args:
        file: where it is read from.
        path: how messages name the file.
        limits: ``line_bytes`` bounds one element, ``unpacked_bytes`` what a packed file unpacks to.
        packed: the file is unpacked while it is read.
    """

    def __init__(self, file: BinaryIO, path: str, limits: Limits, *, packed: bool = False) -> None:
        self.path = path
        self._file = file
        self._limits = limits
        self._packed = packed
        self._buffer = b""
        self._at = 0
        self._read = 0
        self._ended = False

    def malformed(self, place: str, problem: str, remedy: str) -> MalformedDocument:
        """Return the error for something wrong at a JSON path."""
        return MalformedDocument(self.path, place, problem, remedy)

    def peek(self) -> bytes:
        """Return the next byte that is no white space, without taking it; empty at the end."""
        while True:
            buffer, at = self._buffer, self._at
            while at < len(buffer) and buffer[at] in _SPACE:
                at += 1
            self._at = at
            if at < len(buffer):
                return buffer[at : at + 1]
            if not self._more():
                return b""

    def head(self, length: int) -> bytes:
        """Return the next bytes without taking them: ``length``, or all that there are."""
        while len(self._buffer) - self._at < length and self._more(max(_READ, length)):
            pass
        return self._buffer[self._at : self._at + length]

    def enter(self, bracket: bytes, place: str) -> None:
        """Take an opening bracket."""
        if self.peek() != bracket:
            self._refuse(place, f"`{bracket.decode()}` is due")
        self._at += 1

    def another(self, closing: bytes, place: str, *, first: bool) -> bool:
        """Say whether another member or element follows; take the comma before it, or the closing bracket."""
        found = self.peek()
        if found == closing:
            self._at += 1
            return False
        if not first:
            if found != b",":
                self._refuse(place, f"`,` or `{closing.decode()}` is due")
            self._at += 1
        return True

    def key(self, place: str) -> str:
        """Take a member's name and its colon."""
        if self.peek() != b'"':
            self._refuse(place, "a member's name is due")
        try:
            name: str = _text.decode(self.value(place))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(place, "a member's name is no text in UTF-8")
        if self.peek() != b":":
            self._refuse(place, "`:` is due")
        self._at += 1
        return name

    def value(self, place: str) -> bytes:
        """Take one whole value and return its text."""
        self.peek()
        while True:
            rest = memoryview(self._buffer)[self._at :]
            try:
                _any.decode(rest)
                length = len(rest)
                if self._more():  # a number may go on
                    continue
            except msgspec.DecodeError as error:
                trailing = _TRAILING.search(str(error))
                if trailing is None:
                    if "truncated" in str(error) and self._within(len(rest), place) and self._more():
                        continue
                    self._refuse(place, _plain(error))
                length = int(trailing[1]) - 1  # counted from 1, after white space
            except UnicodeDecodeError:
                self._refuse(place, "not UTF-8")
            except RecursionError:
                self._refuse(place, "nested too deep")
            text = bytes(rest[:length])
            self._at += length
            return text.strip(_SPACE)

    def skip(self, place: str) -> None:
        """Take one whole value and forget it."""
        self.value(place)

    def end(self) -> None:
        """Check that nothing follows the document."""
        if self.peek():
            self._refuse("$", "something follows the document")

    def elements(self, elements: Elements[T], place: str) -> Iterator[tuple[bytes, list[T]]]:
        """Yield the elements of the array that comes next, window by window, each with its text.

        Raises:
            MalformedDocument: it is no array, not JSON, or an element has a wrong shape.
        """
        self.enter(b"[", place)
        done, size = 0, _FIRST_WINDOW
        while True:
            text, found, ended = self._window(elements, place, done, size)
            if found:
                yield text, found
            if ended:
                return
            done += len(found)
            size = _READ

    def _window(self, elements: Elements[T], place: str, done: int, size: int) -> tuple[bytes, list[T], bool]:
        """Decode what one window holds of an array; say whether the array ends in it."""
        if self.peek() == b"]":
            self._at += 1
            return b"", [], True
        while True:
            while len(self._buffer) - self._at < size and self._more():
                pass
            window = self._buffer[self._at : self._at + size]
            for cut in self._cuts(window):
                text = b"[%b]" % window[:cut] if cut else b"[%b" % window
                try:
                    found = elements.decode(text)
                except msgspec.ValidationError as error:
                    raise self.wrong_shape(error, place, done) from None
                except msgspec.DecodeError as error:
                    trailing = _TRAILING.search(str(error))
                    if trailing is None:
                        if cut and "truncated" not in str(error):  # a wrong cut leaves something open
                            self._refuse(f"{place}[{done}] or after", _plain(error))
                        continue
                    length = int(trailing[1]) - 1  # counted from 1, after white space
                    self._at += length - 1
                    return text[:length], elements.decode(text[:length]), True
                except UnicodeDecodeError:
                    self._refuse(f"{place}[{done}] or after", "not UTF-8")
                except RecursionError:
                    self._refuse(f"{place}[{done}]", "an element nests too deep")
                if cut:
                    self._at += cut + 1
                    return text, found, False
                self._at += len(window)
                return text, found, True
            if self._ended and len(self._buffer) - self._at <= size:
                self._refuse_text(b"[%b" % window, elements, place, done)
            self._within(size, f"{place}[{done}]")
            size *= 2

    @staticmethod
    def _cuts(window: bytes) -> Iterator[int]:
        """Yield where a window may be cut, the last first, and then 0 for not at all.

        A short window is first tried whole: most arrays are short.
        """
        if len(window) <= _FIRST_WINDOW:
            yield 0
        tail = len(window)
        while tail > 0:
            start = max(0, tail - _FIRST_WINDOW)
            yield from (match.start(1) for match in reversed([*_BETWEEN_OBJECTS.finditer(window, start, tail)]))
            if start == 0:
                break
            tail = start + 64  # a cut may lie across the border, with some white space
        if len(window) > _FIRST_WINDOW:
            yield 0

    def wrong_shape(self, error: msgspec.ValidationError, place: str, before: int | None = None) -> MalformedDocument:
        """Return the error for a value that msgspec could not convert.

        Args:
            error: what msgspec says.
            place: of the value; of an array where ``before`` is given.
            before: how many of the array's elements came before those that were decoded.
        """
        message, _, where = str(error).partition(" - at `$")
        where = where.removesuffix("`")
        return self.malformed(
            f"{place}{_in_array(where, before or 0)}", message, "see docs/telltale-files.md for the fields"
        )

    def refuse_repeated_keys(self, text: bytes, place: str, before: int) -> None:
        """Check that no object among some elements of an array has a key twice.

        Args:
            text: the elements, as an array.
            place: of the whole array.
            before: how many elements came before these.
        """
        repeated = repeated_key(text)
        if repeated is not None:
            where, key = repeated
            problem = f"the key `{key}` is given twice"
            raise self.malformed(f"{place}{_in_array(where, before)}", problem, "give it once")

    def _refuse_text(self, text: bytes, elements: Elements[T], place: str, done: int) -> NoReturn:
        try:
            elements.decode(text)
        except msgspec.DecodeError as error:
            self._refuse(f"{place}[{done}] or after", _plain(error))
        except UnicodeDecodeError:
            self._refuse(f"{place}[{done}] or after", "not UTF-8")
        self._refuse(f"{place}[{done}]", "the array cannot be read")

    def _within(self, size: int, place: str) -> bool:
        if size > self._limits.line_bytes:
            raise self.malformed(
                place,
                f"a value is longer than {self._limits.line_bytes} bytes",
                "raise --max-line-bytes if it is meant",
            )
        return True

    def _more(self, length: int = _READ) -> bool:
        """Read on; say whether there was more."""
        if self._ended:
            return False
        try:
            more = self._file.read(length)
        except (OSError, EOFError, zlib.error) as error:
            if not self._packed:
                raise
            raise self.malformed("", f"damaged gzip data ({error})", "fetch or export the file again") from None
        self._ended = not more
        self._read += len(more)
        if self._packed and self._read > self._limits.unpacked_bytes:
            problem = f"unpacks to more than {self._limits.unpacked_bytes} bytes"
            raise self.malformed("", problem, "raise --max-unpacked-bytes if it is meant")
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)

    def _refuse(self, place: str, problem: str) -> NoReturn:
        if not self.peek():
            problem = "the document ends here, in the middle"
        raise self.malformed(place, problem, "a document is one JSON value in UTF-8")


def _in_array(where: str, before: int) -> str:
    """Return a place in a part of an array as the place in the whole."""
    inside = re.match(r"\[(\d+)\]", where)
    return f"[{before + int(inside[1])}]{where[inside.end() :]}" if inside else where


def _plain(error: msgspec.DecodeError) -> str:
    return f"not JSON: {str(error).partition(' (byte')[0]}"
