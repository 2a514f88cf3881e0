"""Guidance between tasks: only what reaches something new is kept, and what is kept is changed."""

from pathlib import Path

import pytest

from telltale_conformance.oracle.campaign.plan import PARENTS
from tests.oracle.campaign.campaign_world import DIES, campaign_in, small_tasks, worked, wrong

__all__ = ["small_tasks"]


def test_a_task_that_reaches_nothing_new_adds_nothing(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 1)
        task = campaign.next_task()
        given = campaign.given(task)
        from telltale_conformance.oracle.campaign.work import carry_out

        done = carry_out(campaign.setup, task, given)
        campaign.take(task, given, done)
        before = list(campaign.standing.entries)
        assert not campaign._guide.taken(task, given, done)
        assert list(campaign.standing.entries) == before


def test_mutants_are_made_from_what_was_kept(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 8)
        parents: set[str] = set()
        for _ in range(30):
            task = campaign.next_task()
            assert task.lane != "mutants" or len(task.parents) == PARENTS
            parents |= set(task.parents)
        assert parents & campaign.standing.entries.keys()
        assert parents & set(campaign.setup.start)


def test_an_unguided_campaign_keeps_nothing_and_finds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, DIES)
    with campaign_in(tmp_path / "c", guided=False) as campaign:
        while not campaign.standing.found and campaign.next_number() < 60:
            worked(campaign, 1)
        assert campaign.standing.found
        assert campaign.standing.cells
        assert not campaign.standing.entries
