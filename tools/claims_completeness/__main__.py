"""``python -m tools.claims_completeness [--jobs N]``: measure all changes, and write figures to docs/claims.md."""

from __future__ import annotations

import argparse

from tools.claims_completeness.document import write
from tools.claims_completeness.measuring import measure
from tools.regenerate import DOCS, fill_claims


def main() -> None:
    """Measure, keep and write."""
    parser = argparse.ArgumentParser(prog="python -m tools.claims_completeness")
    parser.add_argument("--jobs", type=int, default=1, help="processes to measure with")
    given = parser.parse_args()
    found = []
    for noticed in measure(jobs=given.jobs):
        print(f"{noticed.how:16} {noticed.claim:4} {noticed.change}", flush=True)
        found.append(noticed)
    write(found)
    fill_claims(DOCS / "claims.md")


if __name__ == "__main__":
    main()
