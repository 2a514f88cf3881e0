"""Many wrong stores asked at once: a lane runs as it is, and each store's answers are judged beside the right ones.

What a lane asks follows from the reference alone, so a store is asked here what it would be asked in a check of its
own, up to its first divergence. Behind that it is asked nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from msgspec import structs

from telltale_conformance.lean_traces.printing import decode, encode_answer
from telltale_conformance.model.operations import APART, OPERATIONS, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.reference import _cut, read_arguments, reference_hello
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import judge_answer
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.second_store.in_process import InThisProcess
from tests.second_store.store import OPERATIONS as SECOND_OFFERS
from tests.wrong_stores.catalogue import adapter
from tests.wrong_stores.changed import ChangedReference
from tests.wrong_stores.sleeping import Sleeper, Watched
from tests.wrong_stores.wrong import Wrong


class Question(NamedTuple):
    """A request with what the right store makes of it."""

    request: Request
    arguments: tuple[Any, ...]
    outcome: Outcome
    values: dict[str, Any]
    """The arguments as the second store reads them."""
    expected: tuple[str, Any, Any]

    def put_to(self, wrong: InThisProcess | ChangedReference) -> Answer | None:
        """Return the answer of a wrong store; None where it is the right one, or does not offer the operation."""
        if self.request.op not in wrong.hello.ops:
            return None
        if isinstance(wrong, InThisProcess):
            return wrong.agrees(self.request, self.values, self.expected)
        return wrong.agrees(self.request, self.arguments, self.outcome)


class Tellers(DirectAdapter):
    """The right store, with the wrong ones behind it that no answer told so far."""

    def __init__(self, contract: str, wrongs: Iterable[Wrong], *, may_sleep: bool = True) -> None:
        self._store = Store(contract)
        self._right = Watched(contract)
        # those have wrong stores of their own (auth_trees, decoders), which are not asked here
        hello = reference_hello(self._store.contract)
        super().__init__(structs.replace(hello, ops=hello.ops - APART))
        self._untold = {wrong.name: Sleeper(adapter(wrong), may_sleep=may_sleep) for wrong in wrongs}
        self._case: list[Question] = []
        self._faulty: set[str] = set()
        """Those that could not read a request: no verdict on the rest of this case."""
        self.told: dict[str, int] = {}
        """By store: after how many answers it diverged."""
        self.answers = 0

    def _fresh(self) -> None:
        self._store = Store(self._store.contract)
        self._right = Watched(self._store.contract.name)
        self._case.clear()
        self._faulty.clear()
        for sleeper in self._untold.values():
            sleeper.reset()

    def _answer(self, request: Request) -> Answer:
        arguments = read_arguments(request.op, request.args)
        outcome = step(self._store, OPERATIONS[request.op], arguments)
        right = _cut(encode_answer(outcome, audited=True))
        self.answers += 1
        self._right.calls.clear()
        values: dict[str, Any] = {}
        if request.op in SECOND_OFFERS:
            values = self._right.arguments(request.op, self._right.parsed(request.args))
            self._right.carried_out(request.op, values)
        names = frozenset(call[0] for call in self._right.calls)
        expected = (right.kind, decode(right.payload), decode(right.audit or b"[]"))
        question = Question(request, arguments, outcome, values, expected)
        for name, sleeper in list(self._untold.items()):
            if not sleeper.awake:
                if not sleeper.wakes(request, names, self._right.calls):
                    continue
                sleeper.awake = True
                for before in self._case:
                    before.put_to(sleeper.adapter)
            if name in self._faulty:
                continue
            answer = question.put_to(sleeper.adapter)
            if answer is None or answer == right:
                continue
            if answer.kind == "bad_request":
                self._faulty.add(name)
            elif answer.kind == "panic" or judge_answer(request.op, outcome, answer, Level.state) is not None:
                self.told[name] = self.answers
                del self._untold[name]
        self._case.append(question)
        return right

    def close(self) -> None:
        """Leave it open: lanes start their subject more than once, and all of them are this one."""


class Told(Subject, frozen=True, kw_only=True):
    """A subject in this process."""

    make: Callable[[], Adapter]

    def start(self) -> Adapter:
        return self.make()


def told_by(
    lane: str, contract: str, wrongs: Iterable[Wrong], settings: Settings, *, may_sleep: bool = True
) -> tuple[Tellers, LaneResult]:
    """Run a lane; return what it told, and what it concluded of the right store."""
    tellers = Tellers(contract, wrongs, may_sleep=may_sleep)
    return tellers, run_lane(lane, Told(command="in this process", contract=contract, make=lambda: tellers), settings)
