"""Findings: the divergences of all lanes, one for each class, with the case that shows it best."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from lean_traces.codec import encode
from lean_traces.limits import DEFAULT_LIMITS
from lean_traces.lines import opened
from lean_traces.programs import Program, Step
from lean_traces.reader import TraceReader
from lean_traces.trace import PROGRAM_SCHEMA, VERSION, MalformedTrace
from oracle.baseline import Baseline, Entry
from oracle.fingerprints import fingerprint_of
from oracle.lanes import LaneDivergence, LaneResult
from oracle.reports.report import Finding, Minimiser, Reproducer, Stand

LONGEST_PROGRAM: Final = 2000
"""Steps of the longest trace that a report repeats as a program."""


def findings(
    results: Sequence[LaneResult],
    *,
    command: str | None,
    baseline: Baseline | None = None,
    today: date | None = None,
    minimise: Minimiser | None = None,
) -> tuple[Finding, ...]:
    """Return one finding for each class of divergence, those that fail the gate first.

    Args:
        results: what the lanes found.
        command: the adapter's command, for the reproducers.
        baseline: the known divergences.
        today: decides which entries have expired; none has without it.
        minimise: makes the programs smaller; without it, and of known divergences, they are shown as they are.
    """
    by_class: dict[str, list[tuple[str, LaneDivergence]]] = {}
    for result in results:
        for divergence in result.divergences:
            by_class.setdefault(fingerprint_of(divergence).digest, []).append((result.lane, divergence))
    found = []
    for fingerprint, cases in by_class.items():
        entry = baseline.entry(fingerprint) if baseline else None
        found.append(_finding(fingerprint, cases, entry, command, today, minimise))
    return tuple(sorted(found, key=lambda one: (not one.fails, one.key.op, one.key.kind, one.fingerprint)))


def _finding(
    fingerprint: str,
    cases: Sequence[tuple[str, LaneDivergence]],
    entry: Entry | None,
    command: str | None,
    today: date | None,
    minimise: Minimiser | None,
) -> Finding:
    divergence = min((case for _, case in cases), key=_length)
    stand = _stand(entry, today)
    minimal = minimise(divergence) if minimise and stand != "known" else None
    if minimal is not None:
        divergence, program = minimal.divergence, minimal.program
    else:
        program = divergence.program or _program_of_trace(divergence)  # type: ignore[assignment] # may be None
    own = minimal.reproducers if minimal else ()
    return Finding(
        key=fingerprint_of(divergence),
        fingerprint=fingerprint,
        stand=stand,
        entry=entry,
        lanes=tuple(sorted({lane for lane, _ in cases})),
        cases=tuple(f"{lane}: {case.case}, step {case.seq}" for lane, case in cases),
        divergence=divergence,
        program=program,
        minimal=minimal is not None,
        notes=minimal.notes if minimal else {},
        reproducers=(*_reproducers(fingerprint, divergence, program, command), *own),
    )


def _length(divergence: LaneDivergence) -> int:
    return len(divergence.program.steps) if divergence.program else divergence.seq + 1


def _stand(entry: Entry | None, today: date | None) -> Stand:
    if entry is None:
        return "new"
    return "expired" if today is not None and date.fromisoformat(entry.expires) < today else "known"


def _program_of_trace(divergence: LaneDivergence) -> Program | None:
    """Return the operations of a recorded trace up to its divergence; None where there are too many to show."""
    if divergence.path is None or divergence.seq >= LONGEST_PROGRAM:
        return None
    path = Path(divergence.path)
    steps = []
    try:
        with opened(path) as file:
            reader = TraceReader(file, str(path), DEFAULT_LIMITS, packed=path.suffix == ".gz")
            for event in reader:
                steps.append(Step(args=event.arguments_document(), op=event.operation.name, seq=event.seq))
                if event.seq >= divergence.seq:
                    break
            contract = reader.header.contract
    except (MalformedTrace, OSError):
        return None
    return Program(contract=contract, meta={"trace": path.name}, steps=tuple(steps))


def program_text(program: Program) -> str:
    """Return a program as its file holds it."""
    header = {"contract": program.contract, "meta": program.meta, "schema": PROGRAM_SCHEMA, "version": VERSION}
    lines = [header, *program.steps, {"end": True, "steps": len(program.steps)}]
    return "".join(encode(line).decode() + "\n" for line in lines)


def program_name(fingerprint: str) -> str:
    """Return the name of a finding's program within the folder of the report."""
    return f"programs/{fingerprint[:12]}.program.jsonl"


def _reproducers(
    fingerprint: str, divergence: LaneDivergence, program: Program | None, command: str | None
) -> tuple[Reproducer, ...]:
    """Return what shows the divergence again when pasted into a shell, with everything that it needs."""
    found = []
    if command is None and divergence.path is not None:
        found.append(Reproducer(title="Shell", text=f"telltale-conformance replay {shlex.quote(divergence.path)}\n"))
    elif program is not None and command is not None:
        name = fingerprint[:12]
        found.append(
            Reproducer(
                title="Shell",
                text=(
                    f"cat > {name}.program.jsonl <<'END-OF-PROGRAM'\n{program_text(program)}END-OF-PROGRAM\n"
                    f"telltale-conformance record --sut {shlex.quote(command)} "
                    f"--program {name}.program.jsonl -o {name}.jsonl\n"
                    f"telltale-conformance replay {name}.jsonl\n"
                ),
            )
        )
    if program is not None:
        found.append(Reproducer(title="Program", text=program_text(program)))
    return tuple(found)
