"""Many wrong stores asked at once: a lane runs as it is, and each store's answers are judged beside the right ones.

What a lane asks follows from the reference alone, so a store is asked here what it would be asked in a check of its
own, up to its first divergence. Behind that it is asked nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from telltale_conformance.lean_traces.codec import decode, encode_answer
from telltale_conformance.model.operations import OPERATIONS, step
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
from tests.second_store.store import Store as SecondStore
from tests.wrong_stores.catalogue import adapter
from tests.wrong_stores.wrong import Wrong


class Tellers(DirectAdapter):
    """The right store, with the wrong ones behind it that no answer told so far."""

    def __init__(self, contract: str, wrongs: Iterable[Wrong]) -> None:
        self._store = Store(contract)
        self._reading = SecondStore()
        super().__init__(reference_hello(self._store.contract))
        self._untold = {wrong.name: adapter(wrong) for wrong in wrongs}
        self._faulty: set[str] = set()
        """Those that could not read a request: no verdict on the rest of this case."""
        self.told: dict[str, int] = {}
        """By store: after how many answers it diverged."""
        self.answers = 0

    def _fresh(self) -> None:
        self._store = Store(self._store.contract)
        self._faulty.clear()
        for wrong in self._untold.values():
            wrong.reset()

    def _answer(self, request: Request) -> Answer:
        arguments = read_arguments(request.op, request.args)
        outcome = step(self._store, OPERATIONS[request.op], arguments)
        right = _cut(encode_answer(outcome, audited=True))
        self.answers += 1
        values = self._reading.arguments(request.op, self._reading.parsed(request.args))
        expected = (right.kind, decode(right.payload), decode(right.audit or b"[]"))
        for name, wrong in list(self._untold.items()):
            if name in self._faulty:
                continue
            if isinstance(wrong, InThisProcess):
                answer = wrong.agrees(request, values, expected)
            else:
                answer = wrong.agrees(request, arguments, outcome)
            if answer is None or answer == right:
                continue
            if answer.kind == "bad_request":
                self._faulty.add(name)
            elif answer.kind == "panic" or judge_answer(request.op, outcome, answer, Level.state) is not None:
                self.told[name] = self.answers
                del self._untold[name]
        return right

    def close(self) -> None:
        """Leave it open: lanes start their subject more than once, and all of them are this one."""


class Told(Subject, frozen=True, kw_only=True):
    """A subject in this process."""

    make: Callable[[], Adapter]

    def start(self) -> Adapter:
        return self.make()


def told_by(lane: str, contract: str, wrongs: Iterable[Wrong], settings: Settings) -> tuple[Tellers, LaneResult]:
    """Run a lane; return what it told, and what it concluded of the right store."""
    tellers = Tellers(contract, wrongs)
    return tellers, run_lane(lane, Told(command="in this process", contract=contract, make=lambda: tellers), settings)
