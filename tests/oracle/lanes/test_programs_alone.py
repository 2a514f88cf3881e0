"""Lane ``programs`` alone, without the fixed list, refuses stores that its kinds of inputs are for.

The default suite takes a few of each kind; ``nightly`` takes all of the catalogue.
"""

from __future__ import annotations

from functools import cache

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.oracle.reference.judging import Asked, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from tests.wrong_stores.catalogue import BY_NAME, CATALOGUE, adapter
from tests.wrong_stores.wrong import Wrong

SEED = 5
PROGRAMS = 600
KINDS = ("raw forms", "sizes", "life after life", "numbers as JSON")
SAMPLE = (
    "owner by case",
    "fragment by NFC",
    "role by trimmed",
    "reference: receipts compare lists",
    "absent sort is null",
    "capabilities by place",
    "edges of the first 128 roles",
    "maximum capacity of 32 bits",
    "handlers outlives reaping",
    "consumed outlives replacing",
    "minus zero is zero",
    "substitution forgets a binder",
    "roles repeat by case",
)


NOT_ALONE = (
    "the last tick never comes",
    "host traces of 64",
    "clock is a double",
    "strips 64 mu",
    "capacities of 16 bits",
    "traces are kept over a reap",
)
"""What lane ``fixed`` refuses, as it does every store of the catalogue.

Lane ``programs`` alone seldom goes to that size, or looks up a trace after a reap.
"""
LOOK_ALIKES_NOT_ALONE = (
    "predicate by NFC",
    "predicate by zero-width",
    "site by case",
    "site by NUL",
    "sites in the order of UTF 16",
    "buffers by their text",
    "handlers by a colon",
    "traces by a nul",
    "sites expire without regard to case",
    "owners by 16 bits of CRC-32",
    "predicates by 32 bits of djb2",
    "labels by 32 bits of Java's",
)
"""The same of names: two predicates, sites or owners seldom look alike in one program."""


@cache
def asked(contract: str, index: int) -> list[Asked]:
    steps = Generator(SEED, index, contract=contract).steps()
    return [Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell) for step in steps]


def told_by(wrong: Wrong) -> int | None:
    """The number of the first program that the store answers wrongly."""
    cases = [lambda index=index: asked(wrong.contract, index) for index in range(PROGRAMS)]
    store = adapter(wrong)
    try:
        for index, result in enumerate(judge_cases(store, cases, Level.state)):
            assert result.fault is None, result.fault
            if result.divergence is not None:
                return index
        return None
    finally:
        store.close()


@pytest.mark.parametrize("name", [name for name in SAMPLE if name in BY_NAME])
def test_a_store_of_the_sample_is_refused(name: str) -> None:
    assert told_by(BY_NAME[name]) is not None


def test_the_sample_is_of_the_catalogue() -> None:
    assert len([name for name in SAMPLE if name in BY_NAME]) >= 12
    assert {*NOT_ALONE, *LOOK_ALIKES_NOT_ALONE} <= BY_NAME.keys()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "wrong",
    [wrong for wrong in CATALOGUE if wrong.kind in (*KINDS, "look-alike names") and wrong.made_from != "Lean model"],
    ids=lambda wrong: wrong.name,
)
def test_every_store_of_these_kinds_is_refused_but_those_that_are_named(wrong: Wrong) -> None:
    assert (told_by(wrong) is None) == (wrong.name in (*NOT_ALONE, *LOOK_ALIKES_NOT_ALONE))
