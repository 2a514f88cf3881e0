"""The rows of the contract that a page shows beside what broke them; ``tools.contract_rows`` writes their file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from markupsafe import Markup
from msgspec import Struct

from telltale_conformance.files import packaged
from telltale_conformance.model.contract import HARDENED
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint


class Row(Struct, frozen=True, kw_only=True):
    """What the contract says of an operation or of a guard."""

    id: str
    """Its anchor on the page."""
    title: str
    section: str
    anchor: str
    """Its anchor in docs/contract.md."""
    text: Markup
    markdown: str


def row_of_operation(name: str, contract: str) -> Row | None:
    """Return the row of an operation under a contract; None where the contract has no such operation."""
    if name not in OPERATIONS:
        return None
    found = _rows()["operations"][name]
    text = found["html"] + (found["hardened"] if contract == HARDENED.name else "")
    return _row({**found, "html": text}, f"contract-{name}", name, OPERATIONS[name].section)


def row_of_guard(name: str) -> Row | None:
    """Return the row of a guard; None of what is no guard, or is stated in the rows of its operations alone."""
    if name not in GUARDS or not _rows()["guards"][name]["html"]:
        return None
    return _row(_rows()["guards"][name], f"guard-{name.replace(' ', '-')}", name, GUARDS[name].origin)


def _row(found: dict[str, str], place: str, title: str, section: str) -> Row:
    text = Markup(found["html"])  # noqa: S704 # a file of this package
    return Row(id=place, title=title, section=section, anchor=found["anchor"], text=text, markdown=found["markdown"])


def rows_for(keys: Iterable[Fingerprint], contract: str) -> tuple[Row, ...]:
    """Return the rows of a contract that these classes of divergence are about, each once."""
    found: dict[str, Row] = {}
    for key in keys:
        for row in (row_of_operation(key.op, contract), row_of_guard(key.guard)):
            if row is not None:
                found.setdefault(row.id, row)
    return tuple(found.values())


@cache
def _rows() -> dict[str, dict[str, dict[str, str]]]:
    rows: Any = msgspec.json.decode(packaged("telltale_conformance.oracle.reports.page", "contract_rows.json"))
    return dict(rows)
