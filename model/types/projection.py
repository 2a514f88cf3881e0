"""Projection: what one role of a global type does, as its local type.

The sender of a communication sends, the receiver receives, with all branches. A role that takes part in
neither does not see which branch was chosen, so its types after the branches have to be made one:

* *plain* merging demands that they are equal; this is what telltale's Lean loader accepts;
* *full* merging, as in telltale's Rust, lets the role receive whatever any branch brings: receives from one
  sender are united, and what follows a label that both have is merged in turn. Sends must have the same
  labels, recursions and variables the same name.

Where a role takes no part in what is still to come, its type is ``end``; so it is for a recursion whose projection
comes back to its variable without a send or receive. Nothing here recurses; a projection costs time proportional to
the type, and merging to what is merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, cast

from telltale_conformance.errors import HarnessError
from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.printer import print_name, shown
from telltale_conformance.model.types.trees import END, Branch, Branching, Mu, SessionType, Var, children, postorder

Merging: TypeAlias = Literal["plain", "full"]


class NotProjectable(HarnessError):
    """Thrown when a global type has no projection on a role: which role, where, which branches disagree, why."""

    def __init__(self, role: str, comm: Comm, first: Branch, second: Branch, why: str, merging: Merging) -> None:
        self.role, self.comm, self.first, self.second, self.why, self.merging = role, comm, first, second, why, merging
        where = f"{print_name(comm.sender)} -> {print_name(comm.receiver)}"
        labels = " and ".join(print_name(branch.label.name) for branch in (first, second))
        self.message = (
            f"{print_name(role)} does not see which branch of {where} was chosen, and {labels} disagree on what it "
            f"does then ({merging} merging): {why}"
        )
        super().__init__(self.message)


def project(global_type: GlobalType, role: str, merging: Merging = "full") -> LocalType:
    """Return the local type of ``role`` in a global type.

    Raises:
        NotProjectable: the role's types after the branches of some communication cannot be made one.
    """
    built: dict[int, _Built] = {}
    idle: dict[int, frozenset[str]] = {}
    for node in postorder(global_type):
        leads_to = _idle(node, role, idle)
        if leads_to is not None:
            idle[id(node)] = leads_to
        built[id(node)] = END if leads_to == frozenset() else _projected(node, role, merging, built)
    result = built[id(global_type)]
    if isinstance(result, NotProjectable):
        raise result
    return result


def project_all(
    global_type: GlobalType, roles: Iterable[str], merging: Merging = "full"
) -> dict[str, LocalType | NotProjectable]:
    """Return the projection on each role, or why there is none."""
    projections: dict[str, LocalType | NotProjectable] = {}
    for role in roles:
        try:
            projections[role] = project(global_type, role, merging)
        except NotProjectable as problem:
            projections[role] = problem
    return projections


_Built: TypeAlias = "LocalType | NotProjectable"
"""The projection of a part, or why there is none: that matters only where the role takes part in what is around it."""


def _idle(node: SessionType, role: str, idle: dict[int, frozenset[str]]) -> frozenset[str] | None:
    """Return the recursions that a part leads back to, when the role takes no part in it before; None when it does."""
    if isinstance(node, Var):
        return frozenset((node.name,))
    if isinstance(node, Comm) and role in (node.sender, node.receiver):
        return None
    below = [idle.get(id(child)) for child in children(node)]
    if None in below:
        return None
    leads_to = frozenset[str]().union(*(one for one in below if one is not None))
    return leads_to - {node.var} if isinstance(node, Mu) else leads_to


def _projected(node: SessionType, role: str, merging: Merging, built: dict[int, _Built]) -> _Built:
    for child in children(node):
        below = built[id(child)]
        if isinstance(below, NotProjectable):
            return below
    ready = cast("dict[int, LocalType]", built)
    if isinstance(node, Comm):
        if role in (node.sender, node.receiver):
            branches = tuple(Branch(b.label, b.value_type, ready[id(b.continuation)]) for b in node.branches)
            return Send(node.receiver, branches) if role == node.sender else Recv(node.sender, branches)
        return _made_one(node, role, merging, ready)
    if isinstance(node, Mu):
        body = ready[id(node.body)]
        return Mu(node.var, body) if _is_guarded(body, node.var) else END
    return node


def _is_guarded(body: LocalType, var: str) -> bool:
    """Say whether a type does not begin with ``var``, through any recursions that bind another name."""
    while isinstance(body, Mu) and body.var != var:
        body = body.body
    return not (isinstance(body, Var) and body.name == var)


def _made_one(comm: Comm, role: str, merging: Merging, built: dict[int, LocalType]) -> _Built:
    first, *others = comm.branches
    result = built[id(first.continuation)]
    for other in others:
        continuation = built[id(other.continuation)]
        if result == continuation:
            continue
        if merging == "plain":
            why = f"{shown(result, 60)} against {shown(continuation, 60)}"
            return NotProjectable(role, comm, first, other, why, merging)
        try:
            result = merge(result, continuation)
        except NoMerge as problem:
            return NotProjectable(role, comm, first, other, str(problem), merging)
    return result


# --- full merging


class NoMerge(Exception):
    """Thrown when two local types have no full merge; says why in a sentence."""


def merge(left: LocalType, right: LocalType) -> LocalType:
    """Return the full merge of two local types: one type for a role that does not know which of them is due.

    Raises:
        NoMerge: there is none.
    """
    built: dict[tuple[int, int], LocalType] = {}
    stack = [(left, right)]
    while stack:
        a, b = stack[-1]
        if (id(a), id(b)) in built:
            stack.pop()
            continue
        if a == b:
            built[id(a), id(b)] = a
            continue
        below = _matched(a, b)
        waiting = [pair for pair in below if (id(pair[0]), id(pair[1])) not in built]
        if waiting:
            stack += waiting
        else:
            built[id(a), id(b)] = _merged(a, b, built)
    return built[id(left), id(right)]


def _matched(a: LocalType, b: LocalType) -> list[tuple[LocalType, LocalType]]:
    """Return the pairs of types below two nodes to merge first; NoMerge where the nodes do not go together."""
    if isinstance(a, Mu) and isinstance(b, Mu):
        if a.var != b.var:
            raise NoMerge(f"recursions with the variables {print_name(a.var)} and {print_name(b.var)}")
        return [(a.body, b.body)]
    if not isinstance(a, Choice) or type(a) is not type(b) or a.partner != b.partner:
        raise NoMerge(f"{shown(a, 60)} against {shown(b, 60)}")
    ours, theirs = _by_label(a), _by_label(b)
    if isinstance(a, Send) and ours.keys() != theirs.keys():
        one_sided = ", ".join(print_name(name) for name in [*ours, *theirs] if name not in ours or name not in theirs)
        raise NoMerge(f"sends to {print_name(a.partner)} with different labels: {one_sided} only on one side")
    pairs = []
    for name, branch in ours.items():
        other = theirs.get(name)
        if other is None:
            continue
        if branch.label.sort != other.label.sort:
            raise NoMerge(f"the label {print_name(name)} with two payload sorts")
        if branch.value_type != other.value_type:
            raise NoMerge(f"the label {print_name(name)} with two value types")
        pairs.append((branch.continuation, other.continuation))
    return pairs


def _by_label(choice: Branching) -> dict[str, Branch]:
    return {branch.label.name: branch for branch in choice.branches}


def _merged(a: LocalType, b: LocalType, built: dict[tuple[int, int], LocalType]) -> LocalType:
    if isinstance(a, Mu) and isinstance(b, Mu):
        return Mu(a.var, built[id(a.body), id(b.body)])
    assert isinstance(a, Choice)
    assert isinstance(b, Choice)
    ours, theirs = _by_label(a), _by_label(b)
    branches = []
    for name, branch in ours.items():
        other = theirs.get(name)
        continuation = built[id(branch.continuation), id(other.continuation)] if other else branch.continuation
        branches.append(Branch(branch.label, branch.value_type, continuation))
    branches += (branch for name, branch in theirs.items() if name not in ours)
    return a.with_branches(tuple(branches))
