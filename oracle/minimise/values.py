"""Simpler values: for every part of a program's arguments, what would be simpler in its place.

Each ``Simplification`` makes the program strictly simpler (fewer parts, smaller numbers, plainer or fewer
names), so that trying them until none helps comes to an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, Step, is_reference
from telltale_conformance.oracle.minimise.names import canonical, names_of, renamed
from telltale_conformance.readable import one_line

Path = tuple[str | int, ...]

_TYPES: Final = frozenset({"new_type", "new_original", "lt", "cont", "original"})
_VALUE_TYPES: Final = frozenset({"trace"})
_GIVEN_SID: Final[Path] = ("sid",)
"""Where a session id is given to ``open_with_sid``, which is ``open`` without it."""
_LARGE: Final = 16
"""From here on a number comes down by halves of halves, not one by one."""
_OPTIONAL: Final = frozenset({"buffer_config", "session_hint"})
_SHRINKING_LISTS: Final = frozenset({"roles", "session_ids", "Fragments", "branches", "trace"})


class Simplification(NamedTuple):
    """One change that makes a program simpler."""

    what: str
    """The change in words, with the step that it is in."""
    candidate: Program
    seq: int = -1
    path: Path = ()
    """Where it is; empty for a change of names."""
    value: Any = None
    """What stands there then; ``REMOVED`` for nothing."""
    unrolls: bool = False
    """Whether a recursion is left out with which a whole type begins."""


class Removed:
    """Stands for a part that is taken away."""

    def __repr__(self) -> str:
        return "nothing"


REMOVED: Final = Removed()


def simplifications(program: Program) -> Iterator[Simplification]:
    """Yield every single simplification of the program's names and values, the largest first."""
    yield from _namings(program)
    for step in reversed(program.steps):
        if step.op == "open_with_sid" and "sid" in step.args:
            changed = put(program, step.seq, _GIVEN_SID, REMOVED)
            yield Simplification(
                f"step {step.seq}: open without a given session id", changed, step.seq, _GIVEN_SID, REMOVED
            )
        for path, value, simpler in _leaves((), step.args):
            yield Simplification(
                f"step {step.seq}: {_place(path)}: {_shown(simpler)} in place of {_shown(value)}",
                put(program, step.seq, path, simpler),
                step.seq,
                path,
                simpler,
                simpler != "End" and isinstance(value, dict) and "Mu" in value and _is_whole_type(path),
            )


def all_names_plain(program: Program) -> Program:
    """Return the program with the plainest names, as many different ones as before."""
    return renamed(program, canonical(names_of(program)))


def all_plain(program: Program, but: int = -1) -> Program:
    """Return the program with all arguments written as we print them, save those of one step."""
    steps = []
    for step in program.steps:
        args = step.args
        places: list[Path] = [()] if step.seq != but else []
        while places:
            path = places.pop()
            plainer = _plainer(path, _at(args, path))
            if plainer is not None:
                args = _put(args, path, plainer)
                places.append(path)
                continue
            value = _at(args, path)
            within = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            places.extend((*path, part) for part in within)
        steps.append(step if args is step.args else msgspec.structs.replace(step, args=args))
    return msgspec.structs.replace(program, steps=tuple(steps))


def _at(document: Any, path: Path) -> Any:
    for part in path:
        document = document[part]
    return document


def put(program: Program, seq: int, path: Path, value: Any) -> Program:
    """Return the program with the value at a place of a step's arguments replaced, or taken away."""
    steps = tuple(_with(step, path, value) if step.seq == seq else step for step in program.steps)
    return msgspec.structs.replace(program, steps=steps)


def _with(step: Step, path: Path, value: Any) -> Step:
    op = "open" if step.op == "open_with_sid" and path == _GIVEN_SID and value is REMOVED else step.op
    return msgspec.structs.replace(step, args=_put(step.args, path, value), op=op)


def _put(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    first, rest = path[0], path[1:]
    copied: Any = dict(document) if isinstance(document, dict) else list(document)
    if not rest and value is REMOVED:
        del copied[first]
    else:
        copied[first] = _put(copied[first], rest, value)
    if is_reference(copied) and copied.get("set") == {}:
        del copied["set"]
    return copied


def _namings(program: Program) -> Iterator[Simplification]:
    names = names_of(program)
    plain = canonical(names)
    if plain:
        yield Simplification("all names plain", renamed(program, plain))
    firsts: dict[str, str] = {}
    for sort, name in names:
        first = firsts.setdefault(sort, name)
        if first != name:
            yield Simplification(f"{sort} {name!r} called {first!r} too", renamed(program, {(sort, name): first}))
    taken = set(names)
    for (sort, name), new in plain.items():
        if (sort, new) not in taken:
            yield Simplification(f"{sort} {name!r} called {new!r}", renamed(program, {(sort, name): new}))


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any, Any]]:
    """Yield (place, value, simpler value) for everything within a step's arguments, outer parts first."""
    waiting: list[tuple[Path, Any]] = [(path, value)]
    while waiting:
        place, current = waiting.pop()
        yield from ((place, current, simpler) for simpler in _simpler(place, current))
        if is_reference(current):
            if "set" in current:
                for name in current["set"]:
                    yield (*place, "set", name), current["set"][name], REMOVED
                waiting.append(((*place, "set"), current["set"]))
            continue
        if isinstance(current, dict):
            if place and place[-1] == "initial_types":
                yield from (((*place, name), member, REMOVED) for name, member in current.items())
            waiting.extend(((*place, name), member) for name, member in reversed(current.items()))
        elif isinstance(current, list):
            shrinks = bool(place) and place[-1] in _SHRINKING_LISTS and (place[-1] != "branches" or len(current) > 1)
            if shrinks:
                yield from (((*place, index), current[index], REMOVED) for index in range(len(current) - 1, -1, -1))
            waiting.extend(((*place, index), element) for index, element in reversed([*enumerate(current)]))


