"""Replay against merely decoding the same lines, on fresh recordings of every profile of the generator.

``python -m tests.benchmarks.bench_replay_profiles [EVENTS]…`` writes the recordings by recording a seeded run of each
profile, and prints a row for each: nothing in one repeats, but for what the profile itself repeats. A recording is
replayed by a process of its own that has replayed one small trace before, so that what every process pays to start is
not counted. Decoding is msgspec's decoding of every line of the same file, without a schema. Each round is one such
process, which replays the file once and decodes it once, in turns the one or the other first; both are CPU time, the
least of equally many rounds. Looking for garbage, which a replay puts off until its end, is part of it.

On a machine that has other work too, what comes between costs a replay, which touches more memory, more than decoding.
So each hundred events are timed too, in every round, and the least times of all of them are added up: the undisturbed
ratio.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.profiles import PROFILES, Profile
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import as_program
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.oracle.adapters.reference import ReferenceAdapter
from telltale_conformance.oracle.reference.recording import record
from telltale_conformance.uncollected import uncollected
from tests.trace_files import RECORDINGS

SEED: Final = 61_126
OTHER_SEED: Final = 4_711
"""Of the recording that is replayed first where first uses are measured."""
ROUNDS: Final = 6
WHOLE_PAST: Final = frozenset({"archived_closed", "runtime_audit_log"})
"""Their answers are all of the past, so that the answers of a long recording grow with the square of its length."""
SHORT: Final = 3_000
"""Recordings longer than this do without ``WHOLE_PAST``."""

_MEASURED = """
import json, sys, time
from itertools import islice
from pathlib import Path
import msgspec
from telltale_conformance.lean_traces.reader import TraceReader
from telltale_conformance.oracle.reference.replay import replay_file

def cpu(work, path):
    before = time.process_time()
    done = work(path)
    return done, time.process_time() - before

def decoded(path):
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        for line in file:
            decode(line)

def decoded_in_turn(path):
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        for line in timed(file):
            decode(line)

def timed(items):
    clock = time.process_time_ns
    iterator = iter(items)
    before = clock()
    for first in iterator:
        yield first
        yield from islice(iterator, 99)
        now = clock()
        each.append(now - before)
        before = now

in_turn, first, small, *paths = sys.argv[1:]
if in_turn == "in turn":
    TraceReader.__iter__ = lambda reader: timed(reader._events)
    decoded = decoded_in_turn
each = []
replay_file(Path(small))
rows = []
for path in map(Path, paths):
    taken = {}
    for work in (replay_file, decoded) if first == "replay" else (decoded, replay_file):
        each.clear()
        done, seconds = cpu(work, path)
        taken[work] = done, seconds, each[:]
    result, replayed, replays = taken[replay_file]
    assert result.verdict == "agree", result
    _, seconds, decodings = taken[decoded]
    rows.append((result.events, replayed, seconds, replays, decodings))
