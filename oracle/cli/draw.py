"""Drawing an edge blueprint as SVG: roles on a circle, an arrow for each directed edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from telltale_conformance.readable import markup, shortened

Edge: TypeAlias = tuple[str, str]
"""Sender's and receiver's name."""

_BOX: Final = (132.0, 40.0)
_MARGIN: Final = 36.0
_SHOWN: Final = 16
_STYLE: Final = """
  svg { background: #ffffff; color: #1b1f24; }
  .box { fill: #eef3fb; stroke: #35507a; stroke-width: 1.5; }
  .name { fill: currentColor; font: 15px system-ui, sans-serif; text-anchor: middle;
          dominant-baseline: central; unicode-bidi: isolate; }
  .edge { fill: none; stroke: #35507a; stroke-width: 1.8; marker-end: url(#head); }
  .head { fill: #35507a; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14181f; color: #e6eaf0; }
    .box { fill: #222b39; stroke: #9db8e6; }
    .edge { stroke: #9db8e6; }
    .head { fill: #9db8e6; }
  }
"""


def drawing(title: str, roles: Sequence[str], edges: Sequence[Edge], labels: Mapping[Edge, Sequence[str]]) -> str:
    """Return the SVG text of a blueprint.

    Self-contained, readable in light and dark, with a title and a description that lists the edges for
    those who cannot see it. ``labels`` says what each edge carries; it becomes the edge's tooltip.
    """
    names = list(dict.fromkeys(roles))
    radius = max(150.0, len(names) * 30.0) if len(names) > 1 else 0.0
    places = _placed(names, radius)
    width = max(x for x, _ in places.values()) + _BOX[0] / 2 + _MARGIN if places else 2 * _MARGIN
    height = max(y for _, y in places.values()) + _BOX[1] / 2 + _MARGIN if places else 2 * _MARGIN
    listed = "; ".join(f"{_plain(a)} to {_plain(b)}" for a, b in edges) or "none"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{markup(title)}</title>',
        f'<desc id="desc">{len(names)} roles, {len(edges)} directed edges: {markup(listed)}.</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'orient="auto"><path class="head" d="M0 0L10 5L0 10z"/></marker></defs>',
    ]
    for edge in edges:
        a, b = edge
        carried = ", ".join(_plain(label) for label in labels.get(edge, ()))
        what = f"{_plain(a)} → {_plain(b)}" + (f": {carried}" if carried else "")
        parts.append(f'<g><title>{markup(what)}</title><path class="edge" d="{_arrow(places[a], places[b])}"/></g>')
    for name in names:
        x, y = places[name]
        parts.append(
            f'<g><title>{markup(_plain(name))}</title><rect class="box" x="{x - _BOX[0] / 2:.1f}" '
            f'y="{y - _BOX[1] / 2:.1f}" width="{_BOX[0]:.0f}" height="{_BOX[1]:.0f}" rx="9"/>'
            f'<text class="name" x="{x:.1f}" y="{y:.1f}">{markup(shortened(_plain(name), _SHOWN))}</text></g>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _placed(names: Sequence[str], radius: float) -> dict[str, tuple[float, float]]:
    """Return the centre of each role's box: two side by side, more on an ellipse from the top clockwise."""
    start = math.pi if len(names) == 2 else -math.pi / 2
    angles = [start + 2 * math.pi * index / len(names) for index in range(len(names))]
    points = [(radius * math.cos(angle), 0.8 * radius * math.sin(angle)) for angle in angles]
    left = min((x for x, _ in points), default=0.0) - _BOX[0] / 2 - _MARGIN
    top = min((y for _, y in points), default=0.0) - _BOX[1] / 2 - _MARGIN
    return {name: (x - left, y - top) for name, (x, y) in zip(names, points, strict=True)}


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a curve from box to box that leaves room for the opposite one."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    length = math.hypot(dx, dy)
    bend = min(40.0, 0.16 * length)
    cx, cy = (x1 + x2) / 2 - dy / length * bend, (y1 + y2) / 2 + dx / length * bend
    ax, ay = _border(start, (cx, cy), 2)
    bx, by = _border(end, (cx, cy), 5)
    return f"M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}"


def _border(centre: tuple[float, float], towards: tuple[float, float], gap: float) -> tuple[float, float]:
    """Where the line from a box's centre leaves the box, ``gap`` further out."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    half_width, half_height = _BOX[0] / 2 + gap, _BOX[1] / 2 + gap
    scale = min(half_width / abs(dx) if dx else math.inf, half_height / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale


def _plain(name: str) -> str:
    """Return a name for reading: the empty one and white space around made visible."""
    return name if name and name == name.strip() else f'"{name}"'
