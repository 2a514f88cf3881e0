"""Histories in the corpus: those in which operations met, with answers, as in none before, each with the race it is of.

``corpus/ab/abcdef….history.jsonl`` is what was seen, for ``replay``; ``corpus/cd/cdef01….race.json`` is what the
clients did, to be run again. Both names are the SHA-256 of their bytes. A history is no program: run again, the same
race may come to another one. So a lost history cannot be made again, and it is named.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from telltale_conformance.lean_traces.histories import HistoryReader
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.durable import put_durably
from telltale_conformance.oracle.campaign.events import HistoryEntry
from telltale_conformance.oracle.campaign.features import number_of
from telltale_conformance.oracle.campaign.work import Done
from telltale_conformance.oracle.histories.meetings import Meeting, few, meetings

HISTORY_SUFFIX: Final = ".history.jsonl"
RACE_SUFFIX: Final = ".race.json"
AGAIN: Final = 8
"""How many races of the corpus a task runs again at most."""
_LATE: Final = 40
"""Half of the races that are run again are among so many that came last."""
MOST_RACES: Final = 200
"""How many races are distilled at most."""


class KeptHistories:
    """The histories in the folder of a corpus.

    Args:
        folder: of the corpus.
        kept: the addresses of those that count, each with that of its race, in the order in which they came.
    """

    def __init__(self, folder: Path, kept: Mapping[str, str]) -> None:
        self._histories = Corpus(folder, HISTORY_SUFFIX)
        self._races = Corpus(folder, RACE_SUFFIX)
        self.kept = dict(kept)

    def lost(self) -> list[str]:
        """Return the addresses of which the history or its race is gone or damaged."""
        return [
            address
            for address, race in self.kept.items()
            if self._histories.read(address) is None or self._races.read(race) is None
        ]

    def race(self, address: str) -> bytes | None:
        """Return the bytes of a race; None where they are gone or are not those of its name."""
        return self._races.read(address)

    def place(self, address: str) -> Path:
        """Return where a history is."""
        return self._histories.place(address)

    def place_of_race(self, address: str) -> Path:
        """Return where a race is."""
        return self._races.place(address)

    def met(self) -> dict[str, set[Meeting]]:
        """Return what met in each history that is there with its race."""
        gone = set(self.lost())
        return {address: self._met(address) for address in self.kept if address not in gone}

    def _met(self, address: str) -> set[Meeting]:
        data = self._histories.read(address) or b""
        return meetings(HistoryReader(io.BytesIO(data), str(self._histories.place(address)), packed=False))

    def add(self, race: bytes, history: bytes) -> tuple[str, str]:
        """Add a history and its race, which ``settle`` writes; return their addresses."""
        address, of = sha256(history).hexdigest(), sha256(race).hexdigest()
        self._races.add(of, race)
        self._histories.add(address, history)
        self.kept[address] = of
        return address, of

    def settle(self) -> None:
        """Bring to the disk what was added, each race before its history.

        Raises:
            OSError: it cannot be written; what is under a name is still whole.
        """
        self._races.settle()
        self._histories.settle()

    def copy(self, other: KeptHistories, address: str) -> None:
        """Add a history of another corpus with its race, which are there."""
        history, race = other._histories.read(address), other._races.read(other.kept[address])
        if history is not None and race is not None:
            self.add(race, history)

    def distil(self, file: Path) -> int:
        """Write the races of few histories in which together most meets, for ``check --corpus``; return how many.

        Raises:
            OSError: they cannot be written.
        """
        chosen = dict.fromkeys(self.kept[address] for address in few(self.met(), MOST_RACES))
        put_durably(file, b"".join(self._races.read(race) or b"" for race in chosen))
        return len(chosen)


class Kept(NamedTuple):
    """A history that a task came to and that goes into the corpus."""

    entry: HistoryEntry
    race: bytes
    history: bytes


class HistoryGuide:
    """Which races are run again, and which histories are kept.

    Args:
        seed: of the campaign.
        histories: of the corpus.
        guided: whether histories are kept at all.
    """

    def __init__(self, seed: int, histories: KeptHistories, *, guided: bool) -> None:
        self._seed = seed
        self._known: set[int] = set()
        self._races: list[str] = []
        if guided:
            for address, met in histories.met().items():
                self._known.update(map(number_of, met))
                self._race_kept(histories.kept[address])

    def _race_kept(self, race: str) -> None:
        if race not in self._races:
            self._races.append(race)

    def parents(self, number: int) -> tuple[str, ...]:
        """Choose the races that a task runs again; half of them among those that came last."""
        if not self._races:
            return ()
        rng, late = Random(f"{self._seed}/races/{number}"), self._races[-_LATE:]
        chosen = (rng.choice(late if place % 2 else self._races) for place in range(AGAIN))
        return tuple(dict.fromkeys(chosen))

    def taken(self, done: Done) -> Iterator[Kept]:
        """Yield the histories of a task in which something met as in none before; they count as known from then on."""
        for reaching in done.reached:
            fresh = [number for number in reaching.features if number not in self._known]
            if not fresh or reaching.program is None or reaching.history is None:
                continue
            self._known.update(fresh)
            race, history = zlib.decompress(reaching.program), zlib.decompress(reaching.history)
            entry = HistoryEntry(address=sha256(history).hexdigest(), race=sha256(race).hexdigest(), case=reaching.case)
            self._race_kept(entry.race)
            yield Kept(entry, race, history)
