"""The theory of local types: substitution, unfolding, duality, well-formedness (contract §6, §7, H14).

Nothing here recurses, and a tree of n nodes costs time proportional to n. A shared subtree is walked once,
as long as no variable capture has to be avoided below it.
"""

from __future__ import annotations

from collections.abc import Mapping

from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.trees import Branch, Branching, Mu, Var, postorder, strip_mu
from telltale_conformance.model.types.variables import all_names, bound_names, free_variables, nodes_with_free

__all__ = [
    "dual",
    "equal",
    "substitute",
    "tree_size",
    "unfold",
    "unfold_fully",
    "unfolded_with_scope",
]


def equal(left: LocalType, right: LocalType) -> bool:
    """Say whether two types are the same tree, names of bound variables included; the same as ``==``."""
    return left == right


def tree_size(local_type: LocalType) -> int:
    """Return the number of nodes of the type written out, a subtree that is shared n times counted n times."""
    sizes: dict[int, int] = {}
    for node in postorder(local_type):
        if isinstance(node, Branching):
            sizes[id(node)] = 1 + sum(sizes[id(branch.continuation)] for branch in node.branches)
        else:
            sizes[id(node)] = 1 + (sizes[id(node.body)] if isinstance(node, Mu) else 0)
    return sizes[id(local_type)]


def dual(local_type: LocalType, partner: str | None = None) -> LocalType:
    """Return the type with every Send a Recv and every Recv a Send, variables and payloads as they are.

    Partners stay too, or all become ``partner`` when it is given: the dual of A's two-party type towards B,
    with partner A, is B's type.
    """
    duals: dict[int, LocalType] = {}
    for node in postorder(local_type):
        if isinstance(node, Choice):
            form = Recv if isinstance(node, Send) else Send
            branches = tuple(Branch(b.label, b.value_type, duals[id(b.continuation)]) for b in node.branches)
            duals[id(node)] = form(node.partner if partner is None else partner, branches)
        elif isinstance(node, Mu):
            duals[id(node)] = Mu(node.var, duals[id(node.body)])
        else:
            duals[id(node)] = node
    return duals[id(local_type)]


def unfold(local_type: LocalType) -> LocalType:
    """One unfolding step, μt.T ↦ T[μt.T/t]; a type that is no Mu comes back as it is."""
    if isinstance(local_type, Mu):
        return substitute(local_type.body, local_type.var, local_type)
    return local_type


def unfold_fully(local_type: LocalType) -> LocalType:
    """Unfold until the head is no Mu (H14); a type that never gets there comes back as it is.

    It never gets there exactly when its leading Mu end in a variable that one of them binds. The leading Mu
    are substituted together, and only those whose variable is used are built, so the cost is the size of
    the type times one more than the number of leading variables used below. Only where one of the type's
    own free variables could be captured are the steps taken one by one.
    """
    leading: list[Mu] = []
    head = local_type
    while isinstance(head, Mu):
        leading.append(head)
        head = head.body
    if not leading:
        return local_type
    if isinstance(head, Var):
        return local_type if any(mu.var == head.name for mu in leading) else head
    if free_variables(local_type) & bound_names(local_type):
        while isinstance(local_type, Mu):
            local_type = unfold(local_type)
        return local_type
    return _replace(head, _closed_variables(leading, head), frozenset())


def unfolded_with_scope(continuation: LocalType, original: LocalType) -> tuple[LocalType, LocalType | None]:
    """Resolve a continuation as ``telltale-17`` does, and name the recursion that it enters, if any (contract §7).

    A variable, whatever its name, goes back to the start of the original; nothing is substituted.
    """
    if isinstance(continuation, Var):
        return strip_mu(original), None
    if isinstance(continuation, Mu):
        return strip_mu(continuation), continuation
    return continuation, None


