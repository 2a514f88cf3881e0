"""The generated parts of docs/claims.md: claims, occasions, invariants, noticed changes, and what two solvers say."""

from __future__ import annotations

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.lean_traces.lean_statements import pinned
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED, PARTS
from telltale_conformance.oracle.claims.second_solver import kept
from telltale_conformance.oracle.symbolic.claims.claim import Claim
from telltale_conformance.oracle.symbolic.prove import BLUEPRINT_NODES, OWNERSHIP_CLAIMS, UNFOLDING_NODES
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.claims_completeness.document import section as completeness

BEGIN, END = "<!-- generated: {} -->", "<!-- end: {} -->"
_BOUNDS = {"K15": f"trees of up to {BLUEPRINT_NODES} nodes", "K16": f"types of up to {UNFOLDING_NODES} nodes"}


def _horizon(claim: Claim, contract: Contract) -> int | None:
    return (claim.horizon or {}).get(contract)


def _status(claim: str, contract: str, lengths: dict[str, int]) -> str:
    status = EXPECTED[contract][claim]
    if status == "refuted":
        return f"**refuted**, {lengths[claim]} operation{'s' if lengths[claim] > 1 else ''}"
    if status == "bounded":
        owned = OWNERSHIP_CLAIMS.get(claim)
        horizon = _horizon(owned, Contract(contract)) if owned else None
        if horizon is not None:
            return f"bounded: holds for {horizon} operations"
        theorem = f"{claim}_{contract}"
        in_lean = f"proved (Lean: `{theorem}`); z3: " if f"Telltale.{theorem}" in pinned() else ""
        return f"{in_lean}bounded, holds for {_BOUNDS[claim]}"
    return status


def claims_table() -> str:
    """Return the table: each claim with its verdict under both contracts."""
    lengths = {name: int(program.meta["shortest"]) for name, program in claim_programs()}
    lines = ["| id | claim | `telltale-17` | `hardened` |", "|---|---|---|---|"]
    for claim in CLAIMS.values():
        old, new = (_status(claim.id, contract, lengths) for contract in EXPECTED)
        lines.append(f"| {claim.title} | {claim.sentence} | {old} | {new} |")
    return "\n".join(lines)


def occasions_table() -> str:
    """Return the table: each claim with the events on which it could have been broken."""
    lines = ["| id | an occasion |", "|---|---|"]
    lines += [f"| {claim.title} | {claim.occasion} |" for claim in CLAIMS.values()]
    lines += [f"| {part.id} | {part.occasion} |" for part in PARTS.values() if part.apart]
    return "\n".join(lines)


def invariants_table() -> str:
    """Return the strengthening invariants of the inductive proofs, each with the claims that it supports."""
    used: dict[tuple[str, str], list[str]] = {}
    for claim in OWNERSHIP_CLAIMS.values():
        for contract in Contract:
            for invariant in claim.supported_by(contract):
                users = used.setdefault((invariant.name, invariant.sentence), [])
                users.append(f"{claim.id} ({contract.value})")
    lines = ["| invariant | says | proved along with |", "|---|---|---|"]
    lines += [f"| {name} | {sentence} | {', '.join(users)} |" for (name, sentence), users in used.items()]
    return "\n".join(lines)


def solvers_table() -> str:
    """Return the table: how many queries cvc5 decides like z3, of all claims and of each where it is not every one."""
    found = kept()
    lines = [
        "| id | " + " | ".join(f"`{contract}`: z3, {found.solver}" for contract in EXPECTED) + " |",
        "|---|---|---|",
    ]
    for claim in CLAIMS:
        asked = [found.agreements.get(contract, {}).get(claim) for contract in EXPECTED]
        if all(one and one.agree == one.asked > 0 for one in asked):
            continue
        cells = [
            f"{EXPECTED[contract][claim]}, {f'{one.agree} of {one.asked}' if one and one.asked else 'not asked'}"
            for contract, one in zip(EXPECTED, asked, strict=True)
        ]
        lines.append(f"| {claim} | {' | '.join(cells)} |")
    totals = [found.agreements.get(contract, {}).values() for contract in EXPECTED]
    sums = [f"{sum(one.agree for one in all_)} of {sum(one.asked for one in all_)}" for all_ in totals]
    return "\n".join([*lines, f"| all | {' | '.join(sums)} |"])


SECTIONS = {
    "table": claims_table,
    "occasions": occasions_table,
    "invariants": invariants_table,
    "completeness": completeness,
    "solvers": solvers_table,
}


def filled(text: str) -> str:
    """Return the document with its generated sections made anew."""
    for name, make in SECTIONS.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text
