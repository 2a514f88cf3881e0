"""The adapters of the honesty matrix, each in this process, and a world of lanes small enough to try them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import msgspec
import pytest

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.generators.fixed_programs import FixedProgram
from telltale_conformance.generators.floor import floor_of, succeeded
from telltale_conformance.generators.graph import Bound
from telltale_conformance.generators.guided_programs import Steps
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, Answer, ReferenceAdapter, Request
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.adapters.protocol import Hello
from telltale_conformance.oracle.adapters.scheduled import LockedClients
from telltale_conformance.oracle.lanes import claims, corpus, deep, fixed, graph, guided, programs, stateful
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneResult

EVERYTHING: Final = frozenset(OPERATIONS)
TEN: Final = frozenset(
    {
        "open",
        "close",
        "observe",
        "claim_ownership",
        "release_ownership",
        "validate_ownership_capability",
        "current_ownership",
        "authority_audit_log",
        "mark_owner_died",
        "active_count",
    }
)
RARELY_ASKED: Final = frozenset({"active_count", "current_ownership", "memory_usage"})
"""By programs of the fixed list; some adapters are odd in these alone."""
SEED: Final = 3
CASES: Final = {"programs": 12, "guided": 20, "stateful": 8}
"""So many programs and sequences are tried here; what the right store reaches in them is the floor of this world."""

Change = Callable[[Request, Answer], Answer]


class Odd(DirectAdapter):
    """The reference, odd in one way.

    Args:
        change: is given each request with the right answer, and returns what is answered.
        ops: what is offered.
        observes: what is shown besides answers.
        dies_at: the request at which it ends, counted from its start; None for never.
    """

    def __init__(
        self,
        change: Change = lambda request, answer: answer,
        ops: frozenset[str] = EVERYTHING,
        observes: frozenset[str] = frozenset({"audit"}),
        dies_at: int | None = None,
    ) -> None:
        self._reference: Adapter = ReferenceAdapter("telltale-17")
        self._change, self._left = change, dies_at
        super().__init__(
            Hello(name="odd", version="1", language="python", contract="telltale-17", ops=ops, observes=observes)
        )

    def _fresh(self) -> None:
        self._reference.reset()

    def _answer(self, request: Request) -> Answer:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Exited("the adapter ended", "it exited with status 1")
        (answer,) = self._reference.submit([request])
        answer = self._change(request, answer)
        return answer if "audit" in self.hello.observes else Answer(answer.kind, answer.payload, None)


def saying(kind: str, text: str = '"no"', *ops: str) -> Change:
    """Return a change by which these operations, or all, are answered so."""
    said = Answer(kind, text.encode(), b"[]" if kind in ("ok", "err") else None)
    return lambda request, answer: said if not ops or request.op in ops else answer


def without_types(*names: str) -> Change:
    """Return a change by which ``decode`` does not have these types."""
    absent = [b'"type":"%b"' % name.encode() for name in names]
    said = Answer("unsupported", b'"no such type"', None)
    return lambda request, answer: (
        said if request.op == "decode" and any(name in request.args for name in absent) else answer
    )


def nested(request: Request, answer: Answer) -> Answer:
    """Answer a question with 1,900 arrays, one in the other."""
    return Answer("ok", b"[" * 1900 + b"]" * 1900, b"[]") if request.op == "active_count" else answer


def yielding(request: Request, answer: Answer) -> Answer:
    """Answer rightly, after every other process had its turn."""
    for _ in range(3):
        os.sched_yield()
    return answer


def edited(op: str, old: bytes, new: bytes) -> Change:
    """Return a change by which a text in the answers to an operation is another."""

    def change(request: Request, answer: Answer) -> Answer:
        if request.op != op:
            return answer
        return Answer(answer.kind, answer.payload.replace(old, new), answer.audit)

    return change


def wrong_at(*questions: tuple[str, bytes]) -> Change:
    """Return a change by which exactly these questions are answered with a panic."""
    panic = Answer("panic", b'"boom"', None)
    return lambda request, answer: panic if (request.op, request.args) in questions else answer


ADAPTERS: Final[Mapping[str, Callable[[], Adapter]]] = {
    "right": Odd,
    "slow": lambda: Odd(yielding),
    "nothing offered": lambda: Odd(ops=frozenset()),
    "one query": lambda: Odd(ops=frozenset({"active_count"})),
    "no observe": lambda: Odd(ops=EVERYTHING - {"observe"}),
    "no log": lambda: Odd(observes=frozenset()),
    "ten operations": lambda: Odd(ops=TEN),
    "operations from the future": lambda: Odd(ops=EVERYTHING | {"open_sesame", "send_twice"}),
    "all unsupported": lambda: Odd(saying("unsupported")),
    "commit unsupported": lambda: Odd(saying("unsupported", '"not yet"', "commit_ownership_transfer")),
    "query unsupported": lambda: Odd(saying("unsupported", '"not yet"', "memory_usage")),
    "no internal types": lambda: Odd(without_types("CachedBranch", "SessionState", "SessionStore")),
    "no types": lambda: Odd(saying("unsupported", '"no"', "decode")),
    "does not understand": lambda: Odd(saying("bad_request")),
    "dies at once": lambda: Odd(dies_at=0),
    "dies later": lambda: Odd(dies_at=40),
    "only errors": lambda: Odd(saying("err", '{"Unclaimed":{"session_id":0}}')),
    "panics": lambda: Odd(saying("panic")),
    "commit refuses": lambda: Odd(
        saying("err", '{"TransferNotPending":{"session_id":0}}', "commit_ownership_transfer")
    ),
    "commit refuses, no observe": lambda: Odd(
        saying("err", '{"TransferNotPending":{"session_id":0}}', "commit_ownership_transfer"),
        ops=EVERYTHING - {"observe"},
    ),
    "nested 1,900 levels": lambda: Odd(nested),
    "logs nothing": lambda: Odd(lambda request, answer: Answer(answer.kind, answer.payload, b"[]")),
    "wrong field": lambda: Odd(edited("current_ownership", b'"generation":0', b'"generation":9')),
    "wrong state": lambda: Odd(edited("observe", b'"audit_len":', b'"audit_len":1')),
}


class Made(Subject):
    """An implementation in this process."""

    make: Any = Odd

    def start(self) -> Adapter:
        """Return it, as if a process had been started."""
        adapter: Adapter = self.make()
        return adapter

    def start_clients(self) -> LockedClients:
        """Return clients of it, behind one lock."""
        return LockedClients(self.start())


def ran(make: Callable[[], Adapter], lane: str, level: Level = Level.state) -> LaneResult:
    """Run a lane as a check does."""
    from telltale_conformance.oracle.cli.check import run_lane

    settings = Settings(seed=SEED, effort=Effort.quick, cases=CASES.get(lane), level=level)
    return msgspec.structs.replace(run_lane(lane, Made(command="odd", make=make), settings), seconds=0.0)


class _Floors:
    """What the right store reaches with some operations in this small world: no more can be asked of another."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], frozenset[Any]] = {}
        self._looking = False

    def reached(self, lane: str, offered: frozenset[str]) -> frozenset[Any]:
        """Return the cells that the lane reaches."""
        if self._looking:
            return frozenset()
        if (lane, offered) not in self._known:
            self._looking = True
            self._known[lane, offered] = ran(lambda: Odd(ops=offered), lane).coverage
            self._looking = False
        return self._known[lane, offered]


