"""What is deployed: the image, the Kubernetes manifests, the scripts and the workflow of docs/deployment.md.

The manifests are validated against the schemas of Kubernetes, the scripts linted and run with stand-ins for ``srun``,
``ssh`` and dask, and every command in them is read by the command line that it is for. The image is built, and the
containers of the manifests run in it, by ``test_image.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import kubernetes_validate
import psutil
import pytest
import typer
from ruamel.yaml import YAML

from telltale_conformance.oracle.cli.app import app
from tools.ci_lint import Subject, example, problems

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
VERSIONS = ("1.29", "1.34")
"""The first version that the document names, and a later one."""


def block(section: str, language: str = "yaml") -> str:
    """Return the first block of a section of the document."""
    return example(DOCUMENT, section, language)


def tool(name: str) -> str:
    """Return the path of a linter that is installed with the development group."""
    found = shutil.which(name, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    assert found is not None, f"{name} is not installed: it is in the group test"
    return found


def lint(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def read_by_telltale(words: list[str]) -> None:
    """Let our own command line read a command, all but running it."""
    name, *rest = words
    group: Any = typer.main.get_command(app)
    context = click.Context(group)
    command = group.get_command(context, name)
    assert command is not None, words
    if rest and getattr(command, "commands", {}).get(rest[0]) is not None:
        command, name, rest = command.commands[rest[0]], rest[0], rest[1:]
    command.make_context(name, list(rest), parent=context)


def read_by_dask(words: list[str]) -> None:
    """Let dask's command line read a command, all but running it."""
    from distributed.cli import dask_scheduler, dask_worker

    {"scheduler": dask_scheduler, "worker": dask_worker}[words[0]].main.make_context(words[0], list(words[1:]))


# --- the image


def test_the_containerfile_is_well_formed_and_follows_the_rules_of_its_linter() -> None:
    lint("hadolint", "Containerfile")


def test_the_image_has_a_pinned_base_a_user_of_its_own_and_nothing_but_the_wheel() -> None:
    text = (ROOT / "Containerfile").read_text()
    assert re.search(
        r"^ARG BASE=docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", text, re.MULTILINE
    )
    first, last = re.split(r"^FROM \$\{BASE\}", text, flags=re.MULTILINE)[1:]
    assert "COPY . ." in first
    assert re.findall(r"^COPY (.*)$", last, re.MULTILINE) == ["--from=build /opt/telltale /opt/telltale"]
    users = re.findall(r"^USER (.*)$", text, re.MULTILINE)
    assert users == ["10001"]
    assert "--uid 10001" in last


def test_what_the_image_is_built_from_is_all_that_the_wheel_needs() -> None:
    kept = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    assert {"src", "model", "lean_traces", "generators", "oracle", "pyproject.toml"} <= set(kept)
    (constraints,) = re.findall(
        r"^ENV PIP_CONSTRAINT=/source/(.*)$", (ROOT / "Containerfile").read_text(), re.MULTILINE
    )
    assert constraints in kept


