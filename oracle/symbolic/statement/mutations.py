"""Host mutations (contract §2 and §4): default handler, edge handler or edge trace."""

from __future__ import annotations

from dataclasses import replace

import z3

from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Mutation, Session
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import choose, pair_key


def mutate(contract: Contract, s: Session, a: Args) -> Step:
    """apply_owned_session_mutation: on behalf of the owner, one of the three mutations."""
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.scope(s),
            guards.own_edge(contract, s, a),
        ],
        _mutated(s, a),
    )


def _mutated(s: Session, a: Args) -> Session:
    default = replace(s, default_handler=a.text)
    named = choose(a.mutation == int(Mutation.EDGE_HANDLER), bound(s, a), traced(s, a))
    return choose(a.mutation == int(Mutation.DEFAULT_HANDLER), default, named)


def bound(s: Session, a: Args) -> Session:
    """Store a binding under the edge as given, and for the role pair of this session when both are listed."""
    both_listed = z3.And(s.roles[a.sender], s.roles[a.receiver])
    pair = pair_key(a.sender, a.receiver)
    return replace(
        s,
        edge_handlers=z3.Store(s.edge_handlers, a.edge(), a.text),
        pair_handlers=z3.If(both_listed, z3.Store(s.pair_handlers, pair, a.text), s.pair_handlers),
    )


def traced(s: Session, a: Args) -> Session:
    """Store a trace under the edge as given."""
    return replace(s, edge_traces=z3.Store(s.edge_traces, a.edge(), a.text))
