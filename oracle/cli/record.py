"""The command ``record``: drive an implementation and write what it answered as a trace."""

from __future__ import annotations

import sys
from pathlib import Path

from telltale_conformance.lean_traces.programs import Program, read_program
from telltale_conformance.oracle.adapters import AdapterFault, AdapterLimits, BadCommand, SubprocessAdapter
from telltale_conformance.oracle.reference.recording import Recording, record
from telltale_conformance.oracle.verdict.exit_codes import AGREE, INCONCLUSIVE, USAGE


def program_to_record(path: Path | None, seed: int | None, steps: int) -> Program:
    """Return the program in a file, or else the generated one of a seed.

    Raises:
        MalformedTrace: the file is no program.
    """
    if path is not None:
        return read_program(path)
    from telltale_conformance.generators.programs import generate_program

    return generate_program(seed or 0, 0, steps=steps)


def run(sut: str, program: Program, output: Path, *, deadline: float) -> int:
    """Record a program and say on stderr what was written.

    Args:
        sut: the adapter's command, split into words without a shell.
        program: what to do.
        output: the trace to write.
        deadline: seconds for an answer.

    Returns:
        The exit code: 0 when the whole program was carried out, 3 when the adapter failed, the recording
        ended early, or there was nothing to write; 2 when the command or the output makes no sense.
    """
    try:
        limits = AdapterLimits(deadline=deadline)
        with SubprocessAdapter(sut, limits) as adapter:
            recording = record(adapter, program, output)
    except AdapterFault as fault:
        print(f"record: {fault.diagnostic()}", file=sys.stderr)
        return INCONCLUSIVE
    except (BadCommand, ValueError) as error:
        print(f"record: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"record: cannot write {output}: {error.strerror or error}", file=sys.stderr)
        return USAGE
    _tell(recording, output)
    return AGREE if recording.stopped is None and recording.events else INCONCLUSIVE


def _tell(recording: Recording, output: Path) -> None:
    print(f"{output}: {recording.events} events", file=sys.stderr)
    for what, steps in (("skipped", recording.skipped), ("not covered", recording.uncovered)):
        if steps:
            number, why = steps[0]
            print(f"{what}: {len(steps)} steps, the first is {number}: {why}", file=sys.stderr)
    if recording.stopped:
        number, why = recording.stopped
        print(f"ended early at step {number}: {why}", file=sys.stderr)
