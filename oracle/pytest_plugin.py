"""A pytest plugin: recorded traces as tests.

The ini option ``session_traces`` and ``--session-traces`` declare which files are traces, ``--session-recordings`` adds
the recordings that are part of the package. Each trace is a file of its own for pytest, with the item ``replay``: the
trace is replayed against the reference store, or its operations are carried out by the implementation behind
``session_sut``. With ``session_claims`` it has the item ``claims`` too.

A trace that departs from the contract fails. Where nothing can be concluded (the trace is malformed, or the adapter
fails) the item ends in an error. What was not judged is counted, and told at the end of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from telltale_conformance.errors import HarnessError, InconclusiveError

if TYPE_CHECKING:
    from telltale_conformance.oracle.adapters import Adapter
    from telltale_conformance.oracle.verdict.evidence import Tally

_GROUP: Final = "telltale-conformance"
_MARK: Final = "session_trace"
_LEVELS: Final = ("outcome", "payload", "audit", "state")
_SINGLE: Final = {
    "sut": ("CMD", "The implementation behind this adapter carries the traces' operations out."),
    "contract": ("NAME", "Judge by this contract instead of the one that the trace or the adapter names."),
    "level": ("LEVEL", f"How strictly answers are compared: {', '.join(_LEVELS)}; state by default."),
    "claims": ("IDS", "Watch these claims on every trace too: ids separated by commas, or all."),
}
"""Options that have one value, each as ``--session-NAME`` and in the ini file as ``session_NAME``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup(_GROUP, "session-store traces")
    group.addoption(
        "--session-traces",
        action="append",
        default=[],
        metavar="PATH",
        help="Collect this trace, or the traces in this folder, as tests; may be given more than once.",
    )
    group.addoption(
        "--session-recordings",
        action="store_true",
        help="Collect the recordings that are part of telltale-conformance as tests.",
    )
    parser.addini("session_traces", "Traces, and folders of traces, that are tests.", type="paths", default=[])
    for name, (metavar, said) in _SINGLE.items():
        group.addoption(f"--session-{name}", default=None, metavar=metavar, help=said)
        parser.addini(f"session_{name}", said, default="")


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


_DECLARED: Final = pytest.StashKey[Declared]()
_DUE: Final = pytest.StashKey[frozenset[Path]]()
"""The traces that this run must judge, whatever folders pytest passes over."""
_ADAPTER: Final = pytest.StashKey[Any]()


