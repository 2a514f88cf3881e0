"""A history as bars: a row for each client, a bar for each operation from its call to its return."""

from __future__ import annotations

import io
from typing import Final, NamedTuple

from telltale_conformance.lean_traces.histories import HistoryReader
from telltale_conformance.lean_traces.history import Call, Return
from telltale_conformance.oracle.histories.explaining import Refusal
from telltale_conformance.readable import markup, shortened

_LEFT: Final = 70.0
_STEP: Final = 44.0
"""The width of one event."""
_ROW: Final = 46.0
_TOP: Final = 12.0
_LABEL: Final = 26
_MOST: Final = 200
"""Events drawn, the last ones."""


class Bar(NamedTuple):
    """One operation."""

    client: int
    id: int
    op: str
    start: int
    end: int
    ended: str
    """``ok``, ``err`` or ``crash``."""
    failing: bool


def bars_of(history: bytes, refusal: Refusal | None) -> list[Bar]:
    """Return the operations of a history; those that cannot be ordered are failing."""
    reader = HistoryReader(io.BytesIO(history), "history", packed=False)
    calls: dict[int, Call] = {}
    found: list[Bar] = []
    failing = frozenset() if refusal is None else frozenset(asked.id for asked in refusal.unordered)
    last = 0
    for event in reader:
        last = event.seq
        if isinstance(event, Call):
            calls[event.number] = event
            continue
        call = calls.pop(event.number)
        ended = "crash" if not isinstance(event, Return) else "ok" if event.answer.is_ok else "err"
        found.append(_bar(call, event.seq, ended, failing))
    found.extend(_bar(call, last + 1, "crash", failing) for call in calls.values())
    return sorted(found, key=lambda bar: bar.start)


def _bar(call: Call, end: int, ended: str, failing: frozenset[int]) -> Bar:
    return Bar(call.client, call.number, call.operation.name, call.seq, end, ended, call.number in failing)


def drawing(bars: list[Bar], identifier: str) -> str:
    """Return the SVG text of the bars; classes get their colours from the page."""
    if not bars:
        return ""
    first = max(0, max(bar.end for bar in bars) - _MOST)
    shown = [bar for bar in bars if bar.end >= first]
    clients = sorted({bar.client for bar in shown})
    rows = {client: place for place, client in enumerate(clients)}
    width = _LEFT + _STEP * (max(bar.end for bar in shown) - first + 2)
    height = _TOP + _ROW * len(clients) + 10
    window = [bar for bar in shown if bar.failing]
    parts = [
        f'<svg class="diagram history" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="{identifier}-title {identifier}-desc">',
        f'<title id="{identifier}-title">History of {len(clients)} clients</title>',
        f'<desc id="{identifier}-desc">{markup(in_words(shown))}</desc>',
    ]
    if window:
        left = _LEFT + _STEP * (min(bar.start for bar in window) - first) - 6
        right = _LEFT + _STEP * (max(bar.end for bar in window) - first) + 6
        box = f'x="{left:.0f}" y="2" width="{right - left:.0f}" height="{height - 4:.0f}" rx="8"'
        parts.append(f'<rect class="diverging" {box}/>')
    for client, place in rows.items():
        y = _TOP + _ROW * (place + 0.5)
        parts.append(f'<text class="who" x="6" y="{y + 4:.0f}">client {client}</text>')
        parts.append(f'<line class="lifeline" x1="{_LEFT:.0f}" y1="{y:.0f}" x2="{width - 8:.0f}" y2="{y:.0f}"/>')
    for bar in shown:
        parts.extend(_drawn(bar, rows[bar.client], first))
    return "\n".join([*parts, "</svg>"])


def _drawn(bar: Bar, row: int, first: int) -> list[str]:
    x = _LEFT + _STEP * (bar.start - first)
    width = max(_STEP * 0.6, _STEP * (bar.end - bar.start))
    y = _TOP + _ROW * row + 8
    kind = "failing" if bar.failing else "fitting"
    label = markup(shortened(f"{bar.id} {bar.op}", max(3, min(_LABEL, int(width / 7)))))
    return [
        f'<rect class="call {kind} {bar.ended}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="30" rx="5">'
        f"<title>{markup(f'call {bar.id}: {bar.op}, {bar.ended}')}</title></rect>",
        f'<text class="label" x="{x + 5:.0f}" y="{y + 19:.0f}">{label}</text>',
    ]


def in_words(bars: list[Bar]) -> str:
    """Return the history in words, for those who do not see it."""
    return " ".join(
        f"Client {bar.client}, call {bar.id}, {bar.op}, from event {bar.start} to {bar.end}: {bar.ended}"
        f"{', cannot be ordered' if bar.failing else ''}."
        for bar in bars
    )
