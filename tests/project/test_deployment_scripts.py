"""The scripts of docs/deployment.md: linted, and run with stand-ins for ``srun``, ``ssh`` and dask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.project import deployment_world as deployment


@pytest.mark.parametrize("section", ["Slurm", "Plain ssh"])
def test_the_scripts_follow_the_rules_of_their_linter(tmp_path: Path, section: str) -> None:
    path = tmp_path / "script.sh"
    path.write_text(deployment.block(section, "bash"))
    deployment.lint("shellcheck", str(path))


@pytest.mark.parametrize(("begun", "code"), [(False, 0), (True, 1)])
def test_the_slurm_script_starts_all_parts_and_ends_as_the_campaign_does(
    tmp_path: Path, begun: bool, code: int
) -> None:
    world = deployment.World(tmp_path, ended=code, parts=2)
    folder = tmp_path / "campaigns" / "my-store"
    if begun:
        folder.mkdir(parents=True)
        (folder / "campaign.json").write_text("{}")
    done = world.run("-c", deployment.block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="64")
    assert done.returncode == code, done.stderr
    (words,) = world.asked("telltale-conformance")
    assert words[:2] == (["campaign", "resume"] if begun else ["campaign", "--sut"])
    assert words[-2:] == ["--cluster", "tcp://node1:1234"]
    deployment.read_by_telltale(words)
    scheduler, worker = sorted(world.asked("dask"))
    deployment.read_by_dask(scheduler)
    deployment.read_by_dask(worker)
    assert world.asked("srun")[0][0] == "--ntasks=62"
    assert not list(tmp_path.glob("campaigns/*.json"))


def test_a_job_that_was_requeued_does_not_look_for_its_scheduler_of_before(tmp_path: Path) -> None:
    world = deployment.World(tmp_path, parts=2)
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "campaigns" / "my-store-scheduler-7.json").write_text('{"address": "tcp://gone:1"}')
    program = tmp_path / "bin" / "dask"  # a scheduler that is slow to write never does where there is a file
    program.write_text(program.read_text().replace("&& echo", '&& [ ! -e "$2" ] && echo'))
    assert world.run("-c", deployment.block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="3").returncode == 0
    assert world.asked("telltale-conformance")[0][-1] == "tcp://node1:1234"


def test_a_job_that_slurm_ends_waits_for_the_end_of_the_campaign_and_ends_its_scheduler(tmp_path: Path) -> None:
    world = deployment.World(tmp_path, ended=3, parts=2)
    program = tmp_path / "bin" / "telltale-conformance"
    program.write_text(program.read_text().replace("exit", 'kill "$PPID"; exit'))
    assert world.run("-c", deployment.block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="3").returncode == 3
    assert (tmp_path / "over").exists()


@pytest.mark.parametrize(("section", "starter"), [("Slurm", "srun"), ("Plain ssh", "ssh")])
def test_workers_that_are_lost_altogether_are_started_again(tmp_path: Path, section: str, starter: str) -> None:
    world = deployment.World(tmp_path, parts=2)
    program = tmp_path / "bin" / starter
    once = '[ -e "$HOME/lost" ] || { touch "$HOME/lost"; exit 137; }\n'
    program.write_text(program.read_text().replace("shift", once + "shift", 1))
    (tmp_path / "script.sh").write_text(deployment.block(section, "bash"))
    (tmp_path / "hosts").write_text("one\n")
    given = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "3", "SCHEDULER_HOST": "me"}
    assert world.run("script.sh", "hosts", "folder", **given).returncode == 0
    assert len(world.asked(starter)) == 2


def test_the_slurm_script_ends_when_the_scheduler_does_not_start(tmp_path: Path) -> None:
    world = deployment.World(tmp_path)
    (tmp_path / "bin" / "dask").write_text("#!/bin/bash\nexit 1\n")
    done = world.run("-c", deployment.block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="64")
    assert done.returncode == 3
    assert world.asked("srun") == world.asked("telltale-conformance") == []


@pytest.mark.parametrize(("begun", "code"), [(False, 0), (True, 3)])
def test_the_ssh_script_starts_workers_on_every_host(tmp_path: Path, begun: bool, code: int) -> None:
    world = deployment.World(tmp_path, ended=code, parts=4)
    if begun:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "campaign.json").write_text("{}")
    (tmp_path / "script.sh").write_text(deployment.block("Plain ssh", "bash"))
    (tmp_path / "hosts").write_text("one\ntwo\nthree\n")
    done = world.run("script.sh", "hosts", "folder", SCHEDULER_HOST="me", SCHEDULER_PORT="4321", WORKERS_PER_HOST="5")
    assert done.returncode == code, done.stderr
    assert sorted(call[1] for call in world.asked("ssh")) == ["one", "three", "two"]
    scheduler, *workers = sorted(world.asked("dask"))
    deployment.read_by_dask(scheduler)
    assert len(workers) == 3
    for worker in workers:
        assert worker[1] == "tcp://me:4321"
        assert worker[worker.index("--nworkers") + 1] == "5"
        deployment.read_by_dask(worker)
    (words,) = world.asked("telltale-conformance")
    assert words[:3] == (["campaign", "resume", "folder"] if begun else ["campaign", "--sut", "store-adapter"])
    assert begun or words[-4:-2] == ["--corpus", "folder"]
    assert words[-2:] == ["--cluster", "tcp://me:4321"]
    deployment.read_by_telltale(words)


@pytest.mark.nightly
def test_the_ssh_script_runs_a_campaign_on_real_workers_and_goes_on_after_its_scheduler_was_killed(
    tmp_path: Path,
) -> None:
    """Dask and the campaign are real; only ``ssh`` stays on this machine."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "ssh").write_text('#!/bin/bash\nshift 2; exec bash -c "$*"\n')
    (binaries / "ssh").chmod(0o755)
    (tmp_path / "script.sh").write_text(deployment.block("Plain ssh", "bash"))
    (tmp_path / "hosts").write_text("here\n")
    path = f"{binaries}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {
        "SCHEDULER_HOST": "127.0.0.1", "SCHEDULER_PORT": deployment.free_port(), "WORKERS_PER_HOST": "2",
        "HOURS": "0.03", "SUT": f"{sys.executable} -m telltale_conformance.adapters.reference",
    }  # fmt: skip
    codes = []
    for number in range(2):
        with (tmp_path / f"log{number}").open("wb") as log:
            script = subprocess.Popen(
                ["bash", "script.sh", "hosts", "folder"],
                cwd=tmp_path,
                env={**os.environ, **variables, "PATH": path},
                stdout=log,
                stderr=log,
            )
        try:
            if number == 0:
                deployment.wait_until(lambda: deployment.tasks_in(tmp_path / "folder") >= 2, script, tmp_path / "log0")
                parts = psutil.Process(script.pid).children()
                (scheduler,) = (one for one in parts if "dask scheduler" in " ".join(one.cmdline()))
                scheduler.kill()
            codes.append(script.wait(400))
        finally:
            deployment.end_all(script)
    assert codes == [3, 0], (tmp_path / "log1").read_text()[-4000:]
    assert "the scheduler does not answer" in (tmp_path / "log0").read_text()
    assert "verdict: agree" in (tmp_path / "log1").read_text()
