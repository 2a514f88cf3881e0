"""A pytest plugin: recorded traces as test items.

``pytest --session-traces DIR`` collects every ``*.jsonl`` and ``*.jsonl.gz`` trace in the folder as a test, and
``--session-recordings`` the recordings that are part of the package. A trace is replayed against the reference store.
With ``--session-sut CMD`` its operations are carried out by the implementation behind that adapter instead, and the
answers are compared with the reference's. When the adapter fails, its items fail as inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from telltale_conformance.errors import InconclusiveError

if TYPE_CHECKING:
    from telltale_conformance.oracle.adapters import Adapter
    from telltale_conformance.oracle.verdict.results import LaneDivergence

_GROUP = "telltale-conformance"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup(_GROUP, "session-store traces")
    group.addoption(
        "--session-traces",
        action="append",
        default=[],
        metavar="DIR",
        help="Collect the recorded traces in this folder as tests; may be given more than once.",
    )
    group.addoption(
        "--session-recordings",
        action="store_true",
        help="Collect the recordings that are part of telltale-conformance as tests.",
    )
    group.addoption(
        "--session-sut",
        default=None,
        metavar="CMD",
        help="Put the traces' operations to the implementation behind this adapter.",
    )
    group.addoption(
        "--session-level",
        default="state",
        choices=["outcome", "payload", "audit", "state"],
        help="How strictly answers are compared.",
    )


def pytest_collection(session: pytest.Session) -> None:
    """Refuse folders that are not there before anything is run."""
    for folder in session.config.getoption("--session-traces"):
        if not Path(folder).is_dir():
            raise pytest.UsageError(f"--session-traces {folder}: no such folder")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the traces after the tests that were collected."""
    folders, recordings = config.getoption("--session-traces"), config.getoption("--session-recordings")
    if not folders and not recordings:
        return
    from telltale_conformance.lean_traces.lines import traces_in
    from telltale_conformance.lean_traces.shipped import RECORDINGS

    roots = [Path(folder).resolve() for folder in folders] + [RECORDINGS] * recordings
    for root in roots:
        found = traces_in(root)
        if not found:
            raise pytest.UsageError(f"--session-traces {root}: no traces in this folder")
        for path in found:
            collector = TraceFile.from_parent(session, path=path, name=str(path))
            items.append(TraceItem.from_parent(collector, name=str(path.relative_to(root))))


class TraceFile(pytest.File):
    """One trace."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its one item."""
        yield TraceItem.from_parent(self, name=self.path.name)


class Departure(Exception):
    """Thrown when a trace departs from the contract, or an implementation on its operations; the text tells how."""


class Inconclusive(InconclusiveError):
    """Thrown when the adapter or the harness fails, so that nothing is concluded."""


class TraceItem(pytest.Item):
    """The judgement of one trace."""

    def runtest(self) -> None:
        """Judge it."""
        from telltale_conformance.oracle.verdict.compare import Level

        level = Level[self.config.getoption("--session-level")]
        command: str | None = self.config.getoption("--session-sut")
        if command is None:
            self._replay(level)
        else:
            self._put_to(command, level)

    def _replay(self, level: Any) -> None:
        from telltale_conformance.oracle.reference.replay import judge
        from telltale_conformance.oracle.reports.text import result_text

        result = judge(self.path, level=level)
        if result.verdict != "agree":
            raise Departure(result_text(result))

    def _put_to(self, command: str, level: Any) -> None:
        from telltale_conformance.oracle.adapters import AdapterFault
        from telltale_conformance.oracle.lanes.corpus import judge_trace
        from telltale_conformance.oracle.reports.text import divergence_text
        from telltale_conformance.oracle.verdict.evidence import missing_text, verdict_of

        try:
            adapter = _adapter(self.config, command)
        except AdapterFault as fault:
            raise Inconclusive(f"inconclusive: {fault.diagnostic()}") from None
        result = judge_trace(adapter, self.path, level)
        if result.faults:
            raise Inconclusive(f"inconclusive: {result.faults[0]}")
        divergences: tuple[LaneDivergence, ...] = result.divergences
        if divergences:
            raise Departure(divergence_text(divergences[0]))
        if not result.tally.judged:
            pytest.skip("the implementation offers none of the operations of this trace")
        if verdict_of(result.evidence, result.tally) != "agree":
            raise Inconclusive(f"inconclusive: {'; '.join(missing_text(result.evidence, result.tally))}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a departure or a fault as its text, anything else with where it came from."""
        if isinstance(excinfo.value, Departure | Inconclusive):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the trace."""
        return self.path, None, f"trace {self.name}"


_ADAPTER: pytest.StashKey[Any] = pytest.StashKey()


def _adapter(config: pytest.Config, command: str) -> Adapter:
    """Return the adapter, started once per run."""
    from telltale_conformance.oracle.adapters import SubprocessAdapter

    if _ADAPTER not in config.stash:
        config.stash[_ADAPTER] = SubprocessAdapter(command)
    adapter: Adapter = config.stash[_ADAPTER]
    return adapter


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the adapter."""
    adapter = config.stash.get(_ADAPTER, None)
    if adapter is not None:
        adapter.close()
