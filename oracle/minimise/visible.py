"""What must stay different so that a wrong answer can be told from the contract's.

Plain names and values are alike, and a wrong answer often is a value from elsewhere in the program, or in the answer
itself: the scope of the giver, the type that a session entered. Where the contract demands the same there, nothing is
seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from telltale_conformance.lean_traces.json_values import ABSENT, same_json
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.oracle.minimise.slicing import NOTHING, Holds, at_place, followed, sessionless
from telltale_conformance.oracle.reference.run import ReferenceSide, Referred
from telltale_conformance.oracle.verdict.compare import Divergence


def still_visible(divergence: Divergence, reference: ReferenceSide) -> Holds:
    """Return the question whether a wrong answer could still be told from the one that the contract demands.

    Args:
        divergence: what was seen.
        reference: the run of the program whose names and values are to become plainer; its last step diverges.
    """
    if divergence.kind == "outcome":
        return _own_names(divergence.actual, reference)
    if divergence.kind not in ("payload", "state"):
        return lambda side: True
    first = divergence.differences[0]
    answered = sessionless(first.actual)
    field, origins = _origins(divergence, reference)
    own_field, beside = _beside(divergence, reference.steps[-1])

    def holds(side: ReferenceSide) -> bool:
        last = side.steps[-1]
        if same_json(at_place(last, first.path)[0], answered):
            return False
        own = followed(_result(last), own_field)
        if own != NOTHING and any(same_json(followed(_result(last), place), own) for place in beside):
            return False
        args = {item.step.seq: item.step.args for item in side.steps}
        demanded = followed(_result(last), field)
        there = [followed(args.get(seq), place) for seq, place in origins]
        return not any(value != NOTHING and same_json(value, demanded) for value in there)

    return holds


def _own_names(answered: Any, reference: ReferenceSide) -> Holds:
    """Return the question whether what a wrong error repeats of the arguments is given to no earlier step.

    What an error says of a name was then not caused by the same name before.
    """
    error = answered.get("err") if isinstance(answered, dict) else None
    fields = next(iter(error.values())) if isinstance(error, dict) and len(error) == 1 else None
    repeated = [name for name, value in fields.items() if isinstance(value, str)] if isinstance(fields, dict) else []
    own = [name for name in repeated if name in reference.steps[-1].args and _is_own(name, reference)]
    return lambda side: all(_is_own(name, side) for name in own)


def _is_own(name: str, side: ReferenceSide) -> bool:
    *before, last = side.steps
    return all(item.args.get(name) != last.args.get(name) for item in before)


def _origins(divergence: Divergence, reference: ReferenceSide) -> tuple[str, list[tuple[int, str]]]:
    """Return the largest part of the answer that is written in the program as it was answered, and where it is.

    What an argument refers to was written elsewhere, or nowhere.
    """
    result = _result(reference.steps[-1])
    for field in _outer_places(divergence.differences[0].path):
        answered = _answered(divergence, field, followed(result, field))
        found = [
            (item.step.seq, place)
            for item in reference.steps
            for place, value in _parts(item.step.args)
            if answered(value)
        ]
        if found:
            return field, found
    return "$", []


def _beside(divergence: Divergence, last: Referred) -> tuple[str, list[str]]:
    """Return the largest part of the answer beside which the contract has what was answered, and where that is."""
    result = _result(last)
    for field in _outer_places(divergence.differences[0].path):
        around, _, name = field.rpartition(".")
        members = followed(result, around) if around else None
        if isinstance(members, dict):
            answered = _answered(divergence, field, members.get(name))
            others = ((other, value) for other, value in members.items() if other != name and _told(value))
            found = [f"{around}.{other}" for other, value in others if answered(value)]
            if found:
                return field, found
    return "$", []


def _answered(divergence: Divergence, field: str, demanded: Any) -> Callable[[Any], bool]:
    """Return the question whether a value is what was answered at a place, and not what is demanded there."""
    inner = [
        (f"${one.path.removeprefix(field)}", one.actual) for one in divergence.differences if one.path.startswith(field)
    ]
    return lambda value: (
        all(_is(followed(value, rest), actual) for rest, actual in inner) and not same_json(value, demanded)
    )


def _outer_places(path: str) -> list[str]:
    """Return the places on the way to a place, the outermost first."""
    return [*(path[:end] for end, sign in enumerate(path) if sign in ".["), path]


def _is(value: Any, actual: Any) -> bool:
    return value == NOTHING if actual in (ABSENT, repr(ABSENT)) else same_json(value, actual)


def _parts(args: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each type and scope among a step's arguments, and everything else with parts."""
    waiting: list[tuple[str, Any]] = [(f"$.{name}", value) for name, value in args.items()]
    while waiting:
        place, value = waiting.pop()
        if _told(value):
            yield place, value
        if isinstance(value, dict):
            waiting.extend((f"{place}.{name}", member) for name, member in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{place}[{index}]", member) for index, member in enumerate(value))


def _told(value: Any) -> bool:
    """Say whether a value is a type, a scope or something else with parts: others are alike by chance."""
    return isinstance(value, dict | list) or value in ("Session", "End")


def _result(item: Referred) -> Any:
    outcome = item.outcome
    return as_json(outcome.ok if outcome.error is None else outcome.error.to_json())
