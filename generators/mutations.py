"""Programs changed at random: spliced, grafted, repeated, doubled, forged, their sessions swapped, steps put in.

A changed program may refer to a step that is gone. ``mended`` points such a reference to an earlier result of the same
kind, so that a mutant stays a program whose steps mean something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.drawing import NUMBERS
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.programs import Step, is_reference
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import U64_MAX

MOST: Final = 100
"""Steps of a mutant, at most."""
_RUN: Final = 8
"""Steps that are repeated, dropped or doubled at once, at most."""


class Part(NamedTuple):
    """A step of a program in the making: what it refers to are other parts, by a number that moving does not change."""

    number: int
    op: str
    args: Any


def parts_of(steps: Sequence[Step]) -> list[Part]:
    """Return the steps as parts."""
    return [Part(step.seq, step.op, step.args) for step in steps]


def mutated(parts: list[Part], other: list[Part], rng: Random) -> tuple[Step, ...]:
    """Return a program with one to three random changes; ``other`` is what it may be spliced with."""
    other = _copied(other, _next(parts))
    kinds: dict[int, str | None] = {}
    for _ in range(1 + int(rng.random() * 3)):
        kinds.update((part.number, OPERATIONS[part.op].gives) for part in (*parts, *other))
        parts = _CHANGES[int(rng.random() * len(_CHANGES))](parts, other, rng)[:MOST]
    kinds.update((part.number, OPERATIONS[part.op].gives) for part in parts)
    return mended(parts, kinds, rng)


def mended(parts: Sequence[Part], kinds: Mapping[int, str | None], rng: Random) -> tuple[Step, ...]:
    """Return parts as the steps of a program; what refers to nothing before it refers to another, or is left out.

    Args:
        parts: in their order.
        kinds: what every part gives that is referred to, those that are gone included.
        rng: chooses the others.
    """
    places: dict[int, int] = {}
    given: dict[str, list[int]] = {}
    steps: list[Step] = []
    for part in parts:
        lacking: list[int] = []
        args = _referring(part.args, lambda number: _place(number, places, given, kinds, lacking, rng))  # noqa: B023 # called at once
        if lacking:
            continue
        places[part.number] = len(steps)
        kind = kinds[part.number]
        if kind is not None:
            given.setdefault(kind, []).append(len(steps))
        steps.append(Step(args=args, op=part.op, seq=len(steps)))
    return tuple(steps)


def _place(
    number: int,
    places: Mapping[int, int],
    given: Mapping[str, list[int]],
    kinds: Mapping[int, str | None],
    lacking: list[int],
    rng: Random,
) -> int:
    """Return the step that a reference is to; where it is gone, another of its kind; ``lacking`` notes that none is."""
    place = places.get(number)
    if place is not None:
        return place
    alike = given.get(kinds[number] or "", [])
    if not alike:
        lacking.append(number)
        return 0
    return alike[int(rng.random() * len(alike))]


def _referring(value: Any, changed: Callable[[int], int]) -> Any:
    """Return JSON with the numbers of its references changed."""
    if isinstance(value, dict):
        if is_reference(value):
            fields = {"set": _referring(value["set"], changed)} if "set" in value else {}
            return {"$ref": changed(value["$ref"]), **fields}
        return {name: _referring(part, changed) for name, part in value.items()}
    return [_referring(part, changed) for part in value] if isinstance(value, list) else value


def _run_of(parts: Sequence[Part], rng: Random) -> tuple[int, int]:
    start = int(rng.random() * len(parts))
    return start, min(len(parts), start + 1 + int(rng.random() * _RUN))


def _copied(parts: Sequence[Part], first: int) -> list[Part]:
    """Return parts under numbers of their own, from ``first`` on; they refer to each other as before."""
    fresh = {part.number: first + place for place, part in enumerate(parts)}
    return [
        Part(fresh[part.number], part.op, _referring(part.args, lambda number: fresh.get(number, number)))
        for part in parts
    ]


def _next(*all_parts: Sequence[Part]) -> int:
    return 1 + max((part.number for parts in all_parts for part in parts), default=0)


def _splice(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Go on with the end of another program."""
    at, end = int(rng.random() * len(parts)), int(rng.random() * len(other))
    return [*parts[: at + 1], *other[end:]]


