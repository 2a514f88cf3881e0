"""The files of a campaign beside its journal: changed by hand, exchanged, gone, or cut off by a full disk."""

import errno
import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.campaign import durable
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.folder import (
    ChangedCampaign,
    MalformedCampaign,
    read_settings,
    write_settings,
)
from telltale_conformance.oracle.campaign.journal import FILE, MalformedJournal
from telltale_conformance.oracle.campaign.merging import merge
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.lanes.subject import Subject
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks, worked

__all__ = ["small_tasks"]


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