def substitute(local_type: LocalType, var: str, replacement: LocalType) -> LocalType:
    """Return the type with ``replacement`` for every free occurrence of ``var``, no variable captured.

    A binder that would capture a free variable of ``replacement`` is renamed, and only then: ``t`` becomes
    ``t_1`` (``t_2``, …: the first that occurs nowhere in either type). Parts in which nothing changes are
    the same objects as before.
    """
    return _replace(local_type, {var: replacement}, free_variables(replacement))


def _closed_variables(leading: list[Mu], head: LocalType) -> dict[str, LocalType]:
    """Return what each leading variable that ``head`` uses stands for: its Mu, closed over the Mu before it.

    Of several leading Mu with one variable only the innermost is ever meant: whatever uses the variable
    lies in ``head``, and so inside all of them.
    """
    binder = {mu.var: index for index, mu in enumerate(leading)}

    def used_in(local_type: LocalType) -> dict[str, int]:
        return {name: binder[name] for name in free_variables(local_type) if name in binder}

    of_head = used_in(head)
    wanted = set(of_head.values())
    uses: dict[int, dict[str, int]] = {}
    for index in range(len(leading) - 1, -1, -1):
        if index in wanted:
            uses[index] = used_in(leading[index])
            wanted.update(uses[index].values())
    closed: dict[int, LocalType] = {}
    for index in sorted(wanted):
        environment = {name: closed[outer] for name, outer in uses[index].items()}
        closed[index] = _replace(leading[index], environment, frozenset())
    return {name: closed[index] for name, index in of_head.items()}


def _replace(root: LocalType, environment: Mapping[str, LocalType], avoid: frozenset[str]) -> LocalType:
    """Replace free variables by ``environment``, renaming the binders in ``avoid`` that would capture.

    With a non-empty ``avoid`` the environment has one variable. Each node is built once for each set of names
    that are still to be replaced in it; such a set is a bit mask.
    """
    becomes: dict[str, LocalType] = dict(environment)
    bits = {name: 1 << index for index, name in enumerate(becomes)}
    targets = (1 << len(bits)) - 1
    occurring = nodes_with_free(root, next(iter(environment))) if avoid else frozenset()
    taken: frozenset[str] | None = None
    built: dict[tuple[int, int], LocalType] = {}
    stack: list[tuple[LocalType, int]] = [(root, targets)]
    while stack:
        node, active = stack[-1]
        key = (id(node), active)
        if key in built:
            stack.pop()
        elif not active:
            built[key] = node
        elif isinstance(node, Branching):
            waiting = [(b.continuation, active) for b in node.branches if (id(b.continuation), active) not in built]
            if waiting:
                stack += waiting
            else:
                built[key] = _with_continuations(node, [built[id(b.continuation), active] for b in node.branches])
        elif isinstance(node, Mu):
            var, inner = node.var, active & ~bits.get(node.var, 0)
            if var in avoid and inner & targets and id(node.body) in occurring:
                if var not in bits:
                    if taken is None:
                        taken = all_names(root) | avoid | frozenset(environment)
                    bits[var], becomes[var] = 1 << len(bits), Var(_fresh(var, taken))
                inner |= bits[var]
                renamed = becomes[var]
                assert isinstance(renamed, Var)
                var = renamed.name
            if (id(node.body), inner) in built:
                body = built[id(node.body), inner]
                built[key] = node if body is node.body and var == node.var else Mu(var, body)
            else:
                stack.append((node.body, inner))
        elif isinstance(node, Var) and bits.get(node.name, 0) & active:
            built[key] = becomes[node.name]
        else:
            built[key] = node
    return built[id(root), targets]


def _with_continuations(choice: Branching, continuations: list[LocalType]) -> Branching:
    """Return the choice with these continuations; the choice itself when they are the ones that it has."""
    if all(new is b.continuation for new, b in zip(continuations, choice.branches, strict=True)):
        return choice
    branches = tuple(Branch(b.label, b.value_type, new) for new, b in zip(continuations, choice.branches, strict=True))
    return choice.with_branches(branches)


def _fresh(name: str, taken: frozenset[str]) -> str:
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
