"""Findings: the divergences of all lanes, one for each class, with the case that shows it best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.lean_traces.printing import encode, encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.reader import open_trace
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.dossier.dossier import ANSWERS, LEAN, PROGRAM, PYTEST, Dossier, Shown, dossier_files
from telltale_conformance.oracle.dossier.races import race_dossier, race_manifest
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.oracle.reports.places import command_from_here, path_from_here
from telltale_conformance.oracle.reports.report import Finding, Minimiser, Reduction, Reproducer, Stand
from telltale_conformance.oracle.reports.what_broke import gravest_first
from telltale_conformance.oracle.verdict.baseline import Baseline, Entry
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from telltale_conformance.readable import spelled
from telltale_conformance.sinks import json_text, shell_word

LONGEST_PROGRAM: Final = 2000
"""Steps of the longest trace that a report repeats as a program."""
LONGEST_REPRODUCER: Final = 60_000
"""Characters of the longest text to copy; what is longer is in the folder of the divergence alone."""


def findings(
    results: Sequence[LaneResult],
    *,
    command: str | None,
    hello: Hello,
    clients: str | None = None,
    level: Level = Level.state,
    baseline: Baseline | None = None,
    today: date | None = None,
    minimise: Minimiser | None = None,
) -> tuple[Finding, ...]:
    """Return one finding for each class of divergence: those that fail the gate first, and the gravest first.

    Args:
        results: what the lanes found.
        command: the adapter's command, for the reproducers.
        hello: what the implementation says of itself.
        clients: the command of one of several clients.
        level: how strictly answers were compared.
        baseline: the known divergences.
        today: decides which entries have expired; none has without it.
        minimise: runs divergences again; without it, and of known divergences, they are shown as they were found.
    """
    by_class: dict[Fingerprint, list[tuple[str, LaneDivergence]]] = {}
    for result in results:
        for divergence in result.divergences:
            by_class.setdefault(fingerprint_of(divergence), []).append((result.lane, divergence))
    found = []
    for key, cases in by_class.items():
        entry = baseline.entry(key.digest) if baseline else None
        shortest = min((case for _, case in cases), key=_length)
        stand = _stand(entry, today)
        try:
            reduction = _reduction(_of_offered(shortest, hello.ops), stand, minimise)
            files = (
                _files(key, reduction, command, hello, level)
                if shortest.race is None
                else _files_of_race(key, reduction, command, clients, hello, level)
            )
            reproducers = _reproducers(key, shortest, command, files, level)
        except Exception as error:  # what was seen is told, whatever is wrong with showing it again
            remark = f"not run again, and without files: {fault_of_harness(error, 'while its dossier was made')}"
            bare = msgspec.structs.replace(shortest, program=None)
            reduction = Reduction(ending="inconclusive", remark=remark, divergence=bare, program=None)
            files, reproducers = {}, ()
        of_trace = reduction.recorded or reduction.divergence.path is not None
        found.append(
            Finding(
                key=key,
                fingerprint=key.digest,
                stand=stand,
                entry=entry,
                lanes=tuple(sorted({name for name, _ in cases})),
                cases=tuple(f"{name}: {case.case}, step {case.seq}" for name, case in cases),
                divergence=reduction.divergence,
                program=reduction.program,
                ending=reduction.ending,
                remark=reduction.remark,
                rate=reduction.rate,
                trace=(shortest.path, shortest.seq) if of_trace and shortest.path is not None else None,
                notes=reduction.notes,
                reproducers=reproducers,
                files=files,
            )
        )
    return gravest_first(found)


def as_found(divergence: LaneDivergence, remark: str) -> Reduction:
    """Return a divergence as a lane found it, with what one must know about that."""
    program = divergence.program or _program_of_trace(divergence)
    return Reduction(ending="as found", remark=remark, divergence=divergence, program=program)


def _reduction(divergence: LaneDivergence, stand: Stand, minimise: Minimiser | None) -> Reduction:
    if minimise is None:
        return as_found(divergence, "not run again, so not made smaller")
    if stand == "known":
        return as_found(divergence, "known, so neither run again nor made smaller")
    return minimise(divergence)


def _of_offered(divergence: LaneDivergence, offered: frozenset[str]) -> LaneDivergence:
    """Return the divergence without the steps of its program that the implementation does not carry out."""
    program = divergence.program
    if program is None:
        return divergence
    steps = tuple(step for step in program.steps if step.op in offered)
    return msgspec.structs.replace(divergence, program=msgspec.structs.replace(program, steps=steps))


def _files(
    key: Fingerprint, reduction: Reduction, command: str | None, hello: Hello, level: Level
) -> Mapping[str, bytes]:
    """Return the files of a finding's dossier; none where there is no program."""
    divergence, program = reduction.divergence, reduction.program
    if program is None or not program.steps:
        return {}
    left_out = {}
    if not reduction.answers:
        left_out[ANSWERS] = reduction.remark
    about = Dossier(
        program,
        level,
        command,
        explanation=reduction.explanation or _explanation(key, reduction),
        ending=reduction.ending,
        remark=reduction.remark,
        rate=reduction.rate,
        recorded=reduction.recorded,
        left_out=left_out,
    )
    shown = Shown(key, divergence.seq, divergence.expected, divergence.actual, reduction.answers)
    return dossier_files(about, shown, reduction.hello or hello)


