"""Wrong readers of JSON and wrong auth trees are refused by what every check plays, and the reader's row is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

import pytest

from telltale_conformance.generators.decoding_programs import decoding_programs
from telltale_conformance.generators.fixed_programs import FixedProgram, fixed_programs
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.adapters.reference import ReferenceAdapter
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.reference.judging import Case, CaseResult, described, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.wrong_stores.auth_proofs import AUTH_PROOFS
from tests.wrong_stores.auth_trees import AUTH_TREES
from tests.wrong_stores.catalogue import adapter
from tests.wrong_stores.decoders import DECODERS

TREES = [program for program in fixed_programs() if any(step.op.startswith("auth_") for step in program.steps)]


def asked(programs: Iterable[FixedProgram], contract: str = "telltale-17") -> list[Case]:
    offered = ReferenceAdapter(contract).hello.ops
    return [partial(iter, asked_of(program.program(contract), contract, offered)[0]) for program in programs]


def results(store: Adapter, cases: list[Case]) -> Iterator[CaseResult]:
    return judge_cases(store, cases, Level.state)


READERS = decoding_programs()
PLAYED = {"decoding": (READERS, asked(READERS)), "auth trees": (TREES, asked(TREES))}


BY_NAME = {wrong.name: wrong for wrong in (*DECODERS, *AUTH_TREES, *AUTH_PROOFS)}


@cache
def told(name: str) -> LaneDivergence | None:
    """What is said of the first program that tells a wrong store."""
    wrong = BY_NAME[name]
    programs, cases = PLAYED[wrong.kind]
    for program, result in zip(programs, results(adapter(wrong), cases), strict=False):
        assert result.fault is None
        if result.divergence is not None:
            return described(program.name, result, None)
    return None


def test_there_are_enough() -> None:
    assert len(DECODERS) >= 40
    assert len(AUTH_TREES) >= 15


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_always_played_tells_it(name: str) -> None:
    assert told(name) is not None


@pytest.mark.parametrize("name", BY_NAME)
def test_its_trigger_tells_it_and_the_right_store_passes(name: str) -> None:
    wrong = BY_NAME[name]
    program = FixedProgram((wrong.name,), wrong.trigger)
    (wrongly,) = results(adapter(wrong), asked([program]))
    (rightly,) = results(ReferenceAdapter("telltale-17"), asked([program]))
    assert wrongly.divergence is not None
    assert rightly.shown


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_the_right_reader_passes_all_of_it(contract: str) -> None:
    assert all(result.shown for result in results(ReferenceAdapter(contract), asked(READERS, contract)))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("decoding whole floats", "§20 integers: something else stands where an integer is due"),
        ("decoding last field", "§20 records: once: a known field is given twice; the reader is more lenient there"),
        ("decoding null for defaults", "§20 records: null: null stands for a field without ?"),
        ("decoding missing nulls in arrays", "§20 records from arrays: missing: a field without default is missing"),
        ("decoding lone surrogates", "§20 texts: surrogates: a surrogate stands alone; the reader is more lenient"),
        ("decoding no arrays", "read by §20, records: from an array, in the order of the fields"),
        ("decoding no unknown fields", "read by §20, records: an unknown field is ignored"),
        ("decoding no missing defaults", "trailing fields with a default may be missing"),
        ("decoding unsorted sets", "read by §20, sets: in any order, printed ascending"),
        ("decoding first of a table", "integers as keys: of a repeated key the last counts"),
    ],
)
def test_the_report_names_the_row(name: str, says: str) -> None:
    divergence = told(f"reference: {name}")
    assert divergence is not None
    assert says in divergence.reason


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("decoding no arrays", ": the reader is stricter there"),
        ("decoding unsorted sets", ": the reader makes another value of it"),
        ("decoding byte order marks", "; the reader is more lenient there"),
    ],
)
def test_the_report_says_how_the_reader_departs(name: str, ends: str) -> None:
    divergence = told(f"reference: {name}")
    assert divergence is not None
    assert divergence.reason.endswith(ends)
