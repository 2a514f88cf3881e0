"""The seal of a dossier: the hash of every file in it, in the form that ``sha256sum --check`` reads.

A seal shows damage and careless changes. It does not show who wrote the dossier: whoever changes a file on purpose can
seal it anew. So nothing that a dossier names is ever run unasked.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content
from telltale_conformance.readable import one_line

SEAL: Final = "seal.sha256"
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.-]{1,100})")
_CACHES: Final = frozenset({"__pycache__", ".pytest_cache"})
"""Folders that running the pytest file leaves; ``verify`` reads nothing in them."""
_MOST_FILES: Final = 100


class MalformedDossier(HarnessError):
    """Thrown when a folder is not a dossier, or one of its files is not the one that was written."""

    remedy = "name a folder as check --report, campaign or minimise --dossier wrote it"


def seal_of(files: Mapping[str, bytes]) -> bytes:
    """Return the seal of these files."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return "".join(lines).encode()


def sealed_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a dossier, each read once and compared with the seal.

    Raises:
        MalformedDossier: there is no seal, or a file was changed, is missing, or was added.
    """
    wanted = _wanted(folder)
    try:
        there = {entry.name for entry in os.scandir(folder)} - _CACHES - {SEAL}
    except OSError as error:
        raise MalformedDossier(f"this is not a dossier: {error.strerror}", place=folder) from None
    for name in sorted(there - wanted.keys()):
        raise MalformedDossier("this file is not part of the dossier", place=folder / one_line(name, 100))
    files = {}
    for name, wanted_hash in wanted.items():
        try:
            files[name] = content(folder / name)
        except OSError as error:
            raise MalformedDossier(f"cannot be read: {error.strerror}", place=folder / name) from None
        if hashlib.sha256(files[name]).hexdigest() != wanted_hash:
            raise MalformedDossier("this is not the file that the dossier was written with", place=folder / name)
    return files


def _wanted(folder: Path) -> dict[str, str]:
    """Return the hash of each file by its name, as the seal says."""
    try:
        text = content(folder / SEAL, 1 << 16).decode("ascii")
    except OSError as error:
        raise MalformedDossier(
            f"this is not a dossier: its seal cannot be read: {error.strerror}", place=folder / SEAL
        ) from None
    except UnicodeDecodeError:
        text = ""
    wanted: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in wanted or len(wanted) == _MOST_FILES:
            raise MalformedDossier("no line of a seal: a hash, two spaces, a file", place=f"{folder / SEAL}:{number}")
        wanted[match[2]] = match[1]
    if not wanted:
        raise MalformedDossier("this is no seal: it names no file", place=folder / SEAL)
    return wanted
