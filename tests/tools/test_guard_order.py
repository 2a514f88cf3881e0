"""The lint of guard orders: it is silent on this tree, and names file, operation and both orders where one departs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.lint.__main__ import CHECKS, ROOT
from tools.lint.statements import guard_order
from tools.lint.statements.guard_order import LEAN, MODEL, STATEMENT
from tools.lint.statements.rows import DOCUMENT, read_rows

RELEASE = "G-found, G-open, G-active, G-owned, G-live, G-honest, G-idle"
Change = Callable[[str, str, str], None]
"""Replaces a text, which must be there once, in a file of the copy."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the lint reads."""
    for folder in (MODEL, LEAN, STATEMENT):
        (tmp_path / folder).mkdir(parents=True)
        for path in (ROOT / folder).glob("*.*"):
            shutil.copy(path, tmp_path / folder)
    (tmp_path / DOCUMENT).parent.mkdir()
    shutil.copy(ROOT / DOCUMENT, tmp_path / DOCUMENT)
    return tmp_path


@pytest.fixture
def change(tree: Path) -> Change:
    def replace(file: str, old: str, new: str) -> None:
        path = tree / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


def said(tree: Path) -> list[str]:
    """What the lint says, without the line numbers."""
    return [re.sub(r"(?<=\.py|ean):\d+", "", problem) for problem in guard_order.problems(tree)]


def departure(place: str, operation: str, expected: str, found: str) -> str:
    return (
        f"{place}: {operation}: the guards are not those of its row in {DOCUMENT} §21\n"
        f"    expected {expected}\n    found    {found}"
    )


def test_the_tree_has_the_order_of_the_document() -> None:
    assert guard_order.problems in CHECKS
    assert list(guard_order.problems(ROOT)) == []


def test_every_ownership_operation_has_its_row() -> None:
    rows = read_rows((ROOT / DOCUMENT).read_text(encoding="utf-8"))
    assert len(rows.hardened) == 13
    assert rows.recorded["consume_readiness_witness"][-4:] == ("§3.1", "§3.2", "§3.3", "§3.4")
    assert rows.hardened["commit_ownership_transfer"][-2:] == ("G-giver", "G-counter generation")


PYTHON_RELEASE = """    guards.live(session, owner, capability)
    guards.honest(session, owner, capability, store.contract)
    guards.idle(session)

    session.ownership.current = None
"""
LEAN_RELEASE = """gLive k s none o c <|
  gHonest k s none o c <| gIdle s <|
  done { s with owner := none"""
Z3_RELEASE = """            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.idle(s),
        ],
        replace(released(s)"""
SWAPPED = RELEASE.replace("G-live, G-honest", "G-honest, G-live")
DROPPED = RELEASE.replace("G-honest, ", "")
ADDED = RELEASE.replace("G-honest, ", "G-honest, G-scope, ")
PYTHON, LEAN_FILE, Z3 = f"{MODEL}/ownership.py", f"{LEAN}/Ownership.lean", f"{STATEMENT}/ownership.py"
PYTHON_HONEST, Z3_HONEST = PYTHON_RELEASE.split("\n")[1] + "\n", Z3_RELEASE.split("\n")[1] + "\n"
DEPARTURES = {
    "python swapped": (PYTHON, PYTHON_RELEASE, PYTHON_HONEST + PYTHON_RELEASE.replace(PYTHON_HONEST, ""), SWAPPED),
    "python dropped": (PYTHON, PYTHON_RELEASE, PYTHON_RELEASE.replace(PYTHON_HONEST, ""), DROPPED),
    "python added": (
        PYTHON,
        PYTHON_RELEASE,
        PYTHON_RELEASE.replace("    guards.idle", "    guards.scope(session, owner)\n    guards.idle"),
        ADDED,
    ),
    "lean swapped": (
        LEAN_FILE,
        LEAN_RELEASE,
        LEAN_RELEASE.replace("gLive", "gOther").replace("gHonest", "gLive").replace("gOther", "gHonest"),
        SWAPPED,
    ),
    "lean dropped": (LEAN_FILE, LEAN_RELEASE, LEAN_RELEASE.replace("gHonest k s none o c <| ", ""), DROPPED),
    "lean added": (LEAN_FILE, LEAN_RELEASE, LEAN_RELEASE.replace("gIdle", "gScope k s none o <| gIdle"), ADDED),
    "z3 swapped": (Z3, Z3_RELEASE, Z3_HONEST + Z3_RELEASE.replace(Z3_HONEST, ""), SWAPPED),
    "z3 dropped": (Z3, Z3_RELEASE, Z3_RELEASE.replace(Z3_HONEST, ""), DROPPED),
    "z3 added": (Z3, Z3_RELEASE, Z3_RELEASE.replace("guards.idle", "guards.scope(s),\n            guards.idle"), ADDED),
}
"""Guards of release_ownership swapped, dropped, added: the file, its text, that changed, and the order then found."""


