"""Whether the proofs are about anything: what they assume, and what it leaves room for.

Three questions.  Does what a proof assumes leave room for each operation's success and each guard's refusal?  Do the
states that programs reach fulfil it?  And which operations does it not speak of?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telltale_conformance.lean_traces.lean_program import NOT_IN_LEAN
from telltale_conformance.model.operations import OPERATIONS as ALL_OPERATIONS
from telltale_conformance.oracle.symbolic.agreement.admitted import admission
from telltale_conformance.oracle.symbolic.proof.induction import premises
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.proof.vacuity import SUCCESS, rooms
from telltale_conformance.oracle.symbolic.prove import OWNERSHIP_CLAIMS, PART_CLAIMS
from telltale_conformance.oracle.symbolic.statement.state import Contract

NEVER_DECIDE: Final = {
    ("claim_ownership", "G-idle"): "a pending transfer has an owner, so G-unowned decides",
    ("commit_ownership_transfer", "G-giver"): "a pending receipt is from the live owner",
    ("commit_ownership_transfer", "G-counter generation"): "begin asked for the generation after the live one",
}
"""The guards that no operation reaches (contract §1): a proof may leave no room for them, and for no others."""
PROGRAMS: Final = 6
FRAME: Final = ("Telltale.own_unchanged", "Telltale.others_unchanged")
"""The theorems of the Lean model by which the operations outside the statement leave ownership as it is."""


@dataclass(frozen=True)
class Check:
    """One line of the self-test."""

    subject: str
    passed: bool
    told: str


def checks(contracts: list[Contract], limits: Limits) -> Iterator[Check]:
    """Run the self-test for these contracts."""
    for contract in contracts:
        for claim in (*OWNERSHIP_CLAIMS, *PART_CLAIMS):
            yield _room(claim, contract, limits)
        yield _admitted(contract)
    yield _frame()


def _room(claim: str, contract: Contract, limits: Limits) -> Check:
    stated = (OWNERSHIP_CLAIMS | PART_CLAIMS)[claim]
    found = list(rooms(stated, contract, limits))
    never = [(room.op, room.outcome) for room in found if not room.possible]
    wrong = [f"{op}: {outcome}" for op, outcome in never if (op, outcome) not in NEVER_DECIDE]
    assumed = "; ".join(assumption.sentence for assumption in premises(stated, contract).assumptions)
    subject = f"{contract.value} {claim}"
    if wrong:
        return Check(subject, False, f"what is assumed leaves no room for {', '.join(wrong)}")
    successes = sum(room.outcome == SUCCESS for room in found)
    but = "".join(f"; {op} {guard} never decides: {NEVER_DECIDE[op, guard]}" for op, guard in never)
    room = f"room for {successes} successes and {len(found) - successes - len(never)} refusals"
    return Check(subject, True, f"{room}; assumed: {assumed}{but}")


def _admitted(contract: Contract) -> Check:
    found = admission(contract, [*OWNERSHIP_CLAIMS.values(), *PART_CLAIMS.values()], PROGRAMS)
    subject = f"{contract.value} states"
    if found.refused is not None:
        return Check(subject, False, found.refused)
    told = f"{found.states} states and {found.arguments} arguments of {PROGRAMS} programs are admitted"
    return Check(subject, True, f"{told}; {found.invariants} invariants hold on them")


def _frame() -> Check:
    stated = {op for claim in OWNERSHIP_CLAIMS.values() for op in claim.operations}
    outside = {op for op in ALL_OPERATIONS if op not in stated}
    in_lean, nowhere = outside - NOT_IN_LEAN, sorted(outside & NOT_IN_LEAN)
    changing = [op for op in nowhere if not ALL_OPERATIONS[op].reads_only]
    if changing:
        return Check("frame", False, f"nothing shows that {', '.join(changing)} leave ownership as it is")
    told = (
        f"{len(stated)} operations are stated; z3 does not show that the others, opening and reaping apart, leave"
        f" ownership as it is: for {len(in_lean)} of them {' and '.join(FRAME)} do (lean check);"
        f" {', '.join(nowhere)}, which the Lean model does not have, only read, and that is taken from the reference"
    )
    return Check("frame", True, told)
