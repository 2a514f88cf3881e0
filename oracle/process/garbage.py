"""How often Python looks for garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for garbage after 50,000 new objects, not after 700.

    A check makes millions of answers and drops them again; hardly any of them is in a cycle. Looking so often took an
    eighth of its time and freed no memory to speak of.
    """
    gc.set_threshold(50_000, 20, 50)
