"""The ``minimise`` command: a diverging trace or program made as small as it can be, with its reproducers."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.files import is_there
from telltale_conformance.lean_traces.lean_errors import LeanProgramRefused
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import first_line
from telltale_conformance.lean_traces.programs import Program, read_program, write_program
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.lean_traces.trace import PROGRAM_SCHEMA
from telltale_conformance.lean_traces.writer import written_whole
from telltale_conformance.model.contract import contract_named
from telltale_conformance.oracle.adapters import (
    Adapter,
    AdapterLimits,
    ReferenceAdapter,
    SubprocessAdapter,
)
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.cli.terminal import say, say_json, told, warn
from telltale_conformance.oracle.dossier.dossier import NOT_CONFIRMED, Dossier, write_dossier
from telltale_conformance.oracle.dossier.lean_file import lean_text
from telltale_conformance.oracle.dossier.pytest_file import pytest_text
from telltale_conformance.oracle.minimise.explaining import Decision, decision, explanation, why_needed
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from telltale_conformance.oracle.minimise.recorded import operations_of, read_recording
from telltale_conformance.oracle.minimise.trying import RESTARTS, OutOfTime, Trials
from telltale_conformance.oracle.process.interrupts import Interrupted, held_back, watched
from telltale_conformance.oracle.telltale.as_trace import trace_of
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import AGREE, INCONCLUSIVE

DEFAULT_SECONDS: Final = 60.0
"""How long it may take when nothing else is said."""


class _Given(NamedTuple):
    program: Program
    adapter: Adapter
    recorded: bool


@told
def run(
    path: Path,
    *,
    output: Path,
    sut: str | None = None,
    level: Level = Level.state,
    contract: str | None = None,
    seconds: float | None = DEFAULT_SECONDS,
    as_json: bool = False,
    dossier: Path | None = None,
    protocol: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    adapter_limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
) -> int:
    """Minimise a trace or program, write the reproducers, print why each step is needed; return the exit code.

    0: minimised, or made smaller by the deadline, and written. 2: malformed input or a usage error. 3: nothing
    diverges, the divergence does not repeat, the adapter failed, or a signal came; then nothing is written, but after
    a failure or a signal in the course of it the best so far.

    Args:
        path: the trace or program, or a run or audit log of telltale's.
        output: where the minimal program is written; ``test_NAME.py`` and ``NAME.lean`` are written beside it.
        sut: the command of the implementation's adapter. Without it a trace stands for the implementation that
            it is a recording of, and a program is run on the reference under its own contract.
        level: how strictly answers are compared.
        contract: what the answers are judged by; the input's own contract when None.
        seconds: how long it may take; None for as long as it needs.
        as_json: print one JSON object and nothing else.
        dossier: a folder into which a dossier of the divergence is written.
        protocol: the input of a run of telltale's; the one beside it when None.
        limits: of what is read.
        adapter_limits: within which the adapter is heard.
    """
    if output.is_dir():
        raise UsageError("it is a folder", place=output, remedy="name the file that the program is written to")
    _leave_alone(output)
    adapter_limits = replace(adapter_limits, restarts=max(adapter_limits.restarts, RESTARTS))
    with watched() as watch, tempfile.TemporaryDirectory() as folder:
        try:
            if is_there(path) and (what := recognise(path, limits)).kind in ("logs", "run"):
                document, path = path, Path(folder) / f"{path.name.partition('.')[0]}.jsonl"
                row = trace_of(document, what, path, contract=contract, level=level, protocol=protocol, limits=limits)
                if sut is None and row.verdict != "diverge":
                    raise InconclusiveError("nothing diverges, so there is nothing to minimise", place=document)
            return _run(path, output, sut, level, contract, seconds, as_json, dossier, limits, adapter_limits)
        except Interrupted:
            raise InconclusiveError(f"{watch.reason}, before or after the search") from None


def _run(
    path: Path,
    output: Path,
    sut: str | None,
    level: Level,
    contract: str | None,
    seconds: float | None,
    as_json: bool,
    dossier: Path | None,
    limits: Limits,
    adapter_limits: AdapterLimits,
) -> int:
    given = _given(path, sut, level, contract, limits, adapter_limits)
    if given is None:
        raise InconclusiveError("nothing diverges, so there is nothing to minimise", place=path)

    def afresh(left: float) -> Adapter:
        assert sut is not None
        return SubprocessAdapter(sut, adapter_limits.starting_within(left))

    until = None if seconds is None else time.monotonic() + seconds
    code = INCONCLUSIVE
    try:
        with given.adapter as adapter:
            result = minimise(
                adapter,
                given.program,
                level=level,
                seconds=seconds,
                afresh=None if sut is None else afresh,
                keep_on_interrupt=True,
            )
            reason = _decision(adapter, result, level, until)
            with held_back():
                code = _concluded(result, reason, given, output, sut, level, as_json, dossier)
            if result.ending == "interrupted":
                raise _MidRun
    except _MidRun:
        pass
    return code


class _MidRun(Exception):
    """Thrown to leave an adapter that is in the midst of a run: it is ended without a goodbye."""


def _given(
    path: Path,
    sut: str | None,
    level: Level,
    contract: str | None,
    limits: Limits,
    adapter_limits: AdapterLimits,
) -> Any:
    if contract is not None:
        contract_named(contract)
    if _is_program(path, limits):
        program = read_program(path, limits)
        own = contract_named(program.contract)
        adapter: Adapter = SubprocessAdapter(sut, adapter_limits) if sut is not None else ReferenceAdapter(own)
        return _Given(msgspec.structs.replace(program, contract=contract or own.name), adapter, False)
    if sut is None:
        recording = read_recording(path, contract=contract, level=level, limits=limits)
        return None if recording is None else _Given(recording.program, recording.adapter, True)
    return _Given(operations_of(path, limits, contract), SubprocessAdapter(sut, adapter_limits), False)


def _is_program(path: Path, limits: Limits) -> bool:
    return PROGRAM_SCHEMA.encode() in first_line(path, limits)


def _decision(adapter: Adapter, result: Minimised, level: Level, until: float | None) -> Decision | None:
    if result.fingerprint is None or result.ending not in ("minimal", "deadline"):
        return None
    trials = Trials(adapter, level, until)
    try:
        trials.in_time()
        seen = trials.look(result.program)
        return decision(trials, result.program, seen) if seen.divergence is not None else None
    except OutOfTime:
        return None
    finally:
        trials.forget_deadline()


def _concluded(
    result: Minimised,
    reason: Decision | None,
    given: _Given,
    output: Path,
    sut: str | None,
    level: Level,
    as_json: bool,
    dossier: Path | None,
) -> int:
    written: list[str] = []
    smaller = result.ending in ("minimal", "deadline") or (
        result.ending in ("inconclusive", "interrupted") and len(result.program.steps) < result.given_steps
    )
    if smaller:
        written = _write(result, output, level, sut)
        if dossier is not None and result.ending != "interrupted":
            text = explanation(result, reason)
            about = Dossier(
                result.program,
                level,
                sut,
                explanation=text,
                ending=result.ending,
                remark=NOT_CONFIRMED if given.recorded else "",
                rate=result.rate,
                recorded=given.recorded,
            )
            written += [str(file) for file in write_dossier(dossier, about, given.adapter)]
    if as_json:
        say_json(_document(result, reason, written, given.recorded))
    else:
        say(_text(result, reason, given.recorded))
        say(f"took        {result.runs.seconds:.2f} s")
        if written:
            say("written     " + "\n            ".join(written))
    return AGREE if result.ending in ("minimal", "deadline") else INCONCLUSIVE


def _beside(output: Path) -> tuple[Path, Path]:
    """Return the pytest file and the Lean check that are written beside a program."""
    stem = output.name.removesuffix(".gz").removesuffix(".jsonl")
    return output.with_name(f"test_{stem.replace('-', '_').replace('.', '_')}.py"), output.with_name(f"{stem}.lean")


def _leave_alone(output: Path) -> None:
    """Refuse a name beside which somebody else's files are; where the program is there, they are an earlier run's."""
    for path in _beside(output):
        if path.exists() and not output.exists():
            raise UsageError(
                f"{path.name} would be written beside it, and is there already",
                place=output,
                remedy="name another file for the program, or move that one away",
            )


def _write(result: Minimised, output: Path, level: Level, sut: str | None) -> list[str]:
    """Write program, pytest file and Lean check; return their paths. The program says whether it is proven minimal."""
    assert result.fingerprint is not None
    meta = {**result.program.meta, "one_minimal": result.minimal}
    write_program(output, msgspec.structs.replace(result.program, meta=meta))
    test, lean = _beside(output)
    with written_whole(test) as file:
        file.write(pytest_text(result.program, result.fingerprint, level, test.name, sut).encode())
    written = [str(output), str(test)]
    try:
        text = lean_text(result.program, result.fingerprint.text())
    except LeanProgramRefused as error:
        warn(f"no Lean check: {error}")
        return written
    with written_whole(lean) as file:
        file.write(text.encode())
    return [*written, str(lean)]


def _text(result: Minimised, reason: Decision | None, recorded: bool) -> str:
    if result.ending in ("minimal", "deadline") or _is_partial(result):
        text = explanation(result, reason)
        return f"{text}\n{NOT_CONFIRMED}" if recorded else text
    return _why_not(result)


def _is_partial(result: Minimised) -> bool:
    """Say whether a signal ended the search after a smaller program was found."""
    return result.ending == "interrupted" and len(result.program.steps) < result.given_steps


def _why_not(result: Minimised) -> str:
    rate = result.rate.text() if result.rate is not None else ""
    match result.ending:
        case "interrupted":
            return "interrupted before anything smaller was found"
        case "not run":
            return "inconclusive: the time was over before the given program was run once; give it more seconds"
        case "does not diverge":
            return "nothing diverges, so there is nothing to minimise"
        case "flaky":
            assert result.fingerprint is not None
            what = result.fingerprint.text()
            return f"flaky: {what}: seen in {rate}. What does not repeat is not minimised."
        case "stale store":
            return (
                "the divergence shows only after other programs in the same process: "
                "a reset of this implementation does not give a fresh store"
            )
    return "inconclusive: " + (result.faults[0] if result.faults else "the adapter failed")


def _document(result: Minimised, reason: Decision | None, written: list[str], recorded: bool) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.structs.asdict(result)  # numbers of the program keep their spelling
    document["why_needed"] = (
        {str(seq): why for seq, why in why_needed(result).items()} if result.ending == "minimal" else {}
    )
    document["class"] = document["fingerprint"]
    document["fingerprint"] = result.fingerprint.digest if result.fingerprint is not None else None
    document["decision"] = msgspec.to_builtins(reason) if reason is not None else None
    document["recorded_answer"] = recorded
    document["written"] = written
    return document
