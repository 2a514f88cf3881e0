"""What the hash of the harness covers: every file of the package that a result can depend on."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from telltale_conformance.oracle.lanes import environment

PACKAGE = Path(str(resources.files("telltale_conformance")))
CHANGED = (
    "errors.py",
    "model/guards.py",
    "model/types/grammar.lark",
    "generators/data/profiles.toml",
    "generators/data/floor/hardened.txt",
    "lean_traces/schemas/domain.json",
    "lean_traces/lean/Telltale/Contract.lean",
    "lean_traces/lean/lean-toolchain",
    "oracle/reports/page/templates/page.js",
)


def hashed(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(environment, "_ROOT", root)
    environment.harness_hash.cache_clear()
    environment._room.cache_clear()
    try:
        return environment.harness_hash()
    finally:
        environment.harness_hash.cache_clear()
        environment._room.cache_clear()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package") / "telltale_conformance"
    shutil.copytree(PACKAGE, place, ignore=shutil.ignore_patterns("__pycache__", "*.gz"))
    return place


def test_a_copy_has_the_hash_of_the_package(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hashed(copy, monkeypatch) == hashed(PACKAGE, monkeypatch)


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_file_changes_the_hash(name: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, content = hashed(copy, monkeypatch), (copy / name).read_bytes()
    (copy / name).write_bytes(content + b"\n")
    try:
        assert hashed(copy, monkeypatch) != before
    finally:
        (copy / name).write_bytes(content)


def test_every_kind_of_file_is_tried(copy: Path) -> None:
    kinds = {path.suffix for path in copy.rglob("*") if path.is_file()}
    assert kinds - {Path(name).suffix for name in CHANGED} <= {".cjs", ".css", ".j2", ".jsonl", ".tmpl", ".typed"}
