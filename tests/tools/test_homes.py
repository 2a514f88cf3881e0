"""Every name is imported from its home: the lint finds one that is handed on, and finds none."""

from __future__ import annotations

from pathlib import Path

from tools.lint.__main__ import ROOT
from tools.lint.homes import FACES, problems


def test_the_tree_has_none() -> None:
    assert list(problems(ROOT)) == []


def test_a_name_that_is_handed_on_is_found(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name, text in {
        "a": "def f(): ...\nX: int = 1\n",
        "b": "from telltale_conformance.model.a import X, f\n",
        "c": "from telltale_conformance.model.b import f\nfrom telltale_conformance.model import a\n",
    }.items():
        (tmp_path / "model" / f"{name}.py").write_text(text)
    (problem,) = problems(tmp_path)
    assert problem == "model/c.py:1: f is not defined in telltale_conformance.model.b; import it from its home"


def test_the_faces_are_there() -> None:
    for face in FACES:
        __import__(face)
