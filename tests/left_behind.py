"""What a test leaves in the environment ends with it: nothing that runs later may depend on it."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Put the environment back as it was before the test and its fixtures."""
    before = dict(os.environ)
    done = yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
    return done
