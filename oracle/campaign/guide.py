"""Guidance between tasks: which programs of the corpus a task changes, and which of its programs go into the corpus."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from random import Random
from typing import Final, NamedTuple

from telltale_conformance.generators.guidance import (
    Kept,
    choose,
    is_operation,
    new_in,
    reached_by,
    renumbered,
    with_operations,
)
from telltale_conformance.generators.reached import Feature, played, worth_of
from telltale_conformance.lean_traces.programs import Program, cut_short, program_bytes, written_program
from telltale_conformance.oracle.campaign.cases import LONGEST, program_of
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.features import number_of
from telltale_conformance.oracle.campaign.plan import PARENTS, Setup, Task
from telltale_conformance.oracle.campaign.work import Done, Reaching

_LATE: Final = 100
"""Half of the programs that are changed are among so many that came last."""


class Taken(NamedTuple):
    """A program that reaches something new."""

    address: str
    data: bytes
    case: int
    steps: int
    fresh: frozenset[int]
    """The numbers of what it is the first to reach."""


class Guide:
    """What is reached so far, by all that the corpus holds.

    Args:
        setup: of the campaign.
        corpus: its programs; those that it began with are played, to know what they reach.
        entries: what came since, by address in order, each with the numbers of what it was the first to reach.
    """

    def __init__(self, setup: Setup, corpus: Corpus, entries: Mapping[str, Iterable[int]]) -> None:
        self._setup = setup
        self._corpus = corpus
        self._contract = setup.subject.contract
        began = {address: corpus.read(address) for address in setup.start}
        there = [address for address in entries if corpus.read(address) is not None]
        self.addresses = [*(address for address, data in began.items() if data is not None), *there]
        self._known: set[int] = set()
        if setup.guided:
            for address, data in began.items():
                if data is not None:
                    steps = written_program(data, address).steps
                    self._known.update(map(number_of, reached_by(steps, self._contract)))
            self._known.update(number for address in there for number in entries[address])

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
        parents = _Parents(task, given)
        for reaching in done.reached:
            places = [place for place, number in enumerate(reaching.features) if number not in self._known]
            if not places:
                continue
            fresh = {reaching.features[place] for place in places}
            if reaching.places:
                steps = 1 + max(reaching.places[place] for place in places)
                data: bytes | None = self._begun(task, parents, reaching, steps)
            else:
                steps, data, more = self._new_part(task, parents, reaching)
                fresh |= more
            self._known |= fresh
            if data is not None:
                address = sha256(data).hexdigest()
                self.addresses.append(address)
                found.append(Taken(address, data, reaching.case, steps, frozenset(fresh)))
        return found

    def _begun(self, task: Task, parents: _Parents, reaching: Reaching, steps: int) -> bytes:
        """Return the program of a case, up to one of its steps."""
        sent = None if reaching.program is None else cut_short(zlib.decompress(reaching.program), steps)
        if sent is not None:
            return sent
        # its worker told of this before, in a task whose result was lost
        return carried_out(self._setup, program_of(self._setup, task, parents(), reaching.case), steps)

    def _new_part(self, task: Task, parents: _Parents, reaching: Reaching) -> tuple[int, bytes | None, set[int]]:
        """Play the program of a case of which only the cells are known.

        Return how many steps it has up to the last new one, their bytes, and the numbers of what is new.
        """
        if reaching.program is not None:
            program = written_program(zlib.decompress(reaching.program), f"task {task.number}")
        else:
            program = program_of(self._setup, task, parents(), reaching.case)
        steps = tuple(step for step in program.steps[:LONGEST] if step.op in self._setup.hello.ops)
        found = new_in(steps, self._contract, lambda feature: number_of(feature) in self._known)
        if found is None:
            return 0, None, set()
        kept, new = found
        data = program_bytes(Program(contract=self._contract, steps=kept.steps))
        return len(kept.steps), data, {number_of(feature) for feature in new}


class _Parents:
    """The programs of a task's parents, read when the first of them is asked for."""

    def __init__(self, task: Task, given: Sequence[bytes]) -> None:
        self._named = list(zip(given, task.parents, strict=True))
        self._read: list[Program] | None = None

    def __call__(self) -> list[Program]:
        if self._read is None:
            self._read = [written_program(data, address) for data, address in self._named]
        return self._read


def carried_out(setup: Setup, program: Program, count: int) -> bytes:
    """Return the bytes of a program that has the first so many steps of another that can be carried out."""
    contract = setup.subject.contract
    offered = tuple(step for step in program.steps if step.op in setup.hello.ops)
    steps = renumbered([one.step for one in islice(played(offered, contract), count)])
    return program_bytes(Program(contract=contract, steps=steps))


def few(programs: Mapping[str, Corpus], contract: str, most: int) -> list[str]:
    """Return the addresses of few programs that together reach as much as ``most`` steps can.

    Each is played once. Of what it reaches only numbers are kept, so that a corpus may have many thousands.

    Args:
        programs: the addresses, each with the corpus that has it; what is gone is left out.
        contract: of all of them.
        most: steps, about.
    """
    numbers: dict[Feature, int] = {}
    addresses, lengths = list[str](), list[int]()
    reached: list[array[int]] = []
    for address, corpus in programs.items():
        data = corpus.read(address)
        if data is None:
            continue
        steps = written_program(data, address).steps
        features = with_operations(Kept(steps, frozenset(reached_by(steps, contract))))
        addresses.append(address)
        lengths.append(len(steps))
        reached.append(array("I", [numbers.setdefault(feature, len(numbers)) for feature in features]))
    named, chosen = list(numbers), list[int]()

    def take(place: int, new: Collection[int]) -> tuple[Iterable[int], int]:
        chosen.append(place)
        return reached[place], lengths[place]

    choose(
        reached, lengths, lambda number: worth_of(named[number]), lambda number: is_operation(named[number]), most, take
    )
    return [addresses[place] for place in chosen]


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
    if task.lane in ("stateful", "concurrent"):
        return None
    data = carried_out(setup, program_of(setup, task, _Parents(task, given)(), case), lengths[address])
    return data if sha256(data).hexdigest() == address else None
