"""Local types, value types and values from the bytes that we print them as; what was read before is known.

Each is read once, as long as it is remembered: recordings name the same types again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.printed_types import Unusual, printed_type
from telltale_conformance.model.types.payloads import Bool, Nat, Str, Value, val_type_from_json, value_from_json
from telltale_conformance.model.values import U64_MAX


class NotOurForm(Exception):
    """Thrown when bytes are not in the form that our own writer prints; they may still be well-formed."""


class _Known(dict[bytes, Any]):
    """Values by the bytes that we print them as; bounded in number and in the bytes kept."""

    def __init__(self, read: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._read = read
        self._bytes = 0

    def __missing__(self, printed: bytes) -> Any:
        try:
            value = self._read(printed)
        except (ValueError, RecursionError, OverflowError, Unusual):
            raise NotOurForm from None
        self._bytes += len(printed)
        if len(self) >= _KNOWN or self._bytes > _KNOWN_BYTES:
            self.clear()
            self._bytes = len(printed)
        if self._bytes <= _KNOWN_BYTES:
            self[printed] = value
        return value


_KNOWN: Final = 8192
_KNOWN_BYTES: Final = 16 * 1024 * 1024


def printed_json(printed: bytes) -> Any:
    """Return parsed JSON of bytes that are exactly as we print them."""
    document = msgspec.json.decode(printed)
    if encode_plain(document) != printed:
        raise NotOurForm
    return document


_PLAIN_VALUES: Final[dict[str, tuple[type, Callable[[Any], Value]]]] = {
    "Nat": (int, Nat),
    "Bool": (bool, Bool),
    "Str": (str, Str),
}


def _printed_value(printed: bytes) -> Value:
    """Read a value; those that are met most in the least time."""
    document = printed_json(printed)
    if type(document) is dict and len(document) == 1:
        ((name, content),) = document.items()
        plain = _PLAIN_VALUES.get(name)
        if plain is not None and type(content) is plain[0] and (type(content) is not int or 0 <= content <= U64_MAX):
            return plain[1](content)
    return value_from_json(document)


encode_plain: Final = msgspec.json.Encoder(order="deterministic").encode
TYPES: Final = _Known(printed_type)
VALUES: Final = _Known(_printed_value)
VAL_TYPES: Final = _Known(lambda printed: val_type_from_json(printed_json(printed)))
