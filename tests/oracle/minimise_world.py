"""What the tests of the minimiser share: diverging programs, recorded traces, adapters that misbehave."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program, Step, without
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.adapters.faults import AdapterFault, Exited
from telltale_conformance.oracle.adapters.protocol import Hello
from telltale_conformance.oracle.dossier.dossier import answers_trace
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.trying import Sighting, Trials
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.oracle.wrong_references import WRONG, WrongReference


def program(*steps: tuple[str, dict[str, object]], contract: str = "telltale-17") -> Program:
    return Program(
        contract=contract,
        steps=tuple(Step(args=args, op=op, seq=number) for number, (op, args) in enumerate(steps)),
    )


SHOWN_IN: Final = {"release ignores a pending transfer": "release_ownership"}
"""The operation in which a store is to diverge first, where it may do so in others too."""


@cache
def diverging(name: str, programs: int = 400, seed: int = 11) -> Program:
    """A generated program in which the wrong store of that name diverges."""
    adapter = WrongReference(WRONG[name])
    for index in range(programs):
        found = generate_program(seed, index, steps=100)
        told = seen(adapter, found).fingerprint
        if told is not None and SHOWN_IN.get(name, told.op) == told.op:
            return found
    raise AssertionError(f"{name}: no generated program shows it")


@cache
def smallest(name: str) -> Program:
    """What the minimiser makes of it."""
    return minimise(WrongReference(WRONG[name]), diverging(name)).program


def seen(adapter: Adapter, given: Program, level: Level = Level.state) -> Sighting:
    return Trials(adapter, level).look(given)


def shows(adapter: Adapter, given: Program, wanted: Fingerprint, level: Level = Level.state) -> bool:
    return seen(adapter, given, level).fingerprint == wanted


def removable(adapter: Adapter, given: Program, wanted: Fingerprint) -> list[int]:
    """The steps that can be taken out one by one, found without the minimiser's own moves."""
    return [step.seq for step in given.steps if shows(adapter, without(given, [step.seq]), wanted)]


def record(adapter: Adapter, given: Program, path: Path) -> Path:
    """Write the trace of a whole run, wrong answers included."""
    side = on_reference(given)
    adapter.reset()
    answers = tuple(adapter.submit([Request(item.step.op, item.printed) for item in side.steps]))
    path.write_bytes(answers_trace(given, answers, adapter.hello))
    return path


class Wrapped:
    """An adapter around another, for answers and faults that depend on how often it was reset."""

    def __init__(self, inner: Adapter) -> None:
        self.inner = inner
        self.resets = 0

    @property
    def hello(self) -> Hello:
        return self.inner.hello

    def reset(self) -> None:
        self.inner.reset()

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        return self.inner.submit(self._watched(requests))

    def _watched(self, requests: Iterable[Request | None]) -> Iterator[Request | None]:
        for request in requests:
            if request is not None and request.op == "reset":
                self.resets += 1
                self.before(self.resets)
            yield request

    def before(self, reset: int) -> None:
        """Called before each program."""

    def close(self) -> None:
        self.inner.close()


class SometimesWrong(Wrapped):
    """Shows the defect in the programs that are chosen, and is right in the others."""

    def __init__(self, name: str, chosen: Callable[[int], bool]) -> None:
        self.wrong = WrongReference(WRONG[name])
        self.right = WrongReference({})
        self.chosen = chosen
        super().__init__(self.wrong)

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        self.resets += 1
        self.inner = self.wrong if self.chosen(self.resets) else self.right
        return self.inner.submit(requests)


class Failing(Wrapped):
    """Fails in the programs from one on, so that nothing is known of the implementation any more."""

    def __init__(self, name: str, first: int) -> None:
        super().__init__(WrongReference(WRONG[name]))
        self.first = first

    def before(self, reset: int) -> None:
        if reset >= self.first:
            raise failure()


def failure() -> AdapterFault:
    return Exited("the adapter ended by itself")


def plain(given: Program) -> list[tuple[str, dict[str, object]]]:
    return [(step.op, msgspec.to_builtins(step.args)) for step in given.steps]


FAILING_STORE: Final = """
import os, shlex, subprocess, sys, time
from pathlib import Path
counter, when = Path(sys.argv[1]), eval(sys.argv[2])
store = subprocess.Popen(shlex.split(sys.argv[3]), stdin=subprocess.PIPE)
for line in sys.stdin.buffer:
    if b'"op":"reset"' in line:
        number = len(counter.read_bytes()) + 1
        counter.write_bytes(b"." * number)
        if when(number):
            FAIL
    store.stdin.write(line)
    store.stdin.flush()
    if b'"op":"bye"' in line:
        break
store.stdin.close()
sys.exit(store.wait())
"""


def failing(folder: Path, when: str, store: str, how: str = "os._exit(7)") -> str:
    """Return the command of a store that dies at some of its resets, counted over all its processes.

    Args:
        folder: where it counts.
        when: at which resets, as an expression of ``n``.
        store: its command.
        how: what it does then.
    """
    (folder / "resets").write_bytes(b"")
    text = FAILING_STORE.replace("FAIL", how)
    return shlex.join([sys.executable, "-c", text, str(folder / "resets"), f"lambda n: {when}", store])


HANGS: Final = "time.sleep(600)"
"""How a store answers nothing more."""