def pytest_configure(config: pytest.Config) -> None:
    """Read what is declared, and let pytest collect it.

    Without arguments pytest runs all that is declared beside the project's tests. What an option asks for is run beside
    the arguments too, unless one of them picks a single test.
    """
    config.addinivalue_line("markers", f"{_MARK}: a recorded trace of a session store, as a test")
    asked = [config.invocation_params.dir / given for given in config.getoption("session_traces")]
    if config.getoption("session_recordings"):
        from telltale_conformance.lean_traces.shipped import RECORDINGS

        asked.append(RECORDINGS)
    in_ini: list[Path] = config.getini("session_traces")
    if not asked and not in_ini:
        return
    traces = frozenset(path.resolve() for path in _found([*in_ini, *asked]))
    config.stash[_DECLARED] = _checked(config, traces)
    beside: list[Path] = []
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        beside = [*in_ini, *asked]
    elif not any("::" in argument for argument in config.args):
        beside = asked
    config.args += map(str, beside)
    config.stash[_DUE] = frozenset(path.resolve() for path in _found(beside))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the folder of a dossier out, unless it is named: a report beside the tests is none of them."""
    if not any(collection_path.glob("*.sha256")):
        return None  # so that a project without dossiers loads nothing of ours
    from telltale_conformance.oracle.dossier.seal import SEAL

    return True if (collection_path / SEAL).is_file() else None


def _found(roots: Iterable[Path]) -> list[Path]:
    from telltale_conformance.lean_traces.lines import NoTraces, find_traces

    try:
        return find_traces(roots)
    except NoTraces as error:
        raise pytest.UsageError(f"session_traces: {error}") from None


def _checked(config: pytest.Config, traces: frozenset[Path]) -> Declared:
    """Return what is declared.

    Raises:
        pytest.UsageError: an option has a value that means nothing.
    """
    from telltale_conformance.oracle.claims.catalogue import CLAIMS, unknown

    given = {
        name: config.getoption(f"--session-{name}") or config.getini(f"session_{name}") or None for name in _SINGLE
    }
    named = [claim.strip() for claim in (given["claims"] or "").split(",") if claim.strip()]
    claims = tuple(CLAIMS) if named == ["all"] else tuple(dict.fromkeys(named))
    problem = unknown(given["contract"], claims)
    if problem is not None:
        raise pytest.UsageError(problem)
    if given["sut"] is not None:
        from telltale_conformance.oracle.adapters import BadCommand, split_command

        try:
            split_command(given["sut"])
        except BadCommand as error:
            raise pytest.UsageError(f"session_sut: {error}") from None
    level = given["level"] or "state"
    if level not in _LEVELS:
        raise pytest.UsageError(f"unknown session level {level!r}: there are {', '.join(_LEVELS)}")
    return Declared(traces, given["sut"], given["contract"], level, claims)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is declared."""
    declared = config.stash.get(_DECLARED, None)
    return None if declared is None else f"session traces: {declared}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that is declared to be a trace."""
    declared = parent.config.stash.get(_DECLARED, None)
    if declared is None or file_path.resolve() not in declared.traces:
        return None
    collector: TraceFile = TraceFile.from_parent(parent, path=file_path)
    return collector


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run each trace once, by however many ways it was named; also one that pytest passed over."""
    judged = {item.path.resolve() for item in items if isinstance(item, TraceItem)}
    for path in sorted(config.stash.get(_DUE, frozenset()) - judged):
        if not _left_out(config, path):
            items += TraceFile.from_parent(session, path=path).collect()
    if config.getoption("keepduplicates"):
        return
    seen: set[tuple[Path, str]] = set()
    once = []
    for item in items:
        if isinstance(item, TraceItem):
            key = (item.path.resolve(), item.name)
            if key in seen:
                continue
            seen.add(key)
        once.append(item)
    items[:] = once


def _left_out(config: pytest.Config, path: Path) -> bool:
    """Say whether a trace is left out on purpose: by an option of pytest, or as a file of a dossier."""
    from telltale_conformance.oracle.dossier.seal import SEAL

    here = config.invocation_params.dir
    ignored = {(here / given).resolve() for given in config.getoption("ignore") or ()}
    globs = config.getoption("ignore_glob") or ()
    return (
        (path.parent / SEAL).is_file()
        or not ignored.isdisjoint({path, *path.parents})
        or any(fnmatch(str(path), str(here / pattern)) for pattern in globs)
    )


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
        declared = self.config.stash[_DECLARED]
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
        self.add_marker(_MARK)

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
        self.user_properties.append((f"{_MARK}_verdict", verdict))
        if tally is not None:
            counts = {"judged": tally.judged, "uncovered": tally.uncovered, "not_judged": tally.not_judged}
            self.user_properties += [(f"{_MARK}_{name}", count) for name, count in counts.items()]

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
        if result.faults:
            raise Inconclusive(f"inconclusive: {result.faults[0]}")
        if result.divergences:
            self.failure = Departure(divergence_text(result.divergences[0]))
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

    if _ADAPTER not in config.stash:
        try:
            config.stash[_ADAPTER] = SubprocessAdapter(command)
        except AdapterFault as fault:
            raise Inconclusive(f"inconclusive: {fault.diagnostic()}") from None
    adapter: Adapter = config.stash[_ADAPTER]
    return adapter


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the verdicts, and what was and was not judged."""
    found: dict[str, dict[str, Any]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            told = dict(getattr(report, "user_properties", ()))
            if f"{_MARK}_verdict" in told:
                found[report.nodeid] = told
    if not found:
        return
    verdicts = Counter(told[f"{_MARK}_verdict"] for told in found.values())
    counts = ("judged", "uncovered", "not_judged")
    events = {name: sum(told.get(f"{_MARK}_{name}", 0) for told in found.values()) for name in counts}
    terminalreporter.write_line(
        f"session traces: {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}; "
        f"{events['judged']} events judged, {events['uncovered']} not offered, {events['not_judged']} not judged"
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the adapter."""
    adapter = config.stash.get(_ADAPTER, None)
    if adapter is not None:
        adapter.close()
