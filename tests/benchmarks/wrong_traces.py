"""Long programs in which a store with one defect answers wrongly once, near the end, among unrelated work."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import program_step
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.minimise.trying import Sighting, Trials
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.wrong_references import WRONG, WrongReference

EVENTS = 1000
AFTER = 20
"""How many events follow the wrong answer."""
_SEED = 7
_PROGRAMS = 400
_SHORT = 120


def wrong_program(name: str, events: int = EVENTS) -> Program | None:
    """Return a program of so many steps in which the wrong store of that name first diverges near the end.

    Steps of a program that shows the defect are spread over the whole length; between them are those of others that
    never use the operations with the defect. None when the defect cannot be shown so.
    """
    replaced = WRONG[name]
    adapter = WrongReference(replaced)
    for active, sighting in _diverging(adapter, events // 3):
        program = _merged(name, active, sighting, frozenset(replaced), events)
        if Trials(adapter, Level.state).look(program).at == events - AFTER:
            return program
    return None


def _diverging(adapter: WrongReference, most: int) -> Iterator[tuple[Program, Sighting]]:
    for index in range(_PROGRAMS):
        program = Program(steps=tuple(program_step(step) for step in Generator(_SEED, index).steps(_SHORT)))
        sighting = Trials(adapter, Level.state).look(program)
        if 8 <= sighting.at < most:
            yield program, sighting


def _merged(name: str, program: Program, sighting: Sighting, avoided: frozenset[str], events: int) -> Program:
    active = [step for step in program.steps if step.seq <= sighting.at]
    rng = Random(name)
    steps = strewn(rng, active, _others(rng, avoided), events)
    return Program(meta={"wrong store": name}, steps=steps)


def strewn(rng: Random, active: list[Step], others: Iterator[tuple[int, Step]], events: int) -> tuple[Step, ...]:
    """Return so many steps: the active ones strewn between those of other programs, the last ``AFTER`` from the end.

    ``others`` are steps with the number of their program; references keep to the steps of their own.
    """
    slots = {*rng.sample(range(events - 3 * AFTER), len(active) - 1), events - AFTER}
    waiting = iter(active)
    numbers: dict[int, dict[int, int]] = {}
    steps = []
    for seq in range(events):
        group, step = (-1, next(waiting)) if seq in slots else next(others)
        known = numbers.setdefault(group, {})
        known[step.seq] = seq
        steps.append(Step(args=pointed(step.args, known), op=step.op, seq=seq))
    return tuple(steps)


def _others(rng: Random, avoided: frozenset[str]) -> Iterator[tuple[int, Step]]:
    """Yield the steps of programs without the avoided operations, two programs at a time, shuffled."""
    index = 0
    while True:
        pair = [
            (number, [program_step(s) for s in Generator(_SEED + 1, number, offered=ALL_OPERATIONS - avoided).steps()])
            for number in (index, index + 1)
        ]
        order = [number for number, steps in pair for _ in steps]
        rng.shuffle(order)
        iterators = {number: iter(steps) for number, steps in pair}
        for number in order:
            yield number, next(iterators[number])
        index += 2


def pointed(value: Any, numbers: dict[int, int]) -> Any:
    """Return arguments with references to other numbers."""
    if isinstance(value, list):
        return [pointed(element, numbers) for element in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        value = {**value, "$ref": numbers[value["$ref"]]}
    return {name: member if name == "$ref" else pointed(member, numbers) for name, member in value.items()}
