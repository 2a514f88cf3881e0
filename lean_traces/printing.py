"""Values of the model, answers and any JSON, printed in our own form: ascending keys, no spaces, UTF-8."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct

from telltale_conformance.lean_traces.printed_values import encode_plain
from telltale_conformance.lean_traces.strict_json import SpelledNumber, parse
from telltale_conformance.lean_traces.trace import Err, ErrAudited, Ok, OkAudited
from telltale_conformance.model.decode import Decoded
from telltale_conformance.model.operations import Outcome
from telltale_conformance.model.types.local_types import Recv, Send
from telltale_conformance.model.types.payloads import (
    Bool,
    Chan,
    EndpointValue,
    Nat,
    ProdType,
    ProdValue,
    Str,
    Unit,
    encode_plain_value,
    encode_val_type,
    encode_value,
)
from telltale_conformance.model.types.trees import End, Mu, Var
from telltale_conformance.model.types.type_json import encode_type

_PRINTERS: Final[dict[type, Callable[[Any], bytes]]] = {
    **dict.fromkeys((End, Send, Recv, Mu, Var), encode_type),
    **dict.fromkeys((ProdType, Chan), encode_val_type),
    **dict.fromkeys((Unit, Nat, Bool, Str, EndpointValue), encode_plain_value),
    ProdValue: encode_value,
    SpelledNumber: lambda number: number.text.encode(),
    Decoded: lambda decoded: encode_plain(decoded.value),
}


def _hook(value: object) -> Raw:
    return Raw(_PRINTERS[type(value)](value))


_shallow: Final = msgspec.json.Encoder(enc_hook=_hook, order="deterministic")
encode_shallow: Final = _shallow.encode
encode_lines: Final = _shallow.encode_lines
"""As ``encode``, for what does not nest deep: they raise RecursionError."""
_encode_as_written: Final = msgspec.json.Encoder(enc_hook=_hook).encode


def encode(value: Any) -> bytes:
    """Print a model value, or JSON of any depth, in our own form: ascending keys, no spaces, UTF-8."""
    try:
        return encode_shallow(value)
    except RecursionError:
        return _encode_deep(value, sorted)


def encode_as_written(document: Any) -> bytes:
    """Print JSON of any depth with its members in the order that they have, and numbers as they are spelled."""
    try:
        return _encode_as_written(document)
    except RecursionError:
        return _encode_deep(document, list)


def decode_as_written(text: bytes) -> Any:
    """Read JSON of any depth so that ``encode_as_written`` prints it again, save white space and escapes.

    Raises:
        StrictJsonError: the text is not JSON.
    """
    return parse(text, len(text), spelled=True)


def decode(printed: bytes) -> Any:
    """Read JSON of any depth that we printed: nothing is checked."""
    try:
        return msgspec.json.decode(printed)
    except RecursionError:
        return parse(printed, len(printed))


def as_json(value: Any) -> Any:
    """Return a model value as JSON values."""
    return decode(encode(value))


class _Printed(bytes):
    """A piece of the text, among values that are still to be printed."""


def _encode_deep(value: Any, in_order: Callable[[Iterable[tuple[str, Any]]], list[tuple[str, Any]]]) -> bytes:
    """Print what nests deeper than the encoder in C goes."""
    pieces: list[bytes] = []
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Printed):
            pieces.append(item)
        elif isinstance(item, dict):
            waiting.extend(reversed(_members(in_order(item.items()))))
        elif isinstance(item, Struct):
            names = zip(item.__struct_encode_fields__, item.__struct_fields__, strict=True)
            fields = [(name, getattr(item, field)) for name, field in names]
            waiting.extend(reversed(_members([(name, field) for name, field in fields if field is not UNSET])))
        elif isinstance(item, list | tuple):
            elements = [piece for element in item for piece in (_COMMA, element)]
            waiting.extend((_Printed(b"]"), *reversed(elements[1:]), _Printed(b"[")))
        else:
            pieces.append(encode_shallow(item))
    return b"".join(pieces)


_COMMA: Final = _Printed(b",")


def _members(members: list[tuple[str, Any]]) -> list[Any]:
    """Return an object as pieces of text and values, in order."""
    inner = [part for name, value in members for part in (_COMMA, _Printed(encode_shallow(name) + b":"), value)]
    return [_Printed(b"{"), *inner[1:], _Printed(b"}")]


def answer_document(outcome: Outcome, *, audited: bool) -> dict[str, Any]:
    """Return the outcome's members of an event or an adapter's answer, in ascending order of keys."""
    document: dict[str, Any] = {"audit": outcome.audit} if audited else {}
    if outcome.error is None:
        document["ok"] = outcome.ok
    else:
        document["err"] = outcome.error.to_json()
    return document


_NOTHING: Final = b'{"ok":null}'
_NOTHING_AUDITED: Final = b'{"audit":[],"ok":null}'


def encode_answer(outcome: Outcome, *, audited: bool) -> bytes:
    """Print an outcome as ``{"audit":…,"ok":…}`` or ``{"audit":…,"err":…}``."""
    error = outcome.error
    answer: Struct
    if error is None:
        if outcome.ok is None and not outcome.audit:
            return _NOTHING_AUDITED if audited else _NOTHING
        answer = OkAudited(outcome.audit, outcome.ok) if audited else Ok(outcome.ok)
    else:
        answer = ErrAudited(outcome.audit, error.to_json()) if audited else Err(error.to_json())
    try:
        return encode_shallow(answer)
    except RecursionError:
        return _encode_deep(answer, sorted)
