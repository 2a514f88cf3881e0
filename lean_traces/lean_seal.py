"""The seal of an installed toolchain: what was installed, by a hash over all files, and what shows it cheaply.

All files are hashed when they are installed and by ``lean doctor --full``. Each start compares the *outline*: names,
sizes, times of the last change, and some blocks of each file. Where the outline differs all files are hashed; a mere
copy of the folder, whose times are new, then gets a new outline.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from telltale_conformance.files import content, opened
from telltale_conformance.lean_traces.lean_errors import LeanHashMismatch
from telltale_conformance.lean_traces.writer import written_whole

SEAL: Final = "installed.json"
"""The file of an installation that is written last, and says what was installed."""
_BLOCK: Final = 4096
_BLOCKS: Final = 16
"""How many blocks of a large file the outline has; of a small file it has the first."""
_LARGE: Final = 1 << 20
_NOT_SEALED: Final = frozenset({SEAL, "default.profraw"})


def write_seal(root: Path, integrity: str) -> None:
    """Seal what is below the folder; ``integrity`` names the package that it was unpacked from."""
    _write(root, {"integrity": integrity, "files": sizes(root), "tree": tree_hash(root), "outline": outline(root)})


def integrity_of(root: Path) -> str | None:
    """Return the package that a sealed folder was unpacked from; None where there is no seal."""
    seal = _read(root)
    return None if seal is None else str(seal.get("integrity"))


def compare_outline(root: Path) -> None:
    """Compare the installation with its seal as far as that costs little; all of it where that differs.

    Raises:
        LeanHashMismatch: a file is not the one that was installed.
    """
    seal = _read(root) or {}
    now = outline(root)
    if now == seal.get("outline"):
        return
    compare_all(root)
    with contextlib.suppress(OSError):  # a folder that cannot be written is hashed at each start
        _write(root, seal | {"outline": now})


def compare_all(root: Path) -> None:
    """Compare every byte of the installation with its seal.

    Raises:
        LeanHashMismatch: a file is not the one that was installed; the message names one of another size.
    """
    seal = _read(root) or {}
    sealed, found = seal.get("files"), sizes(root)
    if isinstance(sealed, dict) and sealed != found:
        changed = sorted(name for name in sealed.keys() | found.keys() if sealed.get(name) != found.get(name))
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise LeanHashMismatch(f"files below {root} were changed since they were installed: {changed[0]}{more}")
    if seal.get("tree") != tree_hash(root):
        raise LeanHashMismatch(f"files below {root} were changed since they were installed: some bytes of them differ")


def sizes(root: Path) -> dict[str, int]:
    """Return the size of every file below the folder by its name."""
    return {path.relative_to(root).as_posix(): path.stat().st_size for path in _sealed(root)}


def tree_hash(root: Path) -> str:
    """Return the SHA-256 over all files below the folder, with names and sizes."""
    digest = hashlib.sha256()
    for name, size in sizes(root).items():
        digest.update(f"{name}\0{size}\0".encode())
        with opened(root / name) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def outline(root: Path) -> str:
    """Return a hash over names, sizes, times of the last change and some blocks of all files."""
    digest = hashlib.sha256()
    for path in _sealed(root):
        state = path.lstat()
        digest.update(f"{path.relative_to(root).as_posix()}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
        blocks = _BLOCKS if state.st_size > _LARGE else 1
        with opened(path, buffering=_BLOCK) as file:
            for number in range(blocks):
                file.seek(number * (state.st_size // blocks))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _sealed(root: Path) -> list[Path]:
    """Return every file below the folder but for the seal, in order."""
    return sorted(path for path in root.rglob("*") if path.is_file() and path.name not in _NOT_SEALED)


def _read(root: Path) -> dict[str, Any] | None:
    try:
        seal = json.loads(content(root / SEAL))
    except (OSError, ValueError, RecursionError):
        return None
    return seal if isinstance(seal, dict) else None


def _write(root: Path, seal: dict[str, Any]) -> None:
    with written_whole(root / SEAL) as file:
        file.write(json.dumps(seal).encode())
