"""The programs that the Lean model's corpus of traces is made of: seeded, many of each profile, both contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generators.profiles import PROFILES
from generators.programs import generate_program
from lean_traces.programs import Program

SEED: Final = 20_260_000
PROGRAMS: Final = {"telltale-17": 300, "hardened": 100}
"""How many programs each contract has in the corpus."""
STEPS: Final = 40
"""Steps of a program before its last look."""


def corpus_programs() -> Iterator[tuple[str, Program]]:
    """Yield every program of the corpus with the name that its trace has."""
    for contract, count in PROGRAMS.items():
        for index in range(count):
            program = generate_program(SEED, index, steps=STEPS, contract=contract)
            yield f"{contract}-{index:03d}-{PROFILES[index % len(PROFILES)].name}", program
