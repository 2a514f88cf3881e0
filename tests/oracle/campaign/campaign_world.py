"""What the tests of campaigns share: a campaign worked off in this process, real ones, and wrong stores to find."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.generators.guided_programs import guided_corpus
from telltale_conformance.oracle.campaign import opening
from telltale_conformance.oracle.campaign.events import LaneWork
from telltale_conformance.oracle.campaign.folder import held
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.plan import SIZES
from telltale_conformance.oracle.campaign.report import BeganWith, CampaignReport, Cells, FindingRow
from telltale_conformance.oracle.campaign.standing import Point
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import Done, carry_out
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.verdict.evidence import Tally
from tests.installed import COMMAND
from tests.oracle.lane_world import ROOT
from tests.wrong_stores.beside import WrongAdapter
from tests.wrong_stores.rare import RARE

DIES = "death is taken from the receiver"
SPENT = "a witness is spent twice once eight were issued"
ONESELF = "a transfer to oneself keeps the generation from 4 on"


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let campaigns in this process begin with few programs, and tasks have few cases."""
    monkeypatch.setattr(opening, "guided_corpus", lambda contract: guided_corpus(contract)[:12])
    for lane, size in {"start": 4, "mutants": 8, "programs": 6, "stateful": 1, "deep": 2, "concurrent": 4}.items():
        monkeypatch.setitem(SIZES, lane, size)


def wrong(patch: pytest.MonkeyPatch, name: str) -> None:
    """Let every adapter of this process be a store with a rare fault."""
    patch.setattr(Subject, "start", lambda self: WrongAdapter(RARE[name]))


@contextmanager
def campaign_in(folder: Path, seed: int = 0, *, guided: bool = True) -> Iterator[Campaign]:
    """Begin a campaign on the store of this process, and open it."""
    with held(folder):
        settings = begin(folder, Subject(), hours=1.0, seed=seed, guided=guided)
        with opened(folder, settings) as found:
            yield found.campaign


def worked(campaign: Campaign, tasks: int) -> list[Done]:
    """Work off the next tasks, in this process."""
    done = []
    for _ in range(tasks):
        task = campaign.next_task()
        given = campaign.given(task)
        done.append(carry_out(campaign.setup, task, given))
        campaign.take(task, given, done[-1])
    campaign.settle()
    return done


def worked_until_found(campaign: Campaign, most: int = 40) -> int:
    """Work off tasks until one finds something, whatever is drawn today; return how many."""
    for tasks in range(1, most + 1):
        worked(campaign, 1)
        if campaign.standing.found:
            return tasks
    raise AssertionError(f"{most} tasks find nothing")


def served(*words: str) -> str:
    """Return the command of an adapter of ``serve``."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.oracle.campaign.serve import main; main()"
    return shlex.join([sys.executable, "-c", code, *words])


def ran(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``telltale-conformance campaign``."""
    return subprocess.run(
        [str(COMMAND), "campaign", *map(str, arguments)],
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1", **variables},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def reported(folder: Path) -> dict[str, Any]:
    """Return the report of a campaign."""
    document: dict[str, Any] = json.loads(ran("report", folder, "--json").stdout)
    return document


def seconds(count: float) -> str:
    """Return so many seconds as hours."""
    return str(count / 3600)


def all_that_is_told(text: str) -> CampaignReport:
    """Return a report in which there is something of everything, with this text wherever others write."""
    points = [Point(seconds=one, answers=100 * one, cells=one // 2, entries=one, once=one % 7) for one in range(1, 90)]
    findings = tuple(
        FindingRow(
            fingerprint=f"{number}" * 64,
            text=text,
            lanes=("deep", "programs"),
            cases=4,
            first_case="programs: program 4",
            first_task=3,
            after_answers=4000,
            after_seconds=7.5,
            ending=("waits", "minimal")[number],
            remark=("", text)[number],
            steps=(None, 7)[number],
            dossier=(None, "findings/111111111111")[number],
        )
        for number in range(2)
    )
    return CampaignReport(
        campaign="ab" * 16,
        harness=text,
        harness_hash="sha256:00",
        implementation=text,
        implementation_version=text,
        contract="telltale-17",
        level="state",
        seed=0,
        guided=True,
        hours=1.0,
        seconds=89.0,
        cpu_seconds=120.5,
        state="paused",
        why=text,
        verdict="diverge",
        exit_code=1,
        missing=(text, "1 fault"),
        tasks=9,
        tally=Tally(cases=40, judged=8900, faults=1),
        lanes={"programs": LaneWork(tasks=9, tally=Tally(cases=40, judged=8900, faults=1), open=1)},
        no_turn={"concurrent": "the implementation has one client"},
        answers_per_second=100.0,
        cells=Cells(reached=44, once=5, twice=0, per_hour=120.0, next_case=0.1, left=9.8),
        corpus=89,
        histories=4,
        findings=findings,
        faults=(text,),
        not_run={"7": text},
        unsupported=("open",),
        lost_workers=(text,),
        refused_workers={text: text},
        not_offered=("plan",),
        merged=("cd" * 16,),
        began_with=BeganWith(programs=5, histories=1),
        clients_differ=text,
        coverage=tuple(points),
    )