def _graft(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Put in a run of steps of another program, on the sessions and artifacts of this one where they need any."""
    start, end = _run_of(other, rng)
    at = 1 + int(rng.random() * len(parts))
    opening = {"session"} & {OPERATIONS[part.op].gives for part in parts[:at]}
    run = [part for part in other[start:end] if not opening or OPERATIONS[part.op].gives != "session"]
    return [*parts[:at], *run, *parts[at:]]


def _riffle(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Carry out the beginning of another program between the steps of this one, each with what is its own."""
    at, run = int(rng.random() * len(parts)), list(other[: 4 + int(rng.random() * 2 * _RUN)])
    mixed: list[Part] = []
    for part in parts[at:]:
        while run and rng.random() < 0.5:
            mixed.append(run.pop(0))
        mixed.append(part)
    return [*parts[:at], *mixed, *run]


def _repeat(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Repeat a run of steps; each repetition works with what it gave itself or, mostly, with what the one before gave.

    What follows works with the last one, or as before.
    """
    start, end = _run_of(parts, rng)
    run = parts[start:end]
    chained = rng.random() < 0.7
    copies: list[Part] = []
    before = run
    latest = {part.number: part.number for part in run}
    for _ in range(1 + int(rng.random() * 12)):
        fresh = _copied(run, _next(parts, other, copies))
        if chained:
            fresh = _chained(fresh, before, parts)
        copies += fresh
        before = fresh
        latest = {part.number: copy.number for part, copy in zip(run, fresh, strict=True)}
    rest = parts[end:]
    if rng.random() < 0.5:
        rest = [Part(part.number, part.op, _referring(part.args, lambda one: latest.get(one, one))) for part in rest]
    return [*parts[:end], *copies, *rest]


def _chained(run: Sequence[Part], before: Sequence[Part], parts: Sequence[Part]) -> list[Part]:
    """Return a run that takes, for each artifact from outside, the last of its kind that the run before it gave."""
    own = {part.number for part in run}
    kinds = {part.number: OPERATIONS[part.op].gives for part in parts}
    last: dict[str, int] = {
        kind: part.number for part in before if (kind := OPERATIONS[part.op].gives) and kind != "session"
    }

    def chained(number: int) -> int:
        kind = kinds.get(number)
        return number if number in own or kind is None else last.get(kind, number)

    return [Part(part.number, part.op, _referring(part.args, chained)) for part in run]


def _drop(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    start, end = _run_of(parts, rng)
    return [*parts[:start], *parts[end:]] if end - start < len(parts) else parts


def _double(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Carry out a step once more, at once or later: with what it was given then."""
    start = int(rng.random() * len(parts))
    again = start + 1 + (int(rng.random() * (len(parts) - start)) if rng.random() < 0.7 else 0)
    return [*parts[:again], *_copied(parts[start : start + 1], _next(parts, other)), *parts[again:]]


def _forge(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Change one field of what a step is given, or one name among its arguments."""
    at = int(rng.random() * len(parts))
    part = parts[at]
    names = [name for name, value in part.args.items() if isinstance(value, str) or _is_artifact(value, name)]
    if not names:
        return parts
    name = names[int(rng.random() * len(names))]
    value = part.args[name]
    if isinstance(value, str):
        forged: Any = _another_name(name, parts, rng)
    else:
        fields = _FIELDS[name]
        field = fields[int(rng.random() * len(fields))]
        number = _NUMBERS[int(rng.random() * len(_NUMBERS))]
        forged = {**value, "set": {field: _another_name(field, parts, rng) if field in _NAMES else number}}
    return [*parts[:at], Part(part.number, part.op, {**part.args, name: forged}), *parts[at + 1 :]]


def _is_artifact(value: Any, name: str) -> bool:
    return name in _FIELDS and is_reference(value)


def _another_name(field: str, parts: Sequence[Part], rng: Random) -> str:
    """Return a name of the same kind: mostly one that the program has, else an ordinary one."""
    kind = next((kind for kind in _KINDS if field in kind), frozenset({field}))
    names: Sequence[str] = _KINDS.get(kind, ())
    if not names or rng.random() < 0.7:
        given = (part.args[name] for part in parts for name in part.args if name in kind)
        names = [name for name in given if isinstance(name, str)] or names
    return names[int(rng.random() * len(names))]


def _borrow(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Give a step an argument that another step has under the same name, of this program or of the other one."""
    at = int(rng.random() * len(parts))
    part = parts[at]
    if not part.args:
        return parts
    name = [*part.args][int(rng.random() * len(part.args))]
    values = [one.args[name] for one in (*parts, *other) if name in one.args and one.args[name] != part.args[name]]
    if not values:
        return parts
    args = {**part.args, name: values[int(rng.random() * len(values))]}
    return [*parts[:at], Part(part.number, part.op, args), *parts[at + 1 :]]


def _recount(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Change one number that a step is given: by one, to a small one, or to one at a bound."""
    numbered = [(at, name) for at, part in enumerate(parts) for name, value in part.args.items() if type(value) is int]
    if not numbered:
        return parts
    at, name = numbered[int(rng.random() * len(numbered))]
    part = parts[at]
    number = part.args[name]
    kind = rng.random()
    if kind < 0.6:
        changed = number + (1 if kind < 0.3 else -1)
    else:
        changed = _NUMBERS[int(rng.random() * len(_NUMBERS))] if kind < 0.7 else int(rng.random() * 10)
    args = {**part.args, name: min(U64_MAX, max(0, changed))}
    return [*parts[:at], Part(part.number, part.op, args), *parts[at + 1 :]]


def _ask(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Put in any operation of the table, with arguments that steps of both programs have under the same names."""
    operation = _ALL[int(rng.random() * len(_ALL))]
    args = {}
    for parameter in operation.parameters:
        name = CODECS[operation.name].wire_names[parameter]
        values = [one.args[name] for one in (*parts, *other) if name in one.args]
        if values:
            args[name] = values[int(rng.random() * len(values))]
        elif parameter not in operation.optional:
            return parts
    at = 1 + int(rng.random() * len(parts))
    return [*parts[:at], Part(_next(parts, other), operation.name, args), *parts[at:]]


def _swap(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Let the steps from some place on take one result for another of its kind: a session, or an older artifact."""
    kinds: dict[str, list[int]] = {}
    for part in parts:
        kind = OPERATIONS[part.op].gives
        if kind:
            kinds.setdefault(kind, []).append(part.number)
    several = [kind for kind, numbers in kinds.items() if len(numbers) > 1]
    if not several:
        return parts
    numbers = kinds[several[int(rng.random() * len(several))]]
    one, two = rng.sample(numbers, 2)
    swapped = {one: two, two: one}
    at = int(rng.random() * len(parts))
    end = at + 1 if rng.random() < 0.7 else len(parts)
    changed = [
        Part(part.number, part.op, _referring(part.args, lambda number: swapped.get(number, number)))
        for part in parts[at:end]
    ]
    return [*parts[:at], *changed, *parts[end:]]


def _live_again(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """End a session, reap it, open its sid again, and do there what was done before."""
    opened = [place for place, part in enumerate(parts) if OPERATIONS[part.op].gives == "session"]
    if not opened:
        return parts
    at = opened[int(rng.random() * len(opened))]
    opening, number = parts[at], _next(parts, other)
    sid = {"$ref": opening.number}
    ended = [Part(number, "close", {"sid": sid}), Part(number + 1, "reap_sessions", {"session_ids": [sid]})]
    anew = Part(number + 2, "open_with_sid", {**opening.args, "sid": sid})
    start = at + 1 + int(rng.random() * 4)
    tail = parts[start : start + 25]
    copies = [
        Part(part.number, part.op, _referring(part.args, lambda one: anew.number if one == opening.number else one))
        for part in _copied(tail, number + 3)
    ]
    middle = at + 1 + int(rng.random() * (len(parts) - at))
    return [*parts[:middle][: MOST - 4 - len(copies)], *ended, anew, *copies, *parts[middle:]]


def _reload(parts: list[Part], other: list[Part], rng: Random) -> list[Part]:
    """Read the store back at one place, or after each step of a run."""
    start, end = _run_of(parts, rng)
    if rng.random() < 0.5:
        end = start + 1
    number = _next(parts, other)
    read = [Part(number + place, "reload", {"form": "binary"}) for place in range(end - start)]
    run = [part for pair in zip(parts[start:end], read, strict=True) for part in pair]
    return [*parts[:start], *run, *parts[end:]]


_NUMBERS: Final = (0, 1, 2, 3, 5, 9, *NUMBERS[3:], U64_MAX)
_NAMES: Final = frozenset({"owner_id", "from_owner_id", "to_owner_id", "predicate_ref"})
_OWNERS: Final = ("a", "b", "c")
_KINDS: Final = {
    frozenset({"from", "to"}): ("A", "B", "C"),
    frozenset({"owner_id", "new_owner_id", "from_owner_id", "to_owner_id"}): _OWNERS,
    frozenset({"predicate_ref"}): ("ready", "p", ""),
    frozenset({"site"}): ("s", "t", ""),
    frozenset({"handler"}): ("h", "k", ""),
}
"""Names that stand for the same kind of thing, with ordinary ones."""
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "capability": ("generation", "owner_id", "session_id"),
    "receipt": ("claim_id", "from_generation", "from_owner_id", "session_id", "to_generation", "to_owner_id"),
    "witness": ("generation", "owner_id", "predicate_ref", "session_id", "witness_id"),
}
_ALL: Final = tuple(OPERATIONS.values())
_CHANGES: Final = (
    *(_splice, _graft, _graft, _riffle),
    *(_repeat, _repeat, _drop, _double, _double),
    *(_forge, _forge, _borrow, _borrow, _recount, _swap),
    *(_ask, _ask, _live_again, _reload),
)
"""Each is as likely as another; those that are listed twice are twice as likely."""
