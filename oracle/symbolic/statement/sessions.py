"""Sessions: opening, as far as their ids go, closing and reaping (contract §5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.state import (
    NO_EDGES,
    Args,
    Contract,
    Session,
    Status,
    status,
    unowned,
)
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, LAST, U64, succ, u64

ANY_SID = z3.Const("any.sid", U64)


@dataclass(frozen=True)
class Ids:
    """The store as far as ids go: the next one, whether 2^64-1 was used, whether the arbitrary one was."""

    SORTS: ClassVar[dict[str, Any]] = {"next_sid": U64, "exhausted": BOOL, "used": BOOL}
    next_sid: z3.BitVecRef
    exhausted: z3.BoolRef
    used: z3.BoolRef


@dataclass(frozen=True)
class Opening:
    """What an opening comes to: whether it succeeds, under which id, and the ids after it."""

    ok: z3.BoolRef
    sid: z3.BitVecRef
    post: Ids


EMPTY = Ids(u64(0), FALSE, FALSE)


def _opened(pre: Ids, ok: z3.BoolRef, sid: z3.BitVecRef) -> Opening:
    after = succ(sid)
    following = z3.If(z3.UGT(pre.next_sid, after), pre.next_sid, after)
    return Opening(
        ok,
        sid,
        Ids(
            z3.If(ok, following, pre.next_sid),
            z3.Or(pre.exhausted, z3.And(ok, sid == u64(LAST))),
            z3.Or(pre.used, z3.And(ok, sid == ANY_SID)),
        ),
    )


def open_next(contract: Contract, pre: Ids, _sid: z3.BitVecRef) -> Opening:
    """open: the next id (refused, under H7, once 2^64-1 is used up)."""
    return _opened(pre, rules.may_open(contract, pre.exhausted), pre.next_sid)


def open_with_sid(contract: Contract, pre: Ids, sid: z3.BitVecRef) -> Opening:
    """open_with_sid: the given id (refused, under H7, when it may have been used)."""
    return _opened(pre, rules.may_open_with(contract, sid, pre.next_sid, pre.exhausted), sid)


OPENINGS = {"open": open_next, "open_with_sid": open_with_sid}


def close(contract: Contract, s: Session, a: Args) -> Step:
    """close: the status as H6 says, edge traces gone, one epoch on."""
    closed = replace(s, status=rules.closed_status(contract, s), epoch=succ(s.epoch), edge_traces=NO_EDGES)
    if rules.closing_ends_ownership(contract):
        closed = replace(unowned(closed), issued=rules.surviving(contract, s, s.owned))
    return walk(s, [guards.found(s, a.sid)], closed, None, rules.closing(contract, s))


def reap(contract: Contract, s: Session, a: Args) -> Step:
    """reap_sessions([sid]): a session that is Closed, Cancelled or Faulted leaves the store; never an error."""
    assert contract in Contract
    gone = z3.And(s.exists, s.sid == a.sid, s.status != status(Status.ACTIVE))
    return walk(s, [], replace(s, exists=z3.And(s.exists, z3.Not(gone))))
