"""Wrong stores made from the Lean model, with triggers of the fixed list.

``python -m tests.wrong_stores.lean`` finds the first program of the list for those that have none; it starts Lean.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from telltale_conformance.generators.fixed_programs import FixedProgram, fixed_programs
from telltale_conformance.lean_traces.lean_answer import decode_answer
from telltale_conformance.lean_traces.lean_bundle import LeanMutant, mutants_bundle
from telltale_conformance.lean_traces.lean_process import LeanProcess
from telltale_conformance.lean_traces.lean_program import encode_request
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.lanes.lean import compare_run
from telltale_conformance.oracle.verdict.compare import Level
from tests.lean_traces.lean_mutants import MUTANTS
from tests.lean_traces.lean_world import lean_to_use

FILE = Path(__file__).with_name("lean_triggers.txt")
"""A line for each mutant: its name, and the first name of the program that tells it."""
TOGETHER = 10
"""Changed copies in one Lean: more take more memory than it has."""
LONGEST = 40
"""Steps of a program that may be a trigger here."""


def contract_of(mutant: LeanMutant) -> str:
    return "hardened" if mutant.name.startswith("hardened") else "telltale-17"


def triggers() -> dict[str, FixedProgram]:
    """Return the program of the fixed list that tells each mutant."""
    named = {program.name: program for program in fixed_programs()}
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    return {mutant: named[trigger] for mutant, trigger in (line.split("\t") for line in lines)}


def departing(mutants: Sequence[LeanMutant], programs: Sequence[Program]) -> list[list[int]]:
    """Return for each mutant the numbers of the programs that it answers otherwise than the reference."""
    request = encode_request(programs)
    with LeanProcess(lean_to_use()) as process:
        asked = process.folder / "request"
        asked.write_bytes(request.text)
        answers = [process.folder / f"answer-of-{number}" for number in range(len(mutants))]
        process.launch(mutants_bundle(mutants, asked, answers))
        process.wait(1800, "the changed copies")
        answered = [path.read_bytes() for path in answers]
    return [
        [
            number
            for number, run in enumerate(decode_answer(answer, request))
            if compare_run(run, str(number), Level.state).divergence is not None
        ]
        for answer in answered
    ]


def main() -> None:
    found = {mutant: program.name for mutant, program in triggers().items()}
    for contract in ("telltale-17", "hardened"):
        mutants = [mutant for mutant in MUTANTS if contract_of(mutant) == contract and mutant.name not in found]
        fixed = [program for program in fixed_programs() if len(program.steps) <= LONGEST]
        programs = [program.program(contract) for program in fixed]
        for start in range(0, len(mutants), TOGETHER):
            group = mutants[start : start + TOGETHER]
            for mutant, numbers in zip(group, departing(group, programs), strict=True):
                print(f"{mutant.name}: {len(numbers)} programs", flush=True)
                if numbers:
                    found[mutant.name] = fixed[numbers[0]].name
    lines = [f"{mutant.name}\t{found[mutant.name]}\n" for mutant in MUTANTS if mutant.name in found]
    FILE.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
