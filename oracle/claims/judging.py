"""Which claims an implementation keeps and which it breaks, apart from whether it conforms to a contract.

The programs that break the claims of ``telltale-17`` are run on the implementation, each in a fresh store, its own
results standing for the references; the monitors then say what its answers did to the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.programs import Program, UnresolvedReference, resolve
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Request, ask
from telltale_conformance.oracle.claims.catalogue import PARTS
from telltale_conformance.oracle.claims.monitors import Monitors, Violation

ClaimAnswer = Literal["kept", "broken", "not shown", "inconclusive"]
"""``not shown``: the program could not be carried through to the end, so it says nothing."""

Perform = Callable[[str, dict[str, Any]], dict[str, Any] | None]
"""Carries out an operation; gives ``{"ok"|"err": …, "audit": …}``, or None where it is not supported."""


@dataclass(frozen=True)
class ClaimReport:
    """What one program showed of the implementation."""

    program: str
    """Which program: the claim, with a suffix where it has several (``K12-receipt``)."""
    claim: str
    answer: ClaimAnswer
    seq: int | None
    """The step that breaks the claim."""
    why: str


def judge_program(name: str, program: Program, perform: Perform) -> ClaimReport:
    """Run one claim's program and say what it showed.

    A step that the implementation refuses is part of the answer: a refusal is how a claim is kept.
    """
    claim = PARTS[name].watched_as if name in PARTS else str(program.meta["claim"])
    monitors, results = Monitors(), dict[int, Any]()
    for step in program.steps:
        try:
            args = resolve(step.args, results)
        except UnresolvedReference:
            continue
        answer = perform(step.op, args)
        if answer is None:
            return ClaimReport(name, claim, "not shown", step.seq, f"{step.op} is not supported")
        for violation in monitors.feed({"seq": step.seq, "op": step.op, "args": args, **answer}):
            if violation.claim == claim:
                return ClaimReport(name, claim, "broken", violation.seq, violation.why)
        if "ok" in answer:
            results[step.seq] = answer["ok"]
    if monitors.unreadable:
        return ClaimReport(name, claim, "not shown", monitors.unreadable[0], "the answer has no readable shape")
    return ClaimReport(name, claim, "kept", None, "the program that breaks it on telltale-17 does not")


def judge_claims(adapter: Adapter) -> Iterator[ClaimReport]:
    """Run every claim's program on an implementation; a fault of its adapter is inconclusive, never a verdict."""

    def perform(op: str, args: dict[str, Any]) -> dict[str, Any] | None:
        if op not in adapter.hello.ops:
            return None
        answer = ask(adapter, Request(op, encode(args)))
        if answer.kind not in ("ok", "err"):
            return None
        shown: dict[str, Any] = {answer.kind: msgspec.json.decode(answer.payload)}
        if answer.audit is not None:
            shown["audit"] = msgspec.json.decode(answer.audit)
        return shown

    for name, program in claim_programs():
        try:
            adapter.reset()
            yield judge_program(name, program, perform)
        except AdapterFault as fault:
            yield ClaimReport(name, str(program.meta["claim"]), "inconclusive", None, str(fault))


class LiveClaims(Struct, frozen=True, kw_only=True):
    """What a trace says of each claim."""

    verdicts: dict[str, str]
    """kept, broken or not judged, by claim."""
    violations: tuple[Violation, ...]
    """The first violation of each broken claim."""


def watch_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> LiveClaims:
    """Watch all events of a trace file.

    Raises:
        MalformedTrace: the trace is not well-formed.
    """
    monitors = Monitors()
    for _, event in read_trace(path, limits):
        answer = event.answer()
        monitors.feed(
            {
                "seq": event.seq,
                "op": event.operation.name,
                "args": event.arguments_document(),
                "ok" if answer.is_ok else "err": answer.result,
                "audit": answer.audit,
            }
        )
    verdicts: dict[str, str] = {claim: verdict.verdict for claim, verdict in monitors.verdicts.items()}
    first = tuple(verdict.violations[0] for verdict in monitors.verdicts.values() if verdict.violations)
    return LiveClaims(verdicts=verdicts, violations=first)


def claims_text(claims: LiveClaims) -> str:
    """Return the claims as text: those kept, those not judged, and each broken one with its event."""
    lines = []
    for verdict in ("kept", "not judged"):
        names = [claim for claim, given in claims.verdicts.items() if given == verdict]
        if names:
            lines.append(f"  claims {verdict}: {', '.join(names)}")
    lines += [f"  claim {found.claim} broken at event {found.seq}: {found.why}" for found in claims.violations]
    return "\n".join(lines)
