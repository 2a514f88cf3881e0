"""The command ``record``: drive an implementation and write what it answered as a trace."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from telltale_conformance.files import opened
from telltale_conformance.lean_traces.programs import Program, read_program
from telltale_conformance.oracle.adapters import AdapterLimits, SubprocessAdapter
from telltale_conformance.oracle.cli.terminal import told, warn
from telltale_conformance.oracle.process.output import print_bytes
from telltale_conformance.oracle.reference.recording import Recording, record
from telltale_conformance.oracle.verdict.exit_codes import AGREE, INCONCLUSIVE
from telltale_conformance.readable import counted

STANDARD_OUTPUT: Final = Path("-")


@told
def run_chosen(sut: str, path: Path | None, seed: int | None, steps: int, output: Path, *, deadline: float) -> int:
    """Record the program in a file, or else the generated one of a seed; return the exit code as ``run`` does."""
    if path is not None:
        return run(sut, read_program(path), output, deadline=deadline)
    from telltale_conformance.generators.programs import generate_program

    return run(sut, generate_program(seed or 0, 0, steps=steps), output, deadline=deadline)


@told
def run(sut: str, program: Program, output: Path, *, deadline: float) -> int:
    """Record a program and say on stderr what was written.

    Args:
        sut: the adapter's command, split into words without a shell.
        program: what to do.
        output: the trace to write; ``-`` for standard output, on which there is nothing else then.
        deadline: seconds for an answer.

    Returns:
        The exit code: 0 when the whole program was carried out, 3 when the adapter failed, the recording
        ended early, the disk is full, or there was nothing to write; 2 when the command or the output makes no sense.
    """
    with TemporaryDirectory() as folder:
        written = Path(folder) / "trace.jsonl" if output == STANDARD_OUTPUT else output
        with SubprocessAdapter(sut, AdapterLimits(deadline=deadline)) as adapter:
            recording = record(adapter, program, written)
        if output == STANDARD_OUTPUT:
            with opened(written) as file:
                for line in file:
                    print_bytes(line)
    _tell(recording, program, output)
    return AGREE if recording.stopped is None and recording.events else INCONCLUSIVE


def _tell(recording: Recording, program: Program, output: Path) -> None:
    warn(f"{output}: {counted(recording.events, 'event')}")
    for what, steps in (("skipped", recording.skipped), ("not covered", recording.uncovered)):
        if steps:
            number, why = steps[0]
            warn(f"{what}: {counted(len(steps), 'step')}, the first is {number}: {why}")
    if not program.steps:
        warn("the program has no steps, so nothing was asked")
    if recording.stopped:
        number, why = recording.stopped
        warn(f"ended early at step {number}: {why}")