def _simpler(path: Path, value: Any) -> Iterator[Any]:
    """Yield what is simpler than one value as a whole."""
    name = path[-1] if path else ""
    if is_reference(value):
        return
    plainer = _plainer(path, value)
    if plainer is not None:
        yield plainer
    if name in _OPTIONAL:
        yield REMOVED
    if _is_type(path):
        yield from _simpler_types(value)
    elif name == "initial_types" and isinstance(value, dict):
        if len(value) > 1:
            yield {}
    elif name in ("scope", "new_scope") and value != "Session":
        yield "Session"
        if isinstance(value, dict) and value.get("Fragments"):
            yield {"Fragments": []}
    elif name == "val" and value != "Unit":
        yield "Unit"
    elif name == "policy" and value != "Block":
        yield "Block"
    elif name == "mode" and value != "Fifo":
        yield "Fifo"
    elif name == "mutation" and isinstance(value, dict) and "SetDefaultHandler" not in value:
        yield {"SetDefaultHandler": {"handler": "h"}}
    elif _is_sort(path) and value not in ("Unit", None):
        yield "Unit"
    elif _is_value_type(path) and value not in ("Unit", None):
        if len(path) > 2 and path[-3] == "branches":
            yield None
        yield "Unit"
    elif name in ("roles", "session_ids") and isinstance(value, list) and len(value) > 1:
        yield []
    elif type(value) is int:
        yield from _smaller(value)
    elif value is True:
        yield False


def _smaller(value: int) -> list[int]:
    """Return numbers from 0 up to the one below, few of them: of a large number those with fewer bits, too."""
    numbers = {0, 1, 2, value // 2, value - 1}
    if value >= _LARGE:
        bits = value.bit_length()
        numbers |= {value >> bits // 2, *(value - (value >> shift) for shift in range(2, bits))}
    return sorted(number for number in numbers if 0 <= number < value)


def _plainer(path: Path, value: Any) -> Any:
    """Return a value as we print it where it is written otherwise: in order, without repeats, each label with its sort.

    None where it is as we print it.
    """
    if isinstance(value, dict):
        if [*value] != sorted(value):
            return {name: value[name] for name in sorted(value)}
        if path[-3:-2] == ("branches",) and path[-1] == 0 and value.keys() == {"name"}:
            return {**value, "sort": "Unit"}
    if path[-1:] == ("Fragments",) and isinstance(value, list) and all(isinstance(text, str) for text in value):
        ordered = sorted(set(value))
        if ordered != value:
            return ordered
    return None


def _simpler_types(value: Any) -> Iterator[Any]:
    if value == "End" or (isinstance(value, dict) and "kind" in value):
        return
    yield "End"
    if not isinstance(value, dict) or len(value) != 1:
        return
    form, fields = next(iter(value.items()))
    if form in ("Send", "Recv") and isinstance(fields, dict):
        for branch in fields.get("branches", []):
            if isinstance(branch, list) and len(branch) == 3 and branch[2] != "End":
                yield branch[2]
    elif form == "Mu" and isinstance(fields, dict) and fields.get("body") != "End":
        yield fields["body"]


def _is_whole_type(path: Path) -> bool:
    """Say whether a whole local type stands at a place of the arguments."""
    return len(path) == (2 if path[:1] == ("initial_types",) else 1) and _is_type(path)


def _is_type(path: Path) -> bool:
    """Say whether a local type stands at a place of the arguments."""
    if not path or not (path[0] in _TYPES or path[0] == "initial_types"):
        return False
    if len(path) == (2 if path[0] == "initial_types" else 1):
        return True
    return path[-1] == "body" or (len(path) > 2 and path[-3] == "branches" and path[-1] == 2)


def _is_sort(path: Path) -> bool:
    return bool(path) and path[-1] == "sort"


def _is_value_type(path: Path) -> bool:
    if len(path) > 2 and path[-3] == "branches" and path[-1] == 1:
        return True
    return len(path) > 1 and path[-2] in _VALUE_TYPES


def _place(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _shown(value: Any) -> str:
    return repr(REMOVED) if value is REMOVED else one_line(encode(value).decode(), 60)
