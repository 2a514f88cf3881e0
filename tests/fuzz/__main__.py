"""Fuzz every reader and print what became of the inputs: ``python -m tests.fuzz ROUNDS SEED``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.fuzz.test_fuzz import fuzzed

if __name__ == "__main__":
    rounds, seed = int(sys.argv[1]), int(sys.argv[2])
    began, total = time.process_time(), 0
    for name, target in TARGETS.items():
        with tempfile.TemporaryDirectory() as folder:
            seen = fuzzed(name, rounds * target.share, seed, Path(folder))
        total += sum(seen.values())
        print(
            f"{name:<14}{sum(seen.values()):>9,} inputs {seen[True]:>9,} accepted {seen[False]:>9,} refused", flush=True
        )
    print(f"{'all':<14}{total:>9,} inputs, {time.process_time() - began:.0f} s of CPU")
