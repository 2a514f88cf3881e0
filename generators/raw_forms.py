"""Raw forms: other ways to write the same arguments, each of which is read as the same (contract §1, trace format).

Members stand in any order, fragments repeat and are unsorted, an option is absent or null, a sort that is Unit absent.
"""

from __future__ import annotations

from typing import Any

from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import decode, encode_as_written
from telltale_conformance.model.operations import Operation


def raw_form(draw: Drawing, operation: Operation, printed: bytes) -> bytes:
    """Return the arguments of an operation, as one JSON object, in another form; seldom in the same."""
    codec = CODECS[operation.name]
    args = decode(printed)
    members = {name: _rewritten(draw, name, value) for name, value in args.items()}
    for parameter in operation.optional:
        name = codec.wire_names[parameter]
        if name not in members and draw.random() < 0.5:
            members[name] = None
    return encode_as_written(_in_any_order(draw, members))


def _rewritten(draw: Drawing, name: str, value: Any) -> Any:
    if isinstance(value, list):
        if name == "Fragments" and value:
            return _unsorted(draw, value)
        return [_rewritten(draw, "", element) for element in value]
    if not isinstance(value, dict):
        return value
    members = {member: _rewritten(draw, member, inner) for member, inner in value.items()}
    if members.keys() == {"name", "sort"} and members["sort"] == "Unit" and draw.random() < 0.7:
        del members["sort"]
    return _in_any_order(draw, members)


def _unsorted(draw: Drawing, names: list[str]) -> list[str]:
    """Return the names of a set in any order, some of them more than once."""
    return draw.mixed([*names, *(draw.one_of(names) for _ in range(draw.below(3)))])


def _in_any_order(draw: Drawing, members: dict[str, Any]) -> dict[str, Any]:
    return {name: members[name] for name in draw.mixed([*members])}
