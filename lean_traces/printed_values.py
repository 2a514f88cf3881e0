"""Local types, value types and values as our own writer printed them.

Types are read once, as long as they are remembered: recordings name the same types again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from telltale_conformance.lean_traces.printed_types import NotOurForm, printed_type, printed_types
from telltale_conformance.model.types.payloads import (
    UNIT,
    Bool,
    EndpointValue,
    Nat,
    ProdValue,
    Str,
    Value,
)
from telltale_conformance.model.values import U64, U64_MAX


class _Known(dict[bytes, Any]):
    """Values by the bytes that we print them as; bounded in number and in the bytes kept."""

    def __init__(self, read: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._read = read
        self._bytes = 0

    def __missing__(self, printed: bytes) -> Any:
        try:
            value = self._read(printed)
        except (ValueError, RecursionError, OverflowError):
            raise NotOurForm from None
        self._bytes += len(printed)
        if len(self) >= _KNOWN or self._bytes > _KNOWN_BYTES:
            self.clear()
            self._bytes = len(printed)
        if self._bytes <= _KNOWN_BYTES:
            self[printed] = value
        return value


_KNOWN: Final = 512
_KNOWN_BYTES: Final = 2 * 1024 * 1024


def printed_json(printed: bytes) -> Any:
    """Return parsed JSON of bytes that are exactly as we print them."""
    document = msgspec.json.decode(printed)
    if encode_plain(document) != printed:
        raise NotOurForm
    return document


class _Endpoint(Struct, forbid_unknown_fields=True, gc=False):
    role: str
    sid: U64


class _Content(Struct, forbid_unknown_fields=True, gc=False):
    """A value that is not ``"Unit"``: exactly one of the members is there."""

    Bool: bool | UnsetType = UNSET
    Endpoint: _Endpoint | UnsetType = UNSET
    Nat: U64 | UnsetType = UNSET
    Prod: tuple[PrintedValue, PrintedValue] | UnsetType = UNSET
    Str: str | UnsetType = UNSET


PrintedValue: TypeAlias = Literal["Unit"] | _Content
"""How msgspec reads a value."""


def printed_value(form: PrintedValue) -> Value:
    """Return the value that was read.

    Raises:
        NotOurForm: msgspec let pass what is no value.
    """
    if isinstance(form, str):
        return UNIT
    truth, endpoint, number, pair, text = members = _members(form)
    if members.count(UNSET) != 4:
        raise NotOurForm
    if number is not UNSET:
        if number > U64_MAX:
            raise NotOurForm
        return Nat(number)
    if text is not UNSET:
        return Str(text)
    if truth is not UNSET:
        return Bool(truth)
    if endpoint is not UNSET:
        if endpoint.sid > U64_MAX:
            raise NotOurForm
        return EndpointValue(endpoint.sid, endpoint.role)
    left, right = pair
    return ProdValue(printed_value(left), printed_value(right))


_members: Final = msgspec.structs.astuple


encode_plain: Final = msgspec.json.Encoder(order="deterministic").encode
TYPES: Final = _Known(printed_type)
TYPES_BY_ROLE: Final = _Known(printed_types)
