"""Every claim under a contract: proved, refuted with a program that runs, or bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Literal

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS, in_order
from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.reference.run import run
from telltale_conformance.oracle.symbolic.claims import answers as claims_answers
from telltale_conformance.oracle.symbolic.claims import audit as claims_audit
from telltale_conformance.oracle.symbolic.claims import authority as claims_authority
from telltale_conformance.oracle.symbolic.claims import blueprint as blueprint_claim
from telltale_conformance.oracle.symbolic.claims import buffers as buffers_claims
from telltale_conformance.oracle.symbolic.claims import exchanges
from telltale_conformance.oracle.symbolic.claims import host_calls as claims_host_calls
from telltale_conformance.oracle.symbolic.claims import identity as claims_identity
from telltale_conformance.oracle.symbolic.claims import plans as plans_claim
from telltale_conformance.oracle.symbolic.claims import progress as claims_progress
from telltale_conformance.oracle.symbolic.claims import proofs as proofs_claim
from telltale_conformance.oracle.symbolic.claims import reload as reload_claim
from telltale_conformance.oracle.symbolic.claims import sids as store_claims
from telltale_conformance.oracle.symbolic.claims import transfers as claims_transfers
from telltale_conformance.oracle.symbolic.claims import unfolding as unfolding_claim
from telltale_conformance.oracle.symbolic.claims.claim import Claim
from telltale_conformance.oracle.symbolic.proof.bounded import shortest_violation
from telltale_conformance.oracle.symbolic.proof.counterexample import program
from telltale_conformance.oracle.symbolic.proof.induction import find_gap, premises
from telltale_conformance.oracle.symbolic.proof.solving import DEFAULT_WORK, Inconclusive, Limits, Query, each_query
from telltale_conformance.oracle.symbolic.statement.state import Contract

Status = Literal["proved", "refuted", "bounded", "inconclusive", "spurious"]
Program = dict[str, Any]

DEEPEST_SEARCH = 8
"""Runs longer than this are not searched for a counterexample."""
SHOWS = ("observe", "lookup_handler")
"""What only makes visible, at the end of a program, what the operation before it did."""
BLUEPRINT_NODES = 3
UNFOLDING_NODES = 5


@dataclass(frozen=True)
class Finding:
    """What is known of a claim under a contract."""

    status: Status
    method: str
    bound: int | None = None
    counterexample: Program | None = None


@dataclass(frozen=True)
class Result:
    """A finding with its subject and its cost: one line of ``prove``."""

    claim: str
    contract: str
    finding: Finding
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "claim": self.claim,
            "contract": self.contract,
            "status": self.finding.status,
            "bound": self.finding.bound,
            "method": self.finding.method,
            "counterexample": self.finding.counterexample,
            "seconds": round(self.seconds, 3),
        }


Decide = Callable[[Contract, Limits], Finding]
"""Decides a claim, or a part of one, under a contract."""


class Spurious(InconclusiveError):
    """Thrown when a counterexample does not show its violation on the reference: the symbolic rules are wrong."""


def confirm(monitor: str, found: Program) -> Program:
    """Run a counterexample on the reference; it must break the claim with its last operation, and not before."""
    events = run(found["steps"], found["contract"])
    if len(events) != len(found["steps"]):
        raise Spurious(f"{monitor}: a step of the counterexample was skipped")
    violations = watch(events)[monitor].violations
    shown = [step["seq"] for step in found["steps"] if step["op"] not in SHOWS]
    if not violations or violations[0].seq < shown[-1]:
        where = f"at step {violations[0].seq}" if violations else "nowhere"
        raise Spurious(f"{monitor}: the reference shows the violation {where}, not at step {shown[-1]}")
    return found


def _made(contract: Contract, claim: str, steps: list[dict[str, Any]] | None, length: int) -> Program:
    if steps is None:
        raise Spurious(f"{claim}: neither proved nor refuted")
    return {"contract": contract.value, "meta": {"claim": claim, "shortest": length}, "steps": steps}


def _by_induction(claim: Claim) -> Decide:
    monitor = PARTS[claim.id].watched_as if claim.id in PARTS else claim.id

    def decide(contract: Contract, limits: Limits) -> Finding:
        support = claim.supported_by(contract)
        names = ", ".join(invariant.name for invariant in support)
        by = f"with the invariants {names}, proved along" if support else "on every state, reachable or not"
        by += f"; assumed: {', '.join(assumption.sentence for assumption in premises(claim, contract).assumptions)}"
        if find_gap(claim, contract, limits) is None:
            horizon = (claim.horizon or {}).get(contract)
            if horizon is None:
                return Finding("proved", f"induction over the operations, {by}")
            return Finding(
                "bounded",
                f"induction over runs of up to {horizon} operations, {by}; "
                f"operation {horizon + 1} can violate it, at the bound of a counter",
                horizon,
            )
        shortest = shortest_violation(claim, contract, DEEPEST_SEARCH, limits)
        if shortest is None:
            return Finding("bounded", "no violation found by bounded search, no proof", DEEPEST_SEARCH)
        found = confirm(monitor, program(shortest))
        return Finding(
            "refuted",
            f"bounded search: none of fewer than {shortest.length} operations, one of {shortest.length}",
            None,
            found,
        )

    return decide


def _k10(contract: Contract, limits: Limits) -> Finding:
    if store_claims.provable(contract, limits):
        return Finding("proved", "induction over open and open_with_sid, with the invariant used-is-below-next")
    steps = store_claims.shortest_reuse(contract, DEEPEST_SEARCH, limits)
    length = len(steps or [])
    found = confirm("K10", _made(contract, "K10", steps, length))
    return Finding("refuted", f"bounded search: none of fewer than {length} operations, one of {length}", None, found)


def _k14(contract: Contract, limits: Limits) -> Finding:
    if buffers_claims.k14_provable(contract, limits):
        return Finding("proved", "induction over send and recv, with the invariant content-fits-capacity")
    steps = buffers_claims.k14_shortest(contract, DEEPEST_SEARCH, limits)
    length = len(steps or []) - 1
    found = confirm("K14", _made(contract, "K14", steps, length))
    return Finding("refuted", f"bounded search: none of fewer than {length} operations, one of {length}", None, found)


def _k15(contract: Contract, limits: Limits) -> Finding:
    distinct = list(blueprint_claim.cases(BLUEPRINT_NODES, blueprint_claim.DISTINCT_LISTS))
    repeating = list(blueprint_claim.cases(1, blueprint_claim.REPEATING_LISTS))
    if blueprint_claim.disagreement(contract.value, distinct, limits) is not None:
        raise Spurious("K15: the plan of distinct roles is not the Datalog answer")
    wrong = blueprint_claim.smallest_disagreement(contract.value, repeating, limits)
    method = (
        f"Datalog (z3 fixed point) against the plan of {len(distinct)} role lists with distinct names and trees"
        f" of up to {BLUEPRINT_NODES} nodes"
    )
    if wrong is None:
        return Finding("bounded", f"{method}: all agree; repeated names are refused", BLUEPRINT_NODES)
    roles, types = wrong
    steps = [{"seq": 0, "op": "plan", "args": {"roles": roles, "initial_types": types}}]
    found = confirm("K15", _made(contract, "K15", steps, 1))
    return Finding("refuted", f"{method}: all agree; with a repeated name a single plan is wrong", None, found)


_BY_BINDER = "Datalog (z3 fixed point): the tree's own binders beside the store's current and original types"


def _k16(contract: Contract, limits: Limits) -> Finding:
    return _unfolding(contract, limits, unfolding_claim.cases(UNFOLDING_NODES))


def _k16_binder(contract: Contract, limits: Limits) -> Finding:
    return _unfolding(contract, limits, unfolding_claim.without_empty_recursion(unfolding_claim.cases(UNFOLDING_NODES)))


def _unfolding(contract: Contract, limits: Limits, kinds: list[Any]) -> Finding:
    if unfolding_claim.disagreement(contract.value, kinds, limits) is None:
        return Finding(
            "bounded",
            f"{_BY_BINDER}; all {len(kinds)} closed types of up to {UNFOLDING_NODES} nodes (up to"
            " swapping variables and directions), paths of any length",
            UNFOLDING_NODES,
        )
    steps = unfolding_claim.program(*unfolding_claim.shortest_path(contract.value, kinds, limits))
    found = confirm("K16", _made(contract, "K16", steps, len(steps)))
    return Finding(
        "refuted",
        f"{_BY_BINDER}; none of fewer than {len(steps)} operations on {len(kinds)} closed types of"
        f" up to {UNFOLDING_NODES} nodes, one of {len(steps)}",
        None,
        found,
    )


def _by_messages(
    claim: str,
    broken: exchanges.ExchangeClaim,
    provable: Callable[[Contract, Limits], str | None],
    preferred: Sequence[str] = exchanges.PLAINEST,
) -> Decide:
    """Decide a claim about the messages of one edge; ``provable`` says how it is proved, if it is."""

    def decide(contract: Contract, limits: Limits) -> Finding:
        method = provable(contract, limits)
        if method is not None:
            return Finding("proved", method)
        steps = exchanges.shortest(broken, contract, DEEPEST_SEARCH, limits, preferred)
        length = len(steps or [])
        found = confirm(claim, _made(contract, claim, steps, length))
        return Finding(
            "refuted", f"bounded search: none of fewer than {length} operations, one of {length}", None, found
        )

    return decide


def _on_every_buffer(broken: exchanges.ExchangeClaim) -> Callable[[Contract, Limits], str | None]:
    def provable(contract: Contract, limits: Limits) -> str | None:
        return "on every buffer, reachable or not" if exchanges.never(broken, contract, limits) else None

    return provable


def _in_sequence(contract: Contract, limits: Limits) -> str | None:
    if not exchanges.in_sequence_provable(contract, limits):
        return None
    return "induction over sends and receives, with the invariant numbers-rise-to-leaves, for less than 2^64-1 leaves"


def _reloading(changes: Callable[[Any, Any], Any], shown_by: str) -> Decide:
    def decide(contract: Contract, limits: Limits) -> Finding:
        if reload_claim.provable(contract, limits):
            return Finding("proved", "induction over bindings, close and reload, with the invariant bindings-agree")
        steps = reload_claim.shortest(changes, contract, DEEPEST_SEARCH, limits)
        made = None if steps is None else reload_claim.program(steps, shown_by)
        length = len([step for step in made or () if step["op"] not in SHOWS])
        found = confirm("K27", _made(contract, "K27", made, length))
        return Finding(
            "refuted", f"bounded search: none of fewer than {length} operations, one of {length}", None, found
        )

    return decide


def _k29(contract: Contract, limits: Limits) -> Finding:
    if not (plans_claim.plans_are_pure(limits) and plans_claim.sessions_share_nothing(contract, limits)):
        raise Spurious("K29: not proved, and no program is known that refutes it")
    return Finding(
        "proved",
        "induction over openings, with the invariant kept-plans-are-their-inputs'; and no operation changes a session"
        " that it does not name",
    )


def _k30(contract: Contract, limits: Limits) -> Finding:
    steps = proofs_claim.shortest(DEEPEST_SEARCH, limits)
    length = len(steps or [])
    found = confirm("K30", _made(contract, "K30", steps, length))
    return Finding(
        "refuted",
        f"search over trees, for any hash: one leaf is enough, and without one there is no root; {length} operations",
        None,
        found,
    )


OWNERSHIP_CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for claim in (
        claims_identity.K1,
        claims_identity.K2,
        claims_identity.K3,
        claims_authority.K4,
        claims_authority.K5,
        claims_authority.K6,
        claims_authority.K7,
        claims_identity.K8,
        claims_authority.K9,
        claims_authority.K11,
        claims_audit.K12,
        claims_audit.K13,
        claims_authority.K17,
        claims_transfers.K19,
        claims_answers.K20,
        claims_transfers.K21,
        claims_answers.K22,
        claims_answers.K23,
        claims_progress.K24,
        claims_host_calls.K28,
    )
}
"""The claims about the ownership state of one session."""

_BY_INDUCTION = {key: _by_induction(claim) for key, claim in OWNERSHIP_CLAIMS.items()}
_OTHERS: dict[str, Decide] = {
    "K10": _k10,
    "K14": _k14,
    "K15": _k15,
    "K16": _k16,
    "K18": _by_messages("K18", exchanges.lost, _on_every_buffer(exchanges.lost)),
    "K25": _by_messages("K25", exchanges.unbound, _on_every_buffer(exchanges.unbound)),
    "K27": _reloading(reload_claim.edges_change, "observe"),
    "K29": _k29,
    "K30": _k30,
    "K26": _by_messages("K26", exchanges.out_of_sequence, _in_sequence, exchanges.TELLING),
}

STATEMENTS: dict[str, Decide] = {key: (_BY_INDUCTION | _OTHERS)[key] for key in in_order(_BY_INDUCTION | _OTHERS)}
"""How each claim is decided, in the order of the catalogue."""

PART_CLAIMS: dict[str, Claim] = {
    claim.id: claim for claim in (claims_authority.K9_STATUS, claims_audit.K12_RECEIPT, claims_audit.K12_WITNESS)
}
"""The parts that are about the ownership state of one session."""

PART_STATEMENTS: dict[str, Decide] = {
    **{key: _by_induction(claim) for key, claim in PART_CLAIMS.items()},
    "K16-binder": _k16_binder,
    "K27-handlers": _reloading(reload_claim.handlers_change, "lookup_handler"),
}
"""How the parts of claims are decided that ``telltale-17`` breaks in a way of their own."""


Watch = Callable[[str, Contract, Query], None]
"""Is shown each question that is decided for a claim under a contract."""


def prove(claim: str, contract: Contract, work: int = DEFAULT_WORK, watch_queries: Watch | None = None) -> Result:
    """Decide one claim; a solver that gives up or whose work is up is reported as inconclusive."""
    decide = STATEMENTS.get(claim) or PART_STATEMENTS[claim]
    started = perf_counter()
    watched = nullcontext() if watch_queries is None else each_query(partial(watch_queries, claim, contract))
    try:
        with watched:
            finding = decide(contract, Limits(work))
    except Inconclusive as error:
        finding = Finding("inconclusive", error.reason)
    except Spurious as error:
        finding = Finding("spurious", str(error))
    return Result(claim, contract.value, finding, perf_counter() - started)


def results(
    contract: str | None, claims: list[str], work: int = DEFAULT_WORK, watch_queries: Watch | None = None
) -> Iterator[Result]:
    """Decide the claims, contract by contract; all contracts and all claims where none is named."""
    for named in [contract] if contract else CONTRACTS:
        for claim in [key for key in CLAIMS if not claims or key in claims]:
            yield prove(claim, Contract(named), work, watch_queries)
