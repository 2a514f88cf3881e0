"""Odd environments: a home that cannot be written or is not there, another user, a clock that jumps, shared folders."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.installed import COMMAND
from tests.oracle.adapter_world import MARK, REFERENCE, ROOT, marked

PATIENCE = 240
CHECK = ["check", "--lanes", "graph", "--effort", "quick", "--sut", " ".join(REFERENCE)]
LONG = ["check", "--lanes", "programs", "--effort", "thorough", "--sut"]
NOBODY = 65534
JUMPING = """
import itertools, sys, time
real, jumps = time.time, itertools.cycle((0.0, -86400.0, 3600.0, -10.0))
time.time = lambda: real() + next(jumps)
from telltale_conformance.__main__ import main
sys.argv[0] = "telltale-conformance"
main()
"""


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    made = uuid.uuid4().hex
    monkeypatch.setenv(MARK, made)
    yield made
    assert marked(made) == {}, "processes are left"


def checked(
    *words: str | Path,
    command: list[str] | None = None,
    without: tuple[str, ...] = (),
    prepare: Callable[[], None] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run(
        [*(command or [str(COMMAND)]), *CHECK, *map(str, words)],
        env={**kept, "PYTHONPATH": f"{ROOT / 'src'}", **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=prepare,  # no thread is there that could hold a lock
    )


def agrees(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "agree" in done.stdout.splitlines()[-1]


def test_without_a_home(mark: str) -> None:
    agrees(checked(without=("HOME", "XDG_CACHE_HOME", "USER", "LOGNAME")))


def test_with_a_home_that_is_a_file_and_a_locale_that_is_none(mark: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("")
    agrees(checked(HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), LC_ALL="C", LANG="xx_YY"))


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
def test_as_a_user_without_rights_and_with_a_home_that_cannot_be_written(mark: str, tmp_path: Path) -> None:
    def become_nobody() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    try:
        done = checked("--self-test", HOME="/root", prepare=become_nobody, PYTHONDONTWRITEBYTECODE="1")
    except PermissionError:
        pytest.skip("this user may not run the interpreter here")
    assert done.returncode in (0, 3), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_current_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$0"; exec "$@"', str(gone), str(COMMAND), "check", "--lanes", "graph"],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "the current folder cannot be used: No such file or directory; change to a folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_clock_that_jumps_back_changes_nothing(mark: str, tmp_path: Path) -> None:
    agrees(checked("--report", tmp_path / "report", command=[sys.executable, "-c", JUMPING]))
    document = json.loads((tmp_path / "report" / "report.json").read_text())
    assert 0 <= document["seconds"] < PATIENCE


def test_two_checks_into_one_folder_leave_one_whole_report(mark: str, tmp_path: Path) -> None:
    command = [str(COMMAND), *CHECK, "--report", str(tmp_path / "report")]
    both = [
        subprocess.Popen([*command, "--seed", seed], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for seed in ("1", "2")
    ]
    ended = [(*process.communicate(timeout=PATIENCE), process.returncode) for process in both]
    assert [code for _, _, code in ended] == [0, 0], ended
    document = json.loads((tmp_path / "report" / "report.json").read_text())
    assert document["seed"] in (1, 2)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "gl-code-quality-report.json", "index.html", "junit.xml", "report.json", "report.sarif", "summary.md",
    ]  # fmt: skip


# --- kills and interrupts at random moments


def at_a_moment(chance: random.Random, number: signal.Signals, folder: Path, *, workers: int) -> tuple[int, str]:
    """Send a signal to a check after a random number of its answers; return how it ended and what it said."""
    count = folder / "answers"
    os.mkfifo(count)
    moment = chance.randint(1, 400)
    relay = (
        "import subprocess, sys; from pathlib import Path; n = 0\n"
        f"store = subprocess.Popen({REFERENCE!r}, stdin=subprocess.PIPE)\n"
        "for line in sys.stdin.buffer:\n"
        "    n += 1\n"
        f"    if n == {moment}: Path({str(count)!r}).open('w').close()\n"
        "    store.stdin.write(line); store.stdin.flush()\n"
        '    if b\'"op":"bye"\' in line: break\n'
        "store.stdin.close(); sys.exit(store.wait())\n"
    )
    (folder / "relay.py").write_text(relay)
    words = ["--workers", str(workers), "--report", str(folder / "report")]
    process = subprocess.Popen(
        [str(COMMAND), *LONG, f"{sys.executable} {folder / 'relay.py'}", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with count.open():  # opens when the moment has come
        process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def ends_in_order(seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    number = chance.choice((signal.SIGINT, signal.SIGTERM, signal.SIGKILL))
    code, said = at_a_moment(chance, number, folder, workers=1)
    report = folder / "report" / "report.json"
    left = [path.name for path in folder.rglob(".*") if path.is_file()]
    assert left == [], "half a file is left"
    if number == signal.SIGKILL:
        assert code == -signal.SIGKILL
        assert not report.exists()
        return
    assert code == 3, said
    assert "Traceback" not in said
    document = json.loads(report.read_text())
    assert (document["complete"], document["exit_code"]) == (False, 3)


@pytest.mark.parametrize("seed", range(3))
def test_a_signal_at_a_random_moment_loses_nothing(seed: int, mark: str, tmp_path: Path) -> None:
    ends_in_order(seed, tmp_path)
    until_gone(mark)


def until_gone(mark: str) -> None:
    """Wait for the keeper, which ends what the killed process had started."""
    for pid in marked(mark):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(descriptor):
            assert select.select([descriptor], [], [], 30)[0], "a process is left"


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 180))
def test_eighty_signals_at_random_moments_lose_nothing(seed: int, mark: str, tmp_path: Path) -> None:
    ends_in_order(seed, tmp_path)
    until_gone(mark)


@pytest.mark.nightly
def test_fifty_checks_in_a_row_leave_nothing(mark: str, tmp_path: Path) -> None:
    before = set(Path("/tmp").iterdir())
    for seed in range(50):
        agrees(checked("--seed", str(seed), "--report", tmp_path / "report"))
    assert marked(mark) == {}
    assert {path for path in set(Path("/tmp").iterdir()) - before if "telltale" in path.name} == set()


MEMORY = """
import resource, sys, time
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.gate import Gate
until, seed, first = time.monotonic() + float(sys.argv[2]), 0, 0
while time.monotonic() < until:
    assert run(sut=sys.argv[1], lanes=["programs"], effort=Effort.quick, seed=seed, gate=Gate()) == 0
    seed += 1
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = first or used
print("MEMORY", seed, first, used)
"""


@pytest.mark.nightly
def test_memory_over_ten_minutes_does_not_grow(mark: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, " ".join(REFERENCE), "600"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    _, checks, first, last = done.stdout.splitlines()[-1].split()
    assert int(checks) > 5
    assert int(last) < int(first) * 1.3
