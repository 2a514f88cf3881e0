"""Trends as text for a terminal: a table of versions for each series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from telltale_conformance.oracle.reports.page.chart import shown
from telltale_conformance.oracle.reports.trends.series import OfVersion, Series
from telltale_conformance.readable import one_line

_TEXT: Final = 200


def trends_lines(series: Sequence[Series]) -> Iterator[str]:
    """Yield the lines of the text."""
    for number, one in enumerate(series):
        if number:
            yield ""
        yield one_line(str(one.way), _TEXT)
        yield (
            f"  {'version':<16}{'harness':<10}{'checks':>7}  {'last verdict':<14}{'failing':>8}{'known':>7}"
            f"{'claims':>8}{'rows':>10}{'situations':>12}{'answers/s':>11}"
        )
        for of in one.versions:
            yield from _version_lines(of)


def _version_lines(of: OfVersion) -> Iterator[str]:
    check = of.last
    claims, speed = check.claims_judged, check.speed.answers_per_second
    rows = f"{check.coverage.rows}/{check.coverage.of_rows}"
    yield (
        f"  {one_line(of.version, 15):<16}{one_line(of.harness, 9):<10}{len(of.checks):>7}  {check.verdict:<14}"
        f"{len(check.failing):>8}{len(check.findings) - len(check.failing):>7}"
        f"{'-' if claims is None else claims:>8}{rows:>10}{check.coverage.cells:>12,}"
        f"{'-' if speed is None else shown(speed):>11}"
    )
    yield from (f"    + {one_line(text, _TEXT)}" for text in of.appeared)
    gone = "not seen, inconclusive:" if check.verdict == "inconclusive" else "-"
    yield from (f"    {gone} {one_line(text, _TEXT)}" for text in of.gone)
    yield from (f"    not looked for: {one_line(text, _TEXT)}" for text in of.not_looked_for)
