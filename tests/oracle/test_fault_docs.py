"""The page about exit code 3 names every fault of an adapter by its code, and says what is printed as it is printed."""

from __future__ import annotations

import re

from telltale_conformance.oracle.adapters import faults
from tools.source_tree import ROOT


def test_every_fault_has_a_row_and_every_row_a_fault() -> None:
    text = (ROOT / "docs" / "exit-3.md").read_text(encoding="utf-8").split("## Faults of an adapter\n")[1]
    rows = [row.split(" | ")[0] for row in text.splitlines() if row.startswith("| `")]
    named = [code for row in rows for code in re.findall(r"`([\w-]+)`", row)]
    codes = {
        value.code
        for value in vars(faults).values()
        if isinstance(value, type) and issubclass(value, faults.AdapterFault) and "code" in vars(value)
    }
    assert sorted(named) == sorted(codes)
    assert len(codes) > 15


def test_what_the_page_says_is_printed_is_in_the_code() -> None:
    page = (ROOT / "docs" / "exit-3.md").read_text(encoding="utf-8")
    table = page.split("## What the output says, and what to do\n")[1].split("\n## ")[0]
    printed = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "oracle").rglob("*.py"))
    phrases = re.findall(r"^\| (?:a trace is )?`([^`]+)`", table, re.MULTILINE)
    assert len(phrases) >= 5
    for phrase in phrases:
        for part in re.split(r"\b(?:N of M|NAME)\b|…", phrase):
            assert part.strip() in printed, phrase
