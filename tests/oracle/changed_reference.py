"""A changed reference against the corpus of the Lean model: ``python -m … RULE`` prints where they first differ.

The rule is changed before anything that keeps an operation is imported, so each runs in a process of its own.
"""

import sys

from tests.wrong_stores.rule_table import correct
from tests.wrong_stores.rules import RULES


def first_difference() -> str:
    """Return the operation of the first answer of the corpus that this process's reference does not give, if any."""
    from telltale_conformance.lean_traces.shipped import CORPUS
    from telltale_conformance.oracle.reference.replay import replay_file

    for path in sorted(CORPUS.glob("telltale-17-*.jsonl.gz")):
        found = replay_file(path).first_divergence
        if found is not None:
            return found.op
    return "nothing"


if __name__ == "__main__":
    {"correct": correct, **RULES}[sys.argv[1]]()
    print(first_difference())
