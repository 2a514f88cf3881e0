"""The journal and the files of a campaign: a cut in the midst of a write loses nothing that was reported."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.campaign import durable
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.events import Begun, DossierMade, Ended, Event, TaskDone, TaskLost
from telltale_conformance.oracle.campaign.folder import (
    ChangedCampaign,
    MalformedCampaign,
    read_settings,
    write_settings,
)
from telltale_conformance.oracle.campaign.journal import FILE, Journal, MalformedJournal, begin_journal, events
from telltale_conformance.oracle.campaign.merging import merge
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.cli.app import app
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


def test_settings_that_were_changed_by_hand_are_refused_by_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(tmp_path / "c", Subject(), hours=1.0)
    path = tmp_path / "c" / "campaign.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole))  # white space says nothing
    assert read_settings(tmp_path / "c").checksum == whole["checksum"]
    bare = {name: value for name, value in whole.items() if name != "checksum"}
    changes = ({"hours": 2.0}, {"merged": True}, {"checksum": "0" * 64}, {"hello": {**whole["hello"], "version": "9"}})
    for changed in (bare, *(whole | change for change in changes)):
        path.write_text(json.dumps(changed))
        with pytest.raises(ChangedCampaign):
            read_settings(tmp_path / "c")
    path.write_text(json.dumps(whole | {"seed": 1}))
    for given in (["resume", "c", "--tasks", "1"], ["report", "c"], ["merge", "c", "-o", "m"]):
        with pytest.raises(SystemExit) as ended:
            app(["campaign", *(str(tmp_path / one) if one in "cm" else one for one in given)])
        assert ended.value.code == 2
        assert f"{path}: the settings of the campaign were changed after it began" in capsys.readouterr().err


def test_the_command_that_resume_runs_is_shown_as_text_and_not_run_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = begin(tmp_path / "c", Subject(), hours=1.0)
    write_settings(tmp_path / "c", replace(settings, command="sh -c \x1b[2J\u202ex"))
    monkeypatch.setattr("telltale_conformance.oracle.cli.campaign._work", lambda *given: 0)
    for given, code in ([], 2), (["--run"], 0):
        with pytest.raises(SystemExit) as ended:
            app(["campaign", "resume", str(tmp_path / "c"), *given])
        assert ended.value.code == code
        err = capsys.readouterr().err
        assert "c: the command of the campaign: sh -c '\\x1b[2J\\u202ex'\n" in err
        assert ("is not run unasked; read it; then give --run" in err) is (code == 2)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b"\0", b'{"hello":' + b'{"a":' * 100_000, b"x" * 10**6, b'{"\xe9":1}']
)
def test_settings_that_are_none_are_an_error_with_their_place(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "campaign.json").write_bytes(content)
    with pytest.raises(MalformedCampaign, match=re.escape(str(tmp_path / "campaign.json"))):
        read_settings(tmp_path)


@pytest.mark.parametrize("file", ["campaign.json", FILE])
def test_a_file_of_another_campaign_in_the_place_of_this_ones_is_refused_by_every_command(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("c", "other"):
        begin(tmp_path / name, Subject(), hours=1.0)
    shutil.copy(tmp_path / "other" / file, tmp_path / "c" / file)
    for given in (["resume", "c", "--tasks", "1"], ["report", "c"], ["merge", "c", "-o", "m"]):
        with pytest.raises(SystemExit) as ended:
            app(["campaign", *(str(tmp_path / one) if one in "cm" else one for one in given)])
        assert ended.value.code == 2
        said = f"{tmp_path / 'c' / FILE}:1: this is the journal of another campaign than that of campaign.json"
        assert said in capsys.readouterr().err


def test_a_finding_of_which_the_journal_does_not_tell_is_missing_for_agreement(tmp_path: Path) -> None:
    """Lines at the end of a journal were lost, and what is left ends as a campaign does."""
    folder = tmp_path / "c"
    begin(folder, Subject(), hours=1.0)
    (folder / "found").mkdir()
    (folder / "found" / "abcdefabcdef.json").write_bytes(b"{}")
    (folder / "found" / ".unfinished.123456123456.json").write_bytes(b"{")  # it is being written
    merge([folder], tmp_path / "m")
    said = "1 finding of which the journal does not tell, as where lines are missing at its end; the first: "
    report = report_of(read_settings(folder), standing_in(folder))
    assert f"{said}found/abcdefabcdef.json" in report.missing
    merged = report_of(read_settings(tmp_path / "m"), standing_in(tmp_path / "m"))
    assert merged.faults == (f"the journal does not tell of {folder}/found/abcdefabcdef.json",)
    assert (merged.verdict, merged.tally.faults) == ("inconclusive", 1)


def test_a_campaign_whose_journal_is_gone_is_neither_reported_nor_resumed_as_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        worked(campaign, 1)
    (folder / FILE).unlink()
    with pytest.raises(MalformedJournal, match="the journal is gone"):
        standing_in(folder)
    with pytest.raises(MalformedJournal, match="the journal is gone"), opened(folder, read_settings(folder)):
        pass
    assert not (folder / FILE).exists()


def test_a_campaign_that_was_cut_off_at_its_very_beginning_begins_again_or_is_resumed(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    settings = begin(folder, Subject(), hours=1.0)
    with opened(folder, settings) as found:
        assert found.campaign.standing == Standing()
    (folder / "campaign.json").unlink()  # it is written last
    begin(folder, Subject(), hours=1.0)
    with opened(folder, read_settings(folder)) as found:
        worked(found.campaign, 1)
    (folder / "campaign.json").unlink()
    with pytest.raises(UsageError, match="a campaign is there already"):
        begin(folder, Subject(), hours=1.0)


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FILLED, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split("\n")
    assert "File too large" in told
    reported = [int(line) for line in told if line.isdigit()]
    assert reported
    assert [event.task for event in events(tmp_path) if isinstance(event, TaskLost)] == reported
    assert (tmp_path / FILE).read_bytes().endswith(b"\n")


def test_a_full_disk_is_told_with_the_file_that_had_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", full)
        with pytest.raises(OSError, match="No space left") as told:
            durable.put_durably(tmp_path / "one.jsonl", b"data")
    assert told.value.filename == str(tmp_path / "one.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_program_is_under_its_name_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(tmp_path)

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", full)
        corpus.add("ab" * 32, b"data")
        corpus.add("cd" * 32, b"more")
        with pytest.raises(OSError, match="No space left"):
            corpus.settle()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_programs_of_one_settling_are_synced_before_they_are_named_and_their_folders_once_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, done = Corpus(tmp_path / "corpus"), []
    fsync, replace = os.fsync, os.replace

    def synced(file: int) -> None:
        done.append(("synced", Path(os.readlink(f"/proc/self/fd/{file}")).name))
        fsync(file)

    def named(old: str, new: Path) -> None:
        done.append(("named", new.name))
        replace(old, new)

    monkeypatch.setattr(durable.os, "fsync", synced)
    monkeypatch.setattr(durable.os, "replace", named)
    data = {sha256(content).hexdigest(): content for content in (b"%d" % number for number in range(150))}
    for address, content in data.items():
        corpus.add(address, content)
        assert corpus.read(address) == content
    assert not corpus.folder.exists()
    corpus.settle()
    for address, content in data.items():
        assert corpus.place(address).read_bytes() == content
        name = corpus.place(address).name
        assert done.index(("synced", f".unfinished.{name}")) < done.index(("named", name))
    last = max(place for place, (what, _) in enumerate(done) if what == "named")
    assert ("synced", corpus.place(done[last][1].split(".")[0]).parent.name) in done[last:]
    assert {("synced", "corpus"), ("synced", tmp_path.name)} <= set(done)  # folders in them are new
    assert len([name for what, name in done if what == "synced" and len(name) == 2]) < len(data)


def test_what_a_cut_left_is_swept_and_damaged_programs_are_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        worked(campaign, 5)
        setup, entries, tally = campaign.setup, dict(campaign.standing.entries), campaign.standing.tally
    corpus = Corpus(folder / "corpus")
    first, *_, last = entries
    before = {address: corpus.read(address) for address in (first, last, setup.start[0])}
    corpus.place(first).write_bytes((before[first] or b"")[:100])
    corpus.place(last).unlink()
    corpus.place(setup.start[0]).write_bytes(b"")
    (corpus.place(last).parent / ".unfinished.abc").write_bytes(b"half")
    with opened(folder, read_settings(folder)) as found:
        assert found.remarks == ["1 unfinished file of a cut removed", "3 damaged programs of the corpus made again"]
        assert found.campaign.standing.tally == tally
    assert {address: corpus.read(address) for address in before} == before


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
