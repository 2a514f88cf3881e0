"""What all tests share: the same cases of Hypothesis every time, the rooms in their places, the installed wheel."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tools.source_tree import link_rooms

link_rooms()

settings.register_profile(
    "tests",
    derandomize=True,
    database=None,
    deadline=None,  # machines are noisy; speed is for benchmarks
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")

pytest_plugins = ["tests.installed_wheel"]
