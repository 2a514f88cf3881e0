"""What Hypothesis and HypoFuzz find by drawing for the project's state machine, counted in answers.

HypoFuzz is no dependency of the project; install it into an environment of its own beside the project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import Verbosity, seed
from hypothesis.database import InMemoryExampleDatabase
from hypothesis.stateful import get_state_machine_test, run_state_machine_as_test

from telltale_conformance.generators.hypothesis_profiles import drawing_by_seed_alone, settings_of
from telltale_conformance.generators.machine import SessionStoreMachine
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.generators.tried import ALL_OPERATIONS
from tests.wrong_stores.beside import Fault, WrongStore, differs

RULES = 50
"""Rules of one sequence, at most: what Hypothesis draws if nothing else is said."""


class _Enough(KeyboardInterrupt):
    """Thrown through Hypothesis to end a run: what it lets through at once."""


class WrongStores:
    """Wrong stores as the counterpart of the machine; each is taken out when it first differs, and nothing is thrown.

    Args:
        faults: by name.
        most: answers after which the run ends.
    """

    offered = ALL_OPERATIONS

    def __init__(self, faults: Mapping[str, Fault], most: int) -> None:
        self._waiting = dict(faults)
        self._most = most
        self._stores: dict[str, WrongStore] = {}
        self.answers = 0
        self.found: dict[str, int] = {}

    @property
    def done(self) -> bool:
        """Whether every store was found, or answers enough were given."""
        return not self._waiting or self.answers >= self._most

    def reset(self) -> None:
        """Begin a sequence."""
        if self.done:
            raise _Enough
        self._stores = {name: WrongStore(fault) for name, fault in self._waiting.items()}

    def compare(self, step: GeneratedStep, args: bytes) -> None:
        """Carry a step out on every store that has not differed yet."""
        self.answers += 1
        for name, store in tuple(self._stores.items()):
            if differs(step.outcome, store.carry_out(step.operation, step.arguments)):
                self.found[name] = self.answers
                del self._stores[name], self._waiting[name]


def _machine(stores: WrongStores) -> Any:
    return type("Machine", (SessionStoreMachine,), {"counterpart": stores})


def by_hypothesis(faults: Mapping[str, Fault], number: int, most: int) -> WrongStores:
    """Let Hypothesis draw sequences in one long run."""
    stores = WrongStores(faults, most)
    amount = settings_of(shrink=False, max_examples=10 * most, stateful_step_count=RULES, verbosity=Verbosity.quiet)
    with drawing_by_seed_alone(), suppress(_Enough):
        run_state_machine_as_test(seed(number)(_machine(stores)), settings=amount)
    return stores


def by_hypofuzz(faults: Mapping[str, Fault], number: int, most: int) -> WrongStores:
    """Let HypoFuzz draw sequences, guided by the branches of the reference and of every store beside it."""
    try:
        from hypofuzz.database import HypofuzzDatabase
        from hypofuzz.hypofuzz import FuzzTarget
    except ImportError:
        raise SystemExit(
            "HypoFuzz is not installed. Install it beside the project, and name the place:\n"
            "  python -m venv /tmp/hypofuzz && /tmp/hypofuzz/bin/pip install hypofuzz\n"
            "  PYTHONPATH=$(echo /tmp/hypofuzz/lib/python3*/site-packages) python -m tests.benchmarks.guidance_compared"
        ) from None
    stores = WrongStores(faults, most)
    amount = settings_of(shrink=False, stateful_step_count=RULES, verbosity=Verbosity.quiet)
    test = get_state_machine_test(_machine(stores), settings=amount)
    target = FuzzTarget.from_hypothesis_test(test, database=HypofuzzDatabase(InMemoryExampleDatabase()))
    target.random = Random(number)
    target.provider.random = Random(number)
    target._enter_fixtures()
    while not stores.done:
        target.run_one()
    return stores


DRAWN: dict[str, Callable[[Mapping[str, Fault], int, int], WrongStores]] = {
    "Hypothesis": by_hypothesis,
    "HypoFuzz": by_hypofuzz,
}
