"""Replay: growth with length, memory, start-up (``make bench``)."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.oracle.reference.replay import replay_file
from tests.benchmarks.workload import write_long_trace
from tests.installed import COMMAND
from tests.trace_files import RECORDINGS


def cpu_seconds(function: Callable[[Path], Any], path: Path) -> float:
    """CPU seconds of one call."""
    before = time.process_time()
    function(path)
    return time.process_time() - before


def bench_growth(benchmark: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("growth")
    shown = []
    for events in (1_000, 10_000, 100_000, 1_000_000):
        path = folder / f"{events}.jsonl"
        written = write_long_trace(path, events)
        seconds = min(cpu_seconds(replay_file, path) for _ in range(3 if events < 1_000_000 else 1))
        shown.append((written, seconds / written * 1e6, peak_memory(path)))
        if events == 1_000_000:
            path.unlink()
    benchmark.pedantic(replay_file, (folder / "10000.jsonl",), rounds=1)
    for written, microseconds, mebibytes in shown:
        print(f"\n{written} events: {microseconds:.1f} us of CPU an event, {mebibytes:.1f} MiB at most")


def peak_memory(path: Path) -> float:
    """Return the peak resident memory of a process that replays the trace, in MiB."""
    code = (
        "import sys; from pathlib import Path; from telltale_conformance.oracle.reference.replay import replay_file; "
        "replay_file(Path(sys.argv[1])); print(Path('/proc/self/status').read_text())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    (kibibytes,) = re.findall(r"VmHWM:\s*(\d+) kB", done.stdout)
    return int(kibibytes) / 1024


def bench_start_up(benchmark: Any) -> None:
    def start() -> None:
        subprocess.run(
            [str(COMMAND), "replay", str(RECORDINGS / "corner-edges-0.jsonl.gz")], capture_output=True, check=True
        )

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    benchmark.pedantic(start, rounds=10, warmup_rounds=1)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 11
    print(f"\nstart-up with one small trace: {cpu:.2f} s of CPU")
