"""Files in the folder of a campaign that are not its own: nobody looks at them, so they are named."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from telltale_conformance.oracle.campaign.corpus import SUFFIX
from telltale_conformance.oracle.campaign.durable import UNFINISHED
from telltale_conformance.oracle.campaign.folder import (
    CORPUS,
    DISTILLED,
    DISTILLED_RACES,
    DOSSIERS,
    FILE,
    FOUND,
    LOCK,
    NAMED_BY,
)
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.kept_histories import HISTORY_SUFFIX, RACE_SUFFIX
from telltale_conformance.readable import counted, one_line

_OWN: Final = frozenset((FILE, JOURNAL, LOCK, CORPUS, FOUND, DOSSIERS, DISTILLED, DISTILLED_RACES))
_ADDRESSED: Final = re.compile(
    rf"([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})({'|'.join(map(re.escape, (SUFFIX, HISTORY_SUFFIX, RACE_SUFFIX)))})"
)
_FOUND: Final = re.compile(rf"[0-9a-f]{{{NAMED_BY}}}\.[a-z.]+")
_DOSSIER: Final = re.compile(rf"[0-9a-f]{{{NAMED_BY}}}")
_NAMED: Final = 5
"""How many files a remark names at most."""


def strangers(folder: Path) -> Iterator[str]:
    """Yield the files and folders that no campaign writes under their names, as paths within the folder."""
    yield from (name for name in _names(folder) if name not in _OWN)
    yield from (name for name in _files(folder / CORPUS) if not _ADDRESSED.fullmatch(name.removeprefix(f"{CORPUS}/")))
    for place, own in ((FOUND, _FOUND), (DOSSIERS, _DOSSIER)):
        yield from (f"{place}/{name}" for name in _names(folder / place) if not own.fullmatch(name))


def unnamed(folder: Path, known: Collection[str]) -> Iterator[str]:
    """Yield the files of the corpus that the journal does not name, of a campaign that is not at work.

    Args:
        folder: of the campaign.
        known: the addresses of all that it names.
    """
    for name in _files(folder / CORPUS):
        found = _ADDRESSED.fullmatch(name.removeprefix(f"{CORPUS}/"))
        if found is not None and found[2] not in known:
            yield name


def strangers_told(folder: Path) -> Iterator[str]:
    """Yield a remark where there are files that are not the campaign's."""
    yield from _told(folder, sorted(strangers(folder)), "not of the campaign")


def unnamed_told(folder: Path, known: Collection[str]) -> Iterator[str]:
    """Yield a remark where there are files that the journal does not name, left by a cut or put there by somebody."""
    yield from _told(folder, sorted(unnamed(folder, known)), "of the corpus that the journal does not name")


def _told(folder: Path, names: list[str], what: str) -> Iterator[str]:
    if names:
        named = ", ".join(one_line(name, 100) for name in names[:_NAMED]) + (" and more" if names[_NAMED:] else "")
        yield f"{one_line(str(folder), 200)} has {counted(len(names), 'file')} {what}; not looked at: {named}"


def _names(folder: Path) -> list[str]:
    """Return what is in a folder, without files that are being written; nothing where it is not there."""
    try:
        return [name for name in os.listdir(folder) if not name.startswith(UNFINISHED)]
    except OSError:
        return []


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, links to folders too, which are not entered."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        within = Path(place).relative_to(folder.parent)
        yield from (str(within / name) for name in (*files, *links) if not name.startswith(UNFINISHED))
