"""Files in the folder of a campaign that nobody looks at are named."""

import os
from pathlib import Path

import pytest

from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.merging import merge, merged_lines
from telltale_conformance.oracle.campaign.opening import opened
from telltale_conformance.oracle.campaign.standing import Standing, standing_in
from telltale_conformance.oracle.campaign.strangers import strangers
from telltale_conformance.oracle.cli import campaign as command
from tests.oracle.campaign.campaign_world import DIES, campaign_in, small_tasks, worked, worked_until_found, wrong

__all__ = ["small_tasks"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign that has done a task."""
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 1)
    return tmp_path / "c"


def test_a_campaign_has_no_file_that_is_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, DIES)
    with campaign_in(tmp_path / "c", seed=2) as campaign:
        worked_until_found(campaign)
    merge([tmp_path / "c"], tmp_path / "m")
    assert list(strangers(tmp_path / "c")) == list(strangers(tmp_path / "m")) == []
    with opened(tmp_path / "c", read_settings(tmp_path / "c")) as found:
        assert found.remarks == []


def test_files_that_are_not_looked_at_are_named_by_resume_report_and_merge(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *_ = read_settings(folder).start
    known = Corpus(folder / "corpus").place(first)
    put = {
        f"corpus/{first[:2]}/{first}.program.JSONL",
        f"corpus/{first[:2]}/{second}.program.jsonl" if first[:2] != second[:2] else f"corpus/{first[:2]}/x",
        f"corpus/{first}.program.jsonl",
        "corpus/mine.jsonl",
        "corpus/loop",
        "found/notes.txt",
        "findings/mine",
        "programs.jsonl",
        "evil \x1b[31m",
    }
    for name in put - {"corpus/loop"}:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(known.read_bytes())
    (folder / "corpus" / "loop").symlink_to(folder)
    (folder / "corpus" / ".unfinished.abc").write_bytes(b"being written")
    assert set(strangers(folder)) == put
    standing = standing_in(folder)
    with opened(folder, read_settings(folder)) as found:
        assert found.campaign.standing == standing
        (told,) = (remark for remark in found.remarks if "not of the campaign" in remark)
    assert told.startswith(f"{folder} has 9 files not of the campaign; not looked at: corpus/")
    assert told.endswith(" and more")
    assert command.report(folder, output=None, history=None, badge=None, as_json=False) == 3
    assert told in capsys.readouterr().err
    assert f"  {told}" in list(merged_lines(merge([folder], folder.with_name("m"))))


def test_programs_that_the_journal_does_not_name_are_named_when_the_campaign_is_resumed(folder: Path) -> None:
    known = Corpus(folder / "corpus").place(read_settings(folder).start[0])
    name = "ab" * 32
    (folder / "corpus" / "ab").mkdir(exist_ok=True)
    (folder / "corpus" / "ab" / f"{name}.program.jsonl").write_bytes(known.read_bytes())
    with opened(folder, read_settings(folder)) as found:
        assert found.remarks == [
            f"{folder} has 1 file of the corpus that the journal does not name; not looked at: "
            f"corpus/ab/{name}.program.jsonl"
        ]
        assert name not in found.campaign.standing.entries
    assert list(strangers(folder)) == []  # a campaign at work writes programs before it names them


def test_a_corpus_that_is_a_link_is_looked_at_and_one_that_is_gone_says_nothing(folder: Path, tmp_path: Path) -> None:
    os.rename(folder / "corpus", tmp_path / "elsewhere")
    (folder / "corpus").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "mine").write_bytes(b"")
    assert list(strangers(folder)) == ["corpus/mine"]
    (folder / "corpus").unlink()
    assert list(strangers(folder)) == []
    assert standing_in(folder) != Standing()
