"""Variables of a session type: which occur free, which are bound. Linear, without recursion."""

from __future__ import annotations

from telltale_conformance.model.types.trees import Branching, Mu, SessionType, Var, children, postorder


def free_variables(session_type: SessionType) -> frozenset[str]:
    """Return the names of the variables that no enclosing Mu of this type binds.

    One walk with a count of the open binders of each name. A subtree that is reached over several edges is
    walked once: its free variables are found first and stand for it afterwards.
    """
    order = postorder(session_type)
    known: dict[int, frozenset[str]] = {}
    shared = shared_nodes(order)
    for node in order:
        if id(node) in shared:
            known[id(node)] = _free_in(node, known)
    return _free_in(session_type, known)


def shared_nodes(order: list[SessionType]) -> frozenset[int]:
    """Return the ids of the choices and recursions that are reached over more than one edge."""
    once: set[int] = set()
    shared: set[int] = set()
    for node in order:
        for child in children(node):
            if isinstance(child, Branching | Mu):
                (shared if id(child) in once else once).add(id(child))
    return frozenset(shared)


def bound_names(session_type: SessionType) -> frozenset[str]:
    """Return the variables of all Mu of a type."""
    return frozenset(node.var for node in postorder(session_type) if isinstance(node, Mu))


def all_names(session_type: SessionType) -> frozenset[str]:
    """Every variable name that occurs in a type, bound or free."""
    used = {node.name for node in postorder(session_type) if isinstance(node, Var)}
    return bound_names(session_type) | used


def nodes_with_free(session_type: SessionType, name: str) -> frozenset[int]:
    """Return the ids of the nodes below which (or at which) the variable ``name`` occurs free."""
    found: set[int] = set()
    for node in postorder(session_type):
        if isinstance(node, Var):
            if node.name == name:
                found.add(id(node))
        elif isinstance(node, Mu) and node.var == name:
            continue
        elif any(id(child) in found for child in children(node)):
            found.add(id(node))
    return frozenset(found)


def _free_in(root: SessionType, known: dict[int, frozenset[str]]) -> frozenset[str]:
    free: set[str] = set()
    binders: dict[str, int] = {}
    stack: list[SessionType | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            binders[item] -= 1
        elif isinstance(item, Var):
            if not binders.get(item.name):
                free.add(item.name)
        elif id(item) in known and item is not root:
            free.update(name for name in known[id(item)] if not binders.get(name))
        elif isinstance(item, Mu):
            binders[item.var] = binders.get(item.var, 0) + 1
            stack += (item.var, item.body)
        else:
            stack += children(item)
    return frozenset(free)
