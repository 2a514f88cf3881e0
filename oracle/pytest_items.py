"""The items of the pytest plugin: one trace as a file of tests, and the judgements of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from telltale_conformance.errors import HarnessError, InconclusiveError

if TYPE_CHECKING:
    from telltale_conformance.oracle.adapters import Adapter
    from telltale_conformance.oracle.verdict.evidence import Tally

MARK: Final = "session_trace"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is a trace in this run, and how traces are judged."""

    traces: frozenset[Path]
    sut: str | None
    contract: str | None
    level: str
    claims: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line."""
        judged = f"carried out by {self.sut}" if self.sut else "replayed on the reference"
        from telltale_conformance.oracle.claims.catalogue import title_of

        claims = f", claims {', '.join(map(title_of, self.claims))}" if self.claims else ""
        contract = self.contract or "the one that is named"
        return f"{len(self.traces)} declared, {judged}, contract {contract}, level {self.level}{claims}"


DECLARED: Final = pytest.StashKey[Declared]()
ADAPTER: Final = pytest.StashKey[Any]()


class Departure(Exception):
    """Thrown when a trace departs from the contract, or an implementation on its operations; the text tells how."""


class ClaimBroken(Exception):
    """Thrown when a claim that is asked for is broken on a trace."""


class Inconclusive(InconclusiveError):
    """Thrown when the trace is malformed, or the adapter or the harness fails, so that nothing is concluded."""


class TraceFile(pytest.File):
    """One trace."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield what is asked of it."""
        declared = self.config.stash[DECLARED]
        yield Replay.from_parent(self, name="replay", declared=declared)
        if declared.claims:
            yield Claims.from_parent(self, name="claims", declared=declared)


class TraceItem(pytest.Item):
    """One judgement of a trace.

    All the work is done in ``setup``, so that pytest shows as an error, not as a failure, what is not a verdict.
    """

    def __init__(self, *, declared: Declared, **given: Any) -> None:
        super().__init__(**given)
        self.declared = declared
        self.failure: Exception | None = None
        self.add_marker(MARK)

    def setup(self) -> None:
        """Judge the trace; where nothing can be concluded, say so in the words of what went wrong."""
        problem = None
        try:
            self.judge()
        except HarnessError as error:
            problem = error
        if problem is None:
            return
        if not self.user_properties:
            self._tell("inconclusive" if isinstance(problem, InconclusiveError) else "malformed")
        pytest.fail(str(problem), pytrace=False)

    def judge(self) -> None:
        """Judge the trace, and keep what makes it fail."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Fail where the judgement says so."""
        if self.failure is not None:
            raise self.failure

    def _tell(self, verdict: str, tally: Tally | None = None) -> None:
        """Leave the verdict and the counts in the report, where the summary and JUnit find them."""
        self.user_properties.append((f"{MARK}_verdict", verdict))
        if tally is not None:
            counts = {"judged": tally.judged, "uncovered": tally.uncovered, "not_judged": tally.not_judged}
            self.user_properties += [(f"{MARK}_{name}", count) for name, count in counts.items()]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a judgement as its text, anything else with where it came from."""
        if isinstance(excinfo.value, Departure | ClaimBroken):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the trace."""
        return self.path, None, f"trace {self.path.name} {self.name}"


class Replay(TraceItem):
    """Whether the trace, or the implementation on its operations, keeps the contract."""

    def judge(self) -> None:
        """Replay the trace, or have its operations carried out."""
        from telltale_conformance.oracle.verdict.compare import Level

        level = Level[self.declared.level]
        if self.declared.sut is None:
            self._replayed(level)
        else:
            self._carried_out(self.declared.sut, level)

    def _replayed(self, level: Any) -> None:
        from telltale_conformance.oracle.reference.replay import judge
        from telltale_conformance.oracle.reports.text import result_text

        result = judge(self.path, contract=self.declared.contract, level=level)
        self._tell(result.verdict, result.tally)
        if result.verdict == "diverge":
            self.failure = Departure(result_text(result))
        elif result.verdict != "agree":
            raise Inconclusive(result_text(result))

    def _carried_out(self, command: str, level: Any) -> None:
        from telltale_conformance.oracle.lanes.corpus import judge_trace
        from telltale_conformance.oracle.reports.text import divergence_text
        from telltale_conformance.oracle.verdict.evidence import missing_text, verdict_of

        adapter = _adapter(self.config, command)
        result = judge_trace(adapter, self.path, level, self.declared.contract)
        nothing = not result.tally.judged and not result.faults
        self._tell("not judged" if nothing else verdict_of(result.evidence, result.tally), result.tally)
        if result.divergences:
            self.failure = Departure(divergence_text(result.divergences[0]))
        elif result.faults:
            raise Inconclusive(f"inconclusive: {result.faults[0]}")
        elif nothing:
            pytest.skip("the implementation offers none of the operations of this trace")
        elif verdict_of(result.evidence, result.tally) != "agree":
            raise Inconclusive(f"inconclusive: {'; '.join(missing_text(result.evidence, result.tally))}")


class Claims(TraceItem):
    """Whether the claims that are asked for are kept on the trace, whatever the contract says of them."""

    def judge(self) -> None:
        """Watch the claims on the recorded answers, or on those of the implementation."""
        from telltale_conformance.oracle.claims.catalogue import CLAIMS
        from telltale_conformance.oracle.lanes.stands import stand_of
        from telltale_conformance.oracle.reports.text import claims_lines

        verdicts = self._watched()
        stands = {CLAIMS[claim].title: stand_of(verdicts[claim]) for claim in self.declared.claims}
        broken = [verdicts[claim].violations[0] for claim in self.declared.claims if verdicts[claim].violations]
        judged = [title for title, stand in stands.items() if stand.status != "not judged"]
        self._tell("claims broken" if broken else "claims kept" if judged else "claims not judged")
        told = "\n".join(claims_lines(stands))
        if broken:
            first = [f"claim {CLAIMS[one.claim].title} broken at event {one.seq}: {one.why}" for one in broken]
            self.failure = ClaimBroken("\n".join([*first, told]))
        elif not judged:
            pytest.skip("no event of this trace was an occasion for the claims that are asked for")
        self.add_report_section("setup", "claims", told)

    def _watched(self) -> Any:
        from telltale_conformance.oracle.claims.judging import judge_claims, watch_trace
        from telltale_conformance.oracle.lanes.corpus import program_of

        if self.declared.sut is None:
            return watch_trace(self.path)
        adapter = _adapter(self.config, self.declared.sut)
        (report,) = judge_claims(adapter, [(self.path.name, program_of(self.path, adapter, self.declared.contract))])
        broken = any(verdict.violations for verdict in report.verdicts.values())
        if report.stopped is not None and not broken:
            raise Inconclusive(f"inconclusive: {report.stopped}")
        return report.verdicts


def _adapter(config: pytest.Config, command: str) -> Adapter:
    """Return the adapter, started once per run.

    Raises:
        Inconclusive: it cannot be started.
    """
    from telltale_conformance.oracle.adapters import AdapterFault, SubprocessAdapter

    if ADAPTER not in config.stash:
        try:
            config.stash[ADAPTER] = SubprocessAdapter(command)
        except AdapterFault as fault:
            raise Inconclusive(f"inconclusive: {fault.diagnostic()}") from None
    adapter: Adapter = config.stash[ADAPTER]
    return adapter
