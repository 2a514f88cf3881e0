"""Which worker is given which file, and when, where each file goes to one worker (``--dist loadfile``).

The dearest files are begun first: one that is begun last keeps its worker busy while the others have nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.resident_lean import ASKING

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling
    from xdist.workermanage import WorkerController

DEAREST: Final = (
    ASKING[0],
    "tests/test_docs.py",
    "tests/oracle/test_honesty.py",
    "tests/oracle/test_symbolic_mistakes.py",
    "tests/oracle/test_lanes.py",
    "tests/oracle/test_check_wrong_stores.py",
    "tests/project/test_foreign_project.py",
    "tests/oracle/test_symbolic_agreement.py",
    "tests/oracle/test_symbolic_claims.py",
    "tests/oracle/test_odd_answers_told.py",
    "tests/project/test_new_projects.py",
)
"""As the end of a long run lists them (``cpu_of_files``); the order need not be exact."""


def place_of(file: str) -> int:
    """Return when a file is begun: the dearest first, all others as they were collected."""
    return DEAREST.index(file) if file in DEAREST else len(DEAREST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Give the files that ask the resident Lean to one worker, and begin the dearest files first."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class DearestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope: str = super()._split_scope(nodeid)
            return ASKING[0] if scope in ASKING else scope

        def _assign_work_unit(self, node: WorkerController) -> None:
            self.workqueue.move_to_end(min(self.workqueue, key=place_of), last=False)
            super()._assign_work_unit(node)

    return DearestFirst(config, log)
