"""Replay against merely decoding: CPU ratio, growth with length, memory, start-up (``make bench``)."""

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
from tests.benchmarks.workload import decode_all, write_long_trace, write_recorded_mix
from tests.installed import COMMAND
from tests.trace_files import RECORDINGS

ROUNDS = 7


def cpu_seconds(function: Callable[[Path], Any], path: Path) -> float:
    """CPU seconds of one call."""
    before = time.process_time()
    function(path)
    return time.process_time() - before


def ratio(path: Path) -> tuple[float, float]:
    """Return the ratio of replaying to decoding, the rounds of both interleaved, and microseconds an event."""
    replayed, decoded = [], []
    for _ in range(ROUNDS):
        decoded.append(cpu_seconds(decode_all, path))
        replayed.append(cpu_seconds(replay_file, path))
    events = decode_all(path) - 2
    return min(replayed) / min(decoded), min(replayed) / events * 1e6


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("traces")
    paths = {name: folder / f"{name}.jsonl" for name in ("recorded-mix", "busy-sessions")}
    write_recorded_mix(paths["recorded-mix"], RECORDINGS, 60_000)
    write_long_trace(paths["busy-sessions"], 60_000)
    return paths


@pytest.mark.parametrize("name", ["recorded-mix", "busy-sessions"])
def bench_replay_ratio(benchmark: Any, traces: dict[str, Path], name: str) -> None:
    result = benchmark.pedantic(replay_file, (traces[name],), rounds=3, warmup_rounds=1)
    assert result.verdict == "agree"
    measured, microseconds = ratio(traces[name])
    benchmark.extra_info["cpu ratio to decoding"] = round(measured, 2)
    print(f"\n{name}: {measured:.2f} x decoding, {microseconds:.1f} us of CPU an event")


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
