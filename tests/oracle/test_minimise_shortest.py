"""Where the symbolic rules know how short a program can be, the minimiser ends there."""

from __future__ import annotations

import msgspec
import pytest

from telltale_conformance.generators.claim_programs import coverage_map
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.symbolic.map.cells import Cell
from telltale_conformance.oracle.symbolic.map.explore import Bounds
from telltale_conformance.oracle.symbolic.map.reachable import reached
from telltale_conformance.oracle.symbolic.proof.solving import MOST_WORK, Limits
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tests.benchmarks.cell_stores import CellStore, Traces
from tests.oracle.shortest import shortest_lengths

EVENTS = 200
CELLS = {
    "telltale-17": (
        ("claim_ownership | AlreadyClaimed | pending | none | -", 4),
        ("attenuate_ownership_scope | StaleCapability | closed | below/other | -", 5),
        ("begin_ownership_transfer | StaleCapability | pending | below/other | -", 5),
        ("commit_ownership_transfer | TransferNotPending | claimed | below/same | -", 4),
        ("commit_ownership_transfer | ReceiptMismatch | closed | equal/other | -", 5),
        ("consume_readiness_witness | InvalidWitness | pending | equal/same | live", 5),
        ("consume_readiness_witness | WitnessConsumed | pending | equal/same | consumed", 6),
        ("issue_readiness_witness | SessionNotFound | absent | none | -", 1),
    ),
    "hardened": (
        ("apply_owned_session_mutation | StaleCapability | claimed | below/same | -", 4),
        ("commit_ownership_transfer | ReceiptMismatch | pending | below/same | -", 5),
        ("consume_readiness_witness | Terminal | terminal | none | consumed", 6),
        ("rollback_ownership_transfer | Terminal | terminal | none | -", 4),
    ),
}


@pytest.fixture(scope="module", params=CELLS)
def traces(request: pytest.FixtureRequest) -> Traces:
    return Traces(request.param, 200)


def test_cells_end_with_the_proved_length(traces: Traces) -> None:
    wanted = {Cell(*text.split(" | ")): length for text, length in CELLS[traces.contract]}
    lengths = shortest_lengths(Contract(traces.contract), wanted, Limits(MOST_WORK))
    found = {}
    for cell in wanted:
        program = traces.wrong(cell, EVENTS)
        assert program is not None, cell
        result = minimise(CellStore(cell, traces.contract), program)
        assert result.minimal
        found[cell] = len(result.program.steps)
    assert found == wanted
    assert all(lengths[cell] == length + (cell.phase == "absent") for cell, length in wanted.items())


def test_the_proved_lengths_are_those_of_the_concrete_store_where_the_small_world_is_searched_whole() -> None:
    """Every program of up to two operations after ``open`` in the small world is run on the reference."""
    contract = Contract.HARDENED
    cells = [Cell(*row) for row in coverage_map(contract.value)["reached"]]
    lengths = shortest_lengths(contract, cells, Limits(MOST_WORK), most=3)
    tried = {cell: 1 + len(path) for cell, path in reached(contract, Bounds(depth=1)).items()}
    assert len(tried) > 90
    assert tried == {cell: length for cell, length in lengths.items() if length <= 3}


def test_a_store_is_wrong_in_its_cell_and_nowhere_else() -> None:
    cell = Cell("claim_ownership", "AlreadyClaimed", "claimed", "none", "-")
    claim = {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}}
    steps = [("open", {"initial_types": {}, "roles": []}), *[("claim_ownership", claim)] * 2]
    given = Program(steps=tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps)))
    result = minimise(CellStore(cell, "telltale-17"), given)
    assert result.fingerprint is not None
    assert msgspec.json.decode(encode(result.fingerprint))["expected"] == "AlreadyClaimed"
    other = Cell("claim_ownership", "AlreadyClaimed", "pending", "none", "-")
    assert minimise(CellStore(other, "telltale-17"), given).ending == "does not diverge"
