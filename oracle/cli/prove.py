"""The ``prove`` command: every claim under every contract, decided by the symbolic lane."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.lean_traces.programs import Program, Step, write_program
from telltale_conformance.oracle.claims.catalogue import EXPECTED, unknown
from telltale_conformance.oracle.cli.terminal import say, say_json, told, warn
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE

if TYPE_CHECKING:
    from telltale_conformance.oracle.symbolic.prove import Result


@told
def run(
    contract: str | None = None,
    claims: list[str] | None = None,
    as_json: bool = False,
    work: int | None = None,
    programs: Path | None = None,
) -> int:
    """Decide the claims, print a verdict on each, and return the exit code.

    0: every claim stands as it is known to (docs/claims.md), refuted ones of ``telltale-17`` included.
    1: one does not. 2: unknown claim or contract. 3: the solver gave up on one, which is named, or a signal came.

    Args:
        contract: one contract; both when None.
        claims: which claims; all when None or empty.
        as_json: print one JSON object for each claim.
        work: how much the solver may do for each claim, in its own units; its default when None.
        programs: a folder into which each counterexample that an implementation can run is written as a program,
            ``CLAIM.CONTRACT.program.jsonl``.
    """
    wanted = claims or []
    problem = unknown(contract, wanted)
    if problem is not None:
        raise UsageError(problem)
    with watched() as watch:
        try:
            return _decide(contract, wanted, as_json, work, programs)
        except (Interrupted, Exception):  # calls into C wrap what a signal raises within them
            if watch.signal is None:
                raise
            reason = watch.reason
    raise InconclusiveError(f"{reason}; the claims not named above were not decided")


def _decide(contract: str | None, wanted: list[str], as_json: bool, work: int | None, programs: Path | None) -> int:
    code = AGREE
    from telltale_conformance.oracle.symbolic.proof.solving import DEFAULT_WORK  # z3 takes a while to load
    from telltale_conformance.oracle.symbolic.prove import results

    for result in results(contract, wanted, DEFAULT_WORK if work is None else work):
        if as_json:
            say_json(result.to_json())
        else:
            say(_text(result))
        if programs is not None:
            _keep(result, programs)
        if result.finding.status == "inconclusive":
            warn(f"{result.claim} under {result.contract} is inconclusive: {result.finding.method}")
            code = code or INCONCLUSIVE
        elif result.finding.status != EXPECTED[result.contract][result.claim]:
            code = DIVERGE
    return code


def _keep(result: Result, folder: Path) -> None:
    found = result.finding.counterexample
    if found is None or found["meta"].get("level") == "model":
        return
    steps = tuple(Step(args=step["args"], op=step["op"], seq=step["seq"]) for step in found["steps"])
    program = Program(contract=found["contract"], meta=found["meta"], steps=steps)
    write_program(folder / f"{result.claim}.{result.contract}.program.jsonl", program)


def _text(result: Result) -> str:
    finding = result.finding
    bound = f" ({finding.bound})" if finding.bound is not None else ""
    subject = f"{result.contract:12} {result.claim:4} {finding.status + bound:32}"
    line = f"{subject} {result.seconds:6.2f} s  {finding.method}"
    if finding.counterexample is None:
        return line
    steps = [f"    {step['seq']}: {step['op']} {json.dumps(step['args'])}" for step in finding.counterexample["steps"]]
    return "\n".join([line, *steps])
