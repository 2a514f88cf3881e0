"""What is on the disk of a campaign, and how it stands: what a task returns goes to the disk, and then it counts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.events import (
    RARE,
    DossierMade,
    Entry,
    Event,
    MetClass,
    TaskDone,
)
from telltale_conformance.oracle.campaign.features import numbers_in, written
from telltale_conformance.oracle.campaign.findings import Findings, Reduced
from telltale_conformance.oracle.campaign.folder import CORPUS
from telltale_conformance.oracle.campaign.guide import Guide
from telltale_conformance.oracle.campaign.journal import Journal
from telltale_conformance.oracle.campaign.kept_histories import HistoryGuide, KeptHistories
from telltale_conformance.oracle.campaign.plan import Setup, Task, task_of
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.campaign.work import Done
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of


class Campaign:
    """What is on the disk of a campaign, and how it stands.

    Args:
        folder: of the campaign; it is held by the caller.
        setup: of the campaign.
        standing: as its journal says.
        journal: open for more.
        histories: that the corpus began with, each with its race.
    """

    def __init__(
        self, folder: Path, setup: Setup, standing: Standing, journal: Journal, histories: Mapping[str, str]
    ) -> None:
        self.setup = setup
        self.standing = standing
        self.corpus = Corpus(folder / CORPUS)
        self.histories = KeptHistories(folder / CORPUS, {**histories, **standing.histories})
        self.findings = Findings(folder)
        self._journal = journal
        reached = {address: numbers_in(entry.reached) for address, entry in standing.entries.items()}
        self._guide = Guide(setup, self.corpus, reached)
        self._races = HistoryGuide(setup.seed, self.histories, guided=setup.guided)
        self._noted: list[Event] = []
        self._next = 0
        self._numbers = {name: number for number, name in enumerate(standing.names)}
        self._clock_ahead = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time, in seconds since 1970; setting the machine's clock while a campaign runs changes nothing."""
        return self._clock_ahead + time.monotonic()

    def note(self, *events: Event) -> None:
        """Count events; they are reported once they are settled."""
        self.standing.take(events)
        self._noted += events

    def settle(self) -> None:
        """Bring to the disk what was noted.

        Raises:
            OSError: it cannot be written; then the standing is ahead of the journal, and nothing more may be reported.
        """
        self.corpus.settle()
        self.histories.settle()
        self._journal.write(self._noted)
        self._noted.clear()

    def next_number(self) -> int:
        """Return the number of the next task that is not finished."""
        while self._next in self.standing.tasks:
            self._next += 1
        return self._next

    def next_task(self) -> Task:
        """Return the next task that is not finished, with what it changes or runs again."""
        task = task_of(self.setup, self.next_number())
        self._next += 1
        return self.with_parents(task)

    def with_parents(self, task: Task) -> Task:
        """Return a task with the programs that it changes, or the races that it runs again."""
        if task.lane not in ("mutants", "concurrent"):
            return task
        guide = self._guide if task.lane == "mutants" else self._races
        return Task(number=task.number, lane=task.lane, turn=task.turn, parents=guide.parents(task.number))

    def given(self, task: Task) -> tuple[bytes, ...]:
        """Return what a task is given, as the files hold it.

        Raises:
            InconclusiveError: one of them is gone.
        """
        races = task.lane == "concurrent"
        read, place = (
            (self.histories.race, self.histories.place_of_race) if races else (self.corpus.read, self.corpus.place)
        )
        found = []
        for address in task.parents:
            data = read(address)
            if data is None:
                raise InconclusiveError(
                    "this file of the corpus is gone or damaged",
                    place=place(address),
                    remedy="`campaign resume` makes it again, or goes on without it",
                )
            found.append(data)
        return tuple(found)

    def take(self, task: Task, given: Sequence[bytes], done: Done) -> list[str]:
        """Take in what a task came to; return the fingerprints that are new.

        Divergences are on the disk then; programs come there before the line of the journal that tells of them.
        """
        races, guided = task.lane == "concurrent", self.setup.guided
        taken = self._guide.taken(task, given, done) if guided and not races else []
        for one in taken:
            self.corpus.add(one.address, one.data)
        kept = list(self._races.taken(done)) if guided and races else []
        for history in kept:
            self.histories.add(history.race, history.history)
        met, new = [], []
        for one_met in done.met:
            key = fingerprint_of(one_met.divergence)
            if key.digest not in self.standing.found:
                self.findings.keep(key, one_met.divergence)
                new.append(key.digest)
            met.append(
                MetClass(
                    fingerprint=key.digest,
                    text=key.text(),
                    case=f"{task.lane}: {one_met.divergence.case}",
                    cases=one_met.cases,
                    after=one_met.after,
                )
            )
        new_cells, cells = self._cells(done)
        self.note(
            TaskDone(
                at=self.now(),
                task=task.number,
                lane=task.lane,
                turn=task.turn,
                parents=task.parents,
                worker=done.worker,
                seconds=round(done.seconds, 3),
                cpu_seconds=done.cpu_seconds,
                tally=done.tally,
                open=done.open,
                missing=done.missing,
                new_cells=tuple(new_cells),
                cells=tuple(cells),
                entries=tuple(
                    Entry(address=one.address, case=one.case, steps=one.steps, reached=written(sorted(one.fresh)))
                    for one in taken
                ),
                histories=tuple(history.entry for history in kept),
                findings=tuple(met),
                faults=done.faults,
                unsupported=tuple(sorted(done.unsupported)),
                decoded=tuple(sorted(done.decoded - self.standing.decoded)),
            )
        )
        return new

    def _cells(self, done: Done) -> tuple[list[str], list[tuple[int, int]]]:
        """Return the cells that are new, and the numbers of those that are rare so far, with their cases."""
        new, cells = [], []
        for cell, cases in sorted(done.cells.items()):
            name = str(cell)
            if name not in self._numbers:
                self._numbers[name] = len(self._numbers)
                new.append(name)
            if self.standing.cells.get(name, 0) < RARE:
                cells.append((self._numbers[name], min(RARE, cases)))
        return new, cells

    def take_reduced(self, made: Reduced) -> None:
        """Take in a finding that was run again; its dossier is on the disk before the line of the journal."""
        folder = self.findings.write_dossier(made.fingerprint, made.files)
        self.note(
            DossierMade(
                at=self.now(),
                fingerprint=made.fingerprint,
                ending=made.ending,
                remark=made.remark,
                steps=made.steps,
                cpu_seconds=made.cpu_seconds,
                folder=folder,
            )
        )
