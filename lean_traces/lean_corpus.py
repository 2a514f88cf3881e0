"""Traces exported by the Lean model: a corpus that tests against Lean without Lean."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from lean_traces.codec import encode
from lean_traces.lean_answer import LeanRun
from lean_traces.lean_bundle import model_hash
from lean_traces.lean_process import ANSWER_DEADLINE, LeanModel
from lean_traces.lean_toolchain import LEAN_VERSION
from lean_traces.programs import Program
from lean_traces.trace import TRACE_SCHEMA, VERSION, Header, Source
from lean_traces.writer import TraceWriter, written_whole

CORPUS_NAME: Final = "telltale-conformance Lean model"

Named = tuple[str, Program]
"""A trace's file name without its ending, and the program that it is made from."""


def trace_of(run: LeanRun, model: str) -> bytes:
    """The trace of a run: `source.kind` is `lean`, `meta` has the program's meta and the hash of the model.

    Args:
        run: what the model answered.
        model: the hash of the model's sources (`lean_bundle.model_hash`).
    """
    header = Header(
        contract=run.program.contract,
        meta={**run.program.meta, "model": model},
        observes=["audit"],
        schema=TRACE_SCHEMA,
        source=Source(kind="lean", name=CORPUS_NAME, version=LEAN_VERSION),
        version=VERSION,
    )
    file = io.BytesIO()
    writer = TraceWriter(file, header)
    for op, args, answer in run.events():
        writer.event(op, encode(args), answer)
    writer.end()
    return file.getvalue()


def traces(
    model: LeanModel,
    programs: Iterable[Named],
    *,
    batch: int = 100,
    deadline: float = ANSWER_DEADLINE,
    done: Callable[[int], None] = lambda _count: None,
) -> Iterable[tuple[str, bytes]]:
    """Each program's name and trace, in order.

    Args:
        model: the running model.
        programs: names and programs.
        batch: how many are sent at a time.
        deadline: seconds for a batch.
        done: told how many are done.

    Raises:
        LeanProgramRefused, LeanError: as `LeanModel.run`.
    """
    sources = model_hash()
    waiting = list(programs)
    for start in range(0, len(waiting), batch):
        part = waiting[start : start + batch]
        runs = model.run([program for _, program in part], deadline)
        for (name, _), run in zip(part, runs, strict=True):
            yield name, trace_of(run, sources)
        done(start + len(part))


def export(
    model: LeanModel,
    programs: Sequence[Named],
    folder: Path,
    *,
    done: Callable[[int], None] = lambda _count: None,
) -> list[Path]:
    """Write one `.jsonl.gz` per program; the same bytes for the same model and programs. Other files stay.

    Raises:
        LeanProgramRefused, LeanError: as `LeanModel.run`; files written before stay.
        OSError: the folder cannot be written.
    """
    written = []
    for name, trace in traces(model, programs, done=done):
        path = folder / f"{name}.jsonl.gz"
        with written_whole(path) as file:
            file.write(trace)
        written.append(path)
    return written


def stale(
    model: LeanModel,
    programs: Sequence[Named],
    folder: Path,
    *,
    done: Callable[[int], None] = lambda _count: None,
) -> list[str]:
    """Export again and compare with the folder: what differs, one line each; empty when nothing does.

    Traces are compared unpacked, so that another zlib is no difference.
    """
    found = []
    expected = set()
    for name, trace in traces(model, programs, done=done):
        path = folder / f"{name}.jsonl.gz"
        expected.add(path)
        try:
            packed = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            found.append(f"{path.name}: cannot be read: {error}")
            continue
        if packed != trace:
            found.append(f"{path.name}: {_first_difference(packed, trace)}")
    found += [f"{path.name}: made from no program" for path in sorted(set(folder.glob("*.jsonl.gz")) - expected)]
    return found


def _first_difference(old: bytes, new: bytes) -> str:
    for number, (left, right) in enumerate(zip(old.splitlines(), new.splitlines(), strict=False), 1):
        if left != right:
            return f"line {number} is {left[:200].decode(errors='replace')}, now {right[:200].decode(errors='replace')}"
    return "one has more lines"
