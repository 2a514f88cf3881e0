"""No module imports itself by way of others: the lint finds a circle, within functions too, and finds none."""

from __future__ import annotations

from pathlib import Path

from tools.lint.__main__ import ROOT
from tools.lint.circles import imports, problems


def tree(root: Path, **modules: str) -> Path:
    for name, text in modules.items():
        file = root / "model" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return root


def test_the_tree_has_none() -> None:
    assert list(problems(ROOT)) == []


def test_every_module_is_looked_at() -> None:
    found = imports(ROOT)
    step = found["telltale_conformance.model.operations"]
    assert {"telltale_conformance.model.ownership", "telltale_conformance.model.store"} <= step
    assert (
        "telltale_conformance.oracle.cli.check" in found["telltale_conformance.oracle.cli.check_app"]
    )  # within a function


def test_a_circle_within_functions_is_found(tmp_path: Path) -> None:
    tree(
        tmp_path,
        a="from telltale_conformance.model import b\n",
        b="def f():\n    from telltale_conformance.model.c import d\n",
        c="import telltale_conformance.model.a\n",
    )
    (problem,) = problems(tmp_path)
    assert problem.startswith("imports in a circle: ")
    assert {part.strip() for part in problem.split(": ")[1].split("←")} == {"model.a", "model.b", "model.c"}


def test_an_import_for_types_only_closes_no_circle(tmp_path: Path) -> None:
    tree(
        tmp_path,
        a="from telltale_conformance.model import b\n",
        b="if TYPE_CHECKING:\n    from telltale_conformance.model.a import d\n",
    )
    assert list(problems(tmp_path)) == []
