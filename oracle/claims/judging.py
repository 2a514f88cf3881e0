"""Which claims an implementation keeps and which it breaks, apart from whether it conforms to a contract.

Programs are run on the implementation, each in a fresh store, its own results standing for the references; the
monitors then say what its answers did to the claims. The same monitors read a recorded trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.printing import encode_as_written
from telltale_conformance.lean_traces.programs import Program, UnresolvedReference, resolve
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Request, ask
from telltale_conformance.oracle.adapters.answers import strict_value
from telltale_conformance.oracle.claims.catalogue import PARTS
from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Monitors, Violation
from telltale_conformance.oracle.claims.persistence import RELOAD, RELOAD_CLAIM, Answered, answered
from telltale_conformance.readable import one_line

Perform = Callable[[str, dict[str, Any]], dict[str, Any] | None]
"""Carries out an operation; gives ``{"ok"|"err": …, "audit": …}``, or None where it is not supported."""


class Stopped(Exception):
    """Thrown when an implementation gives no answer after which it can go on; the message says what it gave."""


@dataclass(frozen=True)
class ProgramReport:
    """What one program showed of the implementation."""

    program: str
    """Which program: a claim, or a part of one (``K12-receipt``), or another name."""
    verdicts: Mapping[str, ClaimVerdict]
    """What the monitors saw, by claim."""
    stopped: str | None
    """Why the program did not come to its end; None when it did."""
    faulty: bool = False
    """That was the adapter's fault, so that nothing is concluded from it."""
    unsteady: bool = False
    """It was answered otherwise when it was run again, so that nothing is concluded of its reloads."""
    answers: Mapping[int, Answered] = field(default_factory=dict)
    """What each step was answered, but estimates, by its number."""

    @property
    def own(self) -> ClaimVerdict:
        """What was seen of the claim that the program is there for."""
        return self.verdicts[PARTS[self.program].watched_as if self.program in PARTS else self.program]


def judge_program(name: str, program: Program, perform: Perform) -> ProgramReport:
    """Run a program and say what it showed of each claim.

    A step that the implementation refuses is part of the answer: a refusal is how a claim is kept. What it does not
    support is left out, and with it the steps that refer to it.
    """
    monitors, results, answers = Monitors(), dict[int, Any](), dict[int, Answered]()
    for step in program.steps:
        try:
            args = resolve(step.args, results)
        except UnresolvedReference:
            continue
        try:
            answer = perform(step.op, args)
        except AdapterFault as fault:
            return ProgramReport(name, monitors.verdicts, str(fault.diagnostic()), faulty=True)
        except Stopped as reason:
            return ProgramReport(name, monitors.verdicts, f"step {step.seq}: {reason}")
        if answer is None:
            continue
        monitors.feed({"seq": step.seq, "op": step.op, "args": args, **answer})
        if monitors.unreadable:
            return ProgramReport(name, monitors.verdicts, f"step {step.seq}: the answer has no readable shape")
        answers[step.seq] = answered(step.op, answer)
        if "ok" in answer:
            results[step.seq] = answer["ok"]
    return ProgramReport(name, monitors.verdicts, None, answers=answers)


def judge_claims(adapter: Adapter, programs: Iterable[tuple[str, Program]]) -> Iterator[ProgramReport]:
    """Run the programs on an implementation, each in a fresh store."""

    def perform(op: str, args: dict[str, Any]) -> dict[str, Any] | None:
        if op not in adapter.hello.ops:
            return None
        answer = ask(adapter, Request(op, encode_as_written(args)))
        if answer.kind == "unsupported":
            return None
        if answer.kind not in ("ok", "err"):
            raise Stopped(f"{op} was answered with {answer.kind}")
        try:
            shown: dict[str, Any] = {answer.kind: strict_value(answer.payload)}
            if answer.audit is not None:
                shown["audit"] = strict_value(answer.audit)
        except AdapterFault as fault:
            raise Stopped(f"the answer to {op} cannot be read: {fault} [{fault.code}]") from None
        return shown

    for name, program in programs:
        report = _run(adapter, name, program, perform)
        yield report if report.stopped is not None else _without_reloads(adapter, report, program, perform)


def _run(adapter: Adapter, name: str, program: Program, perform: Perform) -> ProgramReport:
    """Run a program in a fresh store; a fault costs this program, and the others keep what was seen."""
    try:
        adapter.reset()
    except AdapterFault as fault:
        return ProgramReport(name, Monitors().verdicts, str(fault.diagnostic()), faulty=True)
    try:
        return judge_program(name, program, perform)
    except Exception as error:
        said = f"fault of the harness: {type(error).__name__}: {one_line(str(error))}"
        return ProgramReport(name, Monitors().verdicts, said, faulty=True)


def _without_reloads(adapter: Adapter, report: ProgramReport, program: Program, perform: Perform) -> ProgramReport:
    """Judge K27 by its own words: run a program again without its reloads, and compare the answers after the first.

    Where they differ it is run a third time as it is: an implementation that answers a program now so and now otherwise
    shows nothing of its reloads.
    """
    reloads = {step.seq for step in program.steps if step.op == RELOAD}
    compared = [seq for seq in report.answers if reloads and seq > min(reloads) and seq not in reloads]
    if not compared or any(report.answers.get(seq) != [True, None] for seq in reloads):
        return report
    without = msgspec.structs.replace(program, steps=tuple(step for step in program.steps if step.op != RELOAD))
    other = _run(adapter, report.program, without, perform)
    if other.stopped is not None:
        return replace(report, stopped=f"without its reloads: {other.stopped}", faulty=other.faulty)
    verdict = report.verdicts[RELOAD_CLAIM]
    place = _first_difference(compared, report, other)
    if place is not None:
        again = _run(adapter, report.program, program, perform)
        if again.stopped is not None or _first_difference(report.answers, report, again) is not None:
            said = again.stopped or "it is answered otherwise"
            return replace(report, stopped=f"the second time: {said}", faulty=again.faulty, unsteady=not again.faulty)
        op = next(step.op for step in program.steps if step.seq == place)
        why = f"{op} is answered otherwise without the reloads before it"
        verdict.violations.append(Violation(RELOAD_CLAIM, place, why))
    verdict.occasions += 1
    return report


def _first_difference(places: Iterable[int], one: ProgramReport, other: ProgramReport) -> int | None:
    """Return the first of these steps that two runs answered differently."""
    return next((seq for seq in places if not same_json(one.answers[seq], other.answers.get(seq))), None)


def watch_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> Mapping[str, ClaimVerdict]:
    """Watch all events of a trace file; what the monitors saw, by claim.

    Raises:
        MalformedTrace: the trace is not well-formed.
    """
    monitors = Monitors()
    for header, event in read_trace(path, limits):
        answer = event.answer()
        seen: dict[str, Any] = {
            "seq": event.seq,
            "op": event.operation.name,
            "args": event.arguments_document(),
            "ok" if answer.is_ok else "err": answer.result,
        }
        if header.audited:
            seen["audit"] = answer.audit
        monitors.feed(seen)
    return monitors.verdicts
