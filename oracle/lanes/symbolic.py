"""Self-test ``symbolic``: the claims of the subject's contract, decided by z3, and the gate of the coverage map.

It speaks of the contract, not of the implementation: a claim that does not stand as documented, or a reachable cell
that the default program misses, is a fault of the harness, so the test is then inconclusive and names it.
"""

from __future__ import annotations

import time
from typing import Final

from telltale_conformance.generators.claim_programs import coverage_map
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult

LANE: Final = "symbolic"


def run(contract: str) -> LaneResult:
    """Decide the claims one by one."""
    from telltale_conformance.oracle.symbolic.map.reachable import unreached
    from telltale_conformance.oracle.symbolic.prove import results

    started = time.monotonic()
    claims: dict[str, ClaimStand] = {}
    faults: list[str] = []
    for claim in CLAIMS:
        for result in results(contract, [claim]):
            status = result.finding.status
            if status == EXPECTED[contract][claim]:
                claims[claim] = ClaimStand(status)
            else:
                faults.append(f"{claim} is {status}: {result.finding.method}")
    missed = [f"a reachable cell is not reached: {' | '.join(cell)}" for cell in unreached(contract)]
    found = coverage_map(contract)
    cells = len(found["reached"])
    return LaneResult(
        lane=LANE,
        evidence=Evidence(Items("claims", len(CLAIMS), len(claims), 0, tuple(faults[:NAMED]))).with_items(
            Items("reachable cells", cells + len(missed), cells, 0, tuple(missed[:NAMED]))
        ),
        tally=Tally(cases=len(claims)),
        notes=(*faults, *missed),
        claims=claims,
        figures={
            "cells reached": cells,
            "proofs of unreachability": len(found["unreachable"]),
            "cells beyond the horizon": len(found["beyond_horizon"]),
            "cells undecided": len(found["not_found"]),
        },
        seconds=time.monotonic() - started,
    )
