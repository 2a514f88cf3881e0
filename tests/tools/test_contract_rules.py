"""The lint of rules by name: each rule of hardened has functions of its own in Python, Lean and z3, under one name."""

from __future__ import annotations

import re

import pytest

from tools.lint.__main__ import CHECKS, ROOT
from tools.lint.statements import rules
from tools.lint.statements.rows import DOCUMENT
from tools.lint.statements.rules import FILES, NOT_STATED, RuleFile, rule_faults

CONTRACT = (ROOT / DOCUMENT).read_text(encoding="utf-8")


def faults(language: str = "", old: str = "", new: str = "", document: str = CONTRACT) -> list[str]:
    """What is said when a text, which must be there once, is replaced in one of the files."""
    files = []
    for name, path in FILES.items():
        source = (ROOT / path).read_text(encoding="utf-8")
        if name == language:
            assert source.count(old) == 1, (path, source.count(old))
            source = source.replace(old, new)
        files.append(RuleFile(name, path, source))
    return [re.sub(r"(?<=\.py|ean):\d+", "", str(fault)) for fault in rule_faults(document, files)]


def test_the_tree_states_every_rule() -> None:
    assert rules.problems in CHECKS
    assert list(rules.problems(ROOT)) == []


@pytest.mark.parametrize(
    ("language", "old", "new"),
    [
        ("Python", '"""H12 (K14)', '"""H99 (K14)'),
        ("Lean", "/-- H12: the", "/-- the"),
        ("z3", '"""H12: the', '"""H1 and H2: the'),
    ],
)
def test_a_function_without_its_one_rule_is_named_and_the_rule_missed(language: str, old: str, new: str) -> None:
    path = FILES[language]
    assert faults(language, old, new) == [
        f"{path}: grown: its documentation must begin with the one rule of the contract that it states",
        f"{path}: H12: has no function here",
    ]


def test_a_rule_under_another_name_is_named() -> None:
    said = faults("z3", "def orphaned(", "def ended_by_death(")
    assert said == [
        f"{DOCUMENT}: H10: no function has the same name everywhere: "
        "Python ['orphaned']; Lean ['orphaned']; z3 ['ended_by_death']"
    ]


def test_a_rule_of_the_document_that_nobody_states_is_named() -> None:
    more = CONTRACT.replace("| H17 reload |", "| H99 more | x | K18 |\n| H17 reload |")
    assert faults(document=more) == [f"{path}: H99: has no function here" for path in FILES.values()]


def test_what_is_left_out_is_listed_and_stays_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "NOT_STATED", {**NOT_STATED, "z3": {**NOT_STATED["z3"], "H99": "none"}})
    assert faults() == []
    left_out = [rule for rule in NOT_STATED["z3"] if rule != "H13"]
    monkeypatch.setattr(rules, "NOT_STATED", {**NOT_STATED, "z3": dict.fromkeys(left_out, "later")})
    assert faults() == [f"{FILES['z3']}: H13: has no function here"]
    monkeypatch.setattr(rules, "NOT_STATED", {**NOT_STATED, "Python": {"H12": "a whim"}})
    assert faults() == [f"{FILES['Python']}: H12: is stated, though it is listed as left out (a whim)"]


def test_a_document_without_rules_is_named() -> None:
    assert faults(document="# nothing") == [f"{DOCUMENT}: no table of rules was found in §21"]
