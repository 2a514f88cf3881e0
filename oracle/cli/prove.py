"""The ``prove`` command: every claim under every contract, decided by the symbolic lane."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.lean_traces.programs import Program, Step, write_program
from telltale_conformance.oracle.claims.catalogue import EXPECTED, title_of, unknown
from telltale_conformance.oracle.cli.terminal import say, say_json, told, warn
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE, gravest

if TYPE_CHECKING:
    from telltale_conformance.oracle.symbolic.cross_check.comparison import Comparison, Told
    from telltale_conformance.oracle.symbolic.cross_check.obligations import Export
    from telltale_conformance.oracle.symbolic.proof.solving import Query
    from telltale_conformance.oracle.symbolic.prove import Result
    from telltale_conformance.oracle.symbolic.statement.state import Contract


class Obligations:
    """What becomes of the questions that z3 is asked: kept in a folder, decided again by cvc5, or both.

    Args:
        again: let cvc5 decide them.
        export: the folder to keep them in; nothing is kept without it.
        proofs: the folder for cvc5's proofs; needs ``again``.
    """

    def __init__(self, again: bool = False, export: Path | None = None, proofs: Path | None = None) -> None:
        if proofs is not None and not again:
            raise UsageError("--proofs keeps the proofs of cvc5, which is not asked", remedy="add --cross-check cvc5")
        self.comparison: Comparison | None = None
        self._export: Export | None = None
        self._asked: list[tuple[str, Contract, Query]] = []
        if again:
            from telltale_conformance.oracle.symbolic.cross_check.comparison import Comparison

            self.comparison = Comparison(proofs)
        if export is not None:
            from telltale_conformance.oracle.symbolic.cross_check.obligations import Export

            self._export = Export(export)

    def watch(self) -> Callable[[str, Contract, Query], None] | None:
        """Return what is to be shown each question; None where nothing becomes of them."""
        if self.comparison is None and self._export is None:
            return None
        return lambda claim, contract, query: self._asked.append((claim, contract, query))

    def settle(self) -> Told | None:
        """Keep what was asked since the last time, and let cvc5 decide it; say what it found, where it is asked."""
        if self.watch() is None:
            return None
        from telltale_conformance.oracle.symbolic.cross_check.obligations import numbered

        made, self._asked = numbered(self._asked), []
        if self._export is not None:
            self._export.keep(made)
        return None if self.comparison is None else self.comparison.of(made)

    def finish(self) -> None:
        """Write the index of the folder."""
        if self._export is not None:
            self._export.finish()


@told
def run(
    contract: str | None = None,
    claims: list[str] | None = None,
    as_json: bool = False,
    work: int | None = None,
    programs: Path | None = None,
    *,
    cross_check: bool = False,
    export: Path | None = None,
    proofs: Path | None = None,
) -> int:
    """Decide the claims, print a verdict on each, and return the exit code.

    0: every claim stands as it is known to (docs/claims.md), refuted ones of ``telltale-17`` included.
    1: one does not, or cvc5 contradicts z3. 2: unknown claim or contract. 3: a solver gave up on one, which is named,
    or a signal came.

    Args:
        contract: one contract; both when None.
        claims: which claims; all when None or empty.
        as_json: print one JSON object for each claim.
        work: how much the solver may do for each claim, in its own units; its default when None.
        programs: a folder into which each counterexample that an implementation can run is written as a program,
            ``CLAIM.CONTRACT.program.jsonl``.
        cross_check: let cvc5 decide again whatever z3 decides.
        export: a folder into which all that z3 decides is written as SMT-LIB, with an index.
        proofs: a folder into which cvc5's proofs are written; needs ``cross_check``.
    """
    wanted = claims or []
    problem = unknown(contract, wanted)
    if problem is not None:
        raise UsageError(problem)
    obligations = Obligations(cross_check, export, proofs)
    with watched() as watch:
        try:
            return _decide(contract, wanted, as_json, work, programs, obligations)
        except (Interrupted, Exception):  # calls into C wrap what a signal raises within them
            if watch.signal is None:
                raise
            reason = watch.reason
    raise InconclusiveError(f"{reason}; the claims not named above were not decided")


@told
def run_self_test(contract: str | None = None, as_json: bool = False, work: int | None = None) -> int:
    """Say of every claim what its proof assumes and what that leaves room for, and return the exit code.

    0: every proof is about every operation, and all states that programs reach are admitted. 1: one is not. 2: unknown
    contract. 3: the solver gave up, or a signal came.
    """
    problem = unknown(contract, [])
    if problem is not None:
        raise UsageError(problem)
    with watched() as watch:
        try:
            return _self_test(contract, as_json, work)
        except (Interrupted, Exception):  # calls into C wrap what a signal raises within them
            if watch.signal is None:
                raise
            reason = watch.reason
    raise InconclusiveError(f"{reason}; the self-test did not end")


def _self_test(contract: str | None, as_json: bool, work: int | None) -> int:
    from telltale_conformance.oracle.symbolic.proof.solving import DEFAULT_WORK, Limits
    from telltale_conformance.oracle.symbolic.self_test import checks
    from telltale_conformance.oracle.symbolic.statement.state import Contract

    contracts = [Contract(contract)] if contract else list(Contract)
    code = AGREE
    for check in checks(contracts, Limits(DEFAULT_WORK if work is None else work)):
        if as_json:
            say_json({"subject": check.subject, "passed": check.passed, "told": check.told})
        else:
            say(f"{'passed' if check.passed else 'FAILED'}  {check.subject}: {check.told}")
        if not check.passed:
            code = DIVERGE
    return code


def _decide(
    contract: str | None,
    wanted: list[str],
    as_json: bool,
    work: int | None,
    programs: Path | None,
    obligations: Obligations,
) -> int:
    codes = [AGREE]
    from telltale_conformance.oracle.symbolic.proof.solving import DEFAULT_WORK  # z3 takes a while to load
    from telltale_conformance.oracle.symbolic.prove import results

    for result in results(contract, wanted, DEFAULT_WORK if work is None else work, obligations.watch()):
        told = obligations.settle()
        solver = "" if obligations.comparison is None else obligations.comparison.solver
        if as_json:
            say_json(result.to_json() | ({} if told is None else {"cross_check": _second_to_json(told, solver)}))
        else:
            say(_text(result) + ("" if told is None else f"\n    {told.count().words(solver)}"))
        if programs is not None:
            _keep(result, programs)
        if result.finding.status == "inconclusive":
            warn(f"{title_of(result.claim)} under {result.contract} is inconclusive: {result.finding.method}")
            codes.append(INCONCLUSIVE)
        elif result.finding.status != EXPECTED[result.contract][result.claim]:
            codes.append(DIVERGE)
        if told is not None:
            codes.append(_second_code(told))
    obligations.finish()
    return gravest(codes)


def _second_to_json(told: Told, solver: str) -> dict[str, Any]:
    count = told.count()
    counts = {"agree": count.agree, "disagree": count.disagree, "unknown": count.unknown}
    return {"solver": solver, "queries": count.asked, **counts}


def _second_code(told: Told) -> int:
    """Name what the second solver did not confirm."""
    for name in told.unproved:
        warn(f"no proof of {name} was written: cvc5 does not decide it when it has to give one")
    for reason in told.unknown:
        warn(f"the second solver is inconclusive: {reason}")
    for contradiction in told.disagreements:
        warn(f"a fault of the harness or of a solver, no verdict on any implementation: {contradiction}")
    if told.disagreements:
        return DIVERGE
    return INCONCLUSIVE if told.unknown else AGREE


def _keep(result: Result, folder: Path) -> None:
    found = result.finding.counterexample
    if found is None:
        return
    steps = tuple(Step(args=step["args"], op=step["op"], seq=step["seq"]) for step in found["steps"])
    program = Program(contract=found["contract"], meta=found["meta"], steps=steps)
    write_program(folder / f"{result.claim}.{result.contract}.program.jsonl", program)


def _text(result: Result) -> str:
    finding = result.finding
    bound = f" ({finding.bound})" if finding.bound is not None else ""
    subject = f"{result.contract:12} {title_of(result.claim):26} {finding.status + bound:32}"
    line = f"{subject} {result.seconds:6.2f} s  {finding.method}"
    if finding.counterexample is None:
        return line
    steps = [f"    {step['seq']}: {step['op']} {json.dumps(step['args'])}" for step in finding.counterexample["steps"]]
    return "\n".join([line, *steps])
