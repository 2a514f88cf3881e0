"""Processor time of this process and of all that it started."""

from __future__ import annotations

import threading
from contextlib import suppress

import psutil


def cpu_seconds() -> float:
    """Return the processor seconds of this process and of all that it started, those that ended included."""
    me = psutil.Process()
    total = 0.0
    for one in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # it has just ended, and counts with the one that waited for it
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


class Meter:
    """Counts each processor second of this process once, whichever of its threads asks first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work = ""
        self._counted = 0.0

    def begin(self, work: str) -> None:
        """Count from now on, unless this work is being counted already."""
        with self._lock:
            if self._work != work:
                self._work, self._counted = work, cpu_seconds()

    def used(self) -> float:
        """Return the processor seconds since it was asked before."""
        with self._lock:
            now = cpu_seconds()
            used, self._counted = max(0.0, now - self._counted), now
            return round(used, 3)
