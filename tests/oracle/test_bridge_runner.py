"""``check --bridge-runner``: a runner gets inputs and its outputs are judged; its fault is never a verdict."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.app import app
from tests.installed import run_here
from tests.oracle.run_world import NAMES, RUNS
from tests.oracle.test_bridge_runs import VERDICTS

STAND_IN = f"{sys.executable} {Path(__file__).with_name('stand_in_runner.py')} {RUNS}"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    shutil.copy(RUNS / "golden_ping_pong.input.json.gz", folder)
    return folder


def test_a_runner_gets_the_verdicts_of_its_runs(tmp_path: Path) -> None:
    left = tmp_path / "left"
    command = ("check", "--bridge-runner", STAND_IN, "--bridge-inputs", RUNS, "--bridge-outputs", left, "--json")
    done = run_here(*command)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = {Path(row["trace"]).name.removesuffix(".output.json"): row["verdict"] for row in rows}
    # two recordings share one input: the stand-in plays either of them
    expected = {
        name: verdicts[0] for name, verdicts in VERDICTS.items() if not name.startswith(("owned", "fixture_rec"))
    }
    assert {name: found[name] for name in expected} == expected
    assert done.returncode == 1
    assert len(rows) == len(NAMES) == len(list(left.glob("*.output.json")))
    for row in rows:
        validator("report", "traceVerdict").validate(row)
    assert run_here("replay", left / "golden_ping_pong.output.json").returncode == 0


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        ("", 0, "agree"),
        ("label", 1, "diverges in payload"),
        ("version", 3, "the runner's output: "),
        ("dies", 3, "the runner ended with 1: out of fuel"),
        ("hangs", 3, "the runner did not end within 2 s"),
        ("garbage", 3, "the runner's output: "),
        ("silent", 3, "the runner printed no run on stdout; on stderr nothing either"),
    ],
)
def test_a_faulty_run_diverges_and_a_faulty_runner_is_inconclusive(one: Path, fault: str, code: int, text: str) -> None:
    command = f"{STAND_IN} {fault}"
    done = run_here(
        "check", "--bridge-runner", command, "--bridge-inputs", one, "--deadline", "2" if fault == "hangs" else "30"
    )
    assert (done.returncode, text in done.stdout) == (code, True), done
    assert "Traceback" not in done.stdout + done.stderr


def test_inputs_that_would_be_left_under_one_name_are_refused_before_any_is_run(one: Path, tmp_path: Path) -> None:
    (one / "more").mkdir()
    shutil.copy(RUNS / "golden_ping_pong.input.json.gz", one / "more")
    left = tmp_path / "left"
    command = ("check", "--bridge-runner", "false", "--bridge-inputs", one)
    done = run_here(*command, "--bridge-outputs", left)
    assert done.returncode == 2
    assert f"{one / 'golden_ping_pong.input.json.gz'} and {one / 'more'}" in done.stderr
    assert "would both be left there as golden_ping_pong.input.json" in done.stderr
    assert not left.exists()
    assert run_here(*command).returncode == 3, "nothing is left without a folder for it"


def test_a_runner_that_does_not_start_and_a_folder_without_inputs(one: Path, tmp_path: Path) -> None:
    done = run_here("check", "--bridge-runner", "/no/such/runner", "--bridge-inputs", one)
    assert (done.returncode, "does not start" in done.stdout) == (3, True)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run_here("check", "--bridge-runner", STAND_IN, "--bridge-inputs", empty)
    assert (done.returncode, "no run inputs (lean_bridge.v1" in done.stderr) == (2, True)
    done = run_here("check", "--bridge-runner", STAND_IN)
    assert (done.returncode, "--bridge-inputs" in done.stderr) == (2, True)


def test_a_damaged_input_is_named_and_no_runner_is_asked_about_it(one: Path) -> None:
    (packed,) = one.iterdir()
    (one / "a.input.json.gz").write_bytes(packed.read_bytes()[:40])
    (one / "b.json").write_bytes(gzip.decompress(packed.read_bytes())[:300])
    (one / "c.input.json").write_text("no JSON")
    (one / "d.json").write_text("{")
    done = run_here("check", "--bridge-runner", STAND_IN, "--bridge-inputs", one)
    assert done.returncode == 2, done
    told = [line.partition(": ")[0] for line in done.stdout.splitlines() if line.startswith("malformed")]
    assert told == [f"malformed  {one / name}" for name in ("a.input.json.gz", "b.json", "c.input.json", "d.json")]
    assert "5 traces: 1 agree, 0 diverge, 4 malformed, 0 inconclusive" in done.stdout


def test_inputs_are_made_from_a_protocol(tmp_path: Path) -> None:
    session = tmp_path / "ping.session"
    session.write_text("global = Alice -> Bob : {ping. Bob -> Alice : {pong. end}}\n")
    left = tmp_path / "left"
    command = ("check", "--bridge-runner", STAND_IN, "--bridge-inputs", session, "--bridge-outputs", left)
    done = run_here(*command)
    assert (done.returncode, "1 trace: 1 agree" in done.stdout) == (0, True), done
    assert sorted(path.name for path in left.iterdir()) == ["ping-1.input.json", "ping-1.output.json"]
    session.write_text("global = Alice -> ")
    done = run_here(*command)
    assert (done.returncode, "Traceback" in done.stderr, str(session) in done.stderr) == (2, False, True)


def test_the_contract_can_be_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "inputs"
    folder.mkdir()
    shutil.copy(RUNS / "golden_recursive_loop.input.json.gz", folder)
    assert run_here("check", "--bridge-runner", STAND_IN, "--bridge-inputs", folder).returncode == 0
    hardened = ("--contract", "hardened")
    assert run_here("check", "--bridge-runner", STAND_IN, "--bridge-inputs", folder, *hardened).returncode == 1


def test_without_a_folder_for_outputs_a_run_has_the_name_of_its_input(one: Path, tmp_path: Path) -> None:
    given = one / "golden_ping_pong.input.json.gz"
    done = run_here("check", "--bridge-runner", STAND_IN, "--bridge-inputs", one)
    assert done.stdout.startswith(f"agree  {given}  18 events and slices\n")
    done = run_here("check", "--bridge-runner", f"{STAND_IN} garbage", "--bridge-inputs", one)
    assert done.stdout.startswith(f"inconclusive  the runner's output: {given}: $: Expected `object`, got `str`")
    session = tmp_path / "p.session"
    session.write_text("global = A -> B : {l. end, r. end}\n")
    done = run_here("check", "--bridge-runner", f"{STAND_IN} dies", "--bridge-inputs", session)
    assert f"inconclusive  {session}, order 2 of its branches: the runner ended with 1: " in done.stdout
    assert "/made/" not in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bridge-runner", "x"), "--bridge-runner needs --bridge-inputs PLACE"),
        (("--bridge-inputs", "x"), "are for --bridge-runner CMD"),
        (("--bridge-outputs", "x"), "are for --bridge-runner CMD"),
        (("--bridge-runner", "x", "--bridge-inputs", "y", "--sut", "z"), "instead of --sut; give one of them"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(options: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(app, ["check", *options], terminal_width=200)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_of_a_protocol_with_too_many_orders_the_first_are_run_and_it_is_said(tmp_path: Path) -> None:
    session = tmp_path / "p.session"
    branches = ", ".join(f"l{number}. end" for number in range(70))
    session.write_text(f"global = A -> B : {{{branches}}}\n")
    done = CliRunner().invoke(app, ["check", "--bridge-runner", "/nowhere/runner", "--bridge-inputs", str(session)])
    assert done.exit_code == 3
    assert "only the first 64 orders of branches are run" in done.stderr
    assert len(done.stdout.splitlines()) == 64 + 1
