"""Whether both solvers say the same to every obligation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.claims.second_solver import Agreement
from telltale_conformance.oracle.symbolic.cross_check.cvc5_solver import Cvc5
from telltale_conformance.oracle.symbolic.cross_check.obligations import Obligation


@dataclass
class Told:
    """What was found of the obligations of a claim under a contract."""

    agree: int = 0
    disagreements: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    """The unsatisfiable ones of which cvc5 wrote no proof, where proofs are kept."""

    def count(self) -> Agreement:
        """Return the numbers."""
        return Agreement(self.agree, len(self.disagreements), len(self.unknown))


class Comparison:
    """Lets cvc5 decide obligations again, and compares.

    Args:
        proofs: a folder for cvc5's proofs of the answers ``unsat``, ``NAME.cpc``; none are written without it.
    """

    def __init__(self, proofs: Path | None = None) -> None:
        self._second, self._folder = Cvc5(), proofs
        if proofs is not None:
            proofs.mkdir(parents=True, exist_ok=True)

    @property
    def solver(self) -> str:
        """Name and version of the second solver."""
        return self._second.title

    def of(self, obligations: Iterable[Obligation]) -> Told:
        """Decide them again, and say what was found."""
        told = Told()
        for obligation in obligations:
            decided = self._second.decide(obligation.text)
            if decided.answer == "unknown":
                told.unknown.append(f"{obligation.name}: {decided.why}")
            elif decided.answer != obligation.answer:
                both = f"z3 says {obligation.answer}, {self.solver} {decided.answer}"
                told.disagreements.append(f"{obligation.name}: {both}")
            else:
                told.agree += 1
            if self._folder is not None and decided.answer == "unsat":
                proof = self._second.proof(obligation.text)
                if proof is None:
                    told.unproved.append(obligation.name)
                else:
                    write_whole(self._folder / f"{obligation.name}.cpc", proof)
        return told
