"""Processor time of a campaign: of workers and their adapters, each second once, added up over tasks and dossiers."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.events import DossierMade, TaskDone
from telltale_conformance.oracle.campaign.findings import reduced
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.journal import events
from telltale_conformance.oracle.campaign.opening import opened
from telltale_conformance.oracle.process import cpu
from telltale_conformance.oracle.process.cpu import Meter, cpu_seconds
from tests.oracle.campaign.campaign_world import small_tasks
from tests.oracle.campaign.test_cuts import found_in

__all__ = ["small_tasks"]

BURNS = "import time; until = time.process_time() + 0.2\nwhile time.process_time() < until: pass\nprint(flush=True)"


@pytest.mark.parametrize("stays", [True, False])
def test_what_a_process_started_counts_while_it_runs_and_after_it_ended(*, stays: bool) -> None:
    before = cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", BURNS + ("; input()" if stays else "")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        if not stays:
            child.wait()
        assert cpu_seconds() - before >= 0.15  # the system counts in hundredths, user and system time by themselves
        child.communicate(b"\n")


def test_each_second_counts_once_and_none_of_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([7.0, 9.5, 10.0, 20.0, 20.25])
    monkeypatch.setattr(cpu, "cpu_seconds", lambda: next(clock))
    meter = Meter()
    meter.begin("one")
    meter.begin("one")
    assert meter.used() == 2.5
    meter.begin("one")
    assert meter.used() == 0.5
    meter.begin("other")
    assert meter.used() == 0.25


def test_threads_of_a_worker_share_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(number) for number in range(41))
    monkeypatch.setattr(cpu, "cpu_seconds", lambda: next(clock))
    meter, shares = Meter(), list[float]()
    meter.begin("one")
    threads = [threading.Thread(target=lambda: shares.extend(meter.used() for _ in range(10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(shares) == 40


def test_a_campaign_adds_up_what_its_tasks_and_dossiers_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "c"
    clock = iter(0.5 * number for number in range(1_000))
    monkeypatch.setattr(cpu, "cpu_seconds", lambda: next(clock))
    monkeypatch.setattr(keeping.METER, "_work", "")
    fingerprint = found_in(folder, monkeypatch)
    with opened(folder, read_settings(folder)) as found:
        found.campaign.take_reduced(reduced(found.campaign.setup, found.campaign.findings.read(fingerprint)))
        found.campaign.settle()
    told = [event for event in events(folder) if isinstance(event, TaskDone | DossierMade)]
    assert isinstance(told[-1], DossierMade)
    assert [event.cpu_seconds for event in told] == [0.5] * len(told)
    assert found.campaign.standing.cpu_seconds == 0.5 * len(told)
