"""K16: following branches against unfolding by substitution, over all closed types up to a size and any path.

By substitution a variable becomes its own binder's type, so the continuation of a branch is found in the tree
itself: a variable leads to the ``Mu`` that binds it.  That is what the rules below say.  Beside them runs the
store: every pair (current, original) that ``advance`` can reach is a state, found by driving the reference.
The claim is broken where, after the same labels, the two offer different things.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import z3

from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.reference.run import ReferenceRun, run
from telltale_conformance.oracle.symbolic.proof.datalog import Datalog, LocalType, closed_types
from telltale_conformance.oracle.symbolic.proof.solving import Limits

ENDPOINT = {"sid": 0, "role": "A"}


def cases(size: int) -> list[LocalType]:
    """Every closed type of up to ``size`` nodes, up to swapping the two variables and swapping send and receive."""
    return [
        tree
        for nodes in range(1, size + 1)
        for tree in closed_types(nodes)
        if _first(tree, "var") in ("s", None) and _first(tree, "way") in ("Send", None)
    ]


def without_empty_recursion(trees: list[LocalType]) -> list[LocalType]:
    """Return the types in which every recursion has a send, a receive or the end under it before any variable."""
    return [tree for tree in trees if not _binds_variable(tree)]


def _binds_variable(tree: LocalType) -> bool:
    if not isinstance(tree, dict) or "Var" in tree:
        return False
    if "Mu" in tree:
        body = tree["Mu"]["body"]
        return (isinstance(body, dict) and "Var" in body) or _binds_variable(body)
    return any(_binds_variable(branch[2]) for branch in _branches(tree))


def _first(tree: LocalType, what: str) -> str | None:
    """Return the first binder's variable (``var``), or the first choice's direction (``way``), in reading order."""
    if not isinstance(tree, dict) or "Var" in tree:
        return None
    ((key, inner),) = tree.items()
    if key == "Mu":
        return str(inner["var"]) if what == "var" else _first(inner["body"], what)
    if what == "way":
        return str(key)
    return next((found for branch in inner["branches"] if (found := _first(branch[2], what))), None)


class _Facts:
    """Nodes of all trees and states of all stores, numbered apart, with what each offers."""

    def __init__(self) -> None:
        self.count = 0
        self._offers: dict[str, int] = {}
        self.choices: list[tuple[int, int]] = []
        self.branches: list[tuple[int, int, int]] = []
        self.same: list[tuple[int, int]] = []
        self.store_offers: list[tuple[int, int]] = []
        self.store_steps: list[tuple[int, int, int]] = []
        self.starts: list[tuple[int, int, int]] = []

    def new(self) -> int:
        """Return a fresh number."""
        self.count += 1
        return self.count - 1

    def offer(self, node: LocalType) -> int:
        """Return the number of what a type offers: direction, partner and labels; or its bare form."""
        shown: Any = node
        if isinstance(node, dict) and node.keys() & {"Send", "Recv"}:
            ((way, choice),) = node.items()
            shown = (way, choice["partner"], [branch[:2] for branch in choice["branches"]])
        elif isinstance(node, dict):
            shown = "no head"
        return self._offers.setdefault(json.dumps(shown), len(self._offers))

    def tree(self, node: LocalType, binders: dict[str, int]) -> int:
        """Note a tree's nodes: choices with their branches; Mu and Var lead on to another node."""
        own = self.new()
        if isinstance(node, dict) and "Mu" in node:
            self.same.append((own, self.tree(node["Mu"]["body"], {**binders, node["Mu"]["var"]: own})))
        elif isinstance(node, dict) and "Var" in node:
            self.same.append((own, binders[node["Var"]]))
        else:
            self.choices.append((own, self.offer(node)))
            for label, branch in enumerate(_branches(node)):
                self.branches.append((own, label, self.tree(branch[2], binders)))
        return own

    def store(self, reference: ReferenceRun, tree: LocalType, depth: int | None) -> int:
        """Note every state that ``advance`` reaches from a session opened with this type."""
        opened = reference.perform(0, "observe", {"sid": 0})["ok"]["local_types"][0]
        numbers: dict[str, int] = {}
        waiting = [(opened["current"], opened["original"], 0)]
        first = self._state(opened["current"], opened["original"], numbers)
        done = set()
        while waiting:
            current, original, steps = waiting.pop()
            own = self._state(current, original, numbers)
            if own in done or steps == depth:
                continue
            done.add(own)
            for label, branch in enumerate(_branches(current)):
                reached = _advance(reference, current, original, branch[0]["name"])
                self.store_steps.append((own, label, self._state(*reached, numbers)))
                waiting.append((*reached, steps + 1))
        return first

    def _state(self, current: LocalType, original: LocalType, numbers: dict[str, int]) -> int:
        key = json.dumps([current, original])
        if key not in numbers:
            numbers[key] = self.new()
            self.store_offers.append((numbers[key], self.offer(current)))
        return numbers[key]


