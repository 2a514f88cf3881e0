"""The obligations of a proof: every question that z3 has decided for a claim, as SMT-LIB 2.6 with z3's answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import z3

from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.symbolic.proof.solving import Query
from telltale_conformance.oracle.symbolic.statement.state import Contract

INDEX: Final = "index.json"
INDEX_FORMAT: Final = 1
_SHARED: Final = re.compile(r"[$?]x[0-9]+")
_NO_CONJUNCTS, _NO_DISJUNCTS = z3.And(), z3.Or()


def smtlib(query: Query) -> str:
    """Return a question as an SMT-LIB script, which does not tell z3's answer.

    z3 prints a conjunction of nothing as ``and``, which SMT-LIB does not have, so these are made constants first. The
    names that it gives shared terms come from its memory; they are numbered anew, so that two exports are the same.
    """
    printed = z3.Solver()
    for term in query.asserted:
        constants = (_NO_CONJUNCTS, z3.BoolVal(True)), (_NO_DISJUNCTS, z3.BoolVal(False))
        printed.add(z3.substitute(term, *constants))
    declared = [line for line in printed.to_smt2().splitlines() if not line.startswith((";", "(set-info"))]
    names: dict[str, str] = {}
    text = "\n".join(["(set-logic ALL)", *declared, ""])
    return _SHARED.sub(lambda name: names.setdefault(name[0], f"{name[0][:2]}{len(names)}"), text)


def _answer(satisfiable: bool) -> str:
    return "sat" if satisfiable else "unsat"


@dataclass(frozen=True)
class Obligation:
    """One question, of those that were asked to decide a claim under a contract."""

    claim: str
    contract: str
    number: int
    """Its place among them, from 1."""
    answer: str
    """What z3 answers, ``sat`` or ``unsat``."""
    text: str

    @property
    def name(self) -> str:
        """Its name in files and messages, as ``K4.hardened.012``."""
        return f"{self.claim}.{self.contract}.{self.number:03}"


def numbered(asked: Iterable[tuple[str, Contract, Query]]) -> list[Obligation]:
    """Return what was asked as obligations, numbered within each claim and contract in the order of asking."""
    counts = Counter[tuple[str, Contract]]()
    made = []
    for claim, contract, query in asked:
        counts[claim, contract] += 1
        number = counts[claim, contract]
        made.append(Obligation(claim, contract.value, number, _answer(query.satisfiable), smtlib(query)))
    return made


class Export:
    """A folder of obligations with an index, for any solver.

    Args:
        folder: it is made where it does not exist; only what the index names belongs to the export.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: list[dict[str, Any]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, obligations: Iterable[Obligation]) -> None:
        """Write obligations."""
        for obligation in obligations:
            written, file = obligation.text.encode(), f"{obligation.name}.smt2"
            write_whole(self.folder / file, written)
            self._entries.append(
                {
                    "claim": obligation.claim,
                    "contract": obligation.contract,
                    "number": obligation.number,
                    "file": file,
                    "z3": obligation.answer,
                    "sha256": hashlib.sha256(written).hexdigest(),
                }
            )

    def finish(self) -> None:
        """Write the index."""
        index = {"format": INDEX_FORMAT, "solver": f"z3 {z3.get_version_string()}", "obligations": self._entries}
        write_whole(self.folder / INDEX, (json.dumps(index, indent=1) + "\n").encode())
