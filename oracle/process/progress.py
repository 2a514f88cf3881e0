"""The progress bar of a check: which lane runs, how far it is, how much time is left; on a terminal only.

Lanes tell how far they are with ``tell``, which costs nothing where no bar is shown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from telltale_conformance.oracle.process.output import unguarded

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_WHOLE: Final = 1000
_listeners: Final[list[Callable[[float], None]]] = []


def tell(done: int, count: int) -> None:
    """Say that ``done`` of ``count`` parts of the running lane are finished."""
    for listener in _listeners:
        listener(done / count if count else 1.0)


class Clock:
    """How much of a check is done and how long the rest may take, from how long each lane usually takes."""

    def __init__(self, usual: Mapping[str, float], now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = dict(usual)
        self._now = now
        self._waiting = list(usual)
        self._done = 0.0
        self._started = now()
        self._whole = sum(usual.values())
        self._part = 0.0

    def begin(self, lane: str) -> None:
        """Show that a lane begins; those before it are over."""
        self._waiting = self._waiting[self._waiting.index(lane) :]
        self._done = self._whole - sum(self._seconds[name] for name in self._waiting)
        self._started = self._now()
        self._part = 0.0

    def reach(self, part: float) -> None:
        """Show that the running lane has done this part of its cases, from 0 to 1."""
        self._part = part

    @property
    def fraction(self) -> float:
        """The part of the check that is done, by the usual times of its lanes."""
        lane = self._seconds[self._waiting[0]] if self._waiting else 0.0
        return min(1.0, (self._done + lane * self._part) / self._whole) if self._whole else 1.0

    @property
    def left(self) -> float:
        """Seconds that the rest may take: the running lane at its own pace, the others as usual."""
        if not self._waiting:
            return 0.0
        elapsed = self._now() - self._started
        if self._part > 0:
            lane = elapsed * (1 - self._part) / self._part
        else:
            lane = max(0.0, self._seconds[self._waiting[0]] - elapsed)
        return lane + sum(self._seconds[name] for name in self._waiting[1:])


class Bar:
    """The bar on the terminal, or nothing where none is shown."""

    def __init__(self, clock: Clock, progress: Progress | None, task: TaskID | None) -> None:
        self._clock = clock
        self._progress = progress
        self._task = task

    def begin(self, lane: str) -> None:
        """Show that a lane begins."""
        self._clock.begin(lane)
        self._show(lane)

    def _show(self, lane: str | None = None) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=_WHOLE * self._clock.fraction)
            if lane is not None:
                self._progress.update(self._task, description=lane)

    def reach(self, part: float) -> None:
        """Show that the running lane has done this part of its cases."""
        self._clock.reach(part)
        self._show()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while the block prints."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()


@contextmanager
def bar(usual: Mapping[str, float], *, wanted: bool = True) -> Iterator[Bar]:
    """Show a bar while the block runs, on stderr, when that is a terminal.

    Args:
        usual: of each lane, in their order, the seconds that it usually takes.
        wanted: False for no bar anywhere.
    """
    clock = Clock(usual)
    if not wanted or not sys.stderr.isatty():
        yield Bar(clock, None, None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Left(ProgressColumn):
        def render(self, task: Task) -> Text:
            minutes, seconds = divmod(round(clock.left), 60)
            return Text(f"about {minutes}:{seconds:02d} left", style="dim")

    progress = Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        Left(),
        console=Console(file=unguarded(sys.stderr)),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress:
        shown = Bar(clock, progress, progress.add_task("", total=_WHOLE))
        _listeners.append(shown.reach)
        try:
            yield shown
        finally:
            _listeners.remove(shown.reach)
