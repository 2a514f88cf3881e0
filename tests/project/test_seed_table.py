"""docs/seed.md: every type, field and function of the store has a row, and the rows name what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from telltale_conformance.model.decoding.shapes import Record, Shape, Variants
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "seed.md").read_text()
SECTIONS = set(re.findall(r"^## (\d+)\. ", (ROOT / "docs" / "contract.md").read_text(), re.M))
NAMED = re.compile(r"`([^`]+)`")


class Row(NamedTuple):
    what: str
    has: str
    stated: str
    tried: str
    proved: str


def rows(heading: str, columns: int) -> list[Row]:
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = []
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in ("type", "function"):
            assert len(cells) == columns, line
            found.append(Row(cells[0], *(cells[1:] if columns == 5 else ("", *cells[1:]))))
    return found


TYPE_ROWS = rows("Types", 5)
FUNCTION_ROWS = rows("Functions", 4)


def fields_of(shape: Shape) -> list[str]:
    if isinstance(shape, Record):
        return [one.name for one in shape.fields]
    if isinstance(shape, Variants):
        inner = [name for part in shape.with_payload.values() if isinstance(part, Record) for name in fields_of(part)]
        return [*shape.plain, *shape.with_payload, *inner]
    return []


def test_every_type_has_a_row_with_all_its_fields_and_variants() -> None:
    assert [NAMED.findall(row.what) for row in TYPE_ROWS] == [[name] for name in TYPES]
    for row in TYPE_ROWS:
        (name,) = NAMED.findall(row.what)
        assert sorted(NAMED.findall(row.has)) == sorted(fields_of(TYPES[name])), name


def test_every_operation_has_a_row() -> None:
    assert {name for row in FUNCTION_ROWS for name in NAMED.findall(row.tried)} == OPERATIONS.keys()


@pytest.mark.parametrize("row", [*TYPE_ROWS, *FUNCTION_ROWS], ids=lambda row: row.what)
def test_a_row_names_what_there_is(row: Row) -> None:
    sections = re.findall(r"§(\d+)", row.stated)
    assert sections
    assert set(sections) <= SECTIONS
    operations = NAMED.findall(row.tried)
    assert operations
    assert set(operations) <= OPERATIONS.keys()
    claims = re.findall(r"\bK\d+\b", row.proved)
    assert set(claims) <= CLAIMS.keys()
    tests = NAMED.findall(row.proved)
    assert tests
    for test in tests:
        path, _, function = test.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / path).read_text(), re.M), test
