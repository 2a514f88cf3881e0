"""What a result depends on besides the implementation: hashes of the harness, of a contract, and of the corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.model.contract import contract_named
from telltale_conformance.oracle.lanes.corpus import corpus_files

_PACKAGES: Final = ("model", "lean_traces", "generators", "oracle")
_SOURCES: Final = (".py", ".lark", ".json")


@cache
def harness_hash() -> str:
    """Return the hash of all sources of this package."""
    return hash_of(part for package in _PACKAGES for part in _sources(package))


def contract_hash(contract: str) -> str:
    """Return the hash of a contract's switches and of the model that follows them."""
    rules = contract_named(contract)
    printed = encode({field.name: getattr(rules, field.name) for field in fields(rules)})
    return hash_of([printed, *_sources("model")])


@cache
def corpus_hash() -> str:
    """Return the hash of the recorded traces of this installation."""
    return hash_of(part for path in corpus_files() for part in (path.name.encode(), path.read_bytes()))


def hash_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of some parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return f"sha256:{digest.hexdigest()}"


@cache
def _sources(package: str) -> list[bytes]:
    root = Path(str(resources.files(f"telltale_conformance.{package}")))
    found = sorted(path for path in root.rglob("*") if path.suffix in _SOURCES and "__pycache__" not in path.parts)
    return [part for path in found for part in (str(path.relative_to(root)).encode(), path.read_bytes())]
