"""The page of a campaign that runs: what matters most comes first, and it has no more lines than the terminal."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from telltale_conformance.oracle.campaign.over_time import FIGURES, bars, stretches
from telltale_conformance.oracle.campaign.report import cells_of, time_text
from telltale_conformance.oracle.campaign.standing import Found, Standing
from telltale_conformance.oracle.reports.page.chart import shown as number
from telltale_conformance.readable import counted, one_line

_LONGEST: Final = 400
"""How many characters of a line there are at most; what does not fit the terminal is cut."""
_NAMES: Final = 30
"""How wide the names of the figures are."""
_VALUE: Final = 9
"""How wide the last value of a figure is."""
_BARS: Final = 60
"""Of how many bars a row has at most."""
_FEW: Final = 4
"""So many findings have their place before folder, corpus and the figures over time have theirs."""


class About(NamedTuple):
    """What a campaign is of."""

    implementation: str
    contract: str
    folder: Path


NOTHING: Final = About("", "", Path())
"""Where nobody says it."""


class Shown(NamedTuple):
    """What the page shows."""

    standing: Standing
    about: About
    rate: float
    """Answers judged a second, lately."""
    left: float
    """Seconds in which tasks are still begun."""
    workers: int
    waits: str
    """That there is no worker; empty where there is one."""
    dashboard: str | None


def page_lines(shown: Shown, width: int, height: int) -> list[str]:
    """Return the page, of at most so many lines; each may be wider than the terminal, and is to be cut there."""
    found = list(shown.standing.found.values())
    head = list(_head(shown, width))
    if len(head) + len(beside := list(_beside(shown))) + min(len(found), _FEW) <= height:
        head += beside
    head = [one_line(line, _LONGEST) for line in head][:height]
    room = height - len(head)
    drawn = list(_over_time(shown.standing, width))
    if room < len(drawn) + min(len(found), _FEW):
        drawn = []
    return head + _findings(found, room - len(drawn), shown.about.folder) + drawn


def _head(shown: Shown, width: int) -> Iterator[str]:
    """Yield the figures, the most important ones first."""
    standing, cells, about = shown.standing, cells_of(shown.standing), shown.about
    yield from textwrap.wrap(shown.waits, width, break_on_hyphens=False)
    verdict = counted(len(standing.found), "finding") if standing.found else "no findings so far"
    yield f"{verdict}: {one_line(about.implementation, 80)}, contract {about.contract}"
    until = time.strftime("%H:%M", time.localtime(time.time() + shown.left))
    yield f"time     {time_text(standing.seconds)} so far, {time_text(shown.left)} to go, until about {until}"
    yield (
        f"answers  {standing.tally.judged:,} judged, {shown.rate:,.0f} a second; {len(standing.tasks):,} tasks, "
        f"{counted(shown.workers, 'worker')}"
    )
    yield (
        f"cells    {cells.reached:,}, about {cells.left:,.0f} left at least; {cells.per_hour:,.0f} new an hour, the "
        f"last one {time_text(max(0.0, standing.seconds - standing.new_at))} ago"
    )
    yield from _troubles(standing)


def _beside(shown: Shown) -> Iterator[str]:
    """Yield what there must be room for."""
    yield f"corpus   {len(shown.standing.entries):,} programs and {len(shown.standing.histories):,} histories"
    yield f"folder   {shown.about.folder}"
    if shown.dashboard is not None:
        yield f"dask     {shown.dashboard}"


def _troubles(standing: Standing) -> Iterator[str]:
    first = f": {standing.faults[0]}" if standing.faults else ""
    workers = f"{counted(len(standing.lost), 'worker')} lost, {len(standing.refused)} refused"
    yield f"faults   {standing.tally.faults:,}; {workers}{first}"
    for worker, why in list(standing.refused.items())[-1:]:
        yield f"refused  {one_line(worker, 60)}: {why}"
    if standing.unsupported:
        yield f"offered and answered as unsupported: {', '.join(sorted(standing.unsupported))}"


def _findings(found: Sequence[Found], room: int, folder: Path) -> list[str]:
    """Return a line for each of the last findings, the last one first, and how many more there are."""
    lines = [
        one_line(f"{ending_of(one):<12} {one.cases:>7,} × {one.fingerprint[:12]} {one.text}", _LONGEST)
        for one in reversed(found)
    ]
    if len(lines) <= room:
        return lines
    kept = lines[: max(0, room - 1)]
    more = f"and {len(lines) - len(kept)} more: telltale-conformance campaign report {folder}"
    return [*kept, one_line(more, _LONGEST)][: max(0, room)]


def ending_of(found: Found) -> str:
    """Return what became of a finding when it was run again."""
    return "waits" if found.made is None else found.made.ending


def _over_time(standing: Standing, width: int) -> Iterator[str]:
    """Yield the figures over the time of the campaign, with what they are now."""
    count = min(_BARS, width - _NAMES - _VALUE - 2)
    parts = stretches(standing.curve, count) if count >= 2 else []
    for figure in FIGURES if parts else ():
        values = [figure.of(part) for part in parts]
        yield f"{figure.name:<{_NAMES}} {bars(values)} {number(values[-1]):>{_VALUE}}"
