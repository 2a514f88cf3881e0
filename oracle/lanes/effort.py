"""How much a check tries: a named amount of work, never a number of seconds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

GUARD: Final = 10
"""The time limit of a check, in usual times, where none is given."""


class Effort(StrEnum):
    """How much is tried; the same effort and seed try the same everywhere."""

    quick = "quick"
    default = "default"
    thorough = "thorough"


Amounts = Mapping[Effort, int]
"""How many cases there are at each effort."""


def effort_of_budget(seconds: float) -> Effort:
    """Return the effort that the old option ``--budget`` stood for."""
    if seconds < 30:
        return Effort.quick
    return Effort.default if seconds < 1800 else Effort.thorough
