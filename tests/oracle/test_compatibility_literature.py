"""Protocols from the literature with the verdicts that they are known to have, for one or more kinds of buffers.

Each file of ``tests/data/protocols`` begins with its verdicts: ``# verdict BUFFERS yes`` or ``no: PROBLEM``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.protocol_files import read_protocol_file
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import project
from telltale_conformance.model.types.protocol import Protocol, protocol_problems
from telltale_conformance.model.types.wellformed import problems
from telltale_conformance.oracle.compatibility.as_program import as_program
from telltale_conformance.oracle.compatibility.buffer_text import parse_buffer
from telltale_conformance.oracle.compatibility.judging import judge
from telltale_conformance.oracle.compatibility.product import Product
from telltale_conformance.oracle.compatibility.search import every_interleaving, in_rounds
from tests.oracle.test_compatibility_search import assert_shown

FOLDER = Path(__file__).parent.parent / "data" / "protocols"
FILES = sorted(FOLDER.glob("*.session"))
VERDICT = re.compile(r"# verdict (\S+) (yes|no: (.+))")


def protocol_of(path: Path) -> Protocol:
    return read_protocol_file(path).protocol


def types_of(protocol: Protocol) -> dict[str, LocalType]:
    whole = protocol.global_type
    if whole is None:
        return dict(protocol.types)
    return {role: project(whole, role) for role in protocol.roles}


CASES = [
    (path, found[1], found[3])
    for path in FILES
    for found in map(VERDICT.fullmatch, path.read_text().splitlines())
    if found is not None
]


def test_there_are_enough_protocols_safe_unsafe_and_dependent_on_capacity() -> None:
    verdicts = {path: [problem for other, _, problem in CASES if other == path] for path in FILES}
    assert len(FILES) >= 40
    assert all(verdicts.values())
    assert sum(not any(one) for one in verdicts.values()) >= 15
    assert sum(all(one) for one in verdicts.values()) >= 10
    assert sum(any(one) and not all(one) for one in verdicts.values()) >= 8


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_type_is_well_formed(path: Path) -> None:
    protocol = protocol_of(path)
    assert protocol.global_type is None or problems(protocol.global_type) == []
    assert all(problems(one) == [] for one in types_of(protocol).values())
    if protocol.global_type is not None:
        assert protocol_problems(Protocol(protocol.roles, types_of(protocol))) == []


@pytest.mark.parametrize(("path", "buffers", "problem"), CASES, ids=[f"{path.stem} {one}" for path, one, _ in CASES])
def test_the_verdict_is_the_known_one(path: Path, buffers: str, problem: str | None) -> None:
    protocol = protocol_of(path)
    types = types_of(protocol)
    judged = judge(protocol.roles, types, parse_buffer(buffers))
    assert (judged.compatible, judged.problem and judged.problem.kind) == ("no" if problem else "yes", problem)
    if problem:
        assert_shown(judged, as_program(path.stem, judged, types))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_rounds_and_every_interleaving_decide_alike(path: Path) -> None:
    protocol = protocol_of(path)
    product = Product(protocol.roles, types_of(protocol), parse_buffer("Fifo:2:Block"), TELLTALE_17)
    one_by_one, together = every_interleaving(product, 50_000), in_rounds(product, 50_000)
    assert one_by_one.complete
    assert (one_by_one.problem is None) == (together.problem is None)