def some_of(programs: Iterable[FixedProgram]) -> Iterator[FixedProgram]:
    """Yield every sixteenth program, and the short ones that ask what hardly any other asks."""
    for number, program in enumerate(programs):
        rare = len(program.steps) <= 12 and RARELY_ASKED & {step.op for step in program.steps}
        if number % 16 == 0 or rare:
            yield program


@contextmanager
def small_world() -> Iterator[pytest.MonkeyPatch]:
    """Make the lanes small: few traces, programs and sequences, and the floors that fit them."""
    floors = _Floors()
    able = stateful.able_to_succeed
    everything_fixed = fixed.played
    drawn = guided.guided_case

    @cache
    def kept(seed: int, index: int, contract: str, offered: frozenset[str]) -> Steps:
        return drawn(seed, index, contract, offered=offered)

    def floor(contract: str, offered: frozenset[str]) -> frozenset[Any]:
        return floor_of(contract, offered) & floors.reached("programs", offered)

    with pytest.MonkeyPatch.context() as patch:
        files = [path for path in corpus.corpus_files() if "recordings" in path.parts]
        patch.setattr(corpus, "corpus_files", lambda: files[::14])
        patch.setattr(fixed, "played", cache(lambda offered: tuple(some_of(everything_fixed(offered)))))
        patch.setattr(
            guided, "guided_case", lambda seed, index, contract, corpus, offered: kept(seed, index, contract, offered)
        )
        patch.setattr(claims, "programs_for", lambda contract: list(claim_programs()))
        patch.setattr(claims, "watched_programs", lambda contract, seed: claim_programs())
        patch.setattr(graph, "BOUNDS", dict.fromkeys(Effort, Bound(claims=1, witnesses=1, epoch=0)))
        patch.setattr(deep, "DEPTHS_OF", dict.fromkeys(Effort, (3,)))
        patch.setattr(programs, "floor_of", floor)
        patch.setattr(programs, "unreached", lambda cells, *of: sorted(floor(*of) - frozenset(cells)))
        patch.setattr(
            stateful,
            "able_to_succeed",
            lambda offered: able(offered) & succeeded(floors.reached("stateful", offered)),
        )
        yield patch


def asked_by_one_lane() -> dict[str, tuple[str, bytes]]:
    """Return for each lane a question that it alone asks of the right store in the small world."""
    asked: dict[str, set[tuple[str, bytes]]] = {name: set() for name in LANES}
    for name, questions in asked.items():

        def note(request: Request, answer: Answer, questions: set[tuple[str, bytes]] = questions) -> Answer:
            questions.add((request.op, request.args))
            return answer

        ran(lambda note=note: Odd(note), name)
    found = {}
    for lane, questions in asked.items():
        others: set[tuple[str, bytes]] = set().union(*(asked[name] for name in asked if name != lane))
        found[lane] = min(questions - others, key=lambda question: (len(question[1]), question))
    return found
