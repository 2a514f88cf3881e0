"""The guards of each ownership operation, in order, as docs/contract.md lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.lint.statements.faults import Fault

DOCUMENT: Final = "docs/contract.md"

_NAME: Final = r"(?:G-counter (?:generation|claim_id|witness_id)|G-[a-z]+|§3\.\d|H\d+)"
_GUARDS_OF_ROW: Final = re.compile(rf"\s*({_NAME})(?:\\\*)?(,?)")
_HEADING: Final = re.compile(r"^\*\*`(\w+)\(.*\)`\*\*", re.MULTILINE)
_TABLE_ROW: Final = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.MULTILINE)
_TABLE_HEAD: Final = "| operation | guards under `hardened` |"
_ANCHOR: Final = re.compile(r'<a id="[\w-]+"></a>')
_ORDER: Final = re.compile(r"come in this order:(.*?)\. G-counter is named", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of both contracts.

    Attributes:
        recorded: the guards of each operation under ``telltale-17`` (§2).
        hardened: those under ``hardened`` (§21).
        faults: what the document contradicts itself in.
    """

    recorded: Mapping[str, tuple[str, ...]]
    hardened: Mapping[str, tuple[str, ...]]
    faults: Sequence[Fault]


def read_rows(document: str) -> Rows:
    """Read the rows out of the document's text."""
    document = _ANCHOR.sub("", document)
    ownership = _between(document, "## 2. ", "## 3. ")
    hardened_part = _between(document, "## 21. ", None)
    recorded = _recorded(ownership)
    hardened, added = _hardened(hardened_part)
    return Rows(
        recorded, hardened, [*_contradictions(recorded, hardened, added), *_misordered(hardened_part, hardened)]
    )


def _between(document: str, start: str, end: str | None) -> str:
    at = document.find(f"\n{start}")
    if at < 0:
        return ""
    until = len(document) if end is None else document.find(f"\n{end}", at)
    return document[at:until]


def _recorded(section: str) -> dict[str, tuple[str, ...]]:
    """Return the bullets ``* Guards: G-found, …`` of §2; operations that only read have none."""
    headings = [*_HEADING.finditer(section)]
    rows = {}
    for heading, until in zip(headings, [*(one.start() for one in headings[1:]), len(section)], strict=False):
        part = section[heading.end() : until]
        bullet = part.find("\n* Guards:")
        if bullet >= 0:
            rows[heading[1]] = _names(part[bullet + len("\n* Guards:") :])
    return rows


def _names(text: str) -> tuple[str, ...]:
    """Return the names that a bullet begins with, separated by commas."""
    names, at = [], 0
    while found := _GUARDS_OF_ROW.match(text, at):
        names.append(found[1])
        at = found.end()
        if not found[2]:
            break
    return tuple(names)


def _hardened(section: str) -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """Return the table of §21, and of each row the guards in bold, which ``hardened`` adds."""
    at = section.find(_TABLE_HEAD)
    table = section[at : section.find("\n\n", at)] if at >= 0 else ""
    rows, added = {}, {}
    for row in _TABLE_ROW.finditer(table):
        cells = [cell.strip() for cell in row[2].split(",")]
        rows[row[1]] = tuple(cell.strip("*") for cell in cells)
        added[row[1]] = frozenset(cell.strip("*") for cell in cells if cell.startswith("**"))
    return rows, added


def _contradictions(
    recorded: Mapping[str, tuple[str, ...]],
    hardened: Mapping[str, tuple[str, ...]],
    added: Mapping[str, frozenset[str]],
) -> list[Fault]:
    """Rows that one contract has and the other lacks, or whose common guards come in another order."""
    if not recorded or not hardened:
        return [Fault(DOCUMENT, None, "no rows of guards were found in §2 or in the table of §21")]
    faults = [
        Fault(DOCUMENT, operation, f"has a row in {there} and none in {missing}")
        for rows, others, there, missing in ((recorded, hardened, "§2", "§21"), (hardened, recorded, "§21", "§2"))
        for operation in rows
        if operation not in others
    ]
    for operation, row in hardened.items():
        common = tuple(guard for guard in row if guard not in added[operation])
        if operation in recorded and common != recorded[operation]:
            what = "§21 without its additions differs from §2"
            faults.append(Fault(DOCUMENT, operation, what, expected=recorded[operation], found=common))
    return faults


def _misordered(section: str, hardened: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """Rows that depart from the order that §21 states for all of them."""
    stated = _ORDER.search(section)
    if stated is None:
        return [Fault(DOCUMENT, None, "§21 states no order of all guards (come in this order: …)")]
    text = stated[1].replace("the checks of §3", "§3.1, §3.2, §3.3, §3.4")
    groups = [frozenset(re.findall(_NAME, group)) for group in text.split(",")]
    faults = []
    for operation, row in hardened.items():
        places = [_place(guard, groups) for guard in row]
        if None in places or places != sorted(places, key=lambda place: place or 0):
            faults.append(Fault(DOCUMENT, operation, "departs from the order that §21 states", found=row))
    return faults


def _place(guard: str, groups: Sequence[frozenset[str]]) -> int | None:
    kind = "G-counter" if guard.startswith("G-counter") else guard
    return next((place for place, group in enumerate(groups) if kind in group), None)
