"""How a campaign begins in a folder, and how it is opened again after it paused, was killed, or lost its power."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import msgspec

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.generators.guided_programs import guided_corpus
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.campaign.corpus import Corpus, address_of
from telltale_conformance.oracle.campaign.events import TaskDone
from telltale_conformance.oracle.campaign.findings import Findings
from telltale_conformance.oracle.campaign.folder import (
    CORPUS,
    FILE,
    Settings,
    read_settings,
    refuse_used,
    settings_of,
    write_settings,
)
from telltale_conformance.oracle.campaign.guide import rebuilt
from telltale_conformance.oracle.campaign.journal import FILE as JOURNAL
from telltale_conformance.oracle.campaign.journal import Journal, begin_journal, begun, events
from telltale_conformance.oracle.campaign.kept_histories import KeptHistories
from telltale_conformance.oracle.campaign.plan import Setup, Task
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.strangers import strangers_told, unnamed_told
from telltale_conformance.oracle.histories.meetings import few
from telltale_conformance.oracle.lanes.identity import OtherVersion, contract_of, identity_of, refuse_others
from telltale_conformance.oracle.lanes.subject import Subject, hellos
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import counted, one_line


def greeted(subject: Subject) -> tuple[Hello, Hello | None]:
    """Start an implementation once, and return what it says of itself, and what one of its several clients says.

    Raises:
        AdapterFault: it does not start.
        InconclusiveError: the clients are of another implementation, another version of it, or another contract.
    """
    hello, clients = hellos(subject)
    if clients is not None:
        refuse_others(hello, clients, subject.clients)
    return hello, clients


def begin(
    folder: Path,
    subject: Subject,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    seed: int = 0,
    hours: float,
    guided: bool = True,
    source: Path | None = None,
    say: Callable[[str], None] = lambda remark: None,
) -> Settings:
    """Begin a campaign in a folder: its settings and the programs that its corpus begins with.

    Args:
        folder: is made where it is missing.
        subject: the implementation.
        contract: the one that its hello must name; None for whichever it names.
        level: how strictly answers are compared.
        seed: what the tasks follow from.
        hours: how long it may take.
        guided: whether programs that reach something new go into the corpus.
        source: the folder of another campaign, with whose corpus this one begins.
        say: takes what of it is gone, in words.

    Raises:
        UsageError: a campaign is there already.
        AdapterFault: the implementation does not start.
        InconclusiveError: its clients are of another one; or it follows another contract, or one that this harness
            does not state.
    """
    refuse_used(folder, (FILE, JOURNAL) if begun(folder) else (FILE,))
    hello, clients = greeted(subject)
    judged_by = contract_of(hello, contract)
    corpus = Corpus(folder / CORPUS)
    start = dict.fromkeys(_begin_corpus(corpus, judged_by))
    histories = KeptHistories(corpus.folder, {})
    if source is not None:
        copied, lost = _copied(source, corpus, judged_by)
        start.update(dict.fromkeys(copied))
        other = histories_in(source)
        lost += other.lost()
        if lost:
            told = f"{counted(len(lost), 'file')} of its corpus gone or damaged, the first: {lost[0]}"
            say(f"{one_line(str(source), 200)}: {told}")
        for address in few(other.met()):
            histories.copy(other, address)
        histories.settle()
    corpus.settle()
    name = uuid4().hex
    setup = Setup(
        campaign=name,
        subject=msgspec.structs.replace(subject, contract=judged_by),
        hello=hello,
        clients_hello=clients,
        identity=identity_of(hello),
        level=level,
        seed=seed,
        guided=guided,
        start=tuple(start),
    )
    settings = settings_of(setup, hours, histories.kept)
    begin_journal(folder, name)  # settings without a journal tell of a campaign whose journal is gone
    write_settings(folder, settings)
    return settings


def _begin_corpus(corpus: Corpus, contract: str) -> Iterator[str]:
    """Write the corpus that is part of the package, and yield its addresses."""
    for steps in guided_corpus(contract):
        address, data = address_of(Program(contract=contract, steps=steps))
        corpus.add(address, data)
        yield address


def _copied(source: Path, corpus: Corpus, contract: str) -> tuple[list[str], list[str]]:
    """Write the programs of another campaign; return their addresses, and those of the programs that are gone."""
    settings = read_settings(source)
    if settings.contract != contract:
        raise InconclusiveError(f"its programs are for contract {settings.contract}, not {contract}", place=source)
    other, copied, lost = Corpus(source / CORPUS), list[str](), list[str]()
    for address in (*settings.start, *standing_in(source).entries):
        data = other.read(address)
        (lost if data is None else copied).append(address)
        if data is not None:
            corpus.add(address, data)
    return copied, lost


def histories_in(folder: Path) -> KeptHistories:
    """Return the histories of a campaign."""
    kept = {**read_settings(folder).histories, **standing_in(folder).histories}
    return KeptHistories(folder / CORPUS, kept)


class Opened:
    """A campaign that was opened, and what was found on the way."""

    def __init__(self, campaign: Campaign, remarks: Sequence[str]) -> None:
        self.campaign = campaign
        self.remarks = list(remarks)


@contextmanager
def opened(folder: Path, settings: Settings) -> Iterator[Opened]:
    """Open a campaign for more tasks; what a cut tore is dropped or made again.

    Raises:
        OtherVersion: harness or implementation are others than when it began.
        MalformedJournal: its journal is damaged elsewhere than at its end.
    """
    setup = settings.setup()
    other = setup.differs(*greeted(setup.subject))
    if other:
        raise OtherVersion(
            f"the campaign began with another version: {other}",
            place=folder,
            remedy="begin another one with its programs: campaign --begin-with FOLDER",
        )
    journal = Journal(folder)
    try:
        standing = standing_in(folder)
        remarks = []
        if journal.dropped:
            remarks.append(f"the last line of the journal was torn ({journal.dropped} bytes): its task is run again")
        corpus = Corpus(folder / CORPUS)
        swept = corpus.swept() + Findings(folder).swept()
        if swept:
            remarks.append(f"{counted(swept, 'unfinished file')} of a cut removed")
        remarks += _mended(setup, folder, corpus, standing)
        kept = {**settings.histories, **standing.histories}
        gone = KeptHistories(corpus.folder, kept).lost()
        if gone:
            remarks.append(f"histories of the corpus that are gone: {len(gone)}, the first: {gone[0]}")
        remarks += strangers_told(folder)
        remarks += unnamed_told(folder, {*setup.start, *standing.entries, *kept, *kept.values()})
        yield Opened(Campaign(folder, setup, standing, journal, settings.histories), remarks)
    finally:
        journal.close()


def _mended(setup: Setup, folder: Path, corpus: Corpus, standing: Standing) -> Iterator[str]:
    """Make programs of the corpus again whose files are gone or damaged; say what was done."""
    lost = {address for address in (*setup.start, *standing.entries) if corpus.read(address) is None}
    if not lost:
        return
    for address in lost:
        place = corpus.place(address)
        if place.is_dir() and not place.is_symlink():
            told = "a folder stands where a program of the corpus belongs"
            raise InconclusiveError(
                told, place=place, remedy="move it away; then `campaign resume` makes the program again"
            )
        place.unlink(missing_ok=True)
    made = lost & set(_begin_corpus(corpus, setup.subject.contract))
    for event in events(folder):
        if not isinstance(event, TaskDone):
            continue
        lengths = {entry.address: entry.steps for entry in event.entries}
        task = Task(number=event.task, lane=event.lane, turn=event.turn, parents=event.parents)
        for entry in event.entries:
            if entry.address in lost - made:
                given = [corpus.read(address) for address in task.parents]
                known = [data for data in given if data is not None]
                data = (
                    rebuilt(setup, task, known, entry.case, entry.address, lengths)
                    if len(known) == len(given)
                    else None
                )
                if data is not None:
                    corpus.add(entry.address, data)
                    made.add(entry.address)
    corpus.settle()
    yield f"{counted(len(made), 'damaged program')} of the corpus made again"
    gone = sorted(lost - made)
    if gone:
        yield f"gone of the corpus: {counted(len(gone), 'program')}, the first: {gone[0]}"
