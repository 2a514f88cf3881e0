"""How long the symbolic lane takes: every claim of both contracts, each single one, and the comparison per step.

Run with ``make bench`` or on its own; the table in docs/claims.md is from here.
"""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED
from telltale_conformance.oracle.symbolic.agreement.agreement import Prepared, difference
from telltale_conformance.oracle.symbolic.map.explore import Bounds, small_world
from telltale_conformance.oracle.symbolic.prove import prove
from telltale_conformance.oracle.symbolic.statement.state import Contract


def prove_all() -> dict[tuple[str, str], float]:
    return {(contract, claim): prove(claim, Contract(contract)).seconds for contract in CONTRACTS for claim in CLAIMS}


def bench_all_claims_of_both_contracts(benchmark: Any) -> None:
    seconds = benchmark.pedantic(prove_all, rounds=1, iterations=1)
    (contract, claim), slowest = max(seconds.items(), key=lambda item: item[1])
    total = sum(seconds.values())
    print(f"\nall claims {total:.1f} s, slowest {claim} under {contract} {slowest:.2f} s")
    assert total <= 60
    assert slowest < 15


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("claim", ["K1", "K2", "K8", "K15", "K16"])
def bench_single_claims(benchmark: Any, claim: str, contract: str) -> None:
    result = benchmark.pedantic(prove, (claim, Contract(contract)), rounds=1, iterations=1)
    assert result.finding.status == EXPECTED[contract][claim]
    assert result.seconds < 15


def bench_comparison_with_the_reference(benchmark: Any) -> None:
    def compare() -> int:
        edges, prepared = 0, None
        for edge in small_world("hardened", Bounds(depth=2)):
            edges += 1
            if prepared is None or prepared.state is not edge.state:
                prepared = Prepared("hardened", edge.state)
            assert difference(prepared, edge.op, edge.args) is None
        return edges

    edges = benchmark.pedantic(compare, rounds=1, iterations=1)
    print(f"\n{edges} edges, {edges / benchmark.stats.stats.mean:.0f} edges/s")
