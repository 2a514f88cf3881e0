"""A program as a sequence diagram in SVG: a lifeline for each owner, session and witness, an arrow for each step."""

from __future__ import annotations

from typing import Final

from telltale_conformance.oracle.reports.page.cast import Cast, Message, Participant
from telltale_conformance.readable import markup, shortened, visible

_LEFT: Final = 52.0
_WIDTH: Final = 1080.0
"""What the page has room for."""
_COLUMNS: Final = (165.0, 236.0)
"""The narrowest and the widest column."""
_BOX: Final = (146.0, 42.0)
_TOP: Final = 14.0
_ROW: Final = 62.0
_CHARACTER: Final = 7.4
"""The width of a character of the monospaced labels, in pixels."""
_NAME: Final = 16


def diagram(cast: Cast, identifier: str) -> str:
    """Return the SVG text of a sequence diagram; its classes get their colours from the page.

    Args:
        cast: who takes part, and how.
        identifier: begins the ids in the drawing, so that several fit in one page; letters, digits and dashes.
    """
    narrowest, widest = _COLUMNS
    column = min(widest, max(narrowest, (_WIDTH - _LEFT) / max(1, len(cast.participants))))
    places = {participant: _LEFT + column * (index + 0.5) for index, participant in enumerate(cast.participants)}
    height = _TOP + _BOX[1] + 24 + _ROW * len(cast.messages) + 12
    rows = [_row(message, places, _TOP + _BOX[1] + 24 + _ROW * index) for index, message in enumerate(cast.messages)]
    width = max([_LEFT + column * len(places) + 12, *(right + 16 for right, _ in rows)])
    parts = [
        f'<svg class="diagram" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-labelledby="{identifier}-title {identifier}-desc">',
        f'<title id="{identifier}-title">Sequence diagram of the program</title>',
        f'<desc id="{identifier}-desc">{markup(described(cast))}</desc>',
        f'<defs><marker id="{identifier}-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto-start-reverse"><path class="head" d="M0 0L10 5L0 10z"/></marker></defs>',
        *(
            f'<rect class="diverging" x="4" y="{_TOP + _BOX[1] + 24 + _ROW * index - 6:.0f}" '
            f'width="{width - 8:.0f}" height="{_ROW - 2:.0f}" rx="8"/>'
            for index, message in enumerate(cast.messages)
            if message.answered is not None
        ),
        *(_lifeline(participant, x, height) for participant, x in places.items()),
        *(row.replace("url(#head)", f"url(#{identifier}-head)") for _, row in rows),
        "</svg>",
    ]
    return "\n".join(parts)


def described(cast: Cast) -> str:
    """Return the diagram in words, for those who do not see it."""
    sentences = []
    for message in cast.messages:
        end = f"; answered instead: {message.answered}" if message.answered is not None else ""
        sentences.append(
            f"Step {message.seq}: {message.source} to {message.target}, {message.text}: {message.result}{end}."
        )
    return " ".join(sentences)


def _lifeline(participant: Participant, x: float, height: float) -> str:
    width, tall = _BOX
    radius = {"caller": tall / 2, "owner": tall / 2, "session": 5, "witness": 0}[participant.role]
    middle = _TOP + tall / 2 + 1
    lines = [(participant.name, "name", middle)]
    if participant.of:
        lines = [(participant.name, "name", middle - 7), (f"of {participant.of}", "of", middle + 9)]
    elif participant.role == "owner":
        lines = [("owner", "of", middle - 9), (participant.name, "name", middle + 7)]
    return (
        f'<g class="participant {participant.role}"><title>{markup(str(participant))}</title>'
        f'<line class="lifeline" x1="{x:.0f}" y1="{_TOP + tall:.0f}" x2="{x:.0f}" y2="{height - 6:.0f}"/>'
        f'<rect x="{x - width / 2:.0f}" y="{_TOP:.0f}" width="{width:.0f}" height="{tall:.0f}" rx="{radius:.0f}"/>'
        + "".join(f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{_fitting(text)}</text>' for text, kind, y in lines)
        + "</g>"
    )


def _fitting(name: str) -> str:
    """Return a name, escaped, cut to what fits into a box; the box's title has the whole."""
    return markup(shortened(visible(name), _NAME))


def _row(message: Message, places: dict[Participant, float], top: float) -> tuple[float, str]:
    """Return how far to the right a step's row reaches, and its drawing."""
    start, end = places[message.source], places[message.target]
    y = top + 20
    kind = "skipped" if message.skipped else "refused" if message.refused else "passed"
    if message.answered is not None:
        kind += " departs"
    parts = [f'<g class="step {kind}"><text class="seq" x="{_LEFT - 12:.0f}" y="{y + 4:.0f}">{message.seq}</text>']
    left = min(start, end)
    if start == end:
        parts.append(f'<path class="arrow" d="M{start:.0f} {y - 5:.0f}h26v12h-22" marker-end="url(#head)"/>')
        left += 32
    else:
        gap = 4 if end < start else -4
        parts.append(
            f'<line class="arrow" x1="{start:.0f}" y1="{y:.0f}" x2="{end + gap:.0f}" y2="{y:.0f}" '
            'marker-end="url(#head)"/>'
        )
    created = message.created
    if created is not None and created != message.target:
        parts.append(
            f'<line class="brings" x1="{end:.0f}" y1="{y:.0f}" x2="{places[created] - 4:.0f}" y2="{y:.0f}" '
            'marker-end="url(#head)"/>'
        )
    parts.append(_label(message.text, left + 10, y - 7, "text"))
    result = f"contract: {message.result}" if message.answered is not None else message.result
    parts.append(_label(result, left + 10, y + 15, "result"))
    longest = max(len(message.text), len(result))
    if message.answered is not None:
        answered = f"answered: {message.answered}"
        if message.answered == message.result:
            answered = "answered: the same, with other fields or records"
        parts.append(_label(answered, left + 10, y + 30, "answered"))
        longest = max(longest, len(answered))
    parts.append("</g>")
    return left + 10 + longest * _CHARACTER, "".join(parts)


def _label(text: str, x: float, y: float, kind: str) -> str:
    return f'<text class="label {kind}" x="{x:.0f}" y="{y:.0f}">{markup(text)}</text>'
