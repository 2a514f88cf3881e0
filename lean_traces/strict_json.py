"""JSON read strictly: what a careful reader must refuse, Python's own parser lets pass."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from telltale_conformance.encoding import other_encoding
from telltale_conformance.errors import HarnessError
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.readable import shortened

T = TypeVar("T")

I64_MIN: Final = -(2**63)
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_DEPTH_CHANGE: Final = [(byte in b"[{") - (byte in b"]}") for byte in range(256)]
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


class StrictJsonError(HarnessError, ValueError):
    """Thrown when a text is not JSON as the formats demand it; the message says what is wrong."""


class SpelledNumber(float):
    """A number that is no integer of the contract's, with the spelling that it has in its text, as ``1e0``."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return SpelledNumber, (self.text,)


def parse(text: bytes, nesting: int, *, spelled: bool = False) -> Any:
    """Parse one JSON text.

    Objects become dicts, arrays lists. A number with a point or an exponent, ``-0``, and an integer outside
    -2^63…2^64-1 become floats, so that whoever needs an integer refuses them.

    Args:
        text: UTF-8 bytes.
        nesting: how deep arrays and objects may nest.
        spelled: make those floats ``SpelledNumber``, so that they can be printed as they were.

    Raises:
        StrictJsonError: not UTF-8, not JSON, a repeated key, NaN or infinity, a number out of range, a lone
            surrogate, or nested too deep.
    """
    if not nests_within(text, nesting):
        raise StrictJsonError(f"nested deeper than {nesting} levels")
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise StrictJsonError(other_encoding(text) or f"not UTF-8 at byte {error.start + 1}") from None
    try:
        document = _decode(decoded, spelled)
        if "\\u" in decoded:
            _refuse_surrogates(document)
    except json.JSONDecodeError as error:
        raise StrictJsonError(other_encoding(text) or f"not JSON at column {error.colno}: {error.msg}") from None
    return document


def converted(decode: Callable[[bytes], T], text: bytes) -> T:
    """Return what a decoder of msgspec makes of one JSON text; of a repeated key it takes the last.

    Raises:
        StrictJsonError: not UTF-8, not JSON, nested too deep, or of another shape.
    """
    try:
        return decode(text)
    except msgspec.MsgspecError as error:
        raise StrictJsonError(other_encoding(text) or str(error)) from None
    except UnicodeDecodeError:
        raise StrictJsonError(other_encoding(text) or "not UTF-8") from None
    except RecursionError:
        raise StrictJsonError("nested too deep") from None


def _decode(text: str, spelled: bool) -> Any:
    try:
        return _DECODERS[spelled].decode(text)
    except RecursionError:
        return _decode_deep(text, spelled)


def _decode_deep(text: str, spelled: bool) -> Any:
    """Parse what nests deeper than the C parser's stack, with the standard library's Python scanner."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 4 * text.count("{") + 4 * text.count("[") + 200)
    try:
        return _DEEP_DECODERS[spelled].decode(text)
    finally:
        sys.setrecursionlimit(before)


def nests_within(text: bytes, nesting: int) -> bool:
    """Say whether no arrays and objects nest deeper than ``nesting`` (in JSON; in other text, roughly)."""
    if text.count(b"{") + text.count(b"[") <= nesting:
        return True
    brackets = _STRING.sub(b"", text).translate(None, delete=_NO_BRACKETS)
    return max(accumulate(map(_DEPTH_CHANGE.__getitem__, brackets)), default=0) <= nesting


def _refuse_surrogates(document: Any) -> None:
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            if not node.isascii() and any("\ud800" <= letter <= "\udfff" for letter in node):
                raise StrictJsonError("a lone surrogate escape is not a Unicode character")
        elif isinstance(node, dict):
            waiting.extend(node)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise StrictJsonError(f"repeated key {json.dumps(key)}")
            seen.add(key)
    return result


def _integer(digits: str, beyond: Callable[[str], float]) -> int | float:
    if digits == "-0" or len(digits) > 20:
        return beyond(digits)
    number = int(digits)
    return number if I64_MIN <= number <= U64_MAX else beyond(digits)


def _float(digits: str, beyond: Callable[[str], float]) -> float:
    number = beyond(digits)
    if math.isinf(number):
        raise StrictJsonError(f"number out of range: {shortened(digits, 40)}")
    return number


def _constant(name: str) -> NoReturn:
    raise StrictJsonError(f"{name} is not JSON")


def _make_decoder(beyond: Callable[[str], float]) -> json.JSONDecoder:
    finite = partial(_float, beyond=beyond)
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=partial(_integer, beyond=finite),
        parse_float=finite,
        parse_constant=_constant,
    )


def _make_deep_decoder(beyond: Callable[[str], float]) -> json.JSONDecoder:
    decoder: Any = _make_decoder(beyond)
    decoder.parse_object = json.decoder.JSONObject  # type: ignore[attr-defined] # not in the stubs
    decoder.parse_array = json.decoder.JSONArray  # type: ignore[attr-defined] # not in the stubs
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined] # not in the stubs
    deep: json.JSONDecoder = decoder
    return deep


_DECODERS: Final = {False: _make_decoder(float), True: _make_decoder(SpelledNumber)}
_DEEP_DECODERS: Final = {False: _make_deep_decoder(float), True: _make_deep_decoder(SpelledNumber)}
