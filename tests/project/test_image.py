"""The image of the ``Containerfile``, built by podman and run as docs/deployment.md says; it asks the package index.

Where no registry of base images is reached, mmdebstrap makes a base of Debian and its Python.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from telltale_conformance.version import HARNESS_VERSION
from tools.ci_lint import example

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
CERTIFICATES: Final = "/etc/ssl/certs"
RUNTIMES: Final = ("", "crun", "runc")
"""The default of podman, and two by name: one of them may know the machine's kind of control groups."""
LIMITS: Final = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4000:4000")
"""Else podman asks for more than some machines may give."""
HARDENED: Final = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp")
"""What the securityContext of the manifests asks for."""
ADAPTER: Final = "#!/bin/sh\nexec python3 -m telltale_conformance.adapters.reference\n"


class Engine:
    """Podman with a store of its own.

    Args:
        folder: of its store.
    """

    def __init__(self, folder: Path) -> None:
        self._command = [
            *("podman", "--root", str(folder / "store"), "--runroot", str(folder / "run")),
            *("--cgroup-manager", "cgroupfs"),
        ]

    def __call__(self, *words: str, cwd: Path = ROOT, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command of podman."""
        return subprocess.run(
            [*self._command, *words], cwd=cwd, capture_output=True, text=True, timeout=seconds, check=False
        )

    def done(self, *words: str, cwd: Path = ROOT, seconds: float = 300) -> str:
        """Run a command of podman that must succeed, and return what it printed."""
        done = self(*words, cwd=cwd, seconds=seconds)
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout.strip()

    def build(self, *words: str, cwd: Path) -> None:
        """Run ``podman build`` in the simplest isolation, with this machine's certificates."""
        given = ("--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro") if "SSL_CERT_FILE" in os.environ else ()
        self.done(
            "build",
            "--layers=false",
            "--isolation",
            "chroot",
            "--network",
            "host",
            *given,
            *words,
            cwd=cwd,
            seconds=1200,
        )

    def choose_runtime(self, image: str) -> str:
        """Take the first runtime that starts a container; return what the last one said where none does."""
        plain = list(self._command)
        said = ""
        for runtime in RUNTIMES:
            self._command = [*plain, *(("--runtime", runtime) if runtime else ())]
            done = self("run", "--rm", *LIMITS, "--network", "none", "--entrypoint", "true", image)
            if done.returncode == 0:
                return ""
            said = done.stderr.strip()
        return said


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed")
    folder = tmp_path_factory.mktemp("podman")
    engine = Engine(folder)
    yield engine
    engine("rm", "--all", "--force", "--time", "0")
    engine("rmi", "--all", "--force")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The base that the ``Containerfile`` names, or one that is made here."""
    found = re.search(r"^ARG BASE=(.*)$", (ROOT / "Containerfile").read_text(), re.MULTILINE)
    assert found is not None
    pulled = engine("pull", "--quiet", found[1])
    if pulled.returncode == 0:
        return found[1]
    if shutil.which("mmdebstrap") is None:
        pytest.skip(f"no registry is reached and mmdebstrap is not installed: {pulled.stderr[-300:]}")
    folder = tmp_path_factory.mktemp("base")
    packages = "--include=python3,python3-venv,ca-certificates"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", packages, "--skip=output/dev", "bookworm", "base.tar"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if made.returncode != 0:
        pytest.skip(f"no registry is reached and mmdebstrap makes no base: {made.stderr[-300:]}")
    engine.done("import", "--quiet", str(folder / "base.tar"), "localhost/base")
    (folder / "base.tar").unlink()
    return "localhost/base"


@pytest.fixture(scope="module")
def image(engine: Engine, base: str) -> str:
    """The image, built by the command of the document."""
    program, build, *words = shlex.split(example(DOCUMENT, "Image", "bash"))
    assert (program, build) == ("podman", "build")
    engine.build("--build-arg", f"BASE={base}", *words, cwd=ROOT)
    name = words[words.index("-t") + 1]
    said = engine.choose_runtime(name)
    if said:
        pytest.skip(f"the image is built, but no container starts on this machine: {said[-300:]}")
    return name


@pytest.fixture(scope="module")
def own_image(engine: Engine, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of an implementation, built from the lines of the document."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "Containerfile").write_text(example(DOCUMENT, "Image", "dockerfile"))
    (folder / "target" / "release").mkdir(parents=True)
    (folder / "target" / "release" / "store-adapter").write_text(ADAPTER)
    name = "registry.example/my-store-campaign:1.0"
    engine.build("-t", name, ".", cwd=folder)
    return name


def test_the_image_runs_as_a_user_of_its_own_who_can_write_nothing(engine: Engine, image: str) -> None:
    run = ("run", "--rm", *LIMITS, *HARDENED, "--network", "none")
    assert HARNESS_VERSION in engine.done(*run, image, "--version").split()
    assert engine.done(*run, "--entrypoint", "id", image, "-u") == "10001"
    refused = engine(*run, "--entrypoint", "touch", image, "/opt/telltale/x", "/home/telltale/x")
    assert refused.stderr.count("Read-only file system") == 2


def test_a_check_needs_neither_a_network_nor_a_disk(engine: Engine, own_image: str) -> None:
    run = ("run", "--rm", *LIMITS, *HARDENED, "--network", "none", own_image)
    assert "agree: " in engine.done(*run, "check", "--sut", "store-adapter", "--lanes", "fixed")
    assert "The adapter speaks the protocol." in engine.done(*run, "adapter-kit", "store-adapter")


def test_an_own_project_begins_in_the_image(engine: Engine, image: str) -> None:
    """``init`` writes a project onto a volume, and its check judges the toy store that comes with it."""
    run = ("run", "--rm", *LIMITS, *HARDENED, "--network", "none")
    place = "/home/telltale/work"
    engine.done(*run, "--volume", f"own:{place}", "--workdir", place, image, "init", "store")
    inside = (*run, "--volume", f"own:{place}", "--workdir", f"{place}/store", image)
    assert "agree: " in engine.done(*inside, "check", "--lanes", "fixed")
    engine.done("volume", "rm", "own")


def test_the_containers_of_the_manifests_run_a_campaign_and_go_on_with_it(
    engine: Engine, own_image: str, tmp_path: Path
) -> None:
    """Scheduler, campaign and a worker have one network to themselves, where the service's name is this machine."""
    jobs = {one["metadata"]["name"]: one for one in manifests() if one["kind"] == "Job"}
    campaign_pod, worker_pod = (jobs[name]["spec"]["template"]["spec"] for name in ("campaign", "campaign-workers"))
    (scheduler,), (campaign,) = campaign_pod["initContainers"], campaign_pod["containers"]
    (worker,) = worker_pod["containers"]
    patience = "--death-timeout 900"
    assert patience in worker["args"][0]
    waiting = [*worker["command"], worker["args"][0].replace(patience, "--death-timeout 60")]
    assert {one["image"] for one in (scheduler, campaign, worker)} == {own_image}
    (tmp_path / "hosts").write_text("127.0.0.1 localhost campaign-scheduler\n")
    world = World(engine, own_image, tmp_path / "hosts")
    for reached in (20, 22):  # of fewer tasks no lane of races is among them
        world.start("scheduler", scheduler["command"], "--network", "none")
        world.start("worker", waiting, "--network", "container:scheduler")
        script = campaign["args"][0].replace("--cluster tcp", f"--tasks {reached} --cluster tcp")
        told = world.ended("campaign", [*campaign["command"], script], "--network", "container:scheduler")
        assert f" {reached} tasks, " in told
        assert "verdict: agree" in told
        engine.done("stop", "--time", "20", "scheduler")
        assert engine.done("wait", "worker") == "0", engine("logs", "worker").stderr
        for name in ("worker", "scheduler"):  # the worker lives in the scheduler's network
            engine.done("rm", "--force", name)
    report = ["telltale-conformance", "campaign", "report", "/campaigns/my-store"]
    assert "verdict: agree" in world.ended("report", report, "--network", "none")
    engine.done("volume", "rm", "campaigns")


def manifests() -> list[Any]:
    return list(YAML(typ="safe").load_all(example(DOCUMENT, "Kubernetes")))


class World:
    """Starts containers with the volume of the campaigns, as a node of a cluster does."""

    def __init__(self, engine: Engine, image: str, hosts: Path) -> None:
        self._engine = engine
        self._image = image
        self._hosts = hosts

    def _words(self, name: str, command: list[str], further: tuple[str, ...]) -> tuple[str, ...]:
        program, *rest = command
        volumes = ("--volume", "campaigns:/campaigns:U", "--volume", f"{self._hosts}:/etc/hosts:ro")
        given = (*LIMITS, *HARDENED, *volumes, *further)
        return ("--name", name, *given, "--entrypoint", program, self._image, *rest)

    def start(self, name: str, command: list[str], *further: str) -> None:
        """Start a container, and leave it running."""
        self._engine.done("run", "--detach", *self._words(name, command, further))

    def ended(self, name: str, command: list[str], *further: str) -> str:
        """Run a container to its end, which must be a good one; return what it printed."""
        return self._engine.done("run", "--rm", *self._words(name, command, further), seconds=900)
