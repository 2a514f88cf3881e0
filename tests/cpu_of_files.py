"""Which files of tests take the most CPU, said after a long run: where the suite grows is seen before it is too long.

CPU and not the clock, so that other work on the machine does not count; that of ended child processes is included.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any, Final

import pytest

LONG = 60.0
"""Seconds of CPU from which on a run is a long one."""
NAMED: Final = 12
_ATTRIBUTE: Final = "cpu_seconds"
"""Of a report; workers hand it over with all others."""


def used() -> float:
    """Return the seconds of CPU that this process and its ended children have used."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


class _Clock:
    """What was used when the last phase of a test ended."""

    def __init__(self) -> None:
        self._last = used()

    def since(self) -> float:
        """Return what was used since this was asked last."""
        before, self._last = self._last, used()
        return self._last - before


_clock = _Clock()


def pytest_collection_finish() -> None:
    """Count from the first test on."""
    _clock.since()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write into each report of a phase what it took."""
    report = yield
    setattr(report, _ATTRIBUTE, _clock.since())
    return report


def lines_of(reports: Iterable[Any]) -> list[str]:
    """Return the files that took the most, and the whole; nothing after a short run."""
    of: Counter[str] = Counter()
    for report in reports:
        of[report.nodeid.partition("::")[0]] += getattr(report, _ATTRIBUTE, 0.0)
    whole = sum(of.values())
    if whole < LONG:
        return []
    named = [f"{seconds:7.1f} s  {seconds / whole:4.0%}  {file}" for file, seconds in of.most_common(NAMED)]
    return [f"{whole / 60:.1f} minutes of CPU in {len(of)} files; the most in", *named]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it at the end."""
    reports = [one for group in terminalreporter.stats.values() for one in group if hasattr(one, _ATTRIBUTE)]
    found = lines_of(reports)
    if found:
        terminalreporter.section("CPU OF FILES")
        for line in found:
            terminalreporter.line(line)
