"""Stores that answer wrongly in one cell of the coverage map and nowhere else, and long traces in which each does so.

How long a shortest program into the cell is, the symbolic rules prove (``tests.oracle.shortest``).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import msgspec

from telltale_conformance.generators.claim_programs import coverage_map
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import program_step
from telltale_conformance.lean_traces.printing import encode, encode_answer
from telltale_conformance.lean_traces.programs import Program, Step, resolve
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters.protocol import Answer, Request
from telltale_conformance.oracle.adapters.reference import read_arguments
from telltale_conformance.oracle.minimise.lifting import lift
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.reference.run import ReferenceRun, on_reference
from telltale_conformance.oracle.symbolic.agreement.snapshot import read
from telltale_conformance.oracle.symbolic.map.cells import ABSENT, Cell, cell_of
from telltale_conformance.oracle.symbolic.map.reachable import named_session
from telltale_conformance.oracle.symbolic.proof.solving import MOST_WORK, Limits
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS as MAPPED
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.verdict.compare import Level
from tests.benchmarks.wrong_traces import AFTER, strewn
from tests.oracle.shortest import shortest_lengths
from tests.oracle.wrong_references import CountedReference

EVENTS = 500
_SEED = 7
_STEPS = 120
_EARLIEST = 8
"""A program in which the cell is reached sooner is not taken, nor one that fills more than half of the trace."""
_TRIES = 6


def cell_reached(store: Store, op: str, args: Any, outcome: Outcome, before: Any) -> Cell:
    """The cell of a step that was carried out, from the snapshot of its session before it."""
    error = outcome.error
    answer = {"ok": None} if error is None else {"err": msgspec.json.decode(encode(error.to_json()))}
    return cell_of(before, op, args, answer)


def is_mapped(op: str, args: Any) -> bool:
    """Whether the coverage map speaks of the step: it reaps one session at a time."""
    return op in MAPPED and len(args.get("session_ids", [0])) == 1


class CellStore(CountedReference):
    """The reference, except that a step in the cell is answered wrongly; what it does is right."""

    def __init__(self, cell: Cell, contract: str) -> None:
        super().__init__(contract)
        self._cell = cell

    def _answer(self, request: Request) -> Answer:
        operation, arguments = OPERATIONS[request.op], read_arguments(request.op, request.args)
        args = msgspec.json.decode(request.args) if request.op == self._cell.op else {}
        near = request.op == self._cell.op and is_mapped(request.op, args)
        before = read(self._store, named_session(args) or 0) if near else None
        outcome = step(self._store, operation, arguments)
        audit = encode(outcome.audit)
        if near and cell_reached(self._store, request.op, args, outcome, before) == self._cell:
            if outcome.error is None:
                return Answer("err", b'{"Wrong":{}}', audit)
            return Answer("ok", b"null", audit)
        printed = outcome.ok if outcome.error is None else outcome.error.to_json()
        return Answer("ok" if outcome.error is None else "err", encode(printed), audit)


def known_lengths(contract: str) -> dict[Cell, int]:
    """How many operations a shortest program into each reachable cell has.

    The runs of the symbolic rules begin with ``open``; a session that does not exist needs none.
    """
    cells = [Cell(*row) for row in coverage_map(contract)["reached"]]
    lengths = shortest_lengths(Contract(contract), cells, Limits(MOST_WORK))
    return {cell: 1 if cell.phase == ABSENT and length == 2 else length for cell, length in lengths.items()}


class Generated(NamedTuple):
    """A generated program with the step of each cell in which it is first reached."""

    steps: list[Step]
    first: dict[Cell, int]


def generated(contract: str, seed: int, programs: int) -> list[Generated]:
    """Generated programs with the cells that they reach on the reference."""
    found = []
    for index in range(programs):
        run, steps, first = ReferenceRun(contract), [], {}
        for made in Generator(seed, index, contract=contract).steps(_STEPS):
            item = program_step(made)
            args = resolve(item.args, run.results)
            before = read(run.store, named_session(args) or 0) if is_mapped(item.op, args) else None
            outcome = run.step(item).outcome
            if before is not None and outcome is not None:
                first.setdefault(cell_reached(run.store, item.op, args, outcome, before), len(steps))
            steps.append(item)
        found.append(Generated(steps, first))
    return found


class Traces:
    """Makes a long trace for a store that is wrong in one cell.

    Args:
        contract: what the stores follow.
        programs: how many generated programs are looked through for ways into the cells.
    """

    def __init__(self, contract: str, programs: int = 300) -> None:
        self.contract = contract
        self._ways = generated(contract, _SEED, programs)
        self._others = generated(contract, _SEED + 1, 60)

    def wrong(self, cell: Cell, events: int = EVENTS) -> Program | None:
        """Return a lifted trace of so many events in which the wrong answer comes near the end; None if none is found.

        A generated program that comes to the cell is strewn over the whole length; between its steps are those of
        others, up to where they would come to the cell.
        """
        tries = 0
        for way in self._ways:
            if not _EARLIEST <= way.first.get(cell, 0) < events / 2 or tries == _TRIES:
                continue
            tries += 1
            program = self._merged(cell, way.steps[: way.first[cell] + 1], events)
            if Trials(CellStore(cell, self.contract), Level.state).look(program).at == events - AFTER:
                return lift(_events(program), self.contract, program.meta)
        return None

    def _merged(self, cell: Cell, way: list[Step], events: int) -> Program:
        rng = Random(f"{cell} {self.contract}")
        steps = strewn(rng, way, self._shuffled(rng, cell), events)
        return Program(contract=self.contract, meta={"cell": list(cell)}, steps=steps)

    def _shuffled(self, rng: Random, cell: Cell) -> Iterator[tuple[int, Step]]:
        """Yield the steps of other programs as far as they do not come to the cell, two at a time, shuffled."""
        parts = [other.steps[: other.first.get(cell, len(other.steps))] for other in self._others]
        rng.shuffle(parts)
        for index in range(0, len(parts), 2):
            order = [number for number in (index, index + 1) for _ in parts[number]]
            rng.shuffle(order)
            iterators = {number: iter(parts[number]) for number in (index, index + 1)}
            for number in order:
                yield number, next(iterators[number])


def _events(program: Program) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for item in on_reference(program).steps:
        yield item.step.op, item.args, msgspec.json.decode(encode_answer(item.outcome, audited=False)).get("ok")
