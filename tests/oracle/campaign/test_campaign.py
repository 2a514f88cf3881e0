"""Campaigns with real workers: what happens to workers, adapters and the campaign itself loses and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.events import DossierMade, TaskDone
from telltale_conformance.oracle.campaign.folder import read_settings, write_settings
from telltale_conformance.oracle.campaign.journal import events
from tests.installed import COMMAND, run
from tests.oracle.campaign.campaign_world import DIES, ONESELF, SPENT, ran, reported, seconds, served


def sound(folder: Path) -> None:
    """Check that the journal and what it tells of are there, each once."""
    told = list(events(folder))
    tasks = Counter(event.task for event in told if isinstance(event, TaskDone))
    assert tasks
    assert set(tasks.values()) == {1}
    corpus = Corpus(folder / "corpus")
    entries = [entry.address for event in told if isinstance(event, TaskDone) for entry in event.entries]
    assert entries
    assert len(set(entries)) == len(entries)
    assert all(corpus.read(address) is not None for address in entries)
    found = {one.fingerprint for event in told if isinstance(event, TaskDone) for one in event.findings}
    made = Counter(event.fingerprint for event in told if isinstance(event, DossierMade))
    assert set(made) <= found
    assert set(made.values()) <= {1}
    for fingerprint in found:
        assert (folder / "found" / f"{fingerprint[:12]}.json").exists()
    for event in told:
        if isinstance(event, DossierMade) and event.folder is not None:
            assert (folder / event.folder / "dossier.json").exists()
    for line in (folder / "journal.jsonl").read_bytes().splitlines()[1:]:
        assert not list(validator("campaign-event").iter_errors(json.loads(line)))


def test_a_campaign_finds_a_rare_fault_while_a_worker_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    sut = served(DIES, "--once", "worker", str(tmp_path / "killed"), "2000")
    done = ran("--sut", sut, "--tasks", "4", "--corpus", folder, "--workers", "2", "--seed", "3")
    assert done.returncode == 1, done.stdout + done.stderr
    assert (tmp_path / "killed").exists()
    assert "Traceback" not in done.stderr
    sound(folder)
    report = reported(folder)
    assert not list(validator("campaign-report").iter_errors(report))
    assert report["state"] == "ended"
    assert len(report["lost_workers"]) == 1
    assert report["tally"]["faults"] == 0
    finding = report["findings"][0]
    assert finding["text"].startswith("mark_owner_died")
    assert finding["ending"] == "minimal"
    assert run("verify", folder / finding["dossier"], "--sut", served(DIES)).returncode == 0
    assert report["coverage"][-1]["cells"] == report["cells"]["reached"]


@pytest.mark.nightly
def test_an_adapter_that_hangs_is_a_fault_and_no_finding(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    sut = served("--once", "hang", str(tmp_path / "hung"), "1000")
    done = ran("--sut", sut, "--tasks", "5", "--corpus", folder, "--workers", "2", "--deadline", "5")
    assert done.returncode == 3, done.stdout + done.stderr
    report = reported(folder)
    assert report["findings"] == []
    assert report["tally"]["faults"] == 1, report
    assert "deadline" in report["faults"][0]
    sound(folder)


@pytest.mark.nightly
def test_a_killed_campaign_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    sut = served(DIES, "--once", "campaign", str(tmp_path / "killed"), "9000")
    first = ran("--sut", sut, "--tasks", "99", "--corpus", folder, "--workers", "2")
    assert first.returncode == -signal.SIGKILL
    before = reported(folder)
    assert before["state"] == "running"
    assert before["tasks"] > 0
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"event":"task","at":1')  # as if it had been killed while writing
    second = ran("resume", folder, "--run", "--tasks", str(before["tasks"] + 4), "--workers", "2")
    assert second.returncode == 1, second.stdout + second.stderr
    assert "torn" in second.stderr
    after = reported(folder)
    assert after["tasks"] > before["tasks"]
    assert after["tally"]["judged"] > before["tally"]["judged"]
    known = {one["fingerprint"] for one in before["findings"]}
    assert known <= {one["fingerprint"] for one in after["findings"]}
    assert "waits" not in {one["ending"] for one in after["findings"]}
    sound(folder)


QUIET = 120
"""Tasks that two workers finish in two minutes where nothing else runs, or fewer."""
FULL = """
import resource, signal, sys
sys.dont_write_bytecode = True  # it would be cut
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
del sys.argv[1]
from telltale_conformance.oracle.cli.app import main
main()
"""


@pytest.mark.nightly
def test_a_full_disk_ends_a_campaign_that_then_resumes(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    assert ran("--sut", served(DIES), "--tasks", "2", "--corpus", folder, "--workers", "1").returncode == 1
    full = (folder / "journal.jsonl").stat().st_size + 50_000
    given = ["campaign", "resume", str(folder), "--run", "--tasks", "300", "--workers", "2"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(full), *given], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the campaign cannot go on: File too large" in done.stderr
    assert f"campaign resume {folder}" in done.stderr
    before = reported(folder)
    assert before["tasks"] > 0
    sound(folder)
    assert ran("resume", folder, "--run", "--tasks", str(before["tasks"] + 3), "--workers", "2").returncode == 1
    assert reported(folder)["tasks"] > before["tasks"]
    sound(folder)


@pytest.mark.nightly
def test_another_version_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    assert ran("--sut", served(), "--tasks", "1", "--corpus", folder, "--workers", "1").returncode == 3
    assert {why.partition(" lane ")[0] for why in reported(folder)["missing"]} == {"no answer was judged in"}
    settings = read_settings(folder)
    write_settings(folder, msgspec.structs.replace(settings, command=served("--version", "9.9")))
    refused = ran("resume", folder, "--run", "--tasks", "2")
    assert refused.returncode == 3
    assert "9.9 instead of telltale-conformance reference" in refused.stderr
    identity = msgspec.structs.replace(settings.identity, harness="0.0.1-old")
    write_settings(folder, msgspec.structs.replace(settings, identity=identity))
    refused = ran("resume", folder, "--run", "--tasks", "2")
    assert refused.returncode == 3
    assert "instead of 0.0.1-" in refused.stderr


@pytest.mark.nightly
def test_two_minutes_find_three_rare_faults_though_a_worker_is_killed_and_resume(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    sut = served(DIES, SPENT, ONESELF, "--once", "worker", str(tmp_path / "killed"), "20000")
    done = ran("--sut", sut, "--hours", seconds(120), "--corpus", folder, "--workers", "2")
    assert done.returncode == 1, done.stdout + done.stderr
    report = reported(folder)
    assert len(report["lost_workers"]) == 1
    sound(folder)
    tasks = max(report["tasks"] + 3, QUIET)
    again = ran("resume", folder, "--run", "--hours", "1", "--tasks", str(tasks), "--workers", "2")
    assert again.returncode == 1
    after = reported(folder)
    assert after["tasks"] == tasks
    found = {one["text"].partition(":")[0] for one in after["findings"]}
    assert {"mark_owner_died", "consume_readiness_witness", "commit_ownership_transfer"} <= found
    assert len(after["lost_workers"]) == 1
    sound(folder)


@pytest.mark.nightly
def test_a_scheduler_that_is_started_again_goes_on_with_the_campaign(tmp_path: Path) -> None:
    folder, port = tmp_path / "c", _free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = _dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    worker = _dask("worker", address, "--nthreads", "1", "--no-dashboard")
    campaign = subprocess.Popen(
        [
            str(COMMAND),
            "campaign",
            "--sut",
            served(DIES),
            "--tasks",
            "12",
            "--corpus",
            str(folder),
            "--cluster",
            address,
        ],
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    processes = [scheduler, worker]
    try:
        _until_written(folder / "journal.jsonl", b'"event":"task"', campaign)
        scheduler.kill()
        scheduler.wait()
        processes.append(_dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"))
        processes.append(_dask("worker", address, "--nthreads", "1", "--no-dashboard"))
        out, _ = campaign.communicate(timeout=400)
    finally:
        for process in [campaign, *processes]:
            process.terminate()
        for process in [campaign, *processes]:
            process.wait()
    assert campaign.returncode == 1, out
    assert reported(folder)["state"] == "ended"
    sound(folder)


@pytest.mark.nightly
def test_a_first_worker_of_another_version_is_refused_by_name_and_the_others_work(tmp_path: Path) -> None:
    folder, port, log = tmp_path / "c", _free_port(), tmp_path / "log"
    address = f"tcp://127.0.0.1:{port}"
    processes: list[subprocess.Popen[Any]] = [
        _dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        _dask("worker", address, "--nthreads", "1", "--no-dashboard", "--name", "older", SERVED_VERSION="0.9"),
    ]
    try:
        with log.open("w") as err:
            campaign = subprocess.Popen(
                [
                    str(COMMAND),
                    "campaign",
                    "--sut",
                    served(),
                    "--tasks",
                    "20",
                    "--corpus",
                    folder,
                    "--cluster",
                    address,
                ],
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        processes.insert(0, campaign)
        _until_written(log, b"the campaign waits 300 seconds for another one", campaign)
        processes.append(_dask("worker", address, "--nthreads", "1", "--no-dashboard", "--name", "good"))
        out, _ = campaign.communicate(timeout=400)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    assert campaign.returncode == 0, out + log.read_text()
    assert "dashboard" not in log.read_text()
    assert "worker older (" in log.read_text()
    report = reported(folder)
    (refused,) = report["refused_workers"].items()
    assert refused[0].startswith("older (")
    assert "reference 0.9 instead of" in refused[1]
    assert report["tasks"] == 20
    assert report["verdict"] == "agree"
    assert report["missing"] == []
    sound(folder)


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _dask(*words: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start a scheduler or a worker, as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _until_written(path: Path, wanted: bytes, by: subprocess.Popen[str]) -> None:
    """Wait until a file has a text, or the process that writes it has ended."""
    while by.poll() is None:
        if path.exists() and wanted in path.read_bytes():
            return
        try:
            by.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(by.communicate()[0])
