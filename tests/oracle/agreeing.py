"""The comparison of the symbolic rules with the reference that tests share, up to the first difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from random import Random
from typing import Any

from telltale_conformance.oracle.symbolic.agreement.agreement import Difference, Prepared, difference
from telltale_conformance.oracle.symbolic.agreement.parts import buffer_difference, ids_difference
from telltale_conformance.oracle.symbolic.map.explore import Bounds, small_world
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from tests.oracle.situations import Situation, every_situation, some_situations

CONTRACTS = ("telltale-17", "hardened")
PAIRS = (("A", "B"), ("B", "A"), ("A", "A"), ("A", "C"))


def on_every_situation(
    contract: str, seed: int, kinds: bool = False, ops: Iterable[str] = tuple(OPERATIONS)
) -> tuple[Counter[str], Difference | None]:
    """Every operation, or some, in every situation that its rules tell apart; how many there were."""
    seen: Counter[str] = Counter()
    for op in ops:
        for situation in every_situation(contract, op, seed, kinds):
            seen[op] += 1
            found = _difference(contract, op, [situation])
            if found is not None:
                return seen, found
    return seen, None


def on_some_situations(contract: str, seed: int, number: int) -> Difference | None:
    """Every operation in so many situations of its own."""
    for op in OPERATIONS:
        found = _difference(contract, op, some_situations(contract, op, seed, number))
        if found is not None:
            return found
    return None


def _difference(contract: str, op: str, situations: Iterable[Situation]) -> Difference | None:
    for situation in situations:
        found = difference(Prepared(contract, situation.state), op, situation.args)
        if found is not None:
            return found
    return None


def on_host_calls(contract: str, seed: int, every: int) -> tuple[int, Difference | None]:
    """Every host call in every so manyth situation of a claim; how many there were."""
    compared = 0
    for situation in islice(every_situation(contract, "claim_ownership", seed), 0, None, every):
        prepared = Prepared(contract, situation.state)
        for op, args in _host_calls(situation.state.sid):
            compared += 1
            found = difference(prepared, op, args)
            if found is not None:
                return compared, found
    return compared, None


def _host_calls(sid: int) -> list[tuple[str, dict[str, Any]]]:
    """Host calls on a session, on one that is not there, and on every kind of edge."""
    sids = (sid, sid + 1)
    edges = [{"sid": one, "sender": sender, "receiver": receiver} for one in sids for sender, receiver in PAIRS]
    made: list[tuple[str, dict[str, Any]]] = [("update_handler", {"edge": edge, "handler": "h"}) for edge in edges]
    made += [("update_trace", {"edge": edge, "trace": ["Nat", "Bool"]}) for edge in edges]
    return made + [("set_default_handler_for_session", {"sid": one, "handler": "h"}) for one in sids]


def on_graph(contract: str, bounds: Bounds) -> tuple[int, Difference | None]:
    """Every edge of the small world; how many there were."""
    edges, prepared = 0, None
    for edge in small_world(contract, bounds):
        edges += 1
        if prepared is None or prepared.state is not edge.state:
            prepared = Prepared(contract, edge.state)
        found = difference(prepared, edge.op, edge.args)
        if found is not None:
            return edges, found
    return edges, None


def on_parts(seed: int, rounds: int) -> str | None:
    """Buffers and session ids."""
    rng = Random(seed)
    for contract in CONTRACTS:
        for _ in range(rounds):
            found = buffer_difference(contract, rng) or ids_difference(contract, rng)
            if found is not None:
                return found
    return None
