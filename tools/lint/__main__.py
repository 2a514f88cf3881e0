"""Run every check of the project's own lint over the tree; print what is wrong, and end with 1 if anything is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tools.lint import circles, cutters, excuses, homes, language, operation_names, readers
from tools.lint.statements import guard_order, rules

ROOT: Final = Path(__file__).parents[2]
CHECKS: Final = (
    operation_names.problems,
    cutters.problems,
    excuses.problems,
    readers.problems,
    circles.problems,
    homes.problems,
    guard_order.problems,
    rules.problems,
    language.problems,
)


def main() -> int:
    """Run the checks."""
    found = [problem for check in CHECKS for problem in check(ROOT)]
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(found)} problems" if found else f"{len(CHECKS)} checks passed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
