"""K27: what a reload makes anew, for one arbitrary pair of roles and one arbitrary edge (contract §15; H15, H17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, NAME, U64, choose, fresh, name, same


@dataclass(frozen=True)
class Tables:
    """What a session keeps of a pair of listed roles, and of an edge of its blueprint; handler 0 is none."""

    SORTS: ClassVar[dict[str, Any]] = {
        "sid": U64,
        "own": NAME,
        "foreign_sid": U64,
        "foreign": NAME,
        "found": NAME,
        "shown": BOOL,
        "buffer": BOOL,
    }
    sid: z3.BitVecRef
    own: z3.BitVecRef
    """The binding stored under the session's own edge of the pair."""
    foreign_sid: z3.BitVecRef
    foreign: z3.BitVecRef
    """The binding stored under the edge of one other session."""
    found: z3.BitVecRef
    """What ``lookup_handler`` finds."""
    shown: z3.BoolRef
    """Whether ``observe`` shows the edge."""
    buffer: z3.BoolRef


@dataclass(frozen=True)
class Binding:
    """What is bound: a handler, under the own edge or under that of the other session."""

    SORTS: ClassVar[dict[str, Any]] = {"handler": NAME}
    handler: z3.BitVecRef


_NONE = name(0)


def opened(t: Tables) -> z3.BoolRef:
    """State that a session was just opened, with the edge in its blueprint."""
    unbound = z3.And(t.own == _NONE, t.foreign == _NONE, t.found == _NONE, t.foreign_sid != t.sid)
    return z3.And(unbound, t.shown, t.buffer)


def bind_own(contract: Contract, t: Tables, b: Binding) -> Tables:
    """Bind the pair under the own edge: by the owner's mutation, or by update_handler."""
    return replace(t, own=b.handler, found=b.handler)


def bind_foreign(contract: Contract, t: Tables, b: Binding) -> Tables:
    """Bind the pair by the owner's mutation of a foreign edge; refused under H15."""
    return t if contract is Contract.HARDENED else replace(t, foreign=b.handler, found=b.handler)


def close(contract: Contract, t: Tables, b: Binding) -> Tables:
    """Close the session: the buffers go, the tables stay."""
    return replace(t, buffer=FALSE)


def reload(contract: Contract, t: Tables, b: Binding) -> Tables:
    """Read the session back: handlers by the stored bindings, the greatest sid last; edges by buffers (H17: stored)."""
    foreign_last = z3.And(t.foreign != _NONE, z3.Or(t.own == _NONE, z3.UGT(t.foreign_sid, t.sid)))
    rebuilt = replace(t, found=z3.If(foreign_last, t.foreign, t.own))
    return rebuilt if contract is Contract.HARDENED else replace(rebuilt, shown=z3.And(t.shown, t.buffer))


_STEPS: Final[dict[str, Callable[[Contract, Tables, Binding], Tables]]] = {
    "close": close,
    "bind_foreign": bind_foreign,
    "bind_own": bind_own,
    "reload": reload,
}
_STEP = z3.BitVecSort(2)


def edges_change(pre: Tables, post: Tables) -> z3.BoolRef:
    """State that a reload changes the edges that are shown."""
    return pre.shown != post.shown


def handlers_change(pre: Tables, post: Tables) -> z3.BoolRef:
    """State that a reload changes the handler that is found."""
    return pre.found != post.found


def _bindings_agree(t: Tables) -> z3.BoolRef:
    """Return the invariant: no foreign edge is bound, and what is found is what is stored."""
    return z3.And(t.foreign == _NONE, t.found == t.own)


def provable(contract: Contract, limits: Limits) -> bool:
    """K27 by induction."""
    start, t, binding = fresh(Tables, "start"), fresh(Tables, "tables"), fresh(Binding, "binding")
    after = reload(contract, t, binding)
    wrong = [z3.And(opened(start), z3.Not(_bindings_agree(start)))]
    wrong += [z3.And(_bindings_agree(t), z3.Or(edges_change(t, after), handlers_change(t, after)))]
    wrong += [
        z3.And(_bindings_agree(t), z3.Not(_bindings_agree(step(contract, t, binding)))) for step in _STEPS.values()
    ]
    for term in wrong:
        checker = solver(limits)
        checker.add(term)
        if satisfiable(checker):
            return False
    return True


def shortest(
    changes: Callable[[Tables, Tables], z3.BoolRef], contract: Contract, most: int, limits: Limits
) -> list[str] | None:
    """Return the steps of a shortest run whose last one is a reload that changes an answer, after the opening."""
    checker = solver(limits)
    state = fresh(Tables, "t1")
    checker.add(opened(state), state.sid == 0)
    chosen: list[z3.BitVecRef] = []
    for at in range(2, most + 1):
        step, binding = z3.Const(f"step{at}", _STEP), fresh(Binding, f"binding{at}")
        checker.add(binding.handler != _NONE)
        after = reload(contract, state, binding)
        chosen.append(step)
        broken = z3.And(step == list(_STEPS).index("reload"), changes(state, after))
        if satisfiable(checker, broken):
            checker.add(broken)
            satisfiable(checker)
            model = checker.model()
            return [list(_STEPS)[model.eval(one, True).as_long()] for one in chosen]
        post = state
        for code, apply in enumerate(_STEPS.values()):
            post = choose(step == code, apply(contract, state, binding), post)
        following = fresh(Tables, f"t{at}")
        checker.add(same(following, post))
        state = following
    return None


_ONE_SEND: Final = {"A": {"Send": {"partner": "B", "branches": [[{"name": "a", "sort": "Unit"}, None, "End"]]}}}
_EDGE: Final = {"sender": "A", "receiver": "B"}


def program(steps: list[str], shown_by: str) -> list[dict[str, Any]]:
    """Return the run as a program that asks before and after the reload; who binds a foreign edge claims first."""
    made: list[dict[str, Any]] = []

    def step(op: str, args: dict[str, Any]) -> int:
        made.append({"seq": len(made), "op": op, "args": args})
        return len(made) - 1

    step("open", {"roles": ["A", "B"], "initial_types": _ONE_SEND})
    own: dict[str, Any] = {"sid": {"$ref": 0}}
    shown: dict[str, Any] = own if shown_by == "observe" else {"edge": {**own, **_EDGE}}
    owner = -1
    for one in steps:
        handler = f"handler-{len(made)}"
        if one == "close":
            step("close", own)
        elif one == "bind_own":
            step("update_handler", {"edge": {**own, **_EDGE}, "handler": handler})
        elif one == "bind_foreign":
            if owner < 0:
                owner = step("claim_ownership", {**own, "owner_id": "alice", "scope": "Session"})
            mutation = {"UpdateEdgeHandler": {"edge": {"sid": 1, **_EDGE}, "handler": handler}}
            step("apply_owned_session_mutation", {"capability": {"$ref": owner}, "mutation": mutation})
        else:
            step(shown_by, shown)
            step("reload", {"form": "binary"})
    step(shown_by, shown)
    return made
