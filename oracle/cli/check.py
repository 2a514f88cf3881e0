"""The ``check`` command: every lane against one implementation, a table, the coverage, the verdict."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.adapters import AdapterFault, AdapterLimits, Hello
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.cli.terminal import say, told
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.process.interrupts import Interrupted, Watch, heed, held_back, watched
from telltale_conformance.oracle.process.progress import Bar, bar
from telltale_conformance.oracle.reports.json_report import lane_document
from telltale_conformance.oracle.reports.text import closing_text, coverage_text, divergence_text, lane_line, table_head
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from telltale_conformance.readable import json_line, one_line

DEFAULT_LANES: Final = tuple(LANES)
SHARES: Final[Mapping[str, float]] = {
    "corpus": 0.1,
    "programs": 0.2,
    "stateful": 0.1,
    "graph": 0.25,
    "near-miss": 0.05,
    "claims": 0.05,
    "lean": 0.05,
    "symbolic": 0.2,
}
"""Which part of the budget each lane may take; what one leaves, those after it may use."""


@told
def run(
    *,
    sut: str | None = None,
    lanes: Sequence[str] | None = None,
    budget: float = 60.0,
    seed: int = 0,
    workers: int = 1,
    level: Level = Level.state,
    as_json: bool = False,
    coverage: bool = False,
    examples: str | None = None,
    limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
    gate: Gate | None = None,
) -> int:
    """Run the lanes, print a table, and return the exit code.

    Args:
        sut: the command of the adapter; None is the built-in reference, in this process.
        lanes: their names; all of them by default.
        budget: seconds for all lanes together, above 0.
        seed: what the generated cases follow from, with the budget.
        workers: processes among which cases are shared, from 1.
        level: how strictly answers are compared.
        as_json: print one JSON object per lane instead of the tables.
        coverage: print every cell that was reached, not only how many.
        examples: where Hypothesis keeps failing examples, a folder or a Redis URL; None for nowhere.
        limits: within which the adapter is heard.
        gate: the baseline, the reports and when to stop early; none of these when None.
    """
    names = list(lanes) if lanes else list(DEFAULT_LANES)
    unknown = [name for name in names if name not in LANES]
    problem = (
        f"unknown lane {unknown[0]!r}: there are {', '.join(LANES)}"
        if unknown
        else "the budget must be above 0 seconds"
        if not budget > 0
        else "workers must be at least 1"
        if workers < 1
        else None
    )
    if problem is not None:
        raise UsageError(problem)
    settings = Settings(seed=seed, budget=budget, workers=workers, level=level, examples=examples, named=bool(lanes))
    with watched() as watch:
        try:
            return _judge(names, sut, limits, settings, gate or Gate(), watch, as_json, coverage)
        except Interrupted:
            raise InconclusiveError(f"{watch.reason}, before or after the lanes") from None


def _judge(
    names: Sequence[str],
    sut: str | None,
    limits: AdapterLimits,
    settings: Settings,
    gate: Gate,
    watch: Watch,
    as_json: bool,
    coverage: bool,
) -> int:
    """Start the implementation, run the lanes, conclude."""
    subject, hello = _subject(sut, limits)
    if hello.contract not in CONTRACTS:
        follows = json_line(hello.contract, 80)
        raise InconclusiveError(
            f"the adapter follows contract {follows}", remedy=f"this harness states {', '.join(CONTRACTS)}"
        )
    gate.prepare(hello.contract)

    check = Check(subject=subject, hello=hello, settings=gate.settings(settings))
    check = _run(names, check, gate, watch, as_json)
    with held_back():
        if not as_json:
            say(coverage_text(check.results, hello.ops, every_cell=coverage))
        code = gate.conclude(check, quiet=as_json)
        if not as_json:
            say(closing_text(check.results, code, check.seconds))
    return code


def _run(names: Sequence[str], check: Check, gate: Gate, watch: Watch, as_json: bool) -> Check:
    """Run the lanes in their order; a signal or the gate may end them early."""
    started = time.monotonic()
    results: list[LaneResult] = []
    shares = {name: SHARES[name] for name in names}

    def so_far(reason: str | None, interrupted: bool) -> Check:
        """Return what has been run; lanes that had no turn say why."""
        rest = names[len(results) :]
        if interrupted and rest:
            hit = LaneResult(lane=rest[0], notes=(str(reason),))
            results.append(hit)
        all_results = (*results, *(not_run(name, str(reason)) for name in names[len(results) :]))
        seconds = time.monotonic() - started
        return msgspec.structs.replace(
            check, results=all_results, seconds=seconds, cut_short=reason, interrupted=interrupted
        )

    def last_resort() -> None:
        gate.conclude(so_far("interrupted, and the running lane did not end", True), quiet=as_json)

    reason: str | None = None
    watch.last_resort = last_resort
    try:
        if not as_json:
            _tell_subject(check)
        with bar(shares, check.settings.budget, wanted=not as_json) as shown:
            for result in _results(names, check.subject, check.settings, started, shown):
                results.append(result)
                with shown.aside():
                    _tell(result, as_json)
                reason = watch.reason or gate.stops_after(result)
                if reason is not None:
                    break
    except Interrupted:
        reason = watch.reason
    return so_far(reason if len(results) < len(names) or watch.signal else None, watch.signal is not None)


def _tell_subject(check: Check) -> None:
    hello = check.hello
    name, version = one_line(hello.name, 80), one_line(hello.version, 40)
    say(f"{name} {version}, contract {hello.contract}, seed {check.settings.seed}")
    say(table_head())


def _tell(result: LaneResult, as_json: bool) -> None:
    if as_json:
        print(encode(lane_document(result)).decode(), flush=True)
        return
    say(lane_line(result))
    for divergence in result.divergences[:1]:
        say(divergence_text(divergence))


def _subject(sut: str | None, limits: AdapterLimits) -> tuple[Subject, Hello]:
    """Return the implementation, to be judged by the contract that it says it follows."""
    subject = Subject(command=sut, limits=limits)
    adapter = subject.start()
    hello = adapter.hello
    adapter.close()
    return msgspec.structs.replace(subject, contract=hello.contract), hello


def _results(
    names: Sequence[str], subject: Subject, settings: Settings, started: float, shown: Bar
) -> Iterator[LaneResult]:
    share = sum(SHARES[name] for name in names)
    spent = 0.0
    for name in names:
        spent += SHARES[name]
        shown.begin(name)
        deadline = started + settings.budget * spent / share
        yield run_lane(name, subject, msgspec.structs.replace(settings, deadline=deadline))


def run_lane(name: str, subject: Subject, settings: Settings) -> LaneResult:
    """Run one lane; a fault of the harness or the adapter makes it inconclusive, never a verdict."""
    started = time.monotonic()
    try:
        result = LANES[name](subject, settings)
    except AdapterFault as fault:
        note = f"fault of the adapter: {fault.diagnostic()}"
    except Exception as error:
        heed()  # calls into C wrap what a signal raises within them
        note = f"fault of the harness: {type(error).__name__}: {error}"
    else:
        return result
    return LaneResult(lane=name, tally=Tally(faults=1), notes=(note,), seconds=time.monotonic() - started)
