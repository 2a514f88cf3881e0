"""How a campaign came along: its curve at equal distances of time, and what is left by the estimate at each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, structs

from telltale_conformance.oracle.campaign.standing import Point

_BEGIN: Final = Point(seconds=0.0, answers=0, cells=0, entries=0)
_BARS: Final = "▁▂▃▄▅▆▇█"
_HOUR: Final = 3600.0


def good_turing(cases: int, once: int) -> float:
    """Return about how many new cells the next case reaches: of n cases, the cells that one case reached by n."""
    return once / cases if cases else 1.0


def chao2(cases: int, once: int, twice: int) -> float:
    """Return about how many cells are left at least: f1²/2f2 of the cells that one case and two cases reached."""
    factor = (cases - 1) / cases if cases else 0.0
    return factor * (once * once / (2 * twice) if twice else once * (once - 1) / 2)


def new_an_hour(curve: Sequence[Point]) -> float:
    """Return how many cells were new in the last hour, or in all of the time where that is shorter, for each hour."""
    if not curve:
        return 0.0
    last = curve[-1]
    before = next((point for point in reversed(curve) if point.seconds <= last.seconds - _HOUR), _BEGIN)
    span = last.seconds - before.seconds
    return (last.cells - before.cells) * _HOUR / span if span > 0 else 0.0


class Stretch(Struct, frozen=True):
    """A part of the time of a campaign: how far it was at its end, and how fast it went."""

    end: Point
    cells_an_hour: float
    """Cells that were new in it, for each hour."""
    answers_a_second: float

    @property
    def left(self) -> float:
        """About how many cells were left at least."""
        return chao2(self.end.cases, self.end.once, self.end.twice)

    @property
    def in_1000_cases(self) -> float:
        """How many cells the next thousand cases reach that are new, if the chance stays."""
        return 1000 * good_turing(self.end.cases, self.end.once)


def stretches(curve: Sequence[Point], count: int) -> list[Stretch]:
    """Return the time of a campaign in so many equal parts; none where it has no time yet."""
    if not curve or curve[-1].seconds <= 0:
        return []
    span = curve[-1].seconds / count
    found: list[Stretch] = []
    before = _BEGIN
    for now in _at(curve, [span * number for number in range(1, count)] + [curve[-1].seconds]):
        cells, answers = now.cells - before.cells, now.answers - before.answers
        found.append(Stretch(now, cells * _HOUR / span, answers / span))
        before = now
    return found


def _at(curve: Sequence[Point], times: Sequence[float]) -> Iterator[Point]:
    """Yield how far it was at these times; answers come steadily between two points, all else with the second one."""
    place, before = 0, _BEGIN
    for seconds in times:
        while place < len(curve) and curve[place].seconds <= seconds:
            before = curve[place]
            place += 1
        answers = before.answers
        if place < len(curve):
            after = curve[place]
            share = (seconds - before.seconds) / (after.seconds - before.seconds)
            answers += round(share * (after.answers - before.answers))
        yield structs.replace(before, seconds=seconds, answers=answers)


class Figure(NamedTuple):
    """What is drawn over the time of a campaign."""

    name: str
    of: Callable[[Stretch], float]


FIGURES: Final = (
    Figure("cells reached", lambda part: part.end.cells),
    Figure("new cells an hour", lambda part: part.cells_an_hour),
    Figure("answers judged a second", lambda part: part.answers_a_second),
    Figure("findings", lambda part: part.end.findings),
    Figure("new cells in 1,000 more cases", lambda part: part.in_1000_cases),
    Figure("cells left, at least", lambda part: part.left),
)
"""By Good–Turing are the new cells in 1,000 more cases, by Chao2 the cells that are left."""


def bars(values: Sequence[float]) -> str:
    """Return values as a row of bars, the highest as high as there is room."""
    most = max(values, default=0.0)
    if most <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[int((len(_BARS) - 1) * value / most)] for value in values)
