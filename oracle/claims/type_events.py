"""What the events tell about local types: blueprint edges (K15) and where each role stands (K16).

A role's place is a node of its original type together with the binders entered on the way, so a variable leads
to its own binder whatever is nested in between; that is what unfolding by substitution means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.json_values import same_json

Binders = Mapping[str, tuple[Any, Any]]
"""For each variable in scope: the ``Mu`` node that binds it, and the binders around that node."""


def head(node: Any, binders: Binders) -> tuple[Any, Binders] | None:
    """Unfold until the head is no recursion; None when there is no such head (unguarded or unbound)."""
    seen = 0
    while True:
        if isinstance(node, dict) and "Mu" in node:
            mu = node["Mu"]
            binders = {**binders, mu["var"]: (node, binders)}
            node = mu["body"]
        elif isinstance(node, dict) and "Var" in node:
            if node["Var"] not in binders:
                return None
            node, binders = binders[node["Var"]]
            seen += 1
            if seen > 1000:
                return None
        else:
            return node, binders


def offer(node: Any) -> Any:
    """Return what a node offers: direction, partner, labels with types; a variable or recursion offers nothing."""
    if not isinstance(node, dict) or node.keys() & {"Var", "Mu"}:
        return node
    ((direction, choice),) = node.items()
    labels = [[label["name"], label.get("sort", "Unit"), expected] for label, expected, _ in choice["branches"]]
    return [direction, choice["partner"], labels]


def edges_of(role_types: list[tuple[int, Any]], positions: Mapping[str, list[int]]) -> set[tuple[int, int]]:
    """Return the edges that the listed positions need: every send and receive between two of them."""
    found: set[tuple[int, int]] = set()
    for own, local_type in role_types:
        waiting = [local_type]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, dict) or "Var" in node:
                continue
            if "Mu" in node:
                waiting.append(node["Mu"]["body"])
                continue
            ((direction, choice),) = node.items()
            for partner in positions.get(choice["partner"], []):
                if partner != own:
                    found.add((own, partner) if direction == "Send" else (partner, own))
            waiting.extend(branch[2] for branch in choice["branches"])
    return found


class Followed(NamedTuple):
    """The result of following a branch from a known place."""

    broken: bool
    within_recursion: bool
    """A recursion was entered on the way there or is entered next, so that unfolding matters."""


class TypeWatch:
    """Follows the roles of all sessions through their types."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, str], tuple[Any, Binders]] = {}
        self._moved: set[tuple[int, str]] = set()
        """The roles that have followed a branch."""
        self._opened: dict[int, tuple[set[tuple[int, int]], bool]] = {}

    def opened(self, sid: int, roles: list[str], types: Mapping[str, Any]) -> None:
        """Start the roles of a session just opened."""
        self.ended(sid)
        for role in roles:
            if role in types:
                self._places[sid, role] = (types[role], {})
        self._opened[sid] = self.blueprint(roles, types), self.talk(roles, types)

    def ended(self, sid: int) -> None:
        """Forget a session that is there no more."""
        self._opened.pop(sid, None)
        self._moved = {key for key in self._moved if key[0] != sid}
        for key in [key for key in self._places if key[0] == sid]:
            del self._places[key]

    def blueprint(self, roles: list[str], types: Mapping[str, Any]) -> set[tuple[int, int]]:
        """Return the edges that claim K15 asks for, by position in the role list."""
        positions: dict[str, list[int]] = {}
        for index, role in enumerate(roles):
            positions.setdefault(role, []).append(index)
        typed = [(index, types[role]) for index, role in enumerate(roles) if role in types]
        needed = edges_of(typed, positions)
        return {(a, b) for a, b in needed if roles[a] != roles[b]}

    def talk(self, roles: list[str], types: Mapping[str, Any]) -> bool:
        """Whether any listed role sends or receives."""
        for role in roles:
            node = types.get(role)
            while isinstance(node, dict) and "Mu" in node:
                node = node["Mu"]["body"]
            if isinstance(node, dict) and "Var" not in node:
                return True
        return False

    def opened_blueprint(self, sid: int) -> tuple[set[tuple[int, int]], bool] | None:
        """Return the edges that an opened session needs, and whether any of its roles sends or receives."""
        return self._opened.get(sid)

    def forget(self, ep: Mapping[str, Any]) -> None:
        """Stop judging an endpoint whose type the host has replaced."""
        self._places.pop((ep["sid"], ep["role"]), None)

    def belied(self, sid: int, state: Mapping[str, Any], *, followed: bool) -> list[str]:
        """Return the roles that a session shows at another place than their own, as far as that is known.

        Args:
            sid: the session.
            state: what ``observe`` shows of it.
            followed: of the roles that have followed a branch; otherwise, of those that have not.
        """
        found = []
        for entry in state["local_types"]:
            key = sid, entry["role"]
            at = head(*self._places[key]) if key in self._places and (key in self._moved) == followed else None
            if at is not None and not same_json(offer(at[0]), offer(entry["current"])):
                found.append(entry["role"])
        return found

    def advance(self, args: Mapping[str, Any], result: Mapping[str, Any] | None) -> Followed | None:
        """Follow a branch from where an endpoint stands.

        Args:
            args: those of ``advance``.
            result: what it gave; None when it was refused.

        Returns:
            Whether the type given as current offers something else than the continuation, or the branch was refused
            although it is there; None where nothing is known of the place.
        """
        key = (args["ep"]["sid"], args["ep"]["role"])
        place = self._places.get(key)
        at = None if place is None else head(*place)
        if at is None:
            self._places.pop(key, None)
            return None
        following = _continuations(at[0], args["label"])
        if result is None:
            return Followed(True, bool(at[1])) if following else None
        if not following:
            self._places.pop(key)
            return Followed(True, bool(at[1]))
        self._places[key] = (following[-1], at[1])
        self._moved.add(key)
        expected = head(following[-1], at[1])
        if expected is None:
            self._places.pop(key)
            return None
        broken = not same_json(offer(expected[0]), offer(result["current"]))
        return Followed(broken, bool(at[1] or expected[1]))


def _continuations(node: Any, label: str) -> list[Any]:
    if not isinstance(node, dict):
        return []
    ((_, choice),) = node.items()
    return [branch[2] for branch in choice["branches"] if branch[0]["name"] == label]
