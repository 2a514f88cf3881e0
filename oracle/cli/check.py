"""The ``check`` command: every lane against one implementation, the self-tests, what follows from them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.oracle.adapters import AdapterFault, AdapterLimits, Hello
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.campaign.folder import DISTILLED, DISTILLED_RACES
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes import concurrent, guided
from telltale_conformance.oracle.lanes.effort import GUARD, Effort
from telltale_conformance.oracle.lanes.identity import contract_of, refuse_others
from telltale_conformance.oracle.lanes.only import only_named, restricted
from telltale_conformance.oracle.lanes.self_tests import SelfTest, self_tests
from telltale_conformance.oracle.lanes.subject import Greeted, Settings, Subject
from telltale_conformance.oracle.lanes.table import ASKED_FOR, LANES, SELF_TESTS, Lane
from telltale_conformance.oracle.process.interrupts import Interrupted, Watch, heed, held_back, watched
from telltale_conformance.oracle.process.progress import Bar, bar
from telltale_conformance.oracle.reports.json_report import lane_document
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from telltale_conformance.readable import counted, one_line

DEFAULT_LANES: Final = tuple(LANES)


def _lane(name: str) -> Lane:
    return ASKED_FOR[name] if name in ASKED_FOR else LANES[name]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a check is asked to run."""

    lanes: tuple[str, ...] = DEFAULT_LANES
    self_tests: tuple[str, ...] = ()
    """Those that were asked for by name."""
    only_named: bool = False
    """Lanes were named, so self-tests that were not are only told where they are remembered."""
    anew: bool = False
    """Self-tests are run whatever is remembered."""
    time_limit: float | None = None
    """Seconds after which the check ends early; None for ten times what it usually takes."""

    def usual(self, effort: Effort) -> Mapping[str, float]:
        """Return how many seconds each lane usually takes."""
        return {name: _lane(name).usual[effort] for name in self.lanes}

    def limit(self, effort: Effort) -> float:
        """Return after how many seconds the check ends early."""
        return GUARD * sum(self.usual(effort).values()) if self.time_limit is None else self.time_limit


@told
def run(
    *,
    sut: str | None = None,
    sut_clients: str | None = None,
    contract: str | None = None,
    lanes: Sequence[str] | None = None,
    effort: Effort = Effort.default,
    cases: int | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    workers: int = 1,
    level: Level = Level.state,
    self_test: bool = False,
    as_json: bool = False,
    coverage: bool = False,
    examples: str | None = None,
    limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS,
    gate: Gate | None = None,
    beyond_limits: bool = False,
    only: str | None = None,
    corpus: Path | None = None,
) -> int:
    """Run the lanes, tell what follows, and return the exit code.

    Args:
        sut: the command of the adapter; None is the built-in reference, in this process.
        sut_clients: the command of one of several clients on one store, for lane ``concurrent``; without ``sut`` this
            is the one lane.
        contract: that the built-in reference follows; an adapter must say that it follows it. None leaves it open.
        lanes: the names of lanes and self-tests; all lanes, and the self-tests that are due, by default.
        effort: how much is tried.
        cases: how many cases the one lane tries that is named, in place of what the effort says.
        time_limit: seconds after which the check ends early, above 0; ten times the usual time when None.
        seed: what the generated cases follow from.
        workers: processes among which cases are shared, from 1.
        level: how strictly answers are compared.
        self_test: run the self-tests anew, whatever is remembered of them.
        as_json: print one JSON object per lane instead of the text.
        coverage: print every cell that was reached, not only how many.
        examples: where Hypothesis keeps failing examples, a folder or a Redis URL; None for nowhere.
        limits: within which the adapter is heard.
        gate: the baseline, the reports and when to stop early; none of these when None.
        beyond_limits: run lane ``limits`` too.
        only: the name of the one thing that the check is restricted to, as ``oracle.lanes.only`` takes it.
        corpus: the folder of a campaign, or the corpus that it distilled, for lane ``guided``.
    """
    gate = gate or Gate()
    restriction = None if only is None else only_named(only, (*LANES, *ASKED_FOR))
    if restriction is not None:
        lanes = lanes or ([restriction.lane] if restriction.lane is not None else None)
        gate.restrict()
    named = list(dict.fromkeys(lanes or ()))
    only_clients = sut is None and sut_clients is not None
    default = (concurrent.LANE,) if only_clients else DEFAULT_LANES
    plan = Plan(
        lanes=(
            *(tuple(name for name in named if name in LANES) if named else default),
            *(name for name in ASKED_FOR if name in named or beyond_limits),
        ),
        self_tests=tuple(name for name in named if name in SELF_TESTS),
        only_named=(bool(named) or only is not None) and not self_test,
        anew=self_test,
        time_limit=time_limit,
    )
    problem = _problem(named, plan, cases, workers)
    if problem is None and only_clients and plan.lanes != default:
        problem = f"--sut-clients alone is for lane {concurrent.LANE}: give the command of an adapter with --sut too"
    if problem is not None:
        raise UsageError(problem)
    settings = Settings(
        seed=seed,
        effort=effort,
        cases=cases,
        workers=workers,
        level=level,
        corpus=None if corpus is None else _distilled(corpus),
        races=None if corpus is None else _distilled_races(corpus),
        examples=examples,
        only=restriction,
    )
    subject = Subject(command=sut, clients=sut_clients, limits=limits)
    if contract is not None:
        subject = msgspec.structs.replace(subject, contract=contract)
    with watched() as watch:
        try:
            return _judge(plan, subject, contract, settings, gate, watch, as_json, coverage)
        except Interrupted:
            raise InconclusiveError(f"{watch.reason}, before or after the lanes") from None


