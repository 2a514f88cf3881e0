"""What the kit reads in the answers of an adapter: values, and numbers as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.adapters.protocol import RESET

NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class Written(str):
    """A number as it is written."""

    __slots__ = ()


def document(answer: Answer, *, as_written: bool = False) -> Any:
    """Return payload and records of an answer; numbers as they are written where that is asked for."""
    parts = [part for part in (answer.payload, answer.audit) if part is not None]
    if as_written:
        return [json.loads(part, parse_int=Written, parse_float=Written) for part in parts]
    return [json.loads(part) for part in parts]


def leaves(value: Any) -> Iterator[Any]:
    """Yield every part of a JSON value that is neither list nor object, names of members included."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        else:
            yield part


def fresh(adapter: Adapter, requests: Sequence[Request]) -> list[Answer]:
    """Return the answers to requests that a fresh store is asked."""
    return list(adapter.submit([RESET, *requests]))
