"""A project that has packages with the names of our rooms, each of them unfit for import."""

from __future__ import annotations

from pathlib import Path

NAMES = ("generators", "lean_traces", "model", "oracle", "tests", "tools")


def foreign_project(folder: Path) -> Path:
    """Write the project."""
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        refuse = f"raise RuntimeError('the project\\'s own {name} was imported')\n"
        (folder / name / "__init__.py").write_text(refuse)
        (folder / f"{name}.py").write_text(refuse)
    (folder / "test_own.py").write_text("def test_own():\n    assert 1 + 1 == 2\n")
    return folder
