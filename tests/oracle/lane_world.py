"""What the tests of lanes share: subjects behind real processes, wrong ones included, and adapters of stubs."""

import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, AdapterLimits, Answer, ReferenceAdapter, Request
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Hello
from telltale_conformance.oracle.adapters.reference import reference_hello
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.verdict.results import LaneResult

ROOT = Path(__file__).resolve().parents[2]
PATIENT = AdapterLimits(deadline=60, start_deadline=60, close_deadline=30)
"""A busy machine must not make an adapter late."""


def served(name: str) -> str:
    """Return the command of a wrong store, or of the ``correct`` one."""
    start = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[1:] = [{name!r}]; "
    serve = "runpy.run_module('tests.wrong_stores.__main__', run_name='__main__')"
    return shlex.join([sys.executable, "-c", start + serve])


def subject(name: str) -> Subject:
    """Return a wrong store made from the reference, or the ``correct`` one, as a subject that a check has greeted."""
    command = served(name)
    return Subject(command=command, limits=PATIENT, greetings={command: reference_hello(TELLTALE_17)})


def same(result: LaneResult) -> LaneResult:
    """Return a result without what may differ from run to run."""
    return msgspec.structs.replace(result, seconds=0.0)


class Stub(DirectAdapter):
    """The reference in this process, with its answers passed through a function.

    Args:
        change: is given the request, its number within the case, and the right answer.
        ops: what is offered.
        contract: what the reference follows.
        observes: what is observed beside outcomes.
    """

    def __init__(
        self,
        change: Callable[[Request, int, Answer], Answer] = lambda request, number, answer: answer,
        ops: Iterable[str] = OPERATIONS,
        contract: str = "telltale-17",
        observes: Iterable[str] = ("audit",),
    ) -> None:
        self._reference: Adapter = ReferenceAdapter(contract)
        self._change = change
        self._number = 0
        super().__init__(
            Hello(
                name="stub",
                version="0",
                language="python",
                contract=contract,
                ops=frozenset(ops),
                observes=frozenset(observes),
            )
        )

    def _fresh(self) -> None:
        self._reference.reset()
        self._number = 0

    def _answer(self, request: Request) -> Answer:
        (answer,) = self._reference.submit([request])
        changed = self._change(request, self._number, answer)
        self._number += 1
        return changed if self.hello.audited else changed._replace(audit=None)


def stubbed(answers: dict[str, Answer]) -> Stub:
    """Return a stub that gives these answers to these operations."""
    return Stub(lambda request, number, answer: answers.get(request.op, answer))
