"""Campaigns merged: their programs distilled anew, each once by its content; their findings, each once by its class."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.files import content
from telltale_conformance.generators.guided_programs import packed_corpus
from telltale_conformance.lean_traces.programs import written_program
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.durable import put_durably
from telltale_conformance.oracle.campaign.events import DossierMade, Inherited, MetClass
from telltale_conformance.oracle.campaign.folder import (
    CORPUS,
    DISTILLED,
    DISTILLED_RACES,
    DOSSIERS,
    FOUND,
    NAMED_BY,
    Settings,
    read_settings,
    refuse_used,
    write_settings,
)
from telltale_conformance.oracle.campaign.guide import few
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.journal import Journal, begin_journal
from telltale_conformance.oracle.campaign.kept_histories import KeptHistories
from telltale_conformance.oracle.campaign.opening import histories_in
from telltale_conformance.oracle.campaign.report import state_of
from telltale_conformance.oracle.campaign.standing import FAULTS_NAMED, Standing, standing_in
from telltale_conformance.oracle.campaign.strangers import strangers_told
from telltale_conformance.oracle.histories.meetings import Meeting
from telltale_conformance.oracle.histories.meetings import few as few_histories
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.readable import counted, one_line

MOST_STEPS: Final = 8_000
"""Steps of a distilled corpus, about: twice as many as the corpus of the package has."""
EVERY_STEP: Final = 10**9


class Part(NamedTuple):
    """One of the folders that were merged."""

    folder: Path
    settings: Settings
    standing: Standing

    @property
    def tells_of(self) -> tuple[str, ...]:
        """The campaigns whose work it holds."""
        return tuple(self.standing.inherited) if self.settings.merged else (self.settings.campaign,)


class Sorted(NamedTuple):
    """What became of the programs of all folders, or of their histories, or of their findings."""

    given: int
    """In all folders together."""
    twice: int
    """How many of them another folder gave too."""
    kept: int
    gone: tuple[Path, ...]
    """Files that are gone or damaged."""

    @property
    def dropped(self) -> int:
        """How many reach nothing that those do not reach that were kept."""
        return self.given - self.twice - self.kept - len(self.gone)


class Merged(NamedTuple):
    """What a merger came to."""

    parts: tuple[Part, ...]
    programs: Sorted
    histories: Sorted
    findings: Sorted


def merged_lines(merged: Merged) -> Iterator[str]:
    """Yield what was merged, what was kept of it, and why the rest was not, as text for people."""
    for folder, _, standing in merged.parts:
        tasks = len(standing.tasks) + sum(one.tasks for one in standing.inherited.values())
        yield (
            f"merged {one_line(str(folder), 200)}: {state_of(standing)}, {counted(tasks, 'task')}, "
            f"{standing.tally.judged:,} answers judged, {counted(len(standing.found), 'finding')}"
        )
        yield from (f"  {remark}" for remark in strangers_told(folder))
    told_by = Counter(name for part in merged.parts for name in part.tells_of)
    for name, folders in told_by.items():
        if folders > 1:
            yield f"  campaign {name} is in {folders} of them; its work counts once, of the copy with the most tasks"
    for what, one in (("programs", merged.programs), ("histories", merged.histories)):
        yield (
            f"{what}: {one.kept} kept of {one.given}; {one.twice} given by several folders, {one.dropped} that reach "
            f"nothing beyond those kept, {len(one.gone)} gone or damaged"
        )
    found = merged.findings
    yield f"findings: {found.kept} kept of {found.given}; {found.twice} given by several folders"
    for path in (*merged.programs.gone, *merged.histories.gone, *merged.findings.gone):
        yield f"gone or damaged: {one_line(str(path), 300)}"


def distil(folder: Path, contract: str, addresses: Sequence[str], histories: KeptHistories) -> int:
    """Write few programs and races of a corpus that together reach most, for ``check --corpus``; return how many.

    Raises:
        OSError: they cannot be written.
    """
    corpus = Corpus(folder / CORPUS)
    chosen = few(dict.fromkeys(addresses, corpus), contract, MOST_STEPS)
    read = ((address, corpus.read(address)) for address in chosen)
    programs = [written_program(data, address).steps for address, data in read if data is not None]
    put_durably(folder / DISTILLED, packed_corpus(programs))
    histories.distil(folder / DISTILLED_RACES)
    return len(programs)


def distilled(folder: Path) -> bool:
    """Return whether a campaign was distilled after the last line of its journal: it may be ended in between."""
    try:
        races, journal = ((folder / name).stat().st_mtime_ns for name in (DISTILLED_RACES, JOURNAL))
    except FileNotFoundError:
        return False
    return races >= journal


def merge(sources: Sequence[Path], output: Path) -> Merged:
    """Merge campaigns into a folder.

    Raises:
        UsageError: they are of several contracts or implementations, or something is in the folder already.
        MalformedCampaign: one of them is not a campaign.
    """
    refuse_used(output)
    parts = tuple(Part(source, read_settings(source), standing_in(source)) for source in sources)
    first = parts[0].settings
    for part in parts:
        _refuse_others(parts[0], part)
    programs, told = _programs(parts)
    kept = few(programs, first.contract, EVERY_STEP)
    output.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(output / CORPUS)
    for address in kept:
        data = programs[address].read(address)
        if data is not None:
            corpus.add(address, data)
    corpus.settle()
    histories, histories_told = _merged_histories(output, parts)
    found, findings_told = _merged_findings(output, parts)
    name, inherited = uuid4().hex, _inherited(parts)
    begin_journal(output, name)  # in place of that of a merger that was cut off; the settings come last
    journal = Journal(output)
    try:
        journal.write([*inherited, *found])
    finally:
        journal.close()
    distil(output, first.contract, kept, histories)
    settings = msgspec.structs.replace(
        first,
        campaign=name,
        start=tuple(kept),
        histories=histories.kept,
        hours=sum(one.hours for one in inherited),
        merged=True,
    )
    write_settings(output, settings)
    return Merged(parts, told._replace(kept=len(kept)), histories_told, findings_told)


def _programs(parts: Sequence[Part]) -> tuple[dict[str, Corpus], Sorted]:
    """Return the programs of all folders, each with a corpus that has it; and how many there are, none kept yet."""
    programs, given = dict[str, Corpus](), Counter[str]()
    for folder, settings, standing in parts:
        corpus = Corpus(folder / CORPUS)
        for address in dict.fromkeys((*settings.start, *standing.entries)):
            given[address] += 1
            if address not in programs and corpus.read(address) is not None:
                programs[address] = corpus
    gone = tuple(Corpus(parts[0].folder / CORPUS).place(address) for address in given if address not in programs)
    return programs, Sorted(given.total(), given.total() - len(given), 0, gone)


def _merged_histories(output: Path, parts: Sequence[Part]) -> tuple[KeptHistories, Sorted]:
    """Copy few histories in which together all meets that meets in those of the folders."""
    histories = KeptHistories(output / CORPUS, {})
    all_of_them = [histories_in(part.folder) for part in parts]
    given = Counter(address for one in all_of_them for address in one.kept)
    met = dict[str, tuple[KeptHistories, set[Meeting]]]()
    for one in all_of_them:
        met |= {address: (one, found) for address, found in one.met().items() if address not in met}
    for address in few_histories({address: found for address, (_, found) in met.items()}):
        histories.copy(met[address][0], address)
    histories.settle()
    gone = tuple(
        next(one.place(address) for one in all_of_them if address in one.kept)
        for address in given
        if address not in met
    )
    return histories, Sorted(given.total(), given.total() - len(given), len(histories.kept), gone)


def _merged_findings(output: Path, parts: Sequence[Part]) -> tuple[list[DossierMade], Sorted]:
    """Copy the findings, each class once; return those that were run again."""
    made, given, gone = dict[str, DossierMade](), dict[str, list[Path]](), list[Path]()
    for folder, _, standing in parts:
        for fingerprint, one in standing.found.items():
            if one.made is not None and (fingerprint not in made or made[fingerprint].folder is None):
                made[fingerprint] = msgspec.structs.replace(one.made, cpu_seconds=0.0)  # it is in what is inherited
            given.setdefault(fingerprint, []).append(folder)
            _copy_finding(folder, output, fingerprint)
    for fingerprint, (first, *_) in given.items():
        name, one_made = Path(FOUND, f"{fingerprint[:NAMED_BY]}.json"), made.get(fingerprint)
        if not (output / name).exists():
            gone.append(first / name)
        if one_made is not None and one_made.folder is not None and not (output / one_made.folder).is_dir():
            gone.append(first / one_made.folder)
            made[fingerprint] = msgspec.structs.replace(one_made, folder=None, remark="its dossier is gone")
    total = sum(map(len, given.values()))
    return list(made.values()), Sorted(total, total - len(given), len(given), tuple(gone))


def _refuse_others(first: Part, part: Part) -> None:
    mine, its = (
        one_line(
            f"{one.identity.implementation} {one.identity.version}, contract {one.contract}, level {one.level}", 200
        )
        for one in (first.settings, part.settings)
    )
    told = "" if mine == its else f"it is of {its}, and {first.folder} is of {mine}"
    setups = (first.settings.setup(), part.settings.setup())
    if not told and (other := setups[0].differs(setups[1].hello, setups[1].clients_hello, setups[1].identity)):
        told = f"it began with another version than {first.folder}: {other}"
    if told:
        raise UsageError(
            f"{told}: their findings are not of one kind",
            place=part.folder,
            remedy="begin a campaign with its programs instead: campaign --begin-with FOLDER",
        )


def _inherited(parts: Sequence[Part]) -> list[Inherited]:
    """Return what each campaign did by itself, once for all copies of one."""
    found: dict[str, Inherited] = {}
    for folder, settings, standing in parts:
        known = dict(standing.inherited)
        if not settings.merged:
            untold = [f"the journal does not tell of {folder / FOUND / name}" for name in standing.untold]
            known[settings.campaign] = Inherited(
                at=time.time(),
                campaign=settings.campaign,
                events=standing.events,
                tasks=len(standing.tasks),
                seconds=standing.seconds,
                cpu_seconds=standing.cpu_seconds,
                tally=standing.tally + Tally(faults=len(untold)),
                cells=dict(standing.cells),
                findings={
                    name: MetClass(fingerprint=name, text=one.text, case=one.case, cases=one.cases, after=one.answers)
                    for name, one in standing.found.items()
                },
                lanes=dict(standing.lanes),
                missing=tuple(standing.missing),
                unsupported=tuple(sorted(standing.unsupported)),
                decoded=tuple(sorted(standing.decoded)),
                over=standing.over,
                hours=settings.hours,
                faults=(*standing.faults, *untold)[:FAULTS_NAMED],
            )
        for name, one in known.items():
            found[name] = one if name not in found else _of_copies(found[name], one)
    return list(found.values())


def _of_copies(one: Inherited, other: Inherited) -> Inherited:
    """Return the work of the copy that went on for longer, and what either found or reached, or what failed in either.

    No two runs are alike: what failed in one of them may have hidden what the other did not meet.
    """
    less, more = sorted((one, other), key=lambda copy: (copy.tasks, copy.events))
    return msgspec.structs.replace(
        more,
        tally=msgspec.structs.replace(more.tally, faults=max(less.tally.faults, more.tally.faults)),
        faults=tuple(dict.fromkeys((*more.faults, *less.faults)))[:FAULTS_NAMED],
        cells={name: max(less.cells.get(name, 0), more.cells.get(name, 0)) for name in {**less.cells, **more.cells}},
        findings={**less.findings, **more.findings},
        unsupported=tuple(sorted({*less.unsupported, *more.unsupported})),
        decoded=tuple(sorted({*less.decoded, *more.decoded})),
    )


def _copy_finding(source: Path, output: Path, fingerprint: str) -> None:
    """Copy the files that are kept of a finding; what is there already stays."""
    name = fingerprint[:NAMED_BY]
    (output / FOUND).mkdir(parents=True, exist_ok=True)
    for path in (source / FOUND).glob(f"{name}.*"):
        if not _no_files(str(path.parent), [path.name]) and not (output / FOUND / path.name).exists():
            put_durably(output / FOUND / path.name, content(path))
    if (source / DOSSIERS / name).is_dir() and not (output / DOSSIERS / name).exists():
        shutil.copytree(source / DOSSIERS / name, output / DOSSIERS / name, ignore=_no_files)


def _no_files(folder: str, names: list[str]) -> list[str]:
    """Return what in a folder is neither a file nor a folder itself: what links lead to is not of the campaign."""
    kinds = {name: stat.S_IFMT(os.lstat(os.path.join(folder, name)).st_mode) for name in names}
    return [name for name, kind in kinds.items() if kind not in (stat.S_IFREG, stat.S_IFDIR)]
