"""What all tests share: the same cases of Hypothesis every time, the rooms in their places, the installed wheel,
a resident Lean, bytecode, an environment that stays as it was, and a place of their own for what self-tests remember.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import platformdirs
import pytest
from hypothesis import HealthCheck, settings

from tests.bytecode import keep_bytecode
from tools.source_tree import link_rooms

keep_bytecode()
link_rooms()

from telltale_conformance.oracle.process.garbage import collect_seldom  # noqa: E402  # not before the rooms are linked

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell in the background leaves it so, and children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "tests",
    derandomize=True,
    max_examples=50,  # they are the same in each run; fuzzing and nightly tests draw more
    database=None,
    deadline=None,  # machines are noisy; speed is for benchmarks
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")

collect_seldom()

pytest_plugins = [
    "pytester",
    "tests.browser",
    "tests.installed_wheel",
    "tests.resident_lean",
    "tests.files_of_workers",
    "tests.left_behind",
    "tests.cpu_of_files",
]


def pytest_collection_finish() -> None:
    """Keep modules and collected tests out of every later collection of garbage: they stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def own_memory_of_self_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache out: a test may break the harness, and nothing that it shows then may be remembered."""
    place = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platformdirs, "user_cache_path", lambda name: place)
        yield