@pytest.mark.parametrize("name", DEPARTURES)
def test_guards_swapped_dropped_or_added_are_named_with_both_orders(name: str, tree: Path, change: Change) -> None:
    file, old, new, found = DEPARTURES[name]
    change(file, old, new)
    assert said(tree) == [departure(file, "release_ownership", RELEASE, found)]


def test_the_counter_that_is_asked_for_is_compared_too(tree: Path, change: Change) -> None:
    change(f"{LEAN}/Witnesses.lean", ".witnessId s.nextWitness", ".claimId s.nextClaim")
    change(f"{MODEL}/witnesses.py", '"witness_id", session', '"claim_id", session')
    change(f"{STATEMENT}/witnesses.py", '"witness_id", s.', '"claim_id", s.')
    row = "G-found, G-open, G-active, G-owned, G-live, G-honest, G-scope, G-counter witness_id"
    wrong = row.replace("witness_id", "claim_id")
    places = (f"{MODEL}/witnesses.py", f"{LEAN}/Witnesses.lean", f"{STATEMENT}/witnesses.py")
    assert said(tree) == [departure(place, "issue_readiness_witness", row, wrong) for place in places]


def test_an_operation_that_one_statement_lacks_is_named(tree: Path, change: Change) -> None:
    change(f"{MODEL}/ownership.py", "def rollback_ownership_transfer", "def rolled_back")
    change(f"{LEAN}/Ownership.lean", "/-- `rollback_ownership_transfer` -/\n", "")
    change(f"{STATEMENT}/operations.py", '"rollback_ownership_transfer": ', '"rolled_back": ')
    missing = "rollback_ownership_transfer: there is no definition of this operation"
    assert {problem for problem in said(tree) if "no definition" in problem} == {
        f"{folder}: {missing}" for folder in (MODEL, LEAN, STATEMENT)
    }


