"""A local type as a finite automaton: what the role may do next, with every recursion resolved.

The states are the choices of the type in the order in which they are reached, each under what its variables stand
for; a variable goes on where its recursion begins (the theory of types, not the contract's ``unfold_if_var``). Two
types with automata that accept the same are the same protocol, however they are written.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.types.trees import Branching, Label, Mu, SessionType, Var, children, postorder

Kind: TypeAlias = Literal["end", "send", "receive", "undefined"]


class Step(NamedTuple):
    """One branch of a state: the message, and the state that it leads to."""

    label: Label
    value_type: ValType | None
    target: int


class State(NamedTuple):
    """What a role may do next. Undefined: a variable that nothing binds, or a recursion that never gets anywhere."""

    kind: Kind
    partner: str = ""
    steps: tuple[Step, ...] = ()


class Automaton(NamedTuple):
    """The states of a role; it begins in the first."""

    states: tuple[State, ...]


class Difference(NamedTuple):
    """Where two automata part: the labels that lead there, and the state of each."""

    labels: tuple[str, ...]
    left: State
    right: State


class _Binding:
    """A recursion with what the variables free in it stand for."""

    __slots__ = ("mu", "scope")

    def __init__(self, mu: Mu, scope: _Scope) -> None:
        self.mu, self.scope = mu, scope


_Scope: TypeAlias = "dict[str, _Binding]"
_Key: TypeAlias = "tuple[int, ...]"


def automaton(local_type: LocalType) -> Automaton:
    """Return the automaton of a local type; linear in its size, without recursion."""
    return Automaton(tuple(_Building(local_type).states()))


class _Building:
    def __init__(self, root: LocalType) -> None:
        self._free = _free_variables(root)
        self._bindings: dict[_Key, _Binding] = {}
        self._numbers: dict[_Key | str, int] = {}
        self._waiting: list[tuple[LocalType, _Scope]] = []
        self._number(root, {})

    def states(self) -> list[State]:
        states: list[State] = []
        while len(states) < len(self._waiting):
            node, scope = self._waiting[len(states)]
            if not isinstance(node, Choice):
                states.append(State("undefined" if isinstance(node, Mu | Var) else "end"))
                continue
            steps = tuple(
                Step(branch.label, branch.value_type, self._number(branch.continuation, scope))
                for branch in node.branches
            )
            states.append(State("send" if isinstance(node, Send) else "receive", node.partner, steps))
        return states

    def _number(self, node: LocalType, scope: _Scope) -> int:
        """Return the number of the state that a type begins in, a new one where it was not reached before."""
        entered: set[int] = set()
        while isinstance(node, Mu | Var):
            if isinstance(node, Var):
                binding = scope.get(node.name)
                if binding is None or id(binding) in entered:
                    break
                entered.add(id(binding))
                scope, node = {**binding.scope, binding.mu.var: binding}, binding.mu.body
            else:
                binding = self._bound(node, scope)
                entered.add(id(binding))
                scope, node = {**binding.scope, node.var: binding}, node.body
        key: _Key | str
        if isinstance(node, Choice):
            scope = self._restricted(node, scope)
            key = (id(node), *map(id, scope.values()))
        else:
            key = "undefined" if isinstance(node, Mu | Var) else "end"
        number = self._numbers.setdefault(key, len(self._waiting))
        if number == len(self._waiting):
            self._waiting.append((node, scope))
        return number

    def _bound(self, mu: Mu, scope: _Scope) -> _Binding:
        scope = self._restricted(mu, scope)
        key = (id(mu), *map(id, scope.values()))
        return self._bindings.setdefault(key, _Binding(mu, scope))

    def _restricted(self, node: SessionType, scope: _Scope) -> _Scope:
        """Only what occurs free in a part: two places that agree on it are the same state."""
        return {name: scope[name] for name in sorted(self._free[id(node)]) if name in scope}


def _free_variables(root: SessionType) -> dict[int, frozenset[str]]:
    """Return the variables that occur free in each part of a type, by ``id()``."""
    free: dict[int, frozenset[str]] = {}
    for node in postorder(root):
        if isinstance(node, Var):
            free[id(node)] = frozenset((node.name,))
        elif isinstance(node, Mu):
            free[id(node)] = free[id(node.body)] - {node.var}
        else:
            below = {free[id(child)] for child in children(node)} if isinstance(node, Branching) else set()
            free[id(node)] = below.pop() if len(below) == 1 else frozenset().union(*below)
    return free


def difference(left: LocalType, right: LocalType) -> Difference | None:
    """Where two local types differ as protocols, by a shortest way there; None when they do the same.

    The order of branches, the names of variables and how far recursions are unfolded make no difference; labels,
    payload sorts and value types do. Of a repeated label the last branch counts.
    """
    ours, theirs = automaton(left).states, automaton(right).states
    met: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {(0, 0): None}
    queue = [(0, 0)]
    for pair in queue:
        a, b = ours[pair[0]], theirs[pair[1]]
        mine, other = _by_label(a), _by_label(b)
        same = a.kind == b.kind and a.partner == b.partner and mine.keys() == other.keys()
        if not same or any(mine[name][:2] != other[name][:2] for name in mine):
            return Difference(_labels_to(pair, met), a, b)
        for name, step in mine.items():
            below = (step.target, other[name].target)
            if below not in met:
                met[below] = (pair, name)
                queue.append(below)
    return None


def _by_label(state: State) -> dict[str, Step]:
    return {step.label.name: step for step in state.steps}


def _labels_to(
    pair: tuple[int, int], met: dict[tuple[int, int], tuple[tuple[int, int], str] | None]
) -> tuple[str, ...]:
    labels: list[str] = []
    while (above := met[pair]) is not None:
        pair, label = above
        labels.append(label)
    return tuple(reversed(labels))
