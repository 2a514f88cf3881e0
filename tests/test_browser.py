"""Tests of pages that are skipped for want of a browser are spoken of at the end of the run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_without_a_browser_says_so_plainly(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    for name in ("CHROMIUM", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile("def test_a(context): pass\ndef test_b(browser): pass\ndef test_c(): pass\n")
    run = ("-p", "tests.browser", "-p", "no:cacheprovider", "-n", workers, "-q")
    result = pytester.runpytest_subprocess(*run)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["*PAGES NOT TESTED*", "2 tests of pages in a browser were not run: no Chromium: install*"]
    )
    monkeypatch.setenv("CI", "true")
    assert pytester.runpytest_subprocess(*run).ret == 1, "CI must not pass without looking at the pages"


def test_a_run_that_skips_nothing_says_nothing(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile("import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no reason')\n")
    result = pytester.runpytest_subprocess("-p", "tests.browser", "-p", "no:cacheprovider", "-q")
    result.stdout.no_fnmatch_line("*PAGES NOT TESTED*")
