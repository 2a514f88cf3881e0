"""Guidance between tasks: which programs of the corpus a task changes, and which of its programs go into the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from telltale_conformance.generators.guidance import Kept as Reaching
from telltale_conformance.generators.guidance import Steps, distilled, new_in, reached_by
from telltale_conformance.generators.reached import Feature
from telltale_conformance.lean_traces.programs import Program, written_program
from telltale_conformance.oracle.campaign.cases import LONGEST, program_of
from telltale_conformance.oracle.campaign.corpus import Corpus, address_of
from telltale_conformance.oracle.campaign.plan import PARENTS, Setup, Task
from telltale_conformance.oracle.campaign.work import Done, number_of

_LATE: Final = 100
"""Half of the programs that are changed are among so many that came last."""


class Taken(NamedTuple):
    """A program that reaches something new."""

    address: str
    data: bytes
    case: int
    steps: int


class Guide:
    """What is reached so far, by all that the corpus holds.

    Args:
        setup: of the campaign.
        corpus: its programs.
        addresses: those that count, in the order in which they came.
    """

    def __init__(self, setup: Setup, corpus: Corpus, addresses: Sequence[str]) -> None:
        self._setup = setup
        self._corpus = corpus
        self._contract = setup.subject.contract
        self.addresses = list(addresses)
        self._known: set[int] = set()
        self._numbers: dict[Feature, int] = {}
        if setup.guided:
            for steps in self._programs():
                self._known.update(map(self._number, reached_by(steps, self._contract)))

    def _number(self, feature: Feature) -> int:
        number = self._numbers.get(feature)
        if number is None:
            number = self._numbers[feature] = number_of(feature)
        return number

    def _programs(self) -> Iterator[Steps]:
        for address in self.addresses:
            data = self._corpus.read(address)
            if data is not None:
                yield written_program(data, address).steps

    def parents(self, number: int) -> tuple[str, ...]:
        """Choose the programs that the mutants of a task are made from; half of them among those that came last."""
        rng = Random(f"{self._setup.seed}/parents/{number}")
        known = self.addresses if self._setup.guided else list(self._setup.start)
        late = known[-_LATE:]
        return tuple(rng.choice(late if place % 2 else known) for place in range(PARENTS))

    def taken(self, task: Task, given: Sequence[bytes], done: Done) -> list[Taken]:
        """Return the programs of a task that reach something new, each up to the step that does so last.

        They count as known from then on; the caller writes them.
        """
        found = []
        parents: list[Program] | None = None
        for reaching in done.reached:
            fresh = [number for number in reaching.features if number not in self._known]
            if not fresh:
                continue
            if reaching.program is not None:
                program = written_program(reaching.program, f"task {task.number}")
            else:
                if parents is None:
                    parents = [
                        written_program(data, address) for data, address in zip(given, task.parents, strict=True)
                    ]
                program = program_of(self._setup, task, parents, reaching.case)
            taken = self._new_part(program)
            self._known.update(fresh)
            if taken is not None:
                address, data, steps = taken
                self.addresses.append(address)
                found.append(Taken(address, data, reaching.case, steps))
        return found

    def _new_part(self, program: Program) -> tuple[str, bytes, int] | None:
        steps = tuple(step for step in program.steps[:LONGEST] if step.op in self._setup.hello.ops)
        found = new_in(steps, self._contract, lambda feature: self._number(feature) in self._known)
        if found is None:
            return None
        kept, new = found
        self._known.update(map(self._number, new))
        return (*address_of(Program(contract=self._contract, steps=kept.steps)), len(kept.steps))


def few(programs: Sequence[Steps], contract: str, most: int) -> list[Steps]:
    """Return few of these programs that together reach as much as ``most`` steps can."""
    return distilled([Reaching(steps, frozenset(reached_by(steps, contract))) for steps in programs], most)


def rebuilt(
    setup: Setup, task: Task, given: Sequence[bytes], case: int, address: str, lengths: Mapping[str, int]
) -> bytes | None:
    """Return the bytes of a program of the corpus whose file was lost, made again from its task; None where it is not.

    Args:
        setup: of the campaign.
        task: that reached it.
        given: the programs that the task names as its parents.
        case: of the task.
        address: that its bytes must have.
        lengths: how many steps the programs have, by address.
    """
    from telltale_conformance.generators.guidance import renumbered
    from telltale_conformance.generators.reached import played

    if task.lane in ("stateful", "concurrent"):
        return None
    parents = [written_program(data, name) for data, name in zip(given, task.parents, strict=True)]
    program = program_of(setup, task, parents, case)
    steps = tuple(step for step in program.steps[:LONGEST] if step.op in setup.hello.ops)
    carried_out = [one.step for one in played(steps, setup.subject.contract)][: lengths[address]]
    found, data = address_of(Program(contract=setup.subject.contract, steps=renumbered(carried_out)))
    return data if found == address else None