def _branches(node: LocalType) -> list[Any]:
    if not isinstance(node, dict) or not node.keys() & {"Send", "Recv"}:
        return []
    ((_, choice),) = node.items()
    return list(choice["branches"])


def _advance(reference: ReferenceRun, current: Any, original: Any, label: str) -> tuple[Any, Any]:
    reference.perform(0, "update_type", {"ep": ENDPOINT, "new_type": current})
    reference.perform(0, "update_original", {"ep": ENDPOINT, "new_original": original})
    reference.perform(0, "advance", {"ep": ENDPOINT, "label": label})
    after = reference.perform(0, "original_type", {"ep": ENDPOINT})["ok"]
    return reference.perform(0, "lookup_type", {"ep": ENDPOINT})["ok"], after


def disagreement(contract: str, trees: list[LocalType], limits: Limits, depth: int | None = None) -> LocalType | None:
    """Return a type on which following some branches goes wrong (within ``depth`` branches, if given)."""
    facts = _Facts()
    reference = ReferenceRun(contract)
    for case, tree in enumerate(trees):
        args = {"roles": ["A", "B"], "initial_types": {"A": tree}}
        reference = ReferenceRun(contract)
        reference.perform(0, "open", args)
        facts.starts.append((case, facts.tree(tree, {}), facts.store(reference, tree, depth)))
    row = _ask(facts, limits)
    return None if row is None else trees[row[0]]


def _ask(facts: _Facts, limits: Limits) -> tuple[int, ...] | None:
    log = Datalog(limits)
    choice, branch, leads = log.relation("choice", 2), log.relation("branch", 3), log.relation("leads", 2)
    shows, goes, start = log.relation("shows", 2), log.relation("goes", 3), log.relation("start", 3)
    head, both = log.relation("head", 2), log.relation("both", 3)
    agree, wrong = log.relation("agree", 2), log.relation("wrong", 1)
    case, n, h, m, state, after, label, offer = log.variables(8)
    log.facts(choice, facts.choices)
    log.facts(branch, facts.branches)
    log.facts(leads, facts.same)
    log.facts(shows, facts.store_offers)
    log.facts(goes, facts.store_steps)
    log.facts(start, facts.starts)
    log.rule(head(n, n), choice(n, offer))
    log.rule(head(n, h), leads(n, m), head(m, h))
    log.rule(both(case, h, state), start(case, n, state), head(n, h))
    log.rule(both(case, h, after), both(case, m, state), branch(m, label, n), goes(state, label, after), head(n, h))
    log.rule(agree(h, state), choice(h, offer), shows(state, offer))
    log.rule(wrong(case), both(case, h, state), z3.Not(agree(h, state)))
    return log.some(wrong)


def program(tree: LocalType, labels: list[str]) -> list[dict[str, Any]]:
    """Return the program that follows these labels from a session opened with this type."""
    opening = {"roles": ["A", "B"], "initial_types": {"A": tree}}
    ep = {"sid": {"$ref": 0}, "role": "A"}
    steps: list[dict[str, Any]] = [{"seq": 0, "op": "open", "args": opening}]
    return steps + [
        {"seq": seq, "op": "advance", "args": {"ep": ep, "label": label}} for seq, label in enumerate(labels, 1)
    ]


def shortest_path(contract: str, trees: list[LocalType], limits: Limits) -> tuple[LocalType, list[str]]:
    """Return a smallest type, and the fewest labels, after which the store offers the wrong thing.

    Depths are tried in order over all types, so no type of the bound goes wrong on a shorter path.
    """
    for depth in range(1, 10):
        wrong = disagreement(contract, trees, limits, depth)
        if wrong is None:
            continue
        smallest = next(tree for tree in trees if disagreement(contract, [tree], limits, depth) is not None)
        for labels in product("ab", repeat=depth):
            if _goes_wrong(contract, smallest, list(labels)):
                return smallest, list(labels)
    raise AssertionError("no path of the bound goes wrong")


def _goes_wrong(contract: str, tree: LocalType, labels: list[str]) -> bool:
    return bool(watch(run(program(tree, labels), contract))["K16"].violations)