def unreadable() -> Iterator[tuple[str, str, str, str, str]]:
    """What cannot be read as a walk of guards, and the beginning of what is said of it."""
    idle = "    guards.idle(session)\n\n    session.ownership.current = None\n"
    yield (
        "python: a guard under a condition",
        PYTHON,
        idle,
        idle.replace("    guards.idle(session)", "    if owner:\n        guards.idle(session)"),
        f"{PYTHON}: release_ownership: a guard must stand in a statement of its own, unconditionally",
    )
    yield (
        "python: a guard after an effect",
        PYTHON,
        idle,
        "    session.ownership.current = None\n    guards.idle(session)\n",
        f"{PYTHON}: release_ownership: a guard follows an effect",
    )
    yield (
        "python: a refusal that is no guard's",
        PYTHON,
        idle,
        idle.replace("\n\n", '\n    if not owner:\n        raise ValueError("no")\n'),
        f"{PYTHON}: release_ownership: raises a refusal that is no guard's",
    )
    yield (
        "python: a function that is no guard",
        PYTHON,
        idle,
        idle.replace("guards.idle", "guards.idling"),
        f"{PYTHON}: release_ownership: guards.idling names no guard of the contract",
    )
    yield (
        "lean: a choice that is no guard's",
        LEAN_FILE,
        LEAN_RELEASE,
        LEAN_RELEASE.replace("  done {", "  if o.gen = 7 then done s .null [] else done {"),
        f"{LEAN_FILE}: release_ownership: chooses by itself (if) in place of by a guard",
    )
    yield (
        "lean: a guard that is none",
        LEAN_FILE,
        LEAN_RELEASE,
        LEAN_RELEASE.replace("gIdle", "gIdling"),
        f"{LEAN_FILE}: release_ownership: gIdling is no guard of the contract",
    )
    yield (
        "lean: the session looked up without a guard",
        f"{LEAN}/Operations.lean",
        "  gFound st sid (unfound sid op) fun s =>\n",
        "  withSession st sid (unfound sid op) fun s =>\n",
        departure(LEAN_FILE, "claim_ownership", "G-found", "")[:60],
    )
    yield (
        "lean: another definition runs",
        LEAN_FILE,
        "  | .release c => release k s c",
        "  | .release c => letGo k s c",
        f"{LEAN_FILE}: release_ownership: act does not call release",
    )
    yield (
        "z3: no list of guards",
        Z3,
        "    return walk(\n        s,\n        [\n            guards.found(s, a.receipt.sid),",
        "    return walk(\n        s,\n        listed + [\n            guards.found(s, a.receipt.sid),",
        f"{Z3}: rollback_ownership_transfer: needs one call of walk whose second argument is a list of guards",
    )
    yield (
        "z3: a guard beside the list",
        Z3,
        "        replace(released(s), issued=rules.surviving(contract, s)),",
        "        replace(released(s), issued=rules.surviving(contract, s), owned=guards.idle(s).passes),",
        f"{Z3}: release_ownership: calls a guard outside the list that walk is given",
    )
    yield (
        "z3: the table has another function",
        f"{STATEMENT}/operations.py",
        "Operation(ownership.release,",
        "Operation(ownership.validate,",
        f"{Z3}: release_ownership: the docstring of validate begins with another operation",
    )
    yield (
        "z3: the table has no function",
        f"{STATEMENT}/operations.py",
        "Operation(ownership.release,",
        "Operation(ownership.letting_go,",
        f"{STATEMENT}/operations.py: release_ownership: there is no function ownership.letting_go",
    )
    yield (
        "document: a row of one contract only",
        DOCUMENT,
        '| `release_ownership` | <a id="hardened-release_ownership"></a>',
        "| `let_go` | ",
        f"{DOCUMENT}: release_ownership: has a row in §2 and none in §21",
    )
    yield (
        "document: rows that contradict each other",
        DOCUMENT,
        "* Guards: G-found, G-open, G-unowned, G-idle.",
        "* Guards: G-found, G-open, G-idle, G-unowned.",
        f"{DOCUMENT}: claim_ownership: §21 without its additions differs from §2",
    )
    yield (
        "document: a row in another order than the stated one",
        DOCUMENT,
        "G-live or G-named, **G-honest**, G-scope,",
        "G-live or G-named, G-scope, **G-honest**,",
        f"{DOCUMENT}: apply_owned_session_mutation: departs from the order that §21 states",
    )
    yield (
        "document: no order",
        DOCUMENT,
        "come in this order:",
        "are these:",
        f"{DOCUMENT}: §21 states no order of all guards",
    )
    yield (
        "document: no rows",
        DOCUMENT,
        "| operation | guards under `hardened` |",
        "| operation | guards |",
        f"{DOCUMENT}: no rows of guards were found in §2 or in the table of §21",
    )


UNREADABLE = [pytest.param(*case[1:], id=case[0]) for case in unreadable()]


@pytest.mark.parametrize(("file", "old", "new", "begins"), UNREADABLE)
def test_what_cannot_be_read_is_named(file: str, old: str, new: str, begins: str, tree: Path, change: Change) -> None:
    change(file, old, new)
    assert any(problem.startswith(begins) for problem in said(tree)), said(tree)


@pytest.mark.parametrize("file", [PYTHON, LEAN_FILE])
def test_an_operation_that_is_defined_twice_is_named(file: str, tree: Path) -> None:
    shutil.copy(tree / file, (tree / file).with_stem("again"))
    assert any("release_ownership: is defined at" in problem for problem in said(tree))
