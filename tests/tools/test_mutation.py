"""The mutation run: its rooms are there, and what is argued to be equivalent still stands in the code."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tools.mutation.__main__ import argued
from tools.mutation.mutants import mutated_tree
from tools.mutation.rooms import LEFT_OUT, ROOMS, Room
from tools.source_tree import ROOMS as FOLDERS
from tools.source_tree import ROOT


@pytest.mark.parametrize("name", ROOMS)
def test_the_modules_and_tests_of_a_room_are_there(name: str) -> None:
    room = ROOMS[name]
    assert all(list(ROOT.glob(pattern)) for pattern in room.modules)
    assert [test for test in room.tests if not (ROOT / test).is_file()] == []


def test_every_module_has_one_room_or_a_reason_to_have_none() -> None:
    places = [pattern for room in ROOMS.values() for pattern in room.modules] + list(LEFT_OUT)
    counted = Counter(path for pattern in places for path in ROOT.glob(pattern))
    modules = [path for folder in ("src/telltale_conformance", *FOLDERS) for path in (ROOT / folder).rglob("*.py")]
    homeless = [path for path in modules if not counted[path] and "def " in path.read_text(encoding="utf-8")]
    assert homeless == [], "give these a room in tools/mutation/rooms.py, or a reason in LEFT_OUT"
    assert [path for path, times in counted.items() if times > 1] == []
    assert [pattern for pattern in LEFT_OUT if not list(ROOT.glob(pattern))] == []


def test_what_is_argued_to_be_equivalent_is_still_in_the_code() -> None:
    assert argued()
    for (function, change), why in argued().items():
        parts = function.split(".")[1:]
        module = next(
            path
            for end in range(len(parts), 0, -1)
            if (path := ROOT.joinpath(*parts[:end]).with_suffix(".py")).is_file()
        )
        (before,) = [line[2:] for line in change.splitlines() if line.startswith("- ")]
        source = module.read_text(encoding="utf-8")
        assert f"def {parts[-1]}(" in source
        assert before in source, f"{function} has changed: look whether this still holds: {why}"


def test_mutants_are_named_and_say_what_was_changed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    mutants = list(mutated_tree(Room(("model/edges.py",), ()), tree))
    assert len(mutants) > 20
    assert {mutant.function for mutant in mutants} == {"telltale_conformance.model.edges.decode_edge_json"}
    assert "- sid = session_hint\n+ sid = None" in {mutant.change for mutant in mutants}
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert "__mutmut_1" in (tree / "model" / "edges.py").read_text()
    assert "__mutmut_1" not in (ROOT / "model" / "edges.py").read_text()


def test_a_changed_default_is_told_by_the_line_that_names_the_function(tmp_path: Path) -> None:
    mutants = list(mutated_tree(Room(("lean_traces/strict_json.py",), ()), tmp_path / "tree"))
    parse = "def parse(text: bytes, nesting: int, *, spelled: bool = {}) -> Any:"
    assert f"- {parse.format(False)}\n+ {parse.format(True)}" in {mutant.change for mutant in mutants}
    assert [mutant.name for mutant in mutants if not mutant.change] == []


def test_a_room_that_is_not_there_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.mutation", "cellar"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"no such room: cellar; there are {', '.join(ROOMS)}" in done.stderr


def test_a_changed_sentence_is_no_mutant(tmp_path: Path) -> None:
    changes = {mutant.change for mutant in mutated_tree(Room(("oracle/verdict/evidence.py",), ()), tmp_path / "tree")}
    assert not [change for change in changes if "NOTHING WAS SHOWN" in change]
    assert [change for change in changes if "AGREE" in change]
