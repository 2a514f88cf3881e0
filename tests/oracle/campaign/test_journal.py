"""The journal of a campaign: a cut in the midst of a write loses nothing that was reported."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from telltale_conformance.oracle.campaign.events import Begun, DossierMade, Ended, Event, TaskDone, TaskLost
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.journal import FILE, Journal, MalformedJournal, begin_journal, events
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.verdict.evidence import Tally
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks, worked

__all__ = ["small_tasks"]
EVENTS = (Begun(at=1.0, workers=2), TaskLost(at=2.0, task=4, why="it ended three workers"), Ended(at=3.0, why="time"))
FILLED = """
import resource, signal, sys
sys.dont_write_bytecode = True  # it would be cut
from pathlib import Path
from telltale_conformance.oracle.campaign.events import TaskLost
from telltale_conformance.oracle.campaign.journal import Journal, begin_journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
begin_journal(Path(sys.argv[1]), "one")
journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    for number in range(100):
        journal.write([TaskLost(at=1.0, task=number, why="x" * 100)])
        print(number, flush=True)
except OSError as error:
    print(error.strerror)
"""
"""Writes until no more fits, and says of each event that it was written."""


def written(folder: Path, told: Sequence[Event] = EVENTS) -> bytes:
    folder.mkdir(exist_ok=True)
    begin_journal(folder, "one")
    journal = Journal(folder)
    journal.write(told)
    journal.close()
    return (folder / FILE).read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written(tmp_path)
    assert tuple(events(tmp_path)) == EVENTS


@pytest.mark.parametrize("cut", [1, 2, 10, 40])
def test_a_torn_last_line_is_dropped_wherever_it_was_torn(tmp_path: Path, cut: int) -> None:
    whole = written(tmp_path)
    (tmp_path / FILE).write_bytes(whole[:-cut])
    assert tuple(events(tmp_path)) == EVENTS[:2]
    journal = Journal(tmp_path)
    last = whole.splitlines(keepends=True)[-1]
    assert journal.dropped == len(last) - cut
    journal.write(EVENTS[2:])
    journal.close()
    assert (tmp_path / FILE).read_bytes() == whole


def test_zeros_that_a_power_cut_left_are_dropped(tmp_path: Path) -> None:
    whole = written(tmp_path)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"\0" * 512)
    Journal(tmp_path).close()
    assert (tmp_path / FILE).read_bytes() == whole


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    with (tmp_path / FILE).open("r+b") as file:
        file.truncate(1 << 40)
    monkeypatch.setattr(f"{Journal.__module__}._LONGEST", 1000)
    with pytest.raises(MalformedJournal, match=r"journal.jsonl:5: line 5 is damaged: it is longer than 1,000 bytes"):
        list(events(tmp_path))


def flipped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b'"task":4', b'"task":5'), *lines[3:]]


DAMAGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "a digit of another line is another one": (flipped, 3),
    "a line is no JSON any more": (lambda lines: [*lines[:2], b'{"event":"ta\n', *lines[3:]], 3),
    "zeros in the middle": (lambda lines: [*lines[:2], b"\0" * len(lines[2]) + b"\n", *lines[3:]], 3),
    "two lines changed places": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
    "a line was removed": (lambda lines: [*lines[:2], *lines[3:]], 3),
    "the first line was removed": (lambda lines: [lines[0], *lines[2:]], 2),
    "a line is there twice": (lambda lines: [*lines[:3], *lines[2:]], 4),
    "the middle of the file is gone": (lambda lines: [*lines[:2], lines[2][:30] + lines[3][40:], *lines[4:]], 3),
    "two lines have become one": (lambda lines: [*lines[:2], lines[2][:-1] + b" " + lines[3], *lines[4:]], 3),
    "a checksum was taken away": (lambda lines: [*lines[:2], re.sub(rb',"chain".*}', b"}", lines[2]), *lines[3:]], 3),
    "a digit of a checksum": (lambda lines: [*lines[:-1], lines[-1].replace(lines[-1][-8:-7], b"x")], 5),
    "a digit of the last line": (lambda lines: [*lines[:-1], lines[-1].replace(b'"at":4', b'"at":3')], 5),
    "the campaign of the first line": (lambda lines: [lines[0].replace(b'"one"', b'"two"'), *lines[1:]], 2),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_line_that_was_changed_in_place_is_an_error_with_its_place(tmp_path: Path, damage: str) -> None:
    written(tmp_path, (*EVENTS, Ended(at=4.0, why="time")))
    change, line = DAMAGES[damage]
    (tmp_path / FILE).write_bytes(b"".join(change((tmp_path / FILE).read_bytes().splitlines(keepends=True))))
    for read in (Journal, standing_in):
        with pytest.raises(
            MalformedJournal, match=rf"journal\.jsonl:{line}: line {line} is damaged.*restore it"
        ) as told:
            read(tmp_path)
        assert told.value.exit_code == 2


def test_any_bit_of_a_journal_that_is_another_one_is_noticed(tmp_path: Path) -> None:
    whole = written(tmp_path)
    for place in range(len(whole) - 1):  # the last byte is the end of the line: without it the line is torn
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        if data[place] == 0:
            continue
        (tmp_path / FILE).write_bytes(data)
        with pytest.raises(MalformedJournal, match=r"journal\.jsonl:\d"):
            list(events(tmp_path))


def test_a_damaged_line_is_no_torn_one_though_a_torn_one_follows(tmp_path: Path) -> None:
    lines = written(tmp_path).splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join([*lines[:2], b'{"event":"ta\n', lines[3][:20]]))
    with pytest.raises(MalformedJournal, match=r"journal\.jsonl:3: line 3 is damaged"):
        Journal(tmp_path)


def test_the_checksum_is_the_one_that_the_schema_describes(tmp_path: Path) -> None:
    before, *lines = written(tmp_path).splitlines(keepends=True)
    chain = sha256(before).hexdigest()[:16]
    for line in lines:
        body, _, rest = line.rpartition(b',"chain":')
        chain = sha256(chain.encode() + body).hexdigest()[:16]
        assert rest == b'"%s"}\n' % chain.encode()


TASK = TaskDone(
    at=2.0,
    task=0,
    lane="programs",
    turn=0,
    parents=(),
    worker="here:1",
    seconds=1.0,
    cpu_seconds=0.5,
    tally=Tally(cases=1, judged=9),
    open=0,
    missing=(),
    new_cells=("a",),
    cells=((0, 1),),
    entries=(),
    histories=(),
    findings=(),
    faults=(),
    unsupported=(),
)
DOSSIER = DossierMade(at=3.0, fingerprint="ab" * 32, ending="minimal", remark="", steps=1, folder=None, cpu_seconds=0.5)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ((TASK, TASK), "line 3 contradicts those before it: task 0 is counted twice"),
        ((replace(TASK, new_cells=()),), "line 2 contradicts those before it: there is no cell of number 0"),
        ((replace(TASK, cells=((-1, 1),)),), "line 2 contradicts those before it: there is no cell of number -1"),
        ((TASK, DOSSIER), "line 3 contradicts those before it: it is about a finding that no task met"),
    ],
)
def test_a_line_that_contradicts_those_before_it_is_an_error_with_its_place(
    told: tuple[Event, ...], why: str, tmp_path: Path
) -> None:
    written(tmp_path, told)
    with pytest.raises(MalformedJournal, match=f"journal.jsonl:[23]: {why}"):
        standing_in(tmp_path)


def test_python_without_assertions_refuses_it_too(tmp_path: Path) -> None:
    begin(tmp_path, Subject(), hours=1.0)
    journal = Journal(tmp_path)
    journal.write((TASK, TASK))
    journal.close()
    command = [sys.executable, "-O", "-m", "telltale_conformance", "campaign", "report", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "line 3 contradicts those before it: task 0 is counted twice" in done.stderr


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"schema":"telltale-conformance/trace","version":1}\n')
    with pytest.raises(MalformedJournal, match="no journal of a campaign"):
        Journal(tmp_path)


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILLED, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split("\n")
    assert "File too large" in told
    reported = [int(line) for line in told if line.isdigit()]
    assert reported
    assert [event.task for event in events(tmp_path) if isinstance(event, TaskLost)] == reported
    assert (tmp_path / FILE).read_bytes().endswith(b"\n")


def test_a_task_whose_line_was_torn_is_run_again_and_counted_once(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        worked(campaign, 4)
        whole, entries = campaign.standing.tally, list(campaign.standing.entries)
    path = folder / FILE
    path.write_bytes(path.read_bytes()[:-7])
    with opened(folder, read_settings(folder)) as found:
        assert "torn" in found.remarks[0]
        assert found.campaign.standing.tasks == {0, 1, 2}
        worked(found.campaign, 1)
        assert found.campaign.standing.tally == whole
        assert list(found.campaign.standing.entries) == entries
    again = Standing().take(events(folder))
    assert again.tally == whole
    assert again.tasks == {0, 1, 2, 3}
