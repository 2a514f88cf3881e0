"""Lane ``graph`` with a right store: both graphs are the same, edge by edge, under every contract."""

from __future__ import annotations

import shlex
import sys

import pytest

from telltale_conformance.oracle.lanes import graph
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from tests.oracle.lane_world import PATIENT

EDGES = {"telltale-17": 86_424, "hardened": 15_746}


@pytest.mark.parametrize("contract", EDGES)
def test_the_reference_behind_a_process_has_the_graph_of_the_reference(contract: str) -> None:
    command = shlex.join([sys.executable, "-m", "telltale_conformance.adapters.reference", "--contract", contract])
    result = graph.run(Subject(command=command, contract=contract, limits=PATIENT), Settings())
    assert result.verdict == "agree", result.notes
    assert result.figures["edges"] == result.figures["edges of the implementation"] == EDGES[contract]
    assert (result.figures["edges lacking"], result.figures["edges added"]) == (0, 0)
