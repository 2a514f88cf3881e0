"""The programs that the Lean model's corpus of traces is made of, under both contracts.

Seeded programs over all operations; the programs that reach every reachable cell of coverage; those that break the
claims; and one at the top of the session ids, where no generated program gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from generators.claim_programs import claim_programs, coverage_program
from generators.profiles import PROFILES
from generators.programs import generate_program
from lean_traces.programs import Program, Step
from model.values import U64_MAX

SEED: Final = 20_260_000
PROGRAMS: Final = {"telltale-17": 300, "hardened": 100}
"""How many seeded programs each contract has in the corpus."""
STEPS: Final = 40
"""Steps of a seeded program before its last look."""

_OPENED: Final[dict[str, Any]] = {"initial_types": {}, "roles": ["A"]}
_TOP: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("open_with_sid", {**_OPENED, "sid": U64_MAX - 1}),
    ("next_session_id", {}),
    ("open", _OPENED),
    ("next_session_id", {}),
    ("open", _OPENED),
    ("open_with_sid", {**_OPENED, "sid": U64_MAX}),
    ("session_ids", {}),
)


def corpus_programs() -> Iterator[tuple[str, Program]]:
    """Yield every program of the corpus with the name that its trace has."""
    claims = list(claim_programs())
    for contract, count in PROGRAMS.items():
        for index in range(count):
            program = generate_program(SEED, index, steps=STEPS, contract=contract)
            yield f"{contract}-{index:03d}-{PROFILES[index % len(PROFILES)].name}", program
        yield f"{contract}-cells", coverage_program(contract)
        for claim, program in claims:
            yield f"{contract}-claim-{claim}", msgspec.structs.replace(program, contract=contract)
        steps = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(_TOP))
        yield f"{contract}-top-ids", Program(contract=contract, meta={}, steps=steps)
