"""The cases of a task, by its number: on a worker to be judged, and again wherever a program of it is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from telltale_conformance.generators.guided_programs import looked
from telltale_conformance.generators.mutations import mutated, parts_of
from telltale_conformance.generators.programs import Generator, directed
from telltale_conformance.generators.pump_programs import pump_program
from telltale_conformance.generators.reached import Reached
from telltale_conformance.generators.steps import as_program
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.campaign.plan import Setup, Task, pumps_of

Steps = tuple[Step, ...]
LONGEST: Final = 300
"""Steps of the longest program that goes into the corpus; pumps may have thousands, which no mutant can do with."""
_FURTHER: Final = 60
"""Steps that are drawn after one, fewer than in lane ``guided``: what a campaign keeps it goes on from again."""
_GOES_ON: Final = 3
"""One of so many mutants goes on from a program."""


def generator_of(setup: Setup, index: int, reached: Reached | None = None) -> Generator:
    """Return what makes program ``index`` of lane ``programs``: by turns drawn by weight and towards goals."""
    contract, offered = setup.subject.contract, setup.hello.ops
    place, towards_goals = divmod(index, 2)
    if towards_goals:
        return directed(setup.seed, place, offered, contract, reached)
    return Generator(setup.seed, place, offered=offered, contract=contract, reached=reached)


def changed(setup: Setup, task: Task, given: Sequence[Program], place: int) -> Program:
    """Return the program at a place of a task of lane ``start`` or ``mutants``, with a look at all that it opened.

    Of the mutants every third goes on from a program, as it is, with steps towards goals.
    """
    contract = setup.subject.contract
    meta = {"campaign task": task.number, "case": place, "seed": setup.seed}
    if task.lane == "start":
        steps = given[place].steps
    else:
        rng = Random(f"{setup.seed}/campaign/{task.number}/{place}")
        parent, other = (given[int(rng.random() * len(given))].steps for _ in range(2))
        if place % _GOES_ON == 0:
            generator = directed(setup.seed, task.number * task.size + place, frozenset(OPERATIONS), contract)
            return as_program(generator.continued(parent, _FURTHER), contract, meta)
        steps = mutated(parts_of(parent), parts_of(other), rng)
    return Program(contract=contract, meta=meta, steps=looked(steps))


def program_of(setup: Setup, task: Task, given: Sequence[Program], place: int) -> Program:
    """Return the program at a place of a task, as far as its lane makes programs by number.

    Args:
        setup: of the campaign.
        task: of any lane but ``stateful`` and ``concurrent``.
        given: the programs that the task names as its parents.
        place: of the case within the task.
    """
    contract, offered = setup.subject.contract, setup.hello.ops
    if task.lane == "programs":
        index = task.turn * task.size + place
        return as_program(generator_of(setup, index).steps(), contract, {"index": index, "seed": setup.seed})
    if task.lane == "deep":
        pump, seed = pumps_of(setup, task)[place]
        return pump_program(pump, seed, contract, offered, LONGEST)
    return changed(setup, task, given, place)
