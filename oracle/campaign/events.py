"""What the journal of a campaign says, line by line; ``schema campaign-event`` states the same for other readers."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from telltale_conformance.oracle.campaign.plan import LaneKind
from telltale_conformance.oracle.verdict.evidence import Tally

RARE: Final = 3
"""A cell is counted up to so many cases: the estimate of what is left asks which were reached once and twice."""


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that went into the corpus."""

    address: str
    case: int
    """Of the task."""
    steps: int
    reached: Annotated[str, Meta(pattern="^([0-9a-f]{16})*$")]
    """What nothing before reached: numbers of 64 bits, each as 16 hexadecimal digits."""


class HistoryEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A history that went into the corpus."""

    address: str
    race: str
    """The address of the race that it is of."""
    case: int
    """Of the task."""


class MetClass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of divergence that a task met."""

    fingerprint: str
    text: str
    case: str
    cases: int
    after: int
    """How many answers of the task were judged when it was first met; 0 where that is not known."""


class LaneWork(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tasks of one lane came to."""

    tasks: int = 0
    tally: Tally = Tally()
    open: int = 0
    """Cases without a verdict: neither shown to agree nor found to diverge."""

    def __add__(self, other: LaneWork) -> LaneWork:
        """Return both together."""
        return LaneWork(tasks=self.tasks + other.tasks, tally=self.tally + other.tally, open=self.open + other.open)


class Begun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="begun"):
    """The campaign begins, or goes on."""

    at: float
    """When, in seconds since 1970; so in every event."""
    workers: int


class TaskDone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="task"):
    """A task is finished: from this line on it counts, once."""

    at: float
    task: int
    lane: LaneKind
    turn: int
    parents: tuple[str, ...]
    """The programs that it was given, or of lane ``concurrent`` the races."""
    worker: str
    seconds: float
    cpu_seconds: float
    """Of the worker and its adapters, since the task before."""
    tally: Tally
    open: int
    """Cases without a verdict."""
    missing: tuple[str, ...]
    """Why some of them have none."""
    new_cells: tuple[str, ...]
    """Cells that no task before had; all cells of the journal are numbered from 0 in the order of these lists."""
    cells: tuple[tuple[int, int], ...]
    """In how many cases cells were judged, by their numbers; only of cells that fewer than three cases had."""
    entries: tuple[Entry, ...]
    histories: tuple[HistoryEntry, ...]
    findings: tuple[MetClass, ...]
    faults: tuple[str, ...]
    """The first ones; the tally has the number of all."""
    unsupported: tuple[str, ...]
    decoded: tuple[str, ...] = ()
    """The types of ``decode`` of which a text was answered, and of which no task before had one."""


class DossierMade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="dossier"):
    """A finding was run again and has a dossier."""

    at: float
    fingerprint: str
    ending: str
    remark: str
    steps: int | None
    """Of the smallest program; None where the finding has none."""
    cpu_seconds: float
    """Of the worker and its adapters, since the task before."""
    folder: str | None
    """Of the dossier, within that of the campaign; None where it has none."""


class WorkerEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="worker"):
    """A worker was lost, and its tasks were given to others; or it was refused."""

    at: float
    worker: str
    what: Literal["lost", "refused"]
    why: str = ""


class TaskLost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="task lost"):
    """A task ended several workers or could not be run at all; it is not tried again."""

    at: float
    task: int
    why: str


class Ended(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="ended"):
    """The campaign ends, or pauses."""

    at: float
    why: str
    """``time`` when its hours are over, ``tasks`` when it has done as many as it was to do."""
    faults: tuple[str, ...] = ()
    """What went wrong when the adapters were ended."""


class Inherited(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="event", tag="inherited"):
    """What another campaign did, of which this folder is a merger; counted once for each campaign."""

    at: float
    campaign: str
    events: int
    """Of its journal, by then."""
    tasks: int
    seconds: float
    cpu_seconds: float
    tally: Tally
    cells: dict[str, int]
    """Each with the number of cases, up to three."""
    findings: dict[str, MetClass]
    lanes: dict[str, LaneWork]
    missing: tuple[str, ...]
    """Why some of the cases without a verdict have none."""
    unsupported: tuple[str, ...]
    """Operations that were offered and answered as unsupported."""
    over: bool
    """Whether it did all that it was to do."""
    hours: float
    """How long it was to take."""
    faults: tuple[str, ...]
    """The first ones."""
    decoded: tuple[str, ...] = ()
    """The types of ``decode`` of which a text was answered."""


Event: TypeAlias = Begun | TaskDone | DossierMade | WorkerEvent | TaskLost | Ended | Inherited
