"""What programs try beside their drawn steps: roots after sends, proofs and texts to decode; the rest stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from operator import attrgetter

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.model.operations import APART, OPERATIONS
from telltale_conformance.oracle.reference.judging import Asked, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from tests.wrong_stores.auth_trees import AUTH_TREES
from tests.wrong_stores.catalogue import adapter
from tests.wrong_stores.wrong import Wrong

ALL = frozenset(OPERATIONS)
PROGRAMS = range(36)


def steps(index: int, offered: frozenset[str] = ALL, contract: str = "telltale-17") -> Iterator[GeneratedStep]:
    return Generator(7, index, offered=offered, contract=contract).steps()


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_after_every_send_that_is_stored_comes_the_root(contract: str) -> None:
    sends = 0
    for index in PROGRAMS:
        made = list(steps(index, contract=contract))
        for step, following in zip(made, [*made[1:], None], strict=True):
            if step.operation.result == "enqueued" and step.outcome.ok == "Ok":
                sends += 1
                assert following is not None
                assert following.operation.name == "auth_root"
                assert following.outcome.ok is not None
    assert sends > 100


@pytest.mark.parametrize("index", range(18))
def test_a_program_is_otherwise_the_same_with_them_and_without(index: int) -> None:
    with_them = [(step.operation.name, step.args) for step in steps(index) if step.operation.name not in APART]
    assert with_them == [(step.operation.name, step.args) for step in steps(index, ALL - APART)]


def test_all_kinds_of_answers_come_of_them() -> None:
    seen = Counter((step.operation.name, step.cell.outcome) for index in PROGRAMS for step in steps(index))
    for name, outcome in (
        ("auth_root", "ok"),
        ("auth_root", "null"),
        ("auth_leaves", "ok"),
        ("auth_proof", "ok"),
        ("auth_proof", "null"),
        ("auth_verify", "true"),
        ("auth_verify", "false"),
        ("decode", "ok"),
        ("decode", "cannot decode"),
    ):
        assert seen[name, outcome] >= 5, (name, outcome)


def test_of_an_operation_that_is_not_offered_nothing_is_asked() -> None:
    for index in PROGRAMS:
        assert not {step.operation.name for step in steps(index, ALL - {"auth_root"})} & {"auth_root"}


TOLD = (
    "leaves in the opposite order",
    "a missing leaf",
    "an odd node is promoted",
    "leaves of good signatures",
    "leaves of the pair alone",
    "leaves of the edge alone",
)


@pytest.mark.parametrize(
    "wrong", [one for one in AUTH_TREES if one.name.removeprefix("reference: ") in TOLD], ids=attrgetter("name")
)
def test_programs_tell_wrong_trees_without_the_fixed_list(wrong: Wrong) -> None:
    def asked(index: int) -> Iterator[Asked]:
        for step in steps(index):
            yield Asked(step.seq, step.operation.name, step.args, step.outcome)

    results = judge_cases(adapter(wrong), [partial(asked, index) for index in range(120)], Level.state)
    first = next(result for result in results if result.divergence is not None)
    assert first.diverged_at is not None
    assert first.diverged_at.op.startswith("auth_")
