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
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest

from telltale_conformance.oracle.pytest_items import ADAPTER, DECLARED, MARK, Declared, TraceFile, TraceItem

_GROUP: Final = "telltale-conformance"
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
        parser.addini(f"session_{name}", said, default=None)


_DUE: Final = pytest.StashKey[frozenset[Path]]()
"""The traces that this run must judge, whatever folders pytest passes over."""


def pytest_configure(config: pytest.Config) -> None:
    """Read what is declared, and let pytest collect it.

    Without arguments pytest runs all that is declared beside the project's tests. What an option asks for is run beside
    the arguments too, unless one of them picks a single test.
    """
    config.addinivalue_line("markers", f"{MARK}: a recorded trace of a session store, as a test")
    asked = [config.invocation_params.dir / given for given in config.getoption("session_traces")]
    if config.getoption("session_recordings"):
        from telltale_conformance.lean_traces.shipped import RECORDINGS

        asked.append(RECORDINGS)
    in_ini: list[Path] = config.getini("session_traces")
    if not asked and not in_ini:
        for name in _SINGLE:
            if config.getoption(f"--session-{name}") is not None:
                raise pytest.UsageError(
                    f"--session-{name} is for traces, and none are named: give --session-traces too"
                )
        return
    traces = frozenset(path.resolve() for path in _found([*in_ini, *asked]))
    config.stash[DECLARED] = _checked(config, traces)
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

    given = {name: _given(config, name) for name in _SINGLE}
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


def _given(config: pytest.Config, name: str) -> str | None:
    """Return the value of an option; None where it is nowhere given.

    Raises:
        pytest.UsageError: it is given and empty, as ``"$ADAPTER"`` is without the variable: another thing would be
            judged than was meant.
    """
    option: str | None = config.getoption(f"--session-{name}")
    value: str | None = config.getini(f"session_{name}") if option is None else option
    if value is not None and not value.strip():
        raise pytest.UsageError(f"session_{name} is empty: give a value, or leave it out")
    return value


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is declared."""
    declared = config.stash.get(DECLARED, None)
    return None if declared is None else f"session traces: {declared}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file that is declared to be a trace."""
    declared = parent.config.stash.get(DECLARED, None)
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the verdicts, and what was and was not judged."""
    found: dict[str, dict[str, Any]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            told = dict(getattr(report, "user_properties", ()))
            if f"{MARK}_verdict" in told:
                found[report.nodeid] = told
    if not found:
        return
    verdicts = Counter(told[f"{MARK}_verdict"] for told in found.values())
    counts = ("judged", "uncovered", "not_judged")
    events = {name: sum(told.get(f"{MARK}_{name}", 0) for told in found.values()) for name in counts}
    terminalreporter.write_line(
        f"session traces: {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}; "
        f"{events['judged']} events judged, {events['uncovered']} not offered, {events['not_judged']} not judged"
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the adapter."""
    adapter = config.stash.get(ADAPTER, None)
    if adapter is not None:
        adapter.close()
