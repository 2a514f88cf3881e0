"""The verdict on one history: whether some order of its operations gives every answer."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from telltale_conformance.lean_traces.histories import HistoryReader, open_history
from telltale_conformance.lean_traces.history import HistoryEvent, Return
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import Contract, UnknownContract, contract_named
from telltale_conformance.oracle.histories.budget import CONFIGURATIONS, OverBudget
from telltale_conformance.oracle.histories.checker import Checker, Refused, check
from telltale_conformance.oracle.histories.explaining import Refusal, refusal
from telltale_conformance.oracle.histories.foresight import foreseen
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Tally

HistoryVerdict = Literal["agree", "diverge", "malformed", "inconclusive"]


class HistoryResult(Struct, frozen=True, kw_only=True):
    """What became of one history."""

    trace: str
    """The file, or the name, of the history."""
    verdict: HistoryVerdict
    clients: int = 0
    events: int = 0
    judged: int = 0
    """Answers that some order explains, and the one that none does."""
    configurations: int = 0
    """How many were visited."""
    refusal: Refusal | None = None
    error: str | None = None
    uncovered: int = 0
    not_judged: int = 0
    """Events after the one at which no order was left, or the budget was spent."""
    log_compared: bool = False
    """Each answer has the records that it appended to the log; of one without them nothing is said of the log."""

    @property
    def tally(self) -> Tally:
        """The history as counted."""
        return Tally(cases=1, judged=self.judged, not_judged=self.not_judged, faults=self.error is not None)


def judge_history(
    events: Callable[[], Iterable[HistoryEvent]],
    contract: Contract | str,
    *,
    name: str = "",
    clients: int = 0,
    level: Level = Level.state,
    budget: int = CONFIGURATIONS,
) -> HistoryResult:
    """Judge a history.

    Args:
        events: gives its events, each time it is called from the first on.
        contract: by which it is judged.
        name: what it is called.
        clients: how many there are.
        level: how strictly answers are compared.
        budget: how many configurations may be visited.

    Raises:
        MalformedTrace: the events come from a file that is malformed.
        UnknownContract: the model states no such contract.
    """
    contract = contract_named(contract) if isinstance(contract, str) else contract
    checker = Checker(contract, level=level, budget=budget)
    taken = 0
    ahead = iter(events())
    counted = _Counted(ahead)
    refused: Refused | None = None
    error: str | None = None
    try:
        for _ in check(foreseen(counted), checker):
            taken += 1
    except Refused as found:
        refused = found
    except OverBudget as spent:
        error = f"{spent.problem} were needed at event {taken}; {spent.remedy}"
    for _ in counted:  # a malformed history is never half judged
        pass
    why = None if refused is None else refusal(refused, taken, events, contract, level)
    nothing = "no call of the history was answered" if not checker.budget.answers else None
    verdict: HistoryVerdict = "diverge" if why else "inconclusive" if error or nothing else "agree"
    return HistoryResult(
        trace=name,
        verdict=verdict,
        clients=clients,
        events=counted.seen,
        judged=checker.budget.answers,
        configurations=checker.budget.visited,
        refusal=why,
        error=error or (None if why else nothing),
        not_judged=0 if verdict == "agree" else counted.seen - taken - (why is not None),
        log_compared=not counted.without_log,
    )


class _Counted:
    """Counts what is taken."""

    def __init__(self, events: Iterable[HistoryEvent]) -> None:
        self._events = iter(events)
        self.seen = 0
        self.without_log = 0
        """How many answers have no records of the log."""

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> HistoryEvent:
        event = next(self._events)
        self.seen += 1
        self.without_log += isinstance(event, Return) and event.answer.audit is None
        return event


def judge_bytes(history: bytes, *, level: Level = Level.state) -> HistoryResult:
    """Judge a history that the bytes of a plain file are.

    Raises:
        MalformedTrace: they are malformed.
    """

    def reader() -> HistoryReader:
        return HistoryReader(io.BytesIO(history), "history", packed=False)

    header = reader().header
    return judge_history(reader, header.contract, clients=header.clients, level=level)


def judge_file(
    path: Path,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    limits: Limits = DEFAULT_LIMITS,
    budget: int = CONFIGURATIONS,
) -> HistoryResult:
    """Judge a history file; a fault of the harness itself is inconclusive, never a verdict on the history.

    Raises:
        UnknownContract: ``contract`` is none that the model states.
    """

    def events() -> Iterable[HistoryEvent]:
        with open_history(path, limits) as reader:
            yield from reader

    if contract is not None:
        contract_named(contract)
    try:
        with open_history(path, limits) as reader:
            header = reader.header
        return judge_history(
            events,
            contract or header.contract,
            name=str(path),
            clients=header.clients,
            level=level,
            budget=budget,
        )
    except MalformedTrace as error:
        return HistoryResult(trace=str(path), verdict="malformed", error=str(error))
    except UnknownContract as error:
        return HistoryResult(trace=str(path), verdict="malformed", error=f"{path}:1: {error}; give --contract")
    except Exception as error:
        text = f"{path}: fault of the harness: {type(error).__name__}: {error}"
        return HistoryResult(trace=str(path), verdict="inconclusive", error=text)
