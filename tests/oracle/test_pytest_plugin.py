"""The pytest plugin, run in a pytest of its own."""

import gzip
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trace_files import RECORDINGS

ROOT = Path(__file__).parents[2]
RECORDED = RECORDINGS / "corner-witness-life-0.jsonl.gz"


def run(folder: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), "-c", "/dev/null", str(folder), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    shutil.copy(RECORDED, folder / "packed.jsonl.gz")
    (folder / "plain.jsonl").write_bytes(gzip.decompress(RECORDED.read_bytes()))
    return folder


def served(*words: str) -> str:
    return shlex.join([sys.executable, "-m", *words])


def test_traces_are_items_that_pass_and_fail(traces: Path) -> None:
    assert run(traces, "--session-traces", str(traces))[0] == 0
    wrong = (traces / "plain.jsonl").read_text().replace('"ok":0,"op":"open"', '"ok":1,"op":"open"', 1)
    (traces / "wrong.jsonl").write_text(wrong)
    code, output = run(traces, "--session-traces", str(traces))
    assert code == 1
    assert "2 passed" in output
    assert "wrong.jsonl" in output
    assert "digest" in output


def test_the_operations_are_put_to_an_implementation(traces: Path) -> None:
    code, output = run(
        traces,
        "--session-traces",
        str(traces),
        "--session-sut",
        served("telltale_conformance.adapters.reference"),
    )
    assert (code, "2 passed" in output) == (0, True), output
    wrong = served("tests.wrong_stores", "generation_is_not_compared")
    code, output = run(traces, "--session-traces", str(traces), "--session-sut", wrong)
    assert code == 1
    assert " diverges in " in output


def test_a_failing_adapter_is_no_departure(traces: Path) -> None:
    code, output = run(traces, "--session-traces", str(traces), "--session-sut", shlex.join([sys.executable, "-c", ""]))
    assert code == 1
    assert "diverges" not in output
    assert "inconclusive: the adapter" in output


def test_a_folder_without_traces_is_a_usage_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        code, output = run(tmp_path, "--session-traces", str(folder))
        assert code == pytest.ExitCode.USAGE_ERROR, output
