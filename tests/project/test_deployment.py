"""What is deployed: the image and the Kubernetes manifests of docs/deployment.md.

The manifests are validated against the schemas of Kubernetes, and every command in them is read by the command line
that it is for. The image is built, and the containers of the manifests run in it, by ``test_image.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import psutil
import pytest
from ruamel.yaml import YAML

from tests.project import deployment_world as deployment

# --- the image


def test_the_containerfile_is_well_formed_and_follows_the_rules_of_its_linter() -> None:
    deployment.lint("hadolint", "Containerfile")


def test_the_image_has_a_pinned_base_a_user_of_its_own_and_nothing_but_the_wheel() -> None:
    text = (deployment.ROOT / "Containerfile").read_text()
    assert re.search(
        r"^ARG BASE=docker\.io/library/python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", text, re.MULTILINE
    )
    first, last = re.split(r"^FROM \$\{BASE\}", text, flags=re.MULTILINE)[1:]
    assert "COPY . ." in first
    assert re.findall(r"^COPY (.*)$", last, re.MULTILINE) == ["--from=build /opt/telltale /opt/telltale"]
    users = re.findall(r"^USER (.*)$", text, re.MULTILINE)
    assert users == ["10001"]
    assert "--uid 10001" in last


def built_from() -> list[str]:
    lines = (deployment.ROOT / ".containerignore").read_text().splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def test_what_the_image_is_built_from_is_all_that_the_wheel_needs() -> None:
    kept = built_from()
    assert [name for name in kept if not (deployment.ROOT / name).exists()] == []
    assert {"src", "model", "lean_traces", "generators", "oracle", "pyproject.toml"} <= set(kept)
    (constraints,) = re.findall(
        r"^ENV PIP_CONSTRAINT=/source/(.*)$", (deployment.ROOT / "Containerfile").read_text(), re.MULTILINE
    )
    assert constraints in kept


@pytest.mark.nightly
def test_the_commands_of_the_image_build_and_install_the_wheel(tmp_path: Path) -> None:
    """Runs every ``RUN`` of the first stage with its folders moved; it asks the package index."""
    text = (deployment.ROOT / "Containerfile").read_text().replace("\\\n", " ")
    first = re.split(r"^FROM \$\{BASE\}", text, flags=re.MULTILINE)[1]
    source = tmp_path / "source"
    kept = built_from()
    source.mkdir()
    for name in kept:
        place = deployment.ROOT / name
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
    loaded = YAML(typ="safe").load_all(deployment.block("Kubernetes"))
    return {(one["kind"], one["metadata"]["name"]): one for one in loaded}


@pytest.mark.parametrize("version", deployment.VERSIONS)
def test_every_manifest_is_of_the_schema_of_kubernetes(manifests: dict[tuple[str, str], Any], version: str) -> None:
    assert len(manifests) == 5
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_with_a_mistake_is_noticed(manifests: dict[tuple[str, str], Any]) -> None:
    wrong = {**manifests["Job", "campaign"], "spec": {"templates": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, deployment.VERSIONS[0], strict=True)


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
        deployment.read_by_dask(words)


def dask_worker_in(script: str) -> list[str]:
    """Return the words after ``dask`` in the loop of a worker."""
    found = re.search(r"while dask (.*?) & wait", script.replace("\\\n", " "))
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
    deployment.lint("shellcheck", str(tmp_path / "script.sh"))
    world = deployment.World(tmp_path)
    (tmp_path / "bin" / "dask").write_text(
        '#!/bin/bash\nread -r code rest < "$HOME/codes"\necho "$rest" > "$HOME/codes"\nexit "$code"\n'
    )
    (tmp_path / "codes").write_text(codes + "\n")
    assert world.run("script.sh").returncode == code
    assert (tmp_path / "codes").read_text() == "\n", "it was started as often as it ended well, and once more"


@pytest.mark.parametrize(
    ("job", "program", "code"), [("campaign", "telltale-conformance", 3), ("campaign-workers", "dask", 143)]
)
def test_a_pod_that_is_ended_ends_what_runs_in_it_and_is_no_success(
    manifests: dict[tuple[str, str], Any], tmp_path: Path, job: str, program: str, code: int
) -> None:
    """As the first process of a container, bash hears no signal but those that it waits for."""
    (container,) = manifests["Job", job]["spec"]["template"]["spec"]["containers"]
    world = deployment.World(tmp_path)
    (tmp_path / "bin" / program).write_text(deployment.ENDED_FROM_OUTSIDE)
    assert world.run("-c", container["args"][0].replace("/campaigns", str(tmp_path))).returncode == code
    assert (tmp_path / "heard").read_text() == "once\n"


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
    deployment.lint("shellcheck", str(tmp_path / "script.sh"))
    world = deployment.World(tmp_path, ended=ended)
    if begun:
        (tmp_path / "my-store").mkdir()
        (tmp_path / "my-store" / "campaign.json").write_text("{}")
    done = world.run("-c", script.replace("/campaigns", str(tmp_path)))
    assert done.returncode == code
    (words,) = world.asked("telltale-conformance")
    assert words[:2] == (["campaign", "resume"] if begun else ["campaign", "--sut"])
    deployment.read_by_telltale(words)


@pytest.mark.nightly
def test_real_workers_come_back_after_a_killed_worker_and_a_killed_scheduler(
    manifests: dict[tuple[str, str], Any], tmp_path: Path
) -> None:
    """The commands of the manifests as real processes of this machine; the campaign is real too."""
    campaign_pod, workers = (
        manifests["Job", name]["spec"]["template"]["spec"] for name in ("campaign", "campaign-workers")
    )
    port = deployment.free_port()
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
        deployment.wait_until(lambda: deployment.tasks_in(folder) >= count, campaign, tmp_path / "campaign.log")

    try:
        scheduler = start(*scheduler_words, log="scheduler.log")
        worker, other = (start("bash", "-c", script, log=f"worker{number}.log") for number in (1, 2))
        campaign = start(*search, log="campaign.log")
        until(2)
        dask = psutil.Process(worker.pid).children()[0]
        max(dask.children(recursive=True), key=lambda one: one.memory_info().rss).kill()
        until(deployment.tasks_in(folder) + 2)
        scheduler.kill()
        scheduler.wait()
        scheduler = start(*scheduler_words, log="scheduler2.log")
        assert campaign.wait(300) == 0, (tmp_path / "campaign.log").read_text()
        scheduler.terminate()
        assert (worker.wait(60), other.wait(60)) == (0, 0)
    finally:
        deployment.end_all(*started)
    told = (tmp_path / "campaign.log").read_text()
    assert " 12 tasks, " in told
    assert "verdict: agree" in told


def test_every_other_command_of_the_document_is_one_of_those_above() -> None:
    told = re.findall(
        r"`((?:telltale-conformance|dask) [^`…]+)`", re.sub(r"^```.*?^```", "", deployment.DOCUMENT, flags=re.M | re.S)
    )
    for command in told:
        words = shlex.split(command)
        if words[0] == "telltale-conformance":
            deployment.read_by_telltale([word.replace("/campaigns/my-store", "folder") for word in words[1:]])
        else:
            assert words[1] in ("scheduler", "ssh")