def _files_of_race(
    key: Fingerprint, reduction: Reduction, command: str | None, clients: str | None, hello: Hello, level: Level
) -> Mapping[str, bytes]:
    """Return the files of the dossier of a race."""
    divergence = reduction.divergence
    if divergence.race is None or divergence.history is None:
        return {}
    manifest = race_manifest(
        key,
        level=level.name,
        ending=reduction.ending,
        remark=reduction.remark,
        rate=reduction.rate,
        command=None if clients is not None else command,
        clients=clients,
        hello=hello,
        contract=hello.contract,
    )
    explanation = reduction.explanation or _explanation(key, reduction)
    return race_dossier(manifest, divergence.race, divergence.history, explanation)


def _explanation(key: Fingerprint, reduction: Reduction) -> str:
    """Return what there is to say of a program that was not made smaller."""
    divergence = reduction.divergence
    lines = [
        f"divergence  {key.text()}",
        f"class       {key.digest}",
        f"step        {divergence.seq} of {divergence.case}",
        f"given       {encode_as_written(divergence.args).decode()}",
        f"expected    {encode(divergence.expected).decode()}",
        f"actual      {encode(divergence.actual).decode()}",
        f"decision    {divergence.reason}",
        "",
        reduction.remark,
    ]
    return "\n".join(map(spelled, lines))


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
        with open_trace(path) as reader:
            for event in reader:
                steps.append(Step(args=event.arguments_document(), op=event.operation.name, seq=event.seq))
                if event.seq >= divergence.seq:
                    break
            contract = reader.header.contract
    except (MalformedTrace, OSError):
        return None
    return Program(contract=contract, meta={"trace": path.name}, steps=tuple(steps))


def _reproducers(
    key: Fingerprint,
    found: LaneDivergence,
    command: str | None,
    files: Mapping[str, bytes],
    level: Level,
) -> tuple[Reproducer, ...]:
    """Return what shows the divergence again when pasted somewhere, with everything that it needs.

    The adapter's command is written as seen from the working directory: the text is read on other machines, too.
    """
    here = None if command is None else command_from_here(command)
    program = json_text(files[PROGRAM].decode()) if PROGRAM in files else None
    shell = None
    replay = "telltale-conformance replay" + ("" if level is Level.state else f" --level {level.name}")
    if command is None and found.path is not None:
        shell = f"{replay} {shell_word(path_from_here(found.path))}\n"
    elif here is not None and program is not None:
        name = key.short
        shell = (
            f"cat > {name}.program.jsonl <<'END-OF-PROGRAM'\n{program}END-OF-PROGRAM\n"
            f"telltale-conformance record --sut {shell_word(here)} --program {name}.program.jsonl -o {name}.jsonl\n"
            f"{replay} {name}.jsonl\n"
        )
    texts = {
        "Shell": shell,
        "pytest": files[PYTEST].decode().replace(repr(command), repr(here)) if PYTEST in files else None,
        "Lean": files[LEAN].decode() if LEAN in files else None,
        "Program": program,
    }
    return tuple(
        Reproducer(title=title, text=text)
        for title, text in texts.items()
        if text is not None and len(text) <= LONGEST_REPRODUCER
    )
