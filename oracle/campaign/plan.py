"""The tasks of a campaign: their number decides lane and seed, so that any worker may run any of them, and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from telltale_conformance.generators.pumps import DEPTHS, Pumped, pumped
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.lanes.identity import Identity, identity_of
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.verdict.compare import Level

LaneKind = Literal["start", "mutants", "programs", "stateful", "deep", "concurrent"]
"""``start`` plays the programs that the corpus begins with, ``mutants`` changes programs of the corpus at random."""
_TURNS: Final[tuple[LaneKind, ...]] = (
    *("mutants", "programs", "mutants", "stateful"),
    *("mutants", "programs", "mutants", "deep"),
    *("mutants", "programs", "mutants", "concurrent"),
)
"""The lanes take turns in this order."""
SIZES: Final[dict[LaneKind, int]] = {
    "start": 60,
    "mutants": 60,
    "programs": 40,
    "stateful": 4,
    "deep": 4,
    "concurrent": 24,
}
"""Cases of a task: a second or two behind an adapter in Python. Of the state machine chunks are counted."""
PARENTS: Final = 8
"""How many programs of the corpus the mutants of one task are made from."""
_SEEDS: Final = 1_000_003


class Setup(Struct, frozen=True, kw_only=True):
    """What is the same for all tasks of a campaign; it goes to every worker."""

    campaign: str
    """The name of the campaign, unlike any other's."""
    subject: Subject
    hello: Hello
    """What the implementation said when the campaign began."""
    clients_hello: Hello | None = None
    """What one of its several clients said then; None where they have no command of their own."""
    identity: Identity
    """Harness and implementation; a worker that has others is refused."""
    level: Level = Level.state
    seed: int = 0
    guided: bool = True
    """Whether programs that reach something new go into the corpus."""
    start: tuple[str, ...] = ()
    """The addresses of the programs that the corpus began with."""

    @property
    def as_greeted(self) -> Subject:
        """The implementation, which must say at each start what it said when the campaign began."""
        said = ((self.subject.command, self.hello), (self.subject.clients, self.clients_hello))
        greetings = {command: hello for command, hello in said if command is not None and hello is not None}
        return structs.replace(self.subject, greetings=greetings)

    def differs(self, hello: Hello, clients: Hello | None, identity: Identity | None = None) -> str:
        """Say in what an implementation, or a harness, is another than the campaign's; empty where it is not.

        Args:
            hello: of the implementation.
            clients: of one of its several clients; None where it was not asked.
            identity: of both; that of this harness with the implementation when None.
        """
        other = self.identity.differs(identity or identity_of(hello)) or self.hello.differs(hello)
        if other or self.clients_hello is None or clients is None:
            return other
        told = self.clients_hello.differs(clients)
        return f"its clients: {told}" if told else ""


class Task(Struct, frozen=True, kw_only=True):
    """Some seconds of work; the number decides it, and the programs that it is given."""

    number: int
    lane: LaneKind
    turn: int
    """How many tasks of its lane have smaller numbers."""
    parents: tuple[str, ...] = ()
    """The addresses of the programs that it is given."""

    @property
    def size(self) -> int:
        """How many cases it has; of lane ``start`` as many as it is given."""
        return len(self.parents) if self.lane == "start" else SIZES[self.lane]

    def seed(self, setup: Setup) -> int:
        """Return the seed of a lane that numbers its own cases from 0."""
        return setup.seed * _SEEDS + self.turn


def no_turn(setup: Setup) -> dict[LaneKind, str]:
    """Return the lanes that have nothing to ask of the implementation, each with why."""
    hello, found = setup.hello, dict[LaneKind, str]()
    if not (hello.clients > 1 or setup.subject.clients is not None or setup.subject.command is None):
        found["concurrent"] = "the implementation has one client"
    if not pumped(DEPTHS, hello.ops):
        found["deep"] = "nothing that is pumped is offered"
    return found


def turns(setup: Setup) -> tuple[LaneKind, ...]:
    """Return the lanes that take turns: those that have something to ask of the implementation."""
    without = no_turn(setup)
    return tuple(lane for lane in _TURNS if lane not in without)


def lanes_of(setup: Setup) -> tuple[LaneKind, ...]:
    """Return the lanes of a campaign, each once."""
    begin: tuple[LaneKind, ...] = ("start",) if setup.start else ()
    return tuple(dict.fromkeys((*begin, *turns(setup))))


def task_of(setup: Setup, number: int) -> Task:
    """Return the task of a number; that of lane ``mutants`` still needs its parents."""
    begin = -(-len(setup.start) // SIZES["start"])
    if number < begin:
        given = setup.start[number * SIZES["start"] : (number + 1) * SIZES["start"]]
        return Task(number=number, lane="start", turn=number, parents=given)
    order = turns(setup)
    rounds, place = divmod(number - begin, len(order))
    lane = order[place]
    return Task(number=number, lane=lane, turn=rounds * order.count(lane) + order[:place].count(lane))


def pumps_of(setup: Setup, task: Task) -> Sequence[tuple[Pumped, int]]:
    """Return the pumps of a task of lane ``deep``, each with its seed: all in turn, each round under another seed."""
    cases = pumped(DEPTHS, setup.hello.ops)
    first = task.turn * task.size
    numbers = range(first, first + task.size)
    return [(cases[one % len(cases)], setup.seed + one // len(cases)) for one in numbers]
