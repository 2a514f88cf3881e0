"""What a test leaves in the environment is gone, and what it took away is back, before the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("taking_back", [True, False])
def test_the_environment_is_as_it_was(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, taking_back: bool
) -> None:
    pytester.makepyfile(
        "import os\n"
        "def test_that_leaves_something():\n"
        "    os.environ['NEW'] = os.environ['CHANGED'] = 'left'\n"
        "    del os.environ['GONE']\n"
        "def test_after_it():\n"
        "    assert 'NEW' not in os.environ\n"
        "    assert (os.environ['CHANGED'], os.environ['GONE']) == ('before', 'before')\n"
    )
    for name in ("CHANGED", "GONE"):
        monkeypatch.setenv(name, "before")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    plugin = ("-p", "tests.left_behind") if taking_back else ()
    pytester.runpytest_subprocess(*plugin).assert_outcomes(passed=1 + taking_back, failed=1 - taking_back)
