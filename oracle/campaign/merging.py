"""Campaigns merged: their programs distilled anew, each once by its content; their findings, each once by its class."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
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
from telltale_conformance.oracle.campaign.events import DossierMade, Event, Inherited, MetClass
from telltale_conformance.oracle.campaign.findings import DOSSIERS, FOUND
from telltale_conformance.oracle.campaign.folder import (
    CORPUS,
    DISTILLED,
    DISTILLED_RACES,
    Settings,
    read_settings,
    refuse_used,
    write_settings,
)
from telltale_conformance.oracle.campaign.guide import few
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.journal import Journal
from telltale_conformance.oracle.campaign.kept_histories import KeptHistories
from telltale_conformance.oracle.campaign.opening import histories_in
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.histories.meetings import few as few_histories
from telltale_conformance.readable import one_line

MOST_STEPS: Final = 8_000
"""Steps of a distilled corpus, about: twice as many as the corpus of the package has."""
EVERY_STEP: Final = 10**9


class Merged(NamedTuple):
    """What a merger came to."""

    given: int
    """Programs, each counted once."""
    kept: int
    """Those that together reach all that they reach."""
    histories: int
    """Those that were kept."""
    findings: int


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


def merge(sources: Sequence[Path], output: Path) -> Merged:
    """Merge campaigns into a folder.

    Raises:
        UsageError: they are of several contracts or implementations, or something is in the folder already.
        MalformedCampaign: one of them is not a campaign.
    """
    refuse_used(output)
    all_settings = [read_settings(source) for source in sources]
    first = all_settings[0]
    for source, settings in zip(sources, all_settings, strict=True):
        _refuse_others(first, sources[0], settings, source)
    standings = [standing_in(source) for source in sources]
    programs: dict[str, Corpus] = {}
    for source, settings, standing in zip(sources, all_settings, standings, strict=True):
        corpus = Corpus(source / CORPUS)
        for address in (*settings.start, *standing.entries):
            if address not in programs and corpus.read(address) is not None:
                programs[address] = corpus
    kept = few(programs, first.contract, EVERY_STEP)
    output.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(output / CORPUS)
    for address in kept:
        data = programs[address].read(address)
        if data is not None:
            corpus.add(address, data)
    corpus.settle()
    histories = _merged_histories(output, sources)
    told = _inherited(all_settings, standings)
    found: dict[str, DossierMade] = {}
    for source, standing in zip(sources, standings, strict=True):
        for fingerprint, one in standing.found.items():
            if one.made is not None and (fingerprint not in found or found[fingerprint].folder is None):
                found[fingerprint] = one.made
                _copy_finding(source, output, fingerprint)
            elif fingerprint not in found:
                _copy_finding(source, output, fingerprint)
    (output / JOURNAL).unlink(missing_ok=True)  # of a merger that was cut off; the settings come last
    journal = Journal(output)
    try:
        journal.write([*told, *found.values()])
    finally:
        journal.close()
    distil(output, first.contract, kept, histories)
    settings = msgspec.structs.replace(
        first,
        campaign=uuid4().hex,
        start=tuple(kept),
        histories=histories.kept,
        hours=sum(one.hours for one in all_settings),
        merged=True,
    )
    write_settings(output, settings)
    return Merged(
        len(programs), len(kept), len(histories.kept), len({name for standing in standings for name in standing.found})
    )


def _merged_histories(output: Path, sources: Sequence[Path]) -> KeptHistories:
    """Copy few histories in which together all meets that meets in those of the sources."""
    histories = KeptHistories(output / CORPUS, {})
    all_of_them = [histories_in(source) for source in sources]
    met = {(number, address): found for number, one in enumerate(all_of_them) for address, found in one.met().items()}
    for number, address in few_histories(met):
        histories.copy(all_of_them[number], address)
    histories.settle()
    return histories


def _refuse_others(first: Settings, at: Path, settings: Settings, source: Path) -> None:
    mine, its = (
        one_line(
            f"{one.identity.implementation} {one.identity.version}, contract {one.contract}, level {one.level}", 200
        )
        for one in (first, settings)
    )
    told = "" if mine == its else f"it is of {its}, and {at} is of {mine}"
    if not told and (other := first.setup().differs(settings.setup().hello, settings.identity)):
        told = f"it began with another version than {at}: {other}"
    if told:
        raise UsageError(
            f"{told}: their findings are not of one kind",
            place=source,
            remedy="begin a campaign with its programs instead: campaign --begin-with FOLDER",
        )


def _inherited(all_settings: Sequence[Settings], standings: Sequence[Standing]) -> list[Event]:
    """Return what each campaign did by itself, once for all copies of one."""
    found: dict[str, Inherited] = {}
    for settings, standing in zip(all_settings, standings, strict=True):
        known = dict(standing.inherited)
        if not settings.merged:
            known[settings.campaign] = Inherited(
                at=time.time(),
                campaign=settings.campaign,
                events=standing.events,
                tasks=len(standing.tasks),
                seconds=standing.seconds,
                cpu_seconds=standing.cpu_seconds,
                tally=standing.tally,
                cells=dict(standing.cells),
                findings={
                    name: MetClass(fingerprint=name, text=one.text, case=one.case, cases=one.cases, after=one.answers)
                    for name, one in standing.found.items()
                },
                lanes=dict(standing.lanes),
                missing=tuple(standing.missing),
                unsupported=tuple(sorted(standing.unsupported)),
                over=standing.over,
                unchecked=standing.unchecked,
            )
        for name, one in known.items():
            found[name] = one if name not in found else _of_copies(found[name], one)
    return list(found.values())


def _of_copies(one: Inherited, other: Inherited) -> Inherited:
    """Return the work of the copy with more tasks, and what either of them found or reached: no two runs are alike."""
    less, more = sorted((one, other), key=lambda copy: copy.tasks)
    return msgspec.structs.replace(
        more,
        cells={name: max(less.cells.get(name, 0), more.cells.get(name, 0)) for name in {**less.cells, **more.cells}},
        findings={**less.findings, **more.findings},
        unsupported=tuple(sorted({*less.unsupported, *more.unsupported})),
    )


def _copy_finding(source: Path, output: Path, fingerprint: str) -> None:
    """Copy what is kept of a finding; what is there already stays."""
    name = fingerprint[:12]
    (output / FOUND).mkdir(parents=True, exist_ok=True)
    for path in (source / FOUND).glob(f"{name}.*"):
        if not (output / FOUND / path.name).exists():
            put_durably(output / FOUND / path.name, content(path))
    if (source / DOSSIERS / name).is_dir() and not (output / DOSSIERS / name).exists():
        shutil.copytree(source / DOSSIERS / name, output / DOSSIERS / name)
