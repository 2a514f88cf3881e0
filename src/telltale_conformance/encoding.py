"""Bytes from outside that are to be text in UTF-8: what they are where they are not."""

from __future__ import annotations

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "it begins with a byte order mark: write it as UTF-8 without one"),
    (codecs.BOM_UTF32_LE, "it is UTF-32, not UTF-8"),  # before that of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "it is UTF-32, not UTF-8"),
    (codecs.BOM_UTF16_LE, "it is UTF-16, not UTF-8"),
    (codecs.BOM_UTF16_BE, "it is UTF-16, not UTF-8"),
)


class Utf8:
    """Looks at bytes that come in pieces."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._before = 0

    def problem(self, piece: bytes, *, last: bool = False) -> str | None:
        """Say what makes the bytes up to here no text in UTF-8; None where nothing does.

        A zero is refused too: no text that is read here has one, and a file of zeros may be larger than any memory.
        """
        unmarked = self._before == 0 and not piece.startswith(codecs.BOM_UTF8)  # which some texts may have
        if unmarked and (found := other_encoding(piece)) is not None:
            return found
        try:
            self._decode(piece, last)
        except UnicodeDecodeError:
            return "not UTF-8"
        if 0 in piece:
            return f"a zero at byte {self._before + piece.index(0) + 1}"
        self._before += len(piece)
        return None


def other_encoding(data: bytes) -> str | None:
    """Say by their first bytes that these are text in another encoding, with what to do; None where they say nothing.

    Without a mark zeros show UTF-16 and UTF-32, since all that is read here begins with ASCII.
    """
    for mark, problem in _MARKS:
        if data.startswith(mark):
            return problem
    first = bytes(map(bool, data[:4]))
    if first in (b"\1\0\1\0", b"\0\1\0\1"):
        return "it is UTF-16, not UTF-8"
    if first in (b"\1\0\0\0", b"\0\0\0\1"):
        return "it is UTF-32, not UTF-8"
    return None