@pytest.mark.nightly
def test_the_commands_of_the_image_build_and_install_the_wheel(tmp_path: Path) -> None:
    """Runs every ``RUN`` of the first stage with its folders moved; it asks the package index."""
    text = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
    first = re.split(r"^FROM \$\{BASE\}", text, flags=re.MULTILINE)[1]
    source = tmp_path / "source"
    kept = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    source.mkdir()
    for name in kept:
        place = ROOT / name
        skip = shutil.ignore_patterns("__pycache__", ".lake")
        if place.is_dir():
            shutil.copytree(place, source / name, symlinks=True, ignore=skip)
        else:
            shutil.copy(place, source / name)
    for command in re.findall(r"^RUN (.*)$", first, re.MULTILINE):
        moved = command.replace("/opt/", f"{tmp_path}/opt/").replace("python3 -m venv", f"{sys.executable} -m venv")
        pinned = {**os.environ, "PIP_CONSTRAINT": str(source / "requirements-dev.lock")}
        subprocess.run(["sh", "-c", moved], cwd=source, env=pinned, check=True, timeout=900)
    done = subprocess.run(
        [tmp_path / "opt" / "telltale" / "bin" / "telltale-conformance", "check", "--lanes", "fixed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run([tmp_path / "opt" / "telltale" / "bin" / "dask", "--version"], check=True, timeout=60)


# --- Kubernetes


@pytest.fixture(scope="module")
def manifests() -> dict[tuple[str, str], Any]:
    loaded = YAML(typ="safe").load_all(block("Kubernetes"))
    return {(one["kind"], one["metadata"]["name"]): one for one in loaded}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_of_the_schema_of_kubernetes(manifests: dict[tuple[str, str], Any], version: str) -> None:
    assert len(manifests) == 5
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_with_a_mistake_is_noticed(manifests: dict[tuple[str, str], Any]) -> None:
    wrong = {**manifests["Job", "campaign"], "spec": {"templates": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_the_manifests_name_each_other_rightly(manifests: dict[tuple[str, str], Any]) -> None:
    service_name = "campaign-scheduler"
    service = manifests["Service", service_name]["spec"]
    campaign = manifests["Job", "campaign"]["spec"]["template"]
    workers = manifests["Job", "campaign-workers"]["spec"]["template"]
    assert service["selector"] == campaign["metadata"]["labels"]
    assert service["ports"] == [{"port": 8786}]
    policy = manifests["NetworkPolicy", "campaign"]["spec"]
    for pod in (campaign, workers):
        assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
    (volume,) = (one for one in campaign["spec"]["volumes"] if "persistentVolumeClaim" in one)
    assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in manifests
    (container,) = campaign["spec"]["containers"]
    assert volume["name"] in [one["name"] for one in container["volumeMounts"]]
    (sidecar,) = campaign["spec"]["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    (worker,) = workers["spec"]["containers"]
    begun = dask_worker_in(worker["args"][0])
    assert begun[1] == f"tcp://{service_name}:8786"
    assert sidecar["command"][0] == "dask"
    for words in (sidecar["command"][1:], begun):
        read_by_dask(words)


def dask_worker_in(script: str) -> list[str]:
    """Return the words after ``dask`` in the loop of a worker."""
    found = re.search(r"while dask (.*?); do", script.replace("\\\n", " "))
    assert found is not None
    return shlex.split(found[1])


@pytest.mark.parametrize(("codes", "code"), [("1", 1), ("0 1", 0), ("0 0 143", 0)])
def test_workers_come_back_to_a_scheduler_and_are_over_when_there_is_none_any_more(
    manifests: dict[tuple[str, str], Any], tmp_path: Path, codes: str, code: int
) -> None:
    """Dask's worker ends with 0 when it loses the scheduler: that alone must not complete the job."""
    (container,) = manifests["Job", "campaign-workers"]["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    (tmp_path / "script.sh").write_text("#!/bin/bash\n" + script)
    lint("shellcheck", str(tmp_path / "script.sh"))
    world = World(tmp_path)
    (tmp_path / "bin" / "dask").write_text(
        '#!/bin/bash\nread -r code rest < "$HOME/codes"\necho "$rest" > "$HOME/codes"\nexit "$code"\n'
    )
    (tmp_path / "codes").write_text(codes + "\n")
    assert world.run("script.sh").returncode == code
    assert (tmp_path / "codes").read_text() == "\n", "it was started as often as it ended well, and once more"


def test_the_pods_keep_the_rules_of_a_restricted_namespace_and_write_to_volumes_only(
    manifests: dict[tuple[str, str], Any],
) -> None:
    """The rules are those of Kubernetes' Pod Security Standards, level restricted."""
    for name in ("campaign", "campaign-workers"):
        pod = manifests["Job", name]["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"]["runAsNonRoot"] is True
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
            assert "/tmp" in mounted
            assert set(mounted.values()) <= volumes


@pytest.mark.parametrize(("begun", "ended", "code"), [(False, 0, 0), (True, 1, 0), (True, 3, 3)])
def test_the_campaign_begins_or_goes_on_and_a_divergence_is_no_reason_to_begin_again(
    manifests: dict[tuple[str, str], Any], tmp_path: Path, begun: bool, ended: int, code: int
) -> None:
    (container,) = manifests["Job", "campaign"]["spec"]["template"]["spec"]["containers"]
    (script,) = container["args"]
    (tmp_path / "script.sh").write_text("#!/bin/bash\n" + script)
    lint("shellcheck", str(tmp_path / "script.sh"))
    world = World(tmp_path, ended=ended)
    if begun:
        (tmp_path / "my-store").mkdir()
        (tmp_path / "my-store" / "campaign.json").write_text("{}")
    done = world.run("-c", script.replace("/campaigns", str(tmp_path)))
    assert done.returncode == code
    (words,) = world.asked("telltale-conformance")
    assert words[:2] == (["campaign", "resume"] if begun else ["campaign", "--sut"])
    read_by_telltale(words)


# --- scripts


DASK: Final = """
name=
while [ $# -gt 0 ]; do
  [ -z "$name" ] && name=$1
  [ "$name $1" = "scheduler --scheduler-file" ] && echo '{"address": "tcp://node1:1234"}' > "$2"
  shift
done
[ "$name" = scheduler ] && trap 'touch "$HOME/over"; exit 0' TERM
touch "$HOME/begun-$$"
until [ -e "$HOME/over" ]; do /bin/sleep 0.02; done
"""
"""The scheduler writes its file and waits to be ended; a worker ends when the scheduler does."""
CAMPAIGN: Final = """
until [ "$(find "$HOME" -name 'begun-*' | wc -l)" -ge "$PARTS" ]; do /bin/sleep 0.02; done
exit "$ENDED"
"""
"""A campaign lasts until all other parts have begun."""
STAND_INS: Final = {
    "telltale-conformance": CAMPAIGN,
    "dask": DASK,
    "srun": 'shift; exec "$@"',
    "ssh": 'shift 2; exec bash -c "$*"',
    "sleep": "exec /bin/sleep 0.02",
}


class World:
    """A folder with stand-ins for the programs that the scripts start."""

    def __init__(self, folder: Path, *, ended: int = 0, parts: int = 0) -> None:
        self.folder = folder
        self.ended = ended
        self.parts = parts
        binaries = folder / "bin"
        binaries.mkdir()
        for name, body in STAND_INS.items():
            note = f'printf "%s\\0" "$@" > "$HOME/asked.{name}.$(date +%s%N).$$"\n'
            (binaries / name).write_text(f"#!/bin/bash\n{note}{body}\n")
            (binaries / name).chmod(0o755)
        (binaries / "python").symlink_to(sys.executable)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run bash with these arguments."""
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "ENDED": str(self.ended),
            "PARTS": str(self.parts),
            **variables,
        }
        return subprocess.run(
            ["bash", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asked(self, name: str) -> list[list[str]]:
        """Return how a program was called, each time."""
        return [path.read_text().split("\0")[:-1] for path in sorted(self.folder.glob(f"asked.{name}.*"))]


@pytest.mark.parametrize("section", ["Slurm", "Plain ssh"])
def test_the_scripts_follow_the_rules_of_their_linter(tmp_path: Path, section: str) -> None:
    path = tmp_path / "script.sh"
    path.write_text(block(section, "bash"))
    lint("shellcheck", str(path))


@pytest.mark.parametrize(("begun", "code"), [(False, 0), (True, 1)])
def test_the_slurm_script_starts_all_parts_and_ends_as_the_campaign_does(
    tmp_path: Path, begun: bool, code: int
) -> None:
    world = World(tmp_path, ended=code, parts=2)
    folder = tmp_path / "campaigns" / "my-store"
    if begun:
        folder.mkdir(parents=True)
        (folder / "campaign.json").write_text("{}")
    done = world.run("-c", block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="64")
    assert done.returncode == code, done.stderr
    (words,) = world.asked("telltale-conformance")
    assert words[:2] == (["campaign", "resume"] if begun else ["campaign", "--sut"])
    assert words[-2:] == ["--cluster", "tcp://node1:1234"]
    read_by_telltale(words)
    scheduler, worker = sorted(world.asked("dask"))
    read_by_dask(scheduler)
    read_by_dask(worker)
    assert world.asked("srun")[0][0] == "--ntasks=62"
    assert not list(tmp_path.glob("campaigns/*.json"))


def test_the_slurm_script_ends_when_the_scheduler_does_not_start(tmp_path: Path) -> None:
    world = World(tmp_path)
    (tmp_path / "bin" / "dask").write_text("#!/bin/bash\nexit 1\n")
    done = world.run("-c", block("Slurm", "bash"), SLURM_JOB_ID="7", SLURM_NTASKS="64")
    assert done.returncode == 3
    assert world.asked("srun") == world.asked("telltale-conformance") == []


@pytest.mark.parametrize(("begun", "code"), [(False, 0), (True, 3)])
def test_the_ssh_script_starts_workers_on_every_host(tmp_path: Path, begun: bool, code: int) -> None:
    world = World(tmp_path, ended=code, parts=4)
    if begun:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "campaign.json").write_text("{}")
    (tmp_path / "script.sh").write_text(block("Plain ssh", "bash"))
    (tmp_path / "hosts").write_text("one\ntwo\nthree\n")
    done = world.run("script.sh", "hosts", "folder", SCHEDULER_HOST="me", SCHEDULER_PORT="4321", WORKERS_PER_HOST="5")
    assert done.returncode == code, done.stderr
    assert sorted(call[1] for call in world.asked("ssh")) == ["one", "three", "two"]
    scheduler, *workers = sorted(world.asked("dask"))
    read_by_dask(scheduler)
    assert len(workers) == 3
    for worker in workers:
        assert worker[1] == "tcp://me:4321"
        assert worker[worker.index("--nworkers") + 1] == "5"
        read_by_dask(worker)
    (words,) = world.asked("telltale-conformance")
    assert words[:3] == (["campaign", "resume", "folder"] if begun else ["campaign", "--sut", "store-adapter"])
    assert begun or words[-4:-2] == ["--corpus", "folder"]
    assert words[-2:] == ["--cluster", "tcp://me:4321"]
    read_by_telltale(words)


@pytest.mark.nightly
def test_the_ssh_script_runs_a_campaign_on_real_workers_and_goes_on_after_its_scheduler_was_killed(
    tmp_path: Path,
) -> None:
    """Dask and the campaign are real; only ``ssh`` stays on this machine."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "ssh").write_text('#!/bin/bash\nshift 2; exec bash -c "$*"\n')
    (binaries / "ssh").chmod(0o755)
    (tmp_path / "script.sh").write_text(block("Plain ssh", "bash"))
    (tmp_path / "hosts").write_text("here\n")
    path = f"{binaries}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {
        "SCHEDULER_HOST": "127.0.0.1", "SCHEDULER_PORT": free_port(), "WORKERS_PER_HOST": "2", "HOURS": "0.03",
        "SUT": f"{sys.executable} -m telltale_conformance.adapters.reference",
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
                wait_until(lambda: tasks_in(tmp_path / "folder") >= 2, script, tmp_path / "log0")
                parts = psutil.Process(script.pid).children()
                (scheduler,) = (one for one in parts if "dask scheduler" in " ".join(one.cmdline()))
                scheduler.kill()
            codes.append(script.wait(400))
        finally:
            end_all(script)
    assert codes == [3, 0], (tmp_path / "log1").read_text()[-4000:]
    assert "the scheduler does not answer" in (tmp_path / "log0").read_text()
    assert "verdict: agree" in (tmp_path / "log1").read_text()


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def tasks_in(folder: Path) -> int:
    """Return how many tasks the journal of a campaign tells of."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(b'"event":"task"') if journal.exists() else 0


def wait_until(true: Callable[[], bool], running: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for something that comes while a program runs."""
    end = time.monotonic() + 240
    while not true():
        assert running.poll() is None, log.read_text()
        assert time.monotonic() < end
        time.sleep(0.05)


def end_all(*started: subprocess.Popen[bytes]) -> None:
    """End programs with all that they have started."""
    for process in started:
        if process.poll() is None:
            for one in (*psutil.Process(process.pid).children(recursive=True), process):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()


@pytest.mark.nightly
def test_real_workers_come_back_after_a_killed_worker_and_a_killed_scheduler(
    manifests: dict[tuple[str, str], Any], tmp_path: Path
) -> None:
    """The commands of the manifests as real processes of this machine; the campaign is real too."""
    campaign_pod, workers = (
        manifests["Job", name]["spec"]["template"]["spec"] for name in ("campaign", "campaign-workers")
    )
    port = free_port()
    scheduler_words = [port if word == "8786" else word for word in campaign_pod["initContainers"][0]["command"]]
    script = workers["containers"][0]["args"][0].replace("campaign-scheduler:8786", f"127.0.0.1:{port}")
    script = script.replace("--death-timeout 900", "--death-timeout 10")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    folder = tmp_path / "c"
    search = [
        "telltale-conformance",
        "campaign",
        "--sut",
        f"{sys.executable} -m telltale_conformance.adapters.reference",
    ]
    search += ["--tasks", "12", "--corpus", str(folder), "--cluster", f"tcp://127.0.0.1:{port}"]
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, log: str) -> subprocess.Popen[bytes]:
        with (tmp_path / log).open("wb") as file:
            started.append(subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=file, stderr=file))
        return started[-1]

    def until(count: int) -> None:
        wait_until(lambda: tasks_in(folder) >= count, campaign, tmp_path / "campaign.log")

    try:
        scheduler = start(*scheduler_words, log="scheduler.log")
        worker, other = (start("bash", "-c", script, log=f"worker{number}.log") for number in (1, 2))
        campaign = start(*search, log="campaign.log")
        until(2)
        dask = psutil.Process(worker.pid).children()[0]
        max(dask.children(recursive=True), key=lambda one: one.memory_info().rss).kill()
        until(tasks_in(folder) + 2)
        scheduler.kill()
        scheduler.wait()
        scheduler = start(*scheduler_words, log="scheduler2.log")
        assert campaign.wait(300) == 0, (tmp_path / "campaign.log").read_text()
        scheduler.terminate()
        assert (worker.wait(60), other.wait(60)) == (0, 0)
    finally:
        end_all(*started)
    told = (tmp_path / "campaign.log").read_text()
    assert " 12 tasks, " in told
    assert "verdict: agree" in told


# --- the workflow


def test_the_nightly_workflow_is_well_formed_and_safe(tmp_path: Path) -> None:
    text = block("A nightly campaign on GitHub")
    schema = ("check_jsonschema", "--builtin-schema", "vendor.github-workflows")
    assert list(problems([Subject(".github/workflows/nightly.yml", text, schema)], tmp_path)) == []
    assert "OWNER/" in text
    assert "`OWNER` stands for" in DOCUMENT


@pytest.fixture(scope="module")
def nightly() -> Any:
    """The job of the nightly workflow."""
    return YAML(typ="safe").load(block("A nightly campaign on GitHub"))["jobs"]["campaign"]


def test_the_workflow_saves_under_a_new_name_what_the_next_night_fetches(nightly: Any) -> None:
    uses = {step["uses"].partition("@")[0]: step for step in nightly["steps"] if "uses" in step}
    fetched, saved = (uses[f"actions/cache/{what}"]["with"] for what in ("restore", "save"))
    assert fetched["path"] == saved["path"] == "campaigns/last\ncampaigns/history.jsonl\n"
    assert fetched["key"] == saved["key"]
    assert saved["key"].startswith(fetched["restore-keys"])
    assert {"${{ github.run_id }}", "${{ github.run_attempt }}"} <= set(re.findall(r"\$\{\{.*?\}\}", saved["key"]))
    assert "${{ github.run_attempt }}" in uses["actions/upload-artifact"]["with"]["name"]
    assert uses["actions/cache/save"]["if"] == "always() && steps.keep.outputs.kept == 'true'"


def test_a_search_that_hangs_leaves_the_job_time_to_keep_and_to_upload(nightly: Any) -> None:
    (search,) = (step for step in nightly["steps"] if "--hours" in step.get("run", ""))
    found = re.search(r"--hours (\d+)", search["run"])
    assert found is not None
    assert 60 * int(found[1]) + 10 < search["timeout-minutes"] < nightly["timeout-minutes"] - 20
    after = nightly["steps"][nightly["steps"].index(search) + 1 :]
    assert all(re.match(r"always\(\)|failure\(\) \|\| cancelled\(\)", step["if"]) for step in after)
    (upload,) = (step["with"] for step in after if "upload-artifact" in step.get("uses", ""))
    assert all(line.startswith("campaigns/tonight/") for line in upload["path"].split())


def steps_of(nightly: Any, world: World, folder: Path) -> list[str]:
    """Return the scripts of the steps that search, report and keep; each follows the rules of its linter."""
    scripts = [step["run"] for step in nightly["steps"] if "campaigns/tonight" in step.get("run", "")]
    for number, script in enumerate(scripts):
        (folder / f"{number}.sh").write_text("#!/bin/bash\n" + script)
        lint("shellcheck", str(folder / f"{number}.sh"))
    merging = 'if [ "$2" = merge ]; then mkdir "$5"; cp "$3/campaign.json" "$5"; exit "$MERGED"; fi\n'
    program = folder / "bin" / "telltale-conformance"
    program.write_text(program.read_text().replace("until", merging + "until", 1))
    return scripts


@pytest.mark.parametrize("before", [False, True])
def test_the_steps_of_the_workflow_hand_the_corpus_on(
    nightly: Any, tmp_path: Path, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = World(tmp_path)
    search, report, keep = steps_of(nightly, world, tmp_path)
    last, tonight = tmp_path / "campaigns" / "last", tmp_path / "campaigns" / "tonight"
    if before:
        last.mkdir(parents=True)
        (last / "campaign.json").write_text("old")
    assert world.run("-e", "-c", search).returncode == 0
    (words,) = world.asked("telltale-conformance")
    assert ("--begin-with" in words) == before
    read_by_telltale(words)
    tonight.mkdir()
    (tonight / "campaign.json").write_text("new")
    given = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    given["MERGED"] = "1" if before else "0"  # a merger of campaigns with a finding ends as its report
    for script in (report, keep):
        assert world.run("-e", "-c", script, **given).returncode == 0
    for words in world.asked("telltale-conformance")[1:]:
        read_by_telltale(words)
    assert (last / "campaign.json").read_text() == "new"
    assert (tonight / "campaign.json").exists(), "it is uploaded"
    assert (tmp_path / "output").read_text() == "kept=true\n"


def test_what_the_nights_before_found_is_kept_when_a_night_does_not_begin(nightly: Any, tmp_path: Path) -> None:
    world = World(tmp_path)
    _, report, keep = steps_of(nightly, world, tmp_path)
    (tmp_path / "campaigns" / "last").mkdir(parents=True)
    for script in (report, keep):
        assert world.run("-e", "-c", script, GITHUB_OUTPUT=str(tmp_path / "output")).returncode == 0
    assert (tmp_path / "campaigns" / "last").exists()
    assert not (tmp_path / "output").exists()
    assert world.asked("telltale-conformance") == []


def test_the_campaigns_that_ran_side_by_side_are_merged_by_a_command_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "campaigns").mkdir()
    words = shlex.split(block("On paper: 1,000 workers", "bash"))
    assert words[:3] == ["telltale-conformance", "campaign", "merge"]
    read_by_telltale(words[1:])


def test_every_other_command_of_the_document_is_one_of_those_above() -> None:
    told = re.findall(
        r"`((?:telltale-conformance|dask) [^`…]+)`", re.sub(r"^```.*?^```", "", DOCUMENT, flags=re.M | re.S)
    )
    for command in told:
        words = shlex.split(command)
        if words[0] == "telltale-conformance":
            read_by_telltale([word.replace("/campaigns/my-store", "folder") for word in words[1:]])
        else:
            assert words[1] in ("scheduler", "ssh")
