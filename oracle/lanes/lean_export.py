"""The corpus: traces exported by the Lean model, and whether exporting again gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.lean_answer import LeanRun
from telltale_conformance.lean_traces.lean_bundle import model_hash
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.printing import encode_as_written
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, VERSION, Header, Source
from telltale_conformance.lean_traces.writer import TraceWriter, packed

BATCH: Final = 100


def exported(
    model: LeanModel,
    programs: Sequence[tuple[str, Program]],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[tuple[str, bytes]]:
    """Yield the traces of programs of the corpus as the model answers them now: file name and packed bytes.

    Args:
        model: the resident model.
        programs: those of ``corpus_programs``, or some of them.
        progress: gets how many of how many are done.

    Raises:
        LeanError: Lean failed; LeanProgramRefused: the model cannot read a program.
    """
    source = Source(kind="lean", name="telltale-lean-model", version=model_hash())
    for start in range(0, len(programs), BATCH):
        batch = programs[start : start + BATCH]
        runs = model.run([program for _, program in batch])
        for (name, _), run in zip(batch, runs, strict=True):
            yield f"{name}.jsonl.gz", packed(_trace(run, source))
        progress(start + len(batch), len(programs))


def corpus_differences(folder: Path, traces: Iterator[tuple[str, bytes]]) -> list[str]:
    """Return what differs between the files of a folder and freshly exported traces, one sentence each."""
    problems = []
    there = {path.name for path in folder.glob("*.jsonl.gz")}
    for name, answered in traces:
        if name not in there:
            problems.append(f"{name} is not in the corpus")
        elif content(folder / name) != answered:
            problems.append(f"{name} differs from what the model answers now")
        there.discard(name)
    problems += [f"{name} is no trace of the model any more" for name in sorted(there)]
    return problems


def _trace(run: LeanRun, source: Source) -> bytes:
    program = run.program
    header = Header(
        contract=program.contract,
        meta={**program.meta, "skipped": run.skipped},
        observes=["audit"],
        schema=TRACE_SCHEMA,
        source=source,
        version=VERSION,
    )
    content = io.BytesIO()
    writer = TraceWriter(content, header)
    for op, args, answer in run.events():
        writer.event(op, encode_as_written(args), answer)
    writer.end()
    return content.getvalue()
