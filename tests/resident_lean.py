"""The real Lean with the model, started once for all tests that ask it: a start takes half a minute of CPU.

Without a toolchain these tests fail where ``CI`` is set, and are skipped elsewhere with what to do.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from telltale_conformance.lean_traces.lean_errors import LeanMissing
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.lean_toolchain import find_toolchain

ASKING: Final = ("tests/lean_traces/test_lean_model.py", "tests/oracle/test_lean_lane.py")
"""The files with tests that ask it."""


_started: list[LeanModel] = []
"""The one that is running, if it is."""


@pytest.fixture(scope="module")
def lean_model() -> LeanModel:
    """The resident model."""
    if not _started:
        try:
            toolchain = find_toolchain()
        except LeanMissing as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        _started.append(LeanModel.start(toolchain, deadline=900))
    return _started[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it where the next test is of another file than those that ask it: it takes gigabytes."""
    if _started and (nextitem is None or nextitem.nodeid.partition("::")[0] not in ASKING):
        _started.pop().close()
