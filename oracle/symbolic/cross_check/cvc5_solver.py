"""cvc5, the second solver: it reads an obligation, decides it, and can write its proof down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType, ModuleType
from typing import Any, Final

from telltale_conformance.errors import UsageError

WORK: Final = 20_000_000
"""Units of cvc5's work for one obligation: many times what the hardest one takes."""


class Cvc5Missing(UsageError):
    """Thrown when cvc5 is asked for and not installed."""

    remedy = "install it with: pip install 'telltale-conformance[cross-check]'"


@dataclass(frozen=True)
class Decided:
    """What cvc5 says to an obligation."""

    answer: str
    """``sat``, ``unsat`` or ``unknown``."""
    why: str = ""
    """Why it is unknown: it gave up, or could not read the obligation."""


class Cvc5:
    """cvc5 with a limit on its work, a new solver for each obligation.

    Raises:
        Cvc5Missing: it is not installed.
    """

    def __init__(self) -> None:
        self._cvc5 = _module()

    @property
    def title(self) -> str:
        """Name and version."""
        return f"cvc5 {self._cvc5.__version__}"

    def decide(self, text: str) -> Decided:
        """Decide one SMT-LIB script; what it cannot read or decide is unknown, with the reason."""
        return self._decided(self._solver(), text)

    def proof(self, text: str) -> bytes | None:
        """Return the proof of one that is unsatisfiable, in the format CPC; None when it does not find one.

        It is another run: a solver that has to give proofs may take very long over what is satisfiable.
        """
        solver = self._solver({"produce-proofs": "true", "proof-format-mode": "cpc"})
        if self._decided(solver, text).answer != "unsat":
            return None
        (proof,) = solver.getProof()
        written: bytes = solver.proofToString(proof, self._cvc5.ProofFormat.CPC)
        return written

    def _solver(self, options: Mapping[str, str] = MappingProxyType({})) -> Any:
        solver = self._cvc5.Solver(self._cvc5.TermManager())
        # the empty tables are constant arrays, for which cvc5 wants to be asked
        for option, value in {"arrays-exp": "true", "rlimit-per": str(WORK), **options}.items():
            solver.setOption(option, value)
        return solver

    def _decided(self, solver: Any, text: str) -> Decided:
        parser = self._cvc5.InputParser(solver)
        parser.setStringInput(self._cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
        symbols, said = parser.getSymbolManager(), list[str]()
        try:
            while not (command := parser.nextCommand()).isNull():
                said.append(str(command.invoke(solver, symbols)).strip())
        except RuntimeError as error:  # the only class that the bindings raise
            return Decided("unknown", f"{self.title} fails: {error}")
        answer = " ".join(filter(None, said))
        if answer not in ("sat", "unsat"):
            return Decided("unknown", f"{self.title} gave up: {answer}")
        return Decided(answer)


def _module() -> ModuleType:
    if find_spec("cvc5") is None:
        raise Cvc5Missing("the second solver needs the package cvc5, which is not installed")
    import cvc5

    found: ModuleType = cvc5
    return found
