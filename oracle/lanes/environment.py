"""What a result depends on besides the implementation: hashes of the harness, of a contract, and of the corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import contract_named
from telltale_conformance.oracle.lanes.corpus import corpus_files

_ROOMS: Final = ("model", "lean_traces", "generators", "oracle")
_ROOT: Final = Path(str(resources.files("telltale_conformance")))


@cache
def harness_hash() -> str:
    """Return the hash of all files of this package, data and Lean sources included, but for recorded traces."""
    return hash_of([*_contents(_ROOT.glob("*.py")), *(part for room in _ROOMS for part in _room(room))])


def contract_hash(contract: str) -> str:
    """Return the hash of a contract's switches and of the model that follows them."""
    rules = contract_named(contract)
    printed = encode({field.name: getattr(rules, field.name) for field in fields(rules)})
    return hash_of([printed, *_room("model")])


@cache
def corpus_hash() -> str:
    """Return the hash of the recorded traces of this installation."""
    return hash_of(part for path in corpus_files() for part in (path.name.encode(), content(path)))


def hash_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of some parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return f"sha256:{digest.hexdigest()}"


@cache
def _room(name: str) -> list[bytes]:
    """Return the files of a room; its recorded traces are in the hash of the corpus."""
    return _contents(
        path
        for path in (_ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".gz" and "__pycache__" not in path.parts
    )


def _contents(paths: Iterable[Path]) -> list[bytes]:
    return [part for path in sorted(paths) for part in (str(path.relative_to(_ROOT)).encode(), content(path))]
