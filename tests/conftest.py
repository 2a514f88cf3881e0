"""What all tests share: Hypothesis runs the same cases every time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "tests",
    derandomize=True,
    database=None,
    deadline=None,  # machines are noisy; speed is for benchmarks
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")

pytest_plugins = ["tests.installed_wheel"]
