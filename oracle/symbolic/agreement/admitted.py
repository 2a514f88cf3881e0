"""Do the proofs speak of the states that there are?  States of the reference's runs must fulfil what proofs assume.

An assumption or an invariant that is too strong for a state that a program reaches would leave that state out of the
proof.  So programs are run on the reference, and what is assumed is evaluated on all states and arguments that occur.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import z3

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import UnresolvedReference, resolve
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.literals import Names, Translation
from telltale_conformance.oracle.symbolic.agreement.snapshot import Snapshot, read
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant
from telltale_conformance.oracle.symbolic.claims.identity import WITNESS_ID
from telltale_conformance.oracle.symbolic.proof.induction import ROLES, typed
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.state import Contract, Session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import SESSION_SCOPE_BITS, scope, u64


@dataclass
class Admission:
    """How many states, arguments and invariants were evaluated, and what is not admitted."""

    states: int = 0
    arguments: int = 0
    invariants: int = 0
    refused: str | None = None


class _AnyTexts(Names):
    """Codes of texts, and of traces with types of every kind."""

    def code(self, text: Any) -> z3.BitVecRef:
        """Return the code of a text or a trace."""
        return super().code(text if isinstance(text, str) else json.dumps(text))


class _AnyFragments(Translation):
    """A translation for fragments of any name, numbered as they appear; there is room for 24."""

    def __init__(self) -> None:
        super().__init__()
        self.names = _AnyTexts()
        self._fragments: dict[str, int] = {}

    def scope(self, document: Any) -> z3.BitVecRef:
        """Return a scope."""
        if document == "Session":
            return scope(SESSION_SCOPE_BITS)
        numbers = {self._fragments.setdefault(text, len(self._fragments)) for text in document["Fragments"]}
        return scope(sum(1 << number for number in numbers))


def admission(contract: Contract, claims: list[Claim], programs: int, seed: int = 0) -> Admission:
    """Evaluate what proofs assume on the states and arguments of seeded programs, until something is not admitted."""
    found = Admission()
    supports = _of_state_alone(claims, contract)
    for index in range(programs):
        run, results = ReferenceRun(contract.value), dict[int, Any]()
        for step in generate_program(seed, index, contract=contract.value).steps:
            try:
                args = resolve(step.args, results)
            except UnresolvedReference:
                continue
            if step.op in OPERATIONS:
                _look_at_arguments(args, found)
            event = run.perform(step.seq, step.op, args)
            if "ok" in event:
                results[step.seq] = event["ok"]
            if step.op in OPERATIONS:
                for sid in run.store.sessions:
                    _look_at_state(read(run.store, sid), supports, found)
            if found.refused is not None:
                found.refused = f"program {index} of seed {seed}, step {step.seq} ({step.op}): {found.refused}"
                return found
    return found


def _of_state_alone(claims: list[Claim], contract: Contract) -> dict[str, Invariant]:
    """Return the invariants that speak of the session and of nothing that a claim remembers."""
    found: dict[str, Invariant] = {}
    for claim in claims:
        for invariant in claim.supported_by(contract):
            try:
                invariant.holds(Translation().session(Snapshot()), None)
            except AttributeError:  # it reads the ghost
                continue
            found[invariant.name] = invariant
    return found


_CAP = {"session_id": 0, "owner_id": "a", "generation": 0, "scope": "Session"}
_TRANSFER = {"from_owner_id": "a", "from_generation": 0, "to_owner_id": "a", "to_generation": 1}
_EVERYTHING = {
    "capability": _CAP,
    "receipt": {"session_id": 0, "claim_id": 1, "scope": "Session", **_TRANSFER},
    "witness": {**_CAP, "witness_id": 1, "predicate_ref": "p"},
}
"""Arguments in the places that an operation does not read."""


def _look_at_arguments(args: Any, found: Admission) -> None:
    found.arguments += 1
    given = _AnyFragments().args({**_EVERYTHING, **args})
    if not _holds(well_formed(given)):
        found.refused = f"these arguments are not admitted: {args}"


def _look_at_state(state: Snapshot, supports: dict[str, Invariant], found: Admission) -> None:
    found.states += 1
    session: Session = _AnyFragments().session(state)
    if not _holds(z3.substitute(typed(session), (ROLES, session.roles))):
        found.refused = "the state is not of its type"
    for name, invariant in supports.items():
        found.invariants += 1
        for key in (1, *state.issued, *state.consumed):
            if not _holds(z3.substitute(invariant.holds(session, None), (WITNESS_ID, u64(key)))):
                found.refused = f"the invariant {name} does not hold"


def _holds(term: z3.BoolRef) -> bool:
    return bool(z3.is_true(z3.simplify(term)))
