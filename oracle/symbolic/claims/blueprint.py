"""K15: the blueprint as a Datalog question over all type trees up to a size, compared with the open plan.

The question says what the claim says: an edge between two listed positions is needed when a send or receive
that is reachable in the type listed there names the other.  The plan is the one that the contract's store makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.proof.datalog import Datalog, LocalType, ident, open_trees
from telltale_conformance.oracle.symbolic.proof.solving import Limits

PARTNERS = ("A", "B", "Z")
"""The own role, a listed partner, and one that is not listed."""
DISTINCT_LISTS = (["A", "B"], ["B", "A"], ["B"], ["A", "B", "C"])
REPEATING_LISTS = (["A", "A", "B"], ["A", "B", "B"], ["B", "A", "B", "A"])

Case = tuple[list[str], dict[str, LocalType]]


def cases(size: int, lists: tuple[list[str], ...]) -> Iterator[Case]:
    """Role lists with one typed role (any tree up to ``size``), or two (any trees up to ``size - 1``)."""
    for roles in lists:
        for nodes in range(1, size + 1):
            for tree in open_trees(nodes, PARTNERS):
                yield roles, {"A": tree}
        small = [tree for nodes in range(1, size) for tree in open_trees(nodes, PARTNERS)]
        for own in small[:: max(1, len(small) // 12)]:
            for other in small:
                yield roles, {"A": own, "B": other}


class _Nodes:
    """Numbers subtrees, equal ones once, and lists what each one does."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self.children: set[tuple[int, int]] = set()
        self.acts: set[tuple[int, int, int]] = set()
        self.role_names: dict[str, int] = {}

    def role(self, name: str) -> int:
        """Return the number of a role name."""
        return self.role_names.setdefault(name, len(self.role_names))

    def number(self, tree: LocalType) -> int:
        """Return the number of a subtree, with its facts noted."""
        key = repr(tree)
        if key in self._known:
            return self._known[key]
        own = self._known[key] = len(self._known)
        if isinstance(tree, dict) and "Mu" in tree:
            self.children.add((own, self.number(tree["Mu"]["body"])))
        elif isinstance(tree, dict) and "Var" not in tree:
            ((way, choice),) = tree.items()
            self.acts.add((own, 0 if way == "Send" else 1, self.role(choice["partner"])))
            for branch in choice["branches"]:
                self.children.add((own, self.number(branch[2])))
        return own


def disagreement(contract: str, listed_cases: list[Case], limits: Limits) -> Case | None:
    """Return a case where the contract's plan has not exactly the needed edges; None when all agree."""
    nodes = _Nodes()
    listed, typed, planned = [], [], []
    reference = ReferenceRun(contract)
    for case, (roles, types) in enumerate(listed_cases):
        plan = reference.perform(0, "plan", {"roles": roles, "initial_types": types})
        reference.events.clear()
        if "ok" not in plan:
            continue
        listed += [(case, position, nodes.role(role)) for position, role in enumerate(roles)]
        typed += [(case, nodes.role(role), nodes.number(tree)) for role, tree in types.items() if role in roles]
        planned += [(case, *entry[0]) for entry in plan["ok"]["edge_blueprint"]]
    row = _ask(nodes, listed, typed, planned, limits)
    return None if row is None else listed_cases[row[0]]


def _ask(nodes: _Nodes, listed: Any, typed: Any, planned: Any, limits: Limits) -> tuple[int, ...] | None:
    log = Datalog(limits)
    child, act = log.relation("child", 2), log.relation("act", 3)
    at, root, plan = log.relation("listed", 3), log.relation("typed", 3), log.relation("planned", 3)
    reaches, does = log.relation("reaches", 2), log.relation("does", 4)
    needed, wrong = log.relation("needed", 3), log.relation("wrong", 3)
    case, i, j, own, other, n, m, k, way = log.variables(9)
    log.facts(child, sorted(nodes.children))
    log.facts(act, sorted(nodes.acts))
    log.facts(at, listed)
    log.facts(root, typed)
    log.facts(plan, planned)
    log.rule(reaches(n, m), child(n, m))
    log.rule(reaches(n, m), child(n, k), reaches(k, m))
    log.rule(does(case, own, way, other), root(case, own, n), act(n, way, other), own != other)
    log.rule(does(case, own, way, other), root(case, own, n), reaches(n, m), act(m, way, other), own != other)
    send, receive = ident(0), ident(1)
    log.rule(needed(case, i, j), does(case, own, send, other), at(case, i, own), at(case, j, other))
    log.rule(needed(case, j, i), does(case, own, receive, other), at(case, i, own), at(case, j, other))
    log.rule(wrong(case, i, j), needed(case, i, j), z3.Not(plan(case, i, j)))
    log.rule(wrong(case, i, j), plan(case, i, j), z3.Not(needed(case, i, j)))
    bad = log.relation("bad", 1)
    log.rule(bad(case), wrong(case, i, j))
    return log.some(bad)


def smallest_disagreement(contract: str, listed_cases: list[Case], limits: Limits) -> Case | None:
    """Return the first case, in the order given, whose plan is wrong."""
    if disagreement(contract, listed_cases, limits) is None:
        return None
    return next(case for case in listed_cases if disagreement(contract, [case], limits) is not None)