print(json.dumps(rows))
"""


class Measured(NamedTuple):
    """One recording."""

    events: int
    replayed: float
    """Seconds of CPU."""
    decoded: float
    each_replayed: list[int]
    """Nanoseconds of CPU of each hundred events, where they were measured."""
    each_decoded: list[int]

    @property
    def ratio(self) -> float:
        return self.replayed / self.decoded


def recorded(folder: Path, profile: Profile, events: int, seed: int = SEED) -> Path:
    """Record a run of that many drawn steps; return the trace."""
    offered = ALL_OPERATIONS - WHOLE_PAST if events > SHORT else ALL_OPERATIONS
    steps = Generator(seed, PROFILES.index(profile), offered=offered, profile=profile).steps(events)
    path = folder / f"{profile.name.replace(' ', '-')}-{events}-{seed}.jsonl"
    with uncollected():
        record(ReferenceAdapter(), as_program(steps, "telltale-17", {"profile": profile.name, "seed": seed}), path)
    return path


def replayed(*paths: Path, in_turn: bool = False, first: str = "replay") -> list[Measured]:
    """Replay and decode recordings one after the other in a fresh process.

    Args:
        paths: the recordings.
        in_turn: time each hundred events.
        first: what is done first of each recording, ``replay`` or ``decoding``.
    """
    small = RECORDINGS / "corner-edges-0.jsonl.gz"
    how = "in turn" if in_turn else "whole"
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, how, first, str(small), *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [Measured(*row) for row in json.loads(done.stdout)]


def least(runs: list[Measured]) -> Measured:
    """Return the least seconds of some runs of one recording."""
    return Measured(runs[0].events, min(run.replayed for run in runs), min(run.decoded for run in runs), [], [])


def in_rounds(path: Path, rounds: int, *, in_turn: bool = False) -> list[Measured]:
    """Measure a recording in so many processes; which work comes first changes with each."""
    return [replayed(path, in_turn=in_turn, first=("replay", "decoding")[turn % 2])[0] for turn in range(rounds)]


def undisturbed(path: Path, rounds: int) -> float:
    """Return the ratio of the least times of every hundred events, over some processes."""
    runs = in_rounds(path, rounds, in_turn=True)
    replays, decodings = (
        sum(map(min, *times)) for times in ([run.each_replayed for run in runs], [run.each_decoded for run in runs])
    )
    return replays / decodings


def rows(folder: Path, events: int, rounds: int = ROUNDS) -> dict[str, Measured]:
    """Measure a recording of every profile; print a row of the table for each."""
    print(f"\n| profile, {events} steps | bytes a line | decoding a line | replaying an event | ratio | undisturbed |")
    print("|---|---|---|---|---|---|")
    found = {}
    calm = []
    for profile in PROFILES:
        path = recorded(folder, profile, events)
        one = found[profile.name] = least(in_rounds(path, rounds))
        size = path.stat().st_size // one.events
        decoding, replaying = (seconds / one.events * 1e6 for seconds in (one.decoded, one.replayed))
        calm.append(undisturbed(path, max(rounds, 2)))
        row = (profile.name, size, f"{decoding:.1f} µs", f"{replaying:.1f} µs", f"{one.ratio:.1f}", f"{calm[-1]:.1f}")
        print(f"| {' | '.join(map(str, row))} |", flush=True)
        path.unlink()
    for ratios, name in (([one.ratio for one in found.values()], "ratio"), (calm, "undisturbed")):
        print(f"\n{name}: median {statistics.median(ratios):.1f}, at most {max(ratios):.1f}")
    return found


def first_uses(folder: Path, rounds: int = ROUNDS) -> float:
    """Return what the first replay in a process costs more than a later one of other events, the most of all profiles.

    Both recordings are of one profile and as long; the later one is of another seed, so its sessions, names and types
    are new too. Seconds of CPU.
    """
    most = 0.0
    for profile in PROFILES:
        first, other = (recorded(folder, profile, SHORT, seed) for seed in (SEED, OTHER_SEED))
        alone = least([replayed(first)[0] for _ in range(rounds)])
        after = least([replayed(other, first)[1] for _ in range(rounds)])
        print(f"{profile.name}: first uses {(alone.replayed - after.replayed) * 1e3:.0f} ms", flush=True)
        most = max(most, alone.replayed - after.replayed)
    return most


def bench_replay_of_every_profile(benchmark: Any, tmp_path: Path) -> None:
    found = benchmark.pedantic(rows, (tmp_path, SHORT, 1), rounds=1)
    benchmark.extra_info["median ratio"] = round(statistics.median(one.ratio for one in found.values()), 2)


def main() -> None:
    """Measure recordings of the lengths given, and first uses."""
    lengths = [int(given) for given in sys.argv[1:]] or [SHORT, 100_000]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for events in lengths:
            rows(folder, events)
        if SHORT in lengths:
            print(f"\nfirst uses: {first_uses(folder) * 1e3:.0f} ms at most")


if __name__ == "__main__":
    main()