def _distilled(place: Path) -> str:
    """Return the file of a campaign's distilled corpus, which can be read.

    Raises:
        UsageError: it cannot.
    """
    file = str(place / DISTILLED if place.is_dir() else place)
    guided.corpus_of(file, "")
    return file


def _distilled_races(place: Path) -> str | None:
    """Return the file of the races that a campaign distilled, which can be read; None where there is none.

    Raises:
        UsageError: it cannot be read.
    """
    file = place / DISTILLED_RACES
    if not place.is_dir() or not file.exists():
        return None
    concurrent.races_in(str(file))
    return str(file)


def _problem(named: Sequence[str], plan: Plan, cases: int | None, workers: int) -> str | None:
    """Say what is wrong with what was asked for; None where nothing is."""
    for name in named:
        if name not in {*LANES, *ASKED_FOR, *SELF_TESTS}:
            lanes, tests = ", ".join((*LANES, *ASKED_FOR)), ", ".join(SELF_TESTS)
            return f"unknown lane {name!r}: there are {lanes}, and the self-tests {tests}"
    if plan.time_limit is not None and not plan.time_limit > 0:
        return "the time limit must be above 0 seconds"
    if workers < 1:
        return "workers must be at least 1"
    if cases is None:
        return None
    able = ", ".join(name for name, lane in LANES.items() if lane.takes_cases)
    if cases < 1:
        return "--cases must be at least 1"
    if len(plan.lanes) != 1 or not _lane(plan.lanes[0]).takes_cases:
        return f"--cases says how many cases one lane tries: name that lane with --lanes, one of {able}"
    return None


def _judge(
    plan: Plan,
    subject: Subject,
    contract: str | None,
    settings: Settings,
    gate: Gate,
    watch: Watch,
    as_json: bool,
    coverage: bool,
) -> int:
    """Start the implementation, run the lanes, conclude."""
    gate.make_ready()
    subject, hello = _greeted(subject)
    try:
        gate.prepare(contract_of(hello, contract))
        check = Check(
            subject=subject, hello=hello, settings=gate.settings(settings), time_limit=plan.limit(settings.effort)
        )
        check = _run(plan, check, gate, watch, as_json)
    finally:
        subject.greeted.end()
    with held_back():
        return gate.conclude(check, quiet=as_json, every_cell=coverage)


def _run(plan: Plan, check: Check, gate: Gate, watch: Watch, as_json: bool) -> Check:
    """Run the lanes in their order, then the self-tests; a signal, the gate or the clock may end them early."""
    started = time.monotonic()
    begun = cpu = _cpu_seconds()
    begun_lanes: list[str] = []
    results: list[LaneResult] = []
    tests: list[SelfTest] = []
    names, effort = plan.lanes, check.settings.effort

    def so_far(reason: str | None, interrupted: bool) -> Check:
        """Return what has been run; lanes that had no turn say why."""
        done = list(results)
        rest = names[len(done) :]
        if reason is not None and rest and (interrupted or reason == late):
            # what the clock took away leaves a question, and of a signal the lane that lost its result by it
            lost = begun_lanes[len(done) :] if interrupted else rest
            done += [LaneResult(lane=name, notes=(reason,)) for name in lost]
        done += [not_run(name, str(reason)) for name in names[len(done) :]]
        seconds = time.monotonic() - started
        return msgspec.structs.replace(
            check,
            results=tuple(done),
            self_tests=tuple(tests),
            seconds=seconds,
            cpu_seconds=cpu - begun,
            cut_short=reason,
            interrupted=interrupted,
        )

    def last_resort() -> None:
        gate.conclude(so_far("interrupted, and the running lane did not end", True), quiet=as_json)

    reason = late = None
    watch.last_resort = last_resort
    limit = plan.limit(effort)
    settings = msgspec.structs.replace(check.settings, deadline=started + limit)
    usual = plan.usual(effort)
    try:
        if not as_json:
            _tell_subject(check)
        with bar(usual, wanted=not as_json) as shown:
            for result in _results(names, check.subject, settings, shown, begun_lanes):
                results.append(result)
                cpu = _cpu_seconds()
                if as_json:
                    with shown.aside():
                        say_json(lane_document(result))
                if settings.late and (len(results) < len(names) or not result.complete):
                    late = _late(limit, results, usual)
                reason = watch.reason or gate.stops_after(result) or late
                if reason is not None:
                    break
        if reason is None:
            asked, contract = plan.self_tests, check.subject.contract
            for one in self_tests(contract, asked=asked, only_asked=plan.only_named, anew=plan.anew):
                tests.append(one)
            reason = watch.reason
    except Interrupted:
        reason = watch.reason
    return so_far(reason if len(results) < len(names) or watch.signal or late else None, watch.signal is not None)


