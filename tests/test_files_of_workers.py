"""The dearest files of tests are begun first, and those that ask one Lean go to one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files_of_workers import DEAREST, place_of
from tests.resident_lean import ASKING

ROOT = Path(__file__).parent.parent


def test_the_dearest_files_are_files_of_tests() -> None:
    assert [file for file in (*DEAREST, *ASKING) if not (ROOT / file).is_file()] == []


def test_all_others_stay_as_they_were_collected() -> None:
    collected = ["tests/a.py", DEAREST[1], "tests/b.py", DEAREST[0]]
    assert sorted(collected, key=place_of) == [DEAREST[0], DEAREST[1], "tests/a.py", "tests/b.py"]


def test_a_run_begins_with_them(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("test_a", "test_b", "test_c", "test_d"):
        pytester.makepyfile(**{name: "def test_one(): pass\ndef test_two(): pass\ndef test_three(): pass\n"})
    pytester.makeconftest(
        "from tests import files_of_workers\n"
        "files_of_workers.DEAREST = ('test_d.py', 'test_b.py')\n"
        "files_of_workers.ASKING = ('test_d.py', 'test_c.py')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    options = ("-n", "1", "--dist", "loadfile", "--no-loadscope-reorder", "-v")
    done = pytester.runpytest_subprocess("-p", "tests.files_of_workers", *options)
    done.assert_outcomes(passed=12)
    begun = [line.split()[-1].partition("::")[0] for line in done.outlines if "PASSED" in line]
    assert list(dict.fromkeys(begun)) == ["test_c.py", "test_d.py", "test_b.py", "test_a.py"]
