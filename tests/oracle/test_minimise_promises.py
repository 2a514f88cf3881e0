"""What a minimised program promises, on stores of the catalogue that nobody chose."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from telltale_conformance.oracle.reference.run import on_reference
from tests.oracle.minimise_world import Wrapped, removable, seen, shows
from tests.wrong_stores.catalogue import CATALOGUE, adapter
from tests.wrong_stores.wrong import Wrong

LONG = 25
"""Stores whose trigger has more steps are left to the nightly suite: each of the steps must be shown to be needed."""
STEADY = [wrong for wrong in CATALOGUE if wrong.kind != "unsteady"]
DRAWN = Random(17).sample([wrong for wrong in STEADY if len(wrong.trigger) <= LONG], 20)
LARGE = Random(17).sample([wrong for wrong in STEADY if LONG < len(wrong.trigger) <= 3 * LONG], 2)
UNSTEADY = [wrong for wrong in CATALOGUE if wrong.kind == "unsteady"]


LOOKS = ("session_ids", "active_count", "live_count", "archived_closed", "next_session_id")


def amid_others(wrong: Wrong) -> Program:
    """The store's trigger with looks at the whole store between its steps."""
    rng = Random(wrong.name)
    steps: list[Step] = []
    numbers: dict[int, int] = {}
    for step in wrong.trigger:
        for op in rng.sample(LOOKS, rng.randrange(4)):
            steps.append(Step(args={}, op=op, seq=len(steps)))
        numbers[step.seq] = len(steps)
        steps.append(Step(args=referring(step.args, numbers), op=step.op, seq=len(steps)))
    return Program(contract=wrong.contract, steps=tuple(steps))


def referring(value: Any, numbers: dict[int, int]) -> Any:
    if isinstance(value, list):
        return [referring(part, numbers) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: numbers[part] if name == "$ref" else referring(part, numbers) for name, part in value.items()}


class Noting(Wrapped):
    """Keeps what each program asked."""

    def __init__(self, inner: Adapter) -> None:
        super().__init__(inner)
        self.asked: list[tuple[bytes, ...]] = []

    def submit(self, requests):
        def noted():
            for request in requests:
                if request is not None and request.op == "reset":
                    self.asked.append(())
                elif request is not None:
                    self.asked[-1] += (request.op.encode() + request.args,)
                yield request

        return self.inner.submit(noted())


def minimised(wrong: Wrong, given: Program) -> tuple[Minimised, Noting]:
    noting = Noting(adapter(wrong))
    return minimise(noting, given), noting


def cases() -> list[Any]:
    large = [pytest.param(wrong, id=wrong.name, marks=pytest.mark.nightly) for wrong in LARGE]
    return [*(pytest.param(wrong, id=wrong.name) for wrong in DRAWN), *large]


@pytest.mark.parametrize("wrong", cases())
def test_it_diverges_the_same_way_afresh_and_no_single_step_can_go(wrong: Wrong) -> None:
    given = amid_others(wrong)
    target = seen(adapter(wrong), given).fingerprint
    assert target is not None
    result, noting = minimised(wrong, given)
    assert (result.ending, result.fingerprint) == ("minimal", target)
    assert len(result.program.steps) <= len(given.steps)
    assert shows(adapter(wrong), result.program, target)
    assert seen(adapter(wrong), result.program).at == result.program.steps[-1].seq
    assert removable(adapter(wrong), result.program, target) == []
    assert all(left.verdict != "reproduces" for left in result.remaining)
    assert result.runs.implementation == len(noting.asked)
    again = noting.asked.count(noting.asked[0]) - 1 + noting.asked.count(noting.asked[-1]) - 1
    assert len(noting.asked) - len({*noting.asked}) <= again  # only the given program and the result
    other, twice = minimised(wrong, given)
    assert (other.program, other.remaining, twice.asked) == (result.program, result.remaining, noting.asked)


@pytest.mark.parametrize("wrong", UNSTEADY, ids=lambda wrong: wrong.name)
@pytest.mark.parametrize("resets", range(3))
def test_of_an_unsteady_store_nothing_is_called_minimal_that_a_fresh_one_does_not_show(
    wrong: Wrong, resets: int
) -> None:
    given = amid_others(wrong)
    store = adapter(wrong)
    for _ in range(resets):
        seen(store, given)
    result = minimise(store, given, afresh=lambda _: adapter(wrong))
    assert result.ending in ("flaky", "stale store", "does not diverge")
    if result.ending != "stale store":
        assert result.program == given
    assert on_reference(result.program).skipped == []
