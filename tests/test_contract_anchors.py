"""The contract has an anchor for every row, rule, check and section, so that reports can link to what decides."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.unreachable import UNREACHABLE
from telltale_conformance.oracle.claims.catalogue import CLAIMS

TEXT = (Path(__file__).parents[1] / "docs" / "contract.md").read_text(encoding="utf-8")
ANCHOR = re.compile(r'<a id="([\w-]+)"></a>')
NAMES = ANCHOR.findall(TEXT)


def test_no_anchor_is_set_twice() -> None:
    assert len(NAMES) == len(set(NAMES)) > 200


def test_every_row_of_every_table_has_an_anchor() -> None:
    lines = TEXT.splitlines()
    rows = [
        line
        for before, line in pairwise(lines)
        if line.startswith("| ") and before.startswith("|") and not line.startswith("|---")
    ]
    assert len(rows) > 150
    assert [row for row in rows if not ANCHOR.search(row.split(" | ", 2)[1])] == []


@pytest.mark.parametrize("guard", GUARDS.values(), ids=str)
def test_every_guard_links_to_the_place_that_states_it(guard: Guard) -> None:
    line = next(line for line in TEXT.splitlines() if f'<a id="{guard.anchor}"></a>' in line)
    if guard.name.startswith("G-"):
        assert guard.name.partition(" ")[0] in line
    elif guard.name.startswith("H"):
        assert line.startswith(f"| {guard.name.partition(' ')[0]} ")
    elif guard.name.startswith("§3."):
        assert guard.logged is not None
        words = TEXT[TEXT.index(line) :].split("\n1. ", 1)[0]
        assert guard.logged in re.sub(r"\s+", " ", words)[:250]
    else:
        assert f"\n## {guard.anchor[1:]}. " in TEXT


def test_claims_operations_rules_and_sections_have_theirs() -> None:
    wanted = {claim.id.lower() for claim in CLAIMS.values()}
    wanted |= {f"op-{name}" for name in OPERATIONS}
    wanted |= {f"h{number}" for number in re.findall(r"^\| H(\d+) ", TEXT, re.MULTILINE)}
    sections = re.findall(r'^<a id="s(\d+)"></a>\n\n## (\d+)\. ', TEXT, re.MULTILINE)
    assert [number for number, _ in sections] == re.findall(r"^## (\d+)\. ", TEXT, re.MULTILINE)
    assert all(anchor == number for anchor, number in sections)
    wanted |= {
        f"unreachable-{one.contract}-{one.operation}-{one.guard.name}".lower()
        .replace("§3.", "consume-")
        .replace(" ", "-")
        for one in UNREACHABLE
    }
    assert wanted <= set(NAMES)
