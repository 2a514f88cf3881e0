"""Simpler values: for every part of a program's arguments, what would be simpler in its place.

Each ``Simplification`` makes the program strictly simpler (fewer parts, smaller numbers, plainer or fewer
names), so that trying them until none helps comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from operator import is_
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.programs import Program, Step, is_reference
from telltale_conformance.oracle.minimise.lifting import lift_again
from telltale_conformance.oracle.minimise.names import canonical, names_of, renamed
from telltale_conformance.oracle.minimise.slicing import same_effects
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.reference.run import on_reference
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
            shrinks = bool(place) and place[-1] in _SHRINKING_LISTS
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
    numbers = {0, 1, value // 2, value - 1}
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


def at_once(trials: Trials, program: Program) -> Program:
    """Return the program with names and values as plain as they can be, if the divergence survives that.

    All of them in one try; where it does not, as many places of each half as possible. Done early, it saves tries:
    what is tried on plain values need not be tried again when the values have become so.
    """
    places = _differing(program, plainest(trials, program))
    last = [place for place in places if place[0] == program.steps[-1].seq]
    if not last or _accepted(trials, plainest(trials, program)) is not None:
        return _plain_at(trials, program, places)
    others = [place for place in places if place not in last]
    return _plain_at(trials, _plain_at(trials, program, others), last)


Place = tuple[int, str]
"""A step and one of its arguments; ``NAMES`` for all names."""
NAMES: Final[Place] = (-1, "")


def _differing(program: Program, other: Program) -> list[Place]:
    """Return the places at which two programs of the same steps differ."""
    places = [
        (step.seq, name)
        for step, changed in zip(program.steps, other.steps, strict=True)
        for name in step.args
        if step.op != changed.op or step.args[name] != changed.args.get(name, REMOVED)
    ]
    return [NAMES, *places] if places else []


def places_of(steps: Iterable[Step]) -> list[Place]:
    """Return all places of some steps that may become plainer, and the names."""
    return [NAMES, *((step.seq, name) for step in steps for name in step.args)]


def _plain_at(trials: Trials, program: Program, places: Sequence[Place]) -> Program:
    plain = _accepted(trials, plainest(trials, program, places)) if places else program
    if plain is not None:
        return plain
    if len(places) == 1:
        return program
    half = len(places) // 2
    return _plain_at(trials, _plain_at(trials, program, places[:half]), places[half:])


def plainest(trials: Trials, program: Program, places: Collection[Place] | None = None) -> Program:
    """Return the program with the plainest names and values with which each step has the effect that it has.

    The contract's side decides that alone: nothing is run.

    Args:
        trials: says what the contract's side allows.
        program: what is to become simpler.
        places: where that may change it; anywhere by default.
    """
    reference = on_reference(program)
    alike = same_effects(reference)
    program = lift_again(program, reference.results)

    def allowed(candidate: Program) -> Program | None:
        return candidate if alike(on_reference(candidate)) and trials.possible(candidate) else None

    failed: set[_Known] = set()
    while changes := _first_ones(program, failed, lambda change: places is None or _within(change, places)):
        program = _many(allowed, program, changes, failed)
    if places is not None and NAMES not in places:
        return program
    names = names_of(program)
    for sort in dict.fromkeys(sort for sort, _ in names):
        same = [name for other, name in names if other == sort]
        if len(same) > 1:
            program = allowed(renamed(program, {(sort, name): same[0] for name in same[1:]})) or program
    return allowed(all_names_plain(program)) or program


def _within(change: Simplification, places: Collection[Place]) -> bool:
    return (change.seq, str(change.path[0])) in places


def plainly_written(trials: Trials, program: Program) -> Program:
    """Return the program with arguments written as we print them, as far as the divergence survives that."""
    for but in (-1, program.steps[-1].seq):
        plain = all_plain(program, but)
        if all(map(is_, plain.steps, program.steps)):
            return program
        accepted = _accepted(trials, plain)
        if accepted is not None:
            return accepted
    return program


def simpler_values(trials: Trials, program: Program) -> Program:
    """Return a program with the same divergence of which no single name or value can be made simpler."""
    failed: set[_Known] = set()
    while changes := _simplest(trials, program, failed):
        program = _many(partial(_accepted, trials), program, changes, failed)
    program = _fewer_names(trials, program)
    while True:
        simpler = _round(trials, program)
        if simpler is None:
            return program
        program = simpler


_Known = tuple[int, Path, bytes]
"""A change of a value that failed: where, and what would have stood there."""


def _known(change: Simplification) -> _Known:
    return change.seq, change.path, b"" if change.value is REMOVED else encode(change.value)


def _accepted(trials: Trials, candidate: Program) -> Program | None:
    attempt = trials.attempt(candidate)
    return attempt.program if attempt.verdict == "reproduces" else None


def _fewer_names(trials: Trials, program: Program) -> Program:
    """Return the program with one name for all things of a sort where that works, and with plain names."""
    names = names_of(program)
    for sort in dict.fromkeys(sort for sort, _ in names):
        same = [name for other, name in names if other == sort]
        if len(same) > 1:
            program = _accepted(trials, renamed(program, {(sort, name): same[0] for name in same[1:]})) or program
    return _accepted(trials, all_names_plain(program)) or program


def _simplest(trials: Trials, program: Program, failed: Collection[_Known]) -> list[Simplification]:
    """Return for each place the first simplification that may work, none within another.

    Args:
        trials: says what the contract's side allows.
        program: what is to become simpler.
        failed: what was tried in vain.
    """
    return _first_ones(program, failed, lambda change: trials.possible(change.candidate))


def _first_ones(
    program: Program, failed: Collection[_Known], likely: Callable[[Simplification], bool]
) -> list[Simplification]:
    """Return for each place the first likely simplification that has not failed, none within another."""
    chosen: list[Simplification] = []
    for change in simplifications(program):
        if not change.path or _known(change) in failed:
            continue
        if not any(_same_or_within(change, other) for other in chosen) and likely(change):
            chosen.append(change)
    return chosen


def _same_or_within(change: Simplification, other: Simplification) -> bool:
    return change.seq == other.seq and change.path[: len(other.path)] == other.path


_Accept = Callable[[Program], Program | None]
"""Returns the candidate, or less of it, where it may take the place of the program; None where it may not."""


def _many(accepted: _Accept, program: Program, changes: Sequence[Simplification], failed: set[_Known]) -> Program:
    """Make as many of the changes as are accepted: all, else as many as possible of each half."""
    simpler = accepted(_changed(program, changes))
    if simpler is not None:
        return simpler
    if len(changes) == 1:
        failed.add(_known(changes[0]))
        return program
    half = len(changes) // 2
    return _many(accepted, _many(accepted, program, changes[:half], failed), changes[half:], failed)


def _changed(program: Program, changes: Sequence[Simplification]) -> Program:
    """Make several changes; what is taken out of a list is taken from its end, so that places stay what they are."""
    there = {step.seq for step in program.steps}
    kept = [change for change in changes if change.value is not REMOVED]
    gone = sorted((change for change in changes if change.value is REMOVED), key=_positions, reverse=True)
    for change in [*kept, *gone]:
        if change.seq in there:
            program = put(program, change.seq, change.path, change.value)
    return program


def _positions(change: Simplification) -> tuple[int, tuple[tuple[bool, int, str], ...]]:
    return change.seq, tuple(
        (isinstance(part, int), part if isinstance(part, int) else 0, str(part)) for part in change.path
    )


def _round(trials: Trials, program: Program) -> Program | None:
    """Go through all simplifications once, taking each that works; None when none does."""
    found = None
    begin = 0
    while True:
        changes = list(simplifications(program))
        for place, change in enumerate(changes[begin:], begin):
            simpler = _accepted(trials, change.candidate)
            if simpler is not None:
                program = found = simpler
                begin = place
                break
        else:
            return found
