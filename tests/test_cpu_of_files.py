"""What a long run says about the files that take the most CPU."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cpu_of_files import NAMED, lines_of

ROOT = Path(__file__).parent.parent


def report(file: str, seconds: float) -> SimpleNamespace:
    return SimpleNamespace(nodeid=f"{file}::test", cpu_seconds=seconds)


def test_phases_of_a_file_are_added_up_and_the_most_comes_first() -> None:
    given = [report("a.py", 10.0), report("b.py", 30.0), report("a.py", 40.0), SimpleNamespace(nodeid="c.py::test")]
    assert lines_of(given) == [
        "1.3 minutes of CPU in 3 files; the most in",
        "   50.0 s   62%  a.py",
        "   30.0 s   38%  b.py",
        "    0.0 s    0%  c.py",
    ]


def test_of_many_files_some_are_named() -> None:
    assert len(lines_of(report(f"{number}.py", 10.0) for number in range(99))) == NAMED + 1


def test_a_short_run_says_nothing() -> None:
    assert lines_of([report("a.py", 59.0)]) == []


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "by workers"])
def test_what_a_child_used_counts_and_comes_from_workers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        "import subprocess, sys\n"
        "BUSY = 'import time\\nwhile time.process_time() < 0.3: pass'\n"
        "def test_busy():\n"
        "    subprocess.run([sys.executable, '-c', BUSY], check=True)\n"
        "def test_idle():\n"
        "    pass\n"
    )
    pytester.makeconftest("from tests import cpu_of_files\ncpu_of_files.LONG = 0.2\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = pytester.runpytest_subprocess("-p", "tests.cpu_of_files", *options)
    done.assert_outcomes(passed=2)
    done.stdout.re_match_lines([r".*0\.0 minutes of CPU in 1 files", r"\s+0\.[3-9].*test_what"])
