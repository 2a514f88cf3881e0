"""What a campaign shows while it runs: a page on a terminal, a line now and then elsewhere; both on stderr."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from telltale_conformance.oracle.campaign.cluster import OWN_SECONDS, REFUSED_SECONDS
from telltale_conformance.oracle.campaign.live_page import NOTHING, About, Shown, page_lines
from telltale_conformance.oracle.campaign.report import cells_of, time_text
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.process.output import unguarded
from telltale_conformance.readable import block, counted, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

LINE_SECONDS: Final = 30.0
"""How often a line is printed where there is no terminal."""
ALONE_SECONDS: Final = 5.0
"""How long there may be no worker before it is said."""
_WINDOW: Final = 30.0
"""Over how many seconds the rate of the answers is taken."""


class Live:
    """How a campaign stands, as it is shown.

    Args:
        standing: of the campaign.
        dashboard: the address of dask's dashboard; None where there is none.
        scheduler: the address of a scheduler whose workers others start; None for workers of our own.
        about: what the campaign is of.
    """

    def __init__(
        self, standing: Standing, dashboard: str | None, scheduler: str | None = None, about: About = NOTHING
    ) -> None:
        self._standing = standing
        self._about = about
        self._workers = 0
        self._named = len(standing.found)
        """How many findings were named, or were there before."""
        self._scheduler = scheduler
        self._alone = 0.0
        self._refused = len(standing.refused)
        """How many refused workers were named."""
        self._left = 0.0
        self._dashboard = dashboard
        self._rates: deque[tuple[float, int]] = deque()
        self._printed = time.monotonic()

    def rate(self) -> float:
        """Return how many answers were judged a second, lately."""
        now, judged = time.monotonic(), self._standing.tally.judged
        self._rates.append((now, judged))
        while len(self._rates) > 2 and self._rates[0][0] < now - _WINDOW:
            self._rates.popleft()
        began, before = self._rates[0]
        return (judged - before) / (now - began) if now > began else 0.0

    @property
    def waits(self) -> str:
        """That there is no worker, and how one is started; empty where there is one."""
        if self._alone < ALONE_SECONDS:
            return ""
        if self._scheduler is None:
            return f"no worker is there: the campaign waits {OWN_SECONDS:.0f} seconds until dask has started one again"
        if self._standing.refused:
            return (
                f"every worker was refused: the campaign waits {REFUSED_SECONDS:.0f} seconds for another one; start "
                f"one of the right version with: dask worker {self._scheduler} --nthreads 1"
            )
        return f"no worker is there: the campaign waits; start one with: dask worker {self._scheduler} --nthreads 1"

    def alone(self, seconds: float, workers: int = 0) -> None:
        """Take in for how many seconds there has been no worker; say who was refused, when it waits and goes on."""
        self._workers = workers
        for worker, why in list(self._standing.refused.items())[self._refused :]:
            self.say(f"worker {one_line(worker, 100)} was refused: {one_line(why, 300)}")
        self._refused = len(self._standing.refused)
        before, self._alone = self.waits, seconds
        if self.waits and not before:
            self.say(self.waits)
        elif before and not self.waits:
            self.say("a worker is there: the campaign goes on")

    def say(self, text: str) -> None:
        """Print a line."""
        print(f"telltale-conformance: {block(text)}", file=sys.stderr, flush=True)

    def line(self, rate: float) -> str:
        """Return how it stands in one line, with the answers judged a second."""
        if self.waits:
            return self.waits
        standing, cells = self._standing, cells_of(self._standing)
        return (
            f"{counted(len(standing.tasks), 'task')}, {standing.tally.judged:,} answers, {rate:,.0f} a second; "
            f"{cells.reached} cells, {cells.per_hour:,.0f} new an hour, about {cells.left:,.0f} left; "
            f"corpus {len(standing.entries)}; {counted(len(standing.found), 'finding')}, "
            f"{counted(standing.tally.faults, 'fault')}; {time_text(self._left)} to go"
        )

    def look(self, left: float) -> None:
        """Print what was found since, and the line when it is time for it; so many seconds are left."""
        self._left = left
        rate = self.rate()
        for one in list(self._standing.found.values())[self._named :]:
            self.say(f"finding {one.fingerprint[:12]}: {one_line(one.text, 200)}")
        self._named = len(self._standing.found)
        if time.monotonic() >= self._printed + LINE_SECONDS:
            self._printed = time.monotonic()
            self.say(self.line(rate))


class LivePage(Live):
    """The same as a page on a terminal, of as many lines as it has."""

    def __init__(
        self, standing: Standing, dashboard: str | None, scheduler: str | None = None, about: About = NOTHING
    ) -> None:
        from rich.console import Console
        from rich.live import Live as Page

        super().__init__(standing, dashboard, scheduler, about)
        self._console = Console(file=unguarded(sys.stderr))
        # the report follows, and says all of it: the page goes
        self.shown = Page(
            console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False, transient=True
        )

    def look(self, left: float) -> None:
        """Show the page anew."""
        self._left = left
        self.shown.update(self.page(), refresh=True)

    def say(self, text: str) -> None:
        """Print nothing: the page says it."""

    def page(self) -> RenderableType:
        """Return how it stands as a page."""
        from rich.text import Text

        width, height = self._console.size
        # the last line is left to what the terminal says of Ctrl-C, which else moved the page down by a line
        lines = [*page_lines(self._shown(), width, height - 2), " "]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")

    def _shown(self) -> Shown:
        return Shown(
            standing=self._standing,
            about=self._about,
            rate=self.rate(),
            left=self._left,
            workers=self._workers,
            waits=self.waits,
            dashboard=self._dashboard,
        )


@contextmanager
def shown(standing: Standing, dashboard: str | None, scheduler: str | None, about: About = NOTHING) -> Iterator[Live]:
    """Show how a campaign stands while the block runs, which calls ``look`` whenever something may have changed."""
    if sys.stderr.isatty():
        live = LivePage(standing, dashboard, scheduler, about)
        with live.shown:
            yield live
        return
    if dashboard is not None:
        print(f"telltale-conformance: dask's dashboard is at {block(dashboard)}", file=sys.stderr, flush=True)
    yield Live(standing, dashboard, scheduler, about)
