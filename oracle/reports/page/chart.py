"""A line chart as SVG: values over a row of checks or times, with marks where something changed.

Colours come from the page. Shapes say what colours say, and the title of each point says its value; the page has the
same figures as a table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from telltale_conformance.readable import markup, shortened

Shape = Literal["circle", "square", "diamond"]

_WIDTH: Final = 640.0
_HEIGHT: Final = 232.0
_LEFT: Final = 58.0
_RIGHT: Final = 16.0
_TOP: Final = 34.0
_BOTTOM: Final = 34.0
_BETWEEN_LABELS: Final = 84.0
"""Marks that stand closer than this get no label; the table names them all."""
_ALONE: Final = 12.0
"""Half the length of the stroke for a value that stands alone, on a line without points."""
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_GRID: Final = 4
"""About how many lines of the grid there are."""


class Line(Struct, frozen=True):
    """The values of one kind; None where there is none."""

    name: str
    values: tuple[float | None, ...]


class Point(Struct, frozen=True):
    """A place on the axis."""

    label: str
    """What the title of its points says before the value."""
    shape: Shape = "circle"
    mark: str | None = None
    """What changed here, as ``2.1``; None where nothing did."""


def chart(identifier: str, title: str, points: Sequence[Point], lines: Sequence[Line]) -> str:
    """Return the SVG text of a chart.

    Args:
        identifier: what the ids of its parts begin with.
        title: what it shows.
        points: the places on the axis, in their order.
        lines: the values, each of as many as there are points; the first two lines look different.
    """
    values = [value for line in lines for value in line.values if value is not None]
    step = _step(max(values, default=0.0), whole=all(value == int(value) for value in values))
    top = max(1, math.ceil(max(values, default=0.0) / step - 1e-9)) * step
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-labelledby="{identifier}-t {identifier}-d">',
        f'<title id="{identifier}-t">{markup(title)}</title>',
        f'<desc id="{identifier}-d">{markup(_description(points, lines))}</desc>',
        *(_grid(top, step) if values else ()),
        *_marks(points),
        *(() if values else _nothing()),
        *_legend(title, lines),
    ]
    for number, line in enumerate(lines):
        parts += _line(number, line, points, top)
    return "\n".join([*parts, "</svg>"])


def shown(value: float) -> str:
    """Return a value as people read it."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _description(points: Sequence[Point], lines: Sequence[Line]) -> str:
    told = []
    for line in lines:
        values = [value for value in line.values if value is not None]
        if values:
            told.append(
                f"{line.name}: first {shown(values[0])}, last {shown(values[-1])}, highest {shown(max(values))}"
            )
        else:
            told.append(f"{line.name}: no value")
    return f"{len(points)} points. " + "; ".join(told) + ". The table below has every value."


def _step(highest: float, *, whole: bool) -> float:
    """Return a round number by which the grid reaches the highest value in a few steps; a whole one for counts."""
    if highest <= 0:
        return 1.0
    raw = highest / _GRID
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in _STEPS if power * factor >= raw * (1 - 1e-9))
    return max(step, 1.0) if whole else step


def _x(number: int, count: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT
    return _LEFT + (room / 2 if count == 1 else room * number / (count - 1))


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top


def _grid(top: float, step: float) -> Iterator[str]:
    for number in range(round(top / step) + 1):
        y = _y(number * step, top)
        yield f'<line class="grid" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="scale" x="{_LEFT - 8:g}" y="{y + 4:.1f}">{shown(number * step)}</text>'


def _nothing() -> Iterator[str]:
    """Say that there is no value, where a scale would stand for nothing."""
    x, y = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    yield f'<text class="nothing" x="{x:g}" y="{y:g}">not in these records</text>'


def _marks(points: Sequence[Point]) -> Iterator[str]:
    free = 0.0
    for number, point in enumerate(points):
        if point.mark is None:
            continue
        x = _x(number, len(points))
        yield f'<line class="change" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP:g}" y2="{_HEIGHT - _BOTTOM:g}"/>'
        if x >= free:
            last = x > _WIDTH - _BETWEEN_LABELS
            text = markup(shortened(point.mark, 14))
            anchor = ' class="version last"' if last else ' class="version"'
            yield f'<text{anchor} x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20:g}">{text}</text>'
            free = x + _BETWEEN_LABELS


def _legend(title: str, lines: Sequence[Line]) -> Iterator[str]:
    yield f'<text class="heading" x="0" y="15">{markup(title)}</text>'
    x = _WIDTH - _RIGHT
    if len(lines) < 2:
        return
    for number in reversed(range(len(lines))):
        name = shortened(lines[number].name, 24)
        x -= 7.0 * len(name)
        yield f'<text class="legend" x="{x:.1f}" y="15">{markup(name)}</text>'
        x -= 30
        yield f'<line class="line of{number}" x1="{x:.1f}" x2="{x + 24:.1f}" y1="11" y2="11"/>'
        x -= 16


def _line(number: int, line: Line, points: Sequence[Point], top: float) -> Iterator[str]:
    count = len(points)
    placed = [None if value is None else (_x(at, count), _y(value, top), value) for at, value in enumerate(line.values)]
    runs: list[list[tuple[float, float]]] = [[]]
    for place in placed:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place[:2])
    for run in runs:
        alone = _ALONE if number and len(run) == 1 else 0.0
        ends = [(x + side, y) for x, y in run for side in ((-alone, alone) if alone else (0.0,))]
        if len(ends) > 1:
            yield f'<polyline class="line of{number}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in ends)}"/>'
    if number:
        return  # the points of the first line say how the check ended; twice would hide the lines
    size = 4.5 if count <= 60 else 2.5
    for place, point in zip(placed, points, strict=True):
        if place is not None:
            x, y, value = place
            text = markup(f"{point.label}, {line.name}: {shown(value)}")
            yield f'<g class="point {point.shape}"><title>{text}</title>{_shape(point.shape, x, y, size)}</g>'


def _shape(shape: Shape, x: float, y: float, size: float) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}"/>'
    if shape == "square":
        return f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:g}" height="{2 * size:g}"/>'
    reach = size * 1.4
    corners = ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}"/>'