def _cpu_seconds() -> float:
    """Return the processor time of this process and of all that it waited for."""
    return sum(os.times()[:4])


def _late(limit: float, results: Sequence[LaneResult], usual: Mapping[str, float]) -> str:
    """Say that the time limit was reached, and how many times as much is needed by what was done within it."""
    done = 0.0
    for result in results:
        cases = result.evidence.cases
        part = (cases.shown + cases.against) / cases.planned if cases.planned else 1.0
        done += usual[result.lane] * part
    whole = sum(usual.values())
    factor = whole / done if done > 0 else None
    needed = (
        ""
        if factor is None
        else f"; about {factor:.1f} times as much is needed: --time-limit {max(1, ceil(factor * limit))}"
    )
    return f"the time limit of {limit:g} s was reached{needed}"


def _tell_subject(check: Check) -> None:
    hello, settings = check.hello, check.settings
    amount = f"effort {settings.effort}" if settings.cases is None else counted(settings.cases, "case")
    name, version = one_line(hello.name, 80), one_line(hello.version, 40)
    say(f"{name} {version}, contract {hello.contract}, seed {settings.seed}, {amount}")


def _greeted(subject: Subject) -> tuple[Subject, Hello]:
    """Return the implementation, to be judged by the contract that it says it follows.

    The process that was greeted is left to the first lane. No two run at once, as they may share a store or a port.
    """
    greetings: dict[str, Hello] = {}
    clients = subject.start_clients() if subject.clients is not None else None
    if clients is not None and subject.clients is not None:
        greetings[subject.clients] = clients.hello
        if subject.command is None:
            return _to_judge(subject, clients.hello, greetings, Greeted(clients=clients)), clients.hello
        clients.close()
    adapter = subject.start()
    if subject.command is not None:
        greetings[subject.command] = adapter.hello
    greeted = Greeted(adapter)
    if clients is not None:
        try:
            refuse_others(adapter.hello, clients.hello, subject.clients)
        except BaseException:
            greeted.end()
            raise
    return _to_judge(subject, adapter.hello, greetings, greeted), adapter.hello


def _to_judge(subject: Subject, hello: Hello, greetings: Mapping[str, Hello], greeted: Greeted) -> Subject:
    return msgspec.structs.replace(subject, contract=hello.contract, greetings=greetings, greeted=greeted)


def _results(
    names: Sequence[str], subject: Subject, settings: Settings, shown: Bar, begun: list[str]
) -> Iterator[LaneResult]:
    """Yield the results of the lanes, each of which is noted when it begins."""
    for name in names:
        shown.begin(name)
        begun.append(name)
        yield run_lane(name, subject, settings)


def run_lane(name: str, subject: Subject, settings: Settings) -> LaneResult:
    """Run one lane; a fault of the harness or the adapter makes it inconclusive, never a verdict."""
    only = settings.only
    why_not = None if only is None else only.why_not_run(name)
    if why_not is not None:
        return not_run(name, why_not)
    started = time.monotonic()
    try:
        result = _lane(name).run(subject, settings)
    except AdapterFault as fault:
        note = f"fault of the adapter: {fault.diagnostic()}"
    except InconclusiveError as error:
        note = str(error)
    except Exception as error:
        heed()  # calls into C wrap what a signal raises within them
        note = f"fault of the harness: {type(error).__name__}: {error}"
    else:
        return result if only is None else restricted(result, only)
    return LaneResult(lane=name, tally=Tally(faults=1), notes=(note,), seconds=time.monotonic() - started)
