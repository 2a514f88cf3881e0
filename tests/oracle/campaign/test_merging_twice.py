"""What a merger says is what the campaigns say together, also when it is merged again, and nothing is counted twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from telltale_conformance.oracle.campaign.events import Ended, MetClass
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.merging import merge
from telltale_conformance.oracle.campaign.opening import opened
from telltale_conformance.oracle.campaign.report import CampaignReport, corpus_text, report_lines, report_of
from telltale_conformance.oracle.campaign.standing import standing_in
from telltale_conformance.oracle.verdict.evidence import Tally
from tests.oracle.campaign.campaign_world import campaign_in
from tests.oracle.campaign.test_journal import DOSSIER, TASK

MET = MetClass(fingerprint=DOSSIER.fingerprint, text="open: expected ok", case="start: case 1", cases=1, after=3)


def decoding(folder: Path, *, unsupported: tuple[str, ...] = (), decoded: tuple[str, ...] = ()) -> Path:
    """Let a campaign tell of a task that answered texts of some types, and left others out."""
    with campaign_in(folder) as begun:
        begun.note(replace(TASK, unsupported=unsupported, decoded=decoded), Ended(at=3.0, why="tasks"))
        begun.settle()
    return folder


def test_a_type_that_one_campaign_answers_and_another_leaves_out_is_missing_in_each_merger(tmp_path: Path) -> None:
    said = "offered and answered as unsupported: decode"
    without = decoding(tmp_path / "a", unsupported=("decode Edge",), decoded=("decode Scope",))
    whole = decoding(tmp_path / "b", decoded=("decode Edge", "decode Scope"))
    alike = decoding(tmp_path / "c", unsupported=("decode Edge",), decoded=("decode Value",))
    both, again, left_out = (tmp_path / name for name in ("both", "again", "left out"))
    merge([without, whole], both)
    merge([both, without], again)
    merge([without, alike], left_out)
    assert [said in reported(one).missing for one in (both, again)] == [True, True]
    assert [said in reported(one).missing for one in (without, whole, left_out)] == [False, False, False]


def test_what_either_of_two_copies_of_a_campaign_answered_or_left_out_counts(tmp_path: Path) -> None:
    one = decoding(tmp_path / "one")
    other = shutil.copytree(one, tmp_path / "other")
    second = replace(TASK, task=1, new_cells=(), cells=())
    for folder, events in (
        (one, [replace(second, decoded=("decode Edge",))]),
        (other, [replace(second, unsupported=("decode Edge",)), replace(second, task=2, decoded=("decode Scope",))]),
    ):
        with opened(folder, read_settings(folder)) as found:
            found.campaign.note(*events)
            found.campaign.settle()
    merge([one, other], tmp_path / "m")
    said = "offered and answered as unsupported: decode"
    assert [said in reported(folder).missing for folder in (one, other, tmp_path / "m")] == [False, False, True]


def campaign(folder: Path) -> Path:
    """Let a campaign tell of a task with a fault and a finding that was run again."""
    with campaign_in(folder) as begun:
        tally = Tally(cases=1, judged=9, faults=1)
        begun.note(replace(TASK, tally=tally, findings=(MET,), faults=(f"it died in {folder.name}",)), DOSSIER)
        begun.note(Ended(at=3.0, why="tasks"))
        begun.settle()
    return folder


def reported(folder: Path) -> CampaignReport:
    return report_of(read_settings(folder), standing_in(folder))


def test_of_mergers_of_mergers_nothing_counts_twice_and_faults_are_told(tmp_path: Path) -> None:
    a, b = campaign(tmp_path / "a"), campaign(tmp_path / "b")
    both, again = tmp_path / "both", tmp_path / "again"
    merge([a, b], both)
    merge([both, a, both], again)
    alone = reported(a)
    for merged in (reported(both), reported(again)):
        assert (merged.hours, merged.cpu_seconds) == (2 * alone.hours, 2 * alone.cpu_seconds)
        assert (merged.tally.faults, merged.faults) == (2, ("it died in a", "it died in b"))
        lines = list(report_lines(merged))
        assert "2 faults; the first: it died in a" in lines
        assert not any("an hour" in line for line in lines)  # it has no course of its own


def test_the_corpus_of_a_merger_is_told(tmp_path: Path) -> None:
    merge([campaign(tmp_path / "a")], tmp_path / "m")
    began = reported(tmp_path / "a").began_with.programs
    assert f"reached something new; it began with {began} programs" in corpus_text(reported(tmp_path / "a"))
    merged = reported(tmp_path / "m")
    assert began >= merged.began_with.programs > 0
    assert (
        corpus_text(merged) == f"{merged.began_with.programs} programs and 0 histories, kept of those of the campaigns"
    )


@pytest.mark.parametrize("odd", ["a link", "a pipe"])
def test_of_a_dossier_only_its_own_files_are_copied(odd: str, tmp_path: Path) -> None:
    """A folder from elsewhere: what a link leads to is not read, and a pipe is not waited for."""
    folder = campaign(tmp_path / "a")
    dossier = folder / "findings" / DOSSIER.fingerprint[:12]
    dossier.mkdir(parents=True)
    (dossier / "dossier.json").write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(b"secret")
    if odd == "a link":
        (dossier / "other.txt").symlink_to(tmp_path / "secret")
    else:
        os.mkfifo(dossier / "other.txt")
    merge([folder], tmp_path / "m")
    copied = tmp_path / "m" / "findings" / DOSSIER.fingerprint[:12]
    assert [path.name for path in copied.iterdir()] == ["dossier.json"]
