"""What the tests of histories share: campaigns of which only settings and journal are there, at any state."""

from pathlib import Path
from typing import Any

from msgspec import structs

from telltale_conformance.oracle.campaign.events import Begun, Ended, Event, MetClass, TaskDone
from telltale_conformance.oracle.campaign.folder import Settings, settings_of, write_settings
from telltale_conformance.oracle.campaign.journal import FILE, Journal, begin_journal
from telltale_conformance.oracle.campaign.plan import LaneKind, Setup
from telltale_conformance.oracle.campaign.record import record_of
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.lanes.identity import Identity
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.verdict.evidence import Tally
from tests.oracle.campaign.test_standing import FOUND, task
from tests.oracle.report_world import HELLO

DAY = 86_400.0
FIRST = 1_893_466_800.0  # 2030-01-01T03:00:00Z
CELLS = tuple(
    f"{operation} | {answer} | {phase} | - | -"
    for phase in ("unclaimed", "claimed")
    for operation in ("open", "close", "claim_ownership")
    for answer in ("ok", "SessionNotFound")
)
LANES: tuple[LaneKind, ...] = ("mutants", "programs", "stateful", "deep")


def settings(number: int = 0, version: str = "1", *, name: str = "my-store", **changes: Any) -> Settings:
    """Return the settings of a campaign on a version; campaigns have numbers."""
    identity = Identity(
        harness="0.1.0", harness_hash="sha256:00", implementation=name, version=version, contract="telltale-17"
    )
    hello = structs.replace(HELLO, name=name, version=version)
    setup = Setup(
        campaign=f"{number:032x}", subject=Subject(command="x", contract="telltale-17"), hello=hello, identity=identity
    )
    return structs.replace(settings_of(setup, 1.0, {}), **changes)


def works(number: int, at: float, *findings: MetClass, tally: Tally = Tally(cases=10, judged=100)) -> TaskDone:  # noqa: B008 # it is frozen
    """Return that a task is finished, which reaches one or two cells that are new."""
    new = CELLS[number : number + 1]
    return task(
        number,
        at=at,
        lane=LANES[number % len(LANES)],
        new=new,
        cells=((number, 1),) if new else (),
        findings=findings,
        tally=tally,
    )


def day(number: int, tasks: int = 4, *findings: MetClass, ended: str | None = "time") -> list[Event]:
    """Return the events of a campaign on this day after the first; the findings are of its last task."""
    at = FIRST + number * DAY
    told: list[Event] = [Begun(at=at, workers=2)]
    told += (works(one, at + one + 1, *(findings if one == tasks - 1 else ())) for one in range(tasks))
    if ended is not None:
        told.append(Ended(at=at + tasks + 1, why=ended))
    return told


def in_folder(folder: Path, told: Settings, events: list[Event]) -> Path:
    """Write a campaign into a folder, or let it go on."""
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, told)
    if not (folder / FILE).exists():
        begin_journal(folder, told.campaign)
    journal = Journal(folder)
    journal.write(events)
    journal.close()
    return folder


def record(number: int, version: str, on: int, *findings: MetClass, tasks: int = 4, **changes: Any) -> CampaignRecord:
    """Return the record of a campaign on a version, on this day after the first."""
    told = record_of(settings(number, version, **changes), Standing().take(day(on, tasks, *findings)))
    assert told is not None
    return told


OTHER = structs.replace(FOUND, fingerprint="cd" * 32, text="open: another answer")
