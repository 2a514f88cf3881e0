"""One JSON document of telltale's, held whole: its bytes, and the repeated keys that its readers refuse."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Raw

from telltale_conformance.encoding import Utf8, other_encoding
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.lines import opened
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument

BridgeVersion = Literal["lean_bridge.v1"]
"""The schema version of run inputs and run outputs."""
SCHEMA: Final[BridgeVersion] = "lean_bridge.v1"
FIELDS: Final = "see docs/telltale-files.md for the fields"
"""The remedy for a field that is not as it should be."""


_PIECE: Final = 1 << 20


class Document(NamedTuple):
    """A file's name and its bytes, unpacked."""

    path: str
    data: bytes

    def malformed(self, place: str, problem: str, remedy: str = FIELDS) -> MalformedDocument:
        """Return the error for something wrong at a JSON path."""
        return MalformedDocument(self.path, place, problem, remedy)

    def not_json(self, error: Exception, what: str) -> MalformedDocument:
        """Return the error for a document that msgspec could not read: it is to be ``what``, in UTF-8."""
        problem = "nested too deep" if isinstance(error, RecursionError) else f"not JSON: {error}"
        return self.malformed("$", other_encoding(self.data) or problem, f"it is to be {what} in UTF-8")

    def wrong_shape(self, error: msgspec.ValidationError, place: str) -> MalformedDocument:
        """Return the error for a part of the document that msgspec could not convert; a wrong version has its own."""
        message, _, where = str(error).partition(" - at `$")
        place += where.removesuffix("`")
        version = _VERSION.fullmatch(f"{place} {message}")
        if version is None:
            return self.malformed(place, message)
        remedy = "this harness reads `lean_bridge.v1`, and `protocol_machine.semantic_objects.v1` for semantic objects"
        found = "missing" if version[2] is None else f"`{version[2]}`"
        return self.malformed(f"{version[1]}.schema_version", f"it is {found}", remedy)

    def refuse_repeated_keys(self, text: bytes | Raw, place: str, read: object = None) -> None:
        """Check that no object in a part of the document has a key twice.

        Args:
            text: the part.
            place: its JSON path.
            read: what the part was decoded to, where all of it was.

        Raises:
            MalformedDocument: where one has.
        """
        text = bytes(text)
        if read is not None and msgspec.json.encode(read) == text:
            return  # for it would not come back
        repeated = repeated_key(text)
        if repeated is not None:
            where, key = repeated
            raise self.malformed(f"{place}{where}", f"the key `{key}` is given twice", "give it once")

    def members(self, text: bytes | Raw, place: str) -> dict[str, Raw]:
        """Return the members of an object that has no key twice, each with its text.

        Raises:
            MalformedDocument: it has a key twice.
            msgspec.DecodeError: it is not JSON, or no object.
        """
        text = bytes(text)
        found = _members(text)
        if not _stand_in(text, found):
            whole = json.loads(text, object_pairs_hook=_object)
            if isinstance(whole, _Repeating):
                raise self.malformed(place, f"the key `{whole.key}` is given twice", "give it once")
        return found


_VERSION: Final = re.compile(
    r"(.*?)(?:\.schema_version Invalid enum value '(.*)'| Object missing required field `schema_version`)", re.DOTALL
)
_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_NEXT: Final = re.compile(rb'\s*[{,]\s*("[^"\\]*")\s*:\s*')


def _stand_in(text: bytes, members: Mapping[str, Raw]) -> bool:
    """Say whether these members stand in an object's text one after the other, and no others."""
    at = 0
    for name, value in members.items():
        begins, whole = _NEXT.match(text, at), bytes(value)
        if begins is None or begins[1] != msgspec.json.encode(name) or not text.startswith(whole, begins.end()):
            return False
        at = begins.end() + len(whole)
    return not members or text[at:].strip() == b"}"


def read_document(path: Path, limits: Limits) -> Document:
    """Read a whole file, unpacked.

    Raises:
        MalformedTrace: it cannot be read, is damaged or too large.
    """
    whole, looked_at = io.BytesIO(), Utf8()
    with opened(path) as file:
        try:
            while piece := file.read(_PIECE):
                problem = looked_at.problem(piece)
                if problem is not None:
                    raise MalformedDocument(str(path), "", problem, "a document is text in UTF-8")
                if whole.tell() + len(piece) > limits.unpacked_bytes:
                    problem = f"more than {limits.unpacked_bytes} bytes"
                    raise MalformedDocument(str(path), "", problem, "raise --max-unpacked-bytes")
                whole.write(piece)
        except (OSError, EOFError, zlib.error) as error:
            raise MalformedDocument(str(path), "", f"damaged data ({error})", "fetch or export it again") from None
    return Document(str(path), whole.getvalue())


def repeated_key(text: bytes) -> tuple[str, str] | None:
    """Return the JSON path, from the value's own, of the first object with a key twice, and the key; None without one.

    The value is decoded and encoded again, and a repeated key is lost in that. So a text that comes back as it was has
    none. One that does not, for its escapes or numbers are written in other ways, is looked through.

    Args:
        text: one JSON value that can be decoded.
    """
    compact = text if b'": ' not in text and b"\n" not in text else msgspec.json.format(text, indent=-1)
    if msgspec.json.encode(msgspec.json.decode(compact)) == compact:
        return None
    return _looked_for(compact)


class _Repeating(dict[str, Any]):
    """An object with a key twice."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating = _Repeating(found)
    counts = Counter(key for key, _ in pairs)
    repeating.key = next(key for key, count in counts.items() if count > 1)
    return repeating


def _looked_for(text: bytes) -> tuple[str, str] | None:
    waiting: list[tuple[str, Any]] = [("", json.loads(text, object_pairs_hook=_object))]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, _Repeating):
            return place, value.key
        waiting += reversed([*_inside(place, value)])
    return None


def _inside(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{place}.{key}", inner) for key, inner in value.items())
    elif isinstance(value, list):
        yield from ((f"{place}[{number}]", inner) for number, inner in enumerate(value))
