"""The product of the roles of a protocol with the session's buffers: its configurations and the moves between them.

A configuration is where each role stands in its local type and what each buffer holds (with a growing buffer also
its capacity), as one flat tuple of small values. A role moves by a send that its buffer takes or drops, or by
receiving the oldest message of an edge; the buffers answer as contract §8 has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from telltale_conformance.model.buffers import EnqueueResult, admission, opening_capacity
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.types.automata import State, automaton
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.types.trees import END, Label
from telltale_conformance.model.values import BufferConfig, Resize

ProblemKind: TypeAlias = Literal["deadlock", "unexpected message", "orphan message", "sort mismatch", "stuck role"]
Configuration: TypeAlias = "tuple[Any, ...]"


class Message(NamedTuple):
    """What a buffer holds of a send: its label, and its value type where the sender's type has one."""

    label: Label
    value_type: ValType | None


class Edge(NamedTuple):
    """A directed edge, with the roles by number."""

    sender: int
    receiver: int


class Move(NamedTuple):
    """One role's step on an edge: a send with the buffer's answer, or a receive (no answer)."""

    role: int
    edge: int
    message: int
    answer: EnqueueResult | None


class Problem(NamedTuple):
    """What is wrong in a configuration: the roles concerned, the first being the one it is found at, and the edge."""

    kind: ProblemKind
    roles: tuple[int, ...]
    edge: int | None = None


Option: TypeAlias = "tuple[Move, int]"
"""A move and the state that the role is in afterwards."""


class _Sending(NamedTuple):
    partner: int
    edge: int
    taken: list[Option]
    dropped: list[Option]


class _Receiving(NamedTuple):
    partner: int
    """The role itself where the type names none of the session: nothing ever comes from there."""
    edge: int
    awaited: dict[int, list[Option]]
    mismatched: frozenset[int]


_Place: TypeAlias = "_Sending | _Receiving | Literal['end', 'undefined']"
"""Undefined: nothing that the role could do, because its type does not say what, or has no buffer for it."""
_NO_EDGE = -1


class Product:
    """The configurations of a protocol under a buffer configuration."""

    def __init__(
        self, roles: Sequence[str], types: Mapping[str, LocalType], buffers: BufferConfig, contract: Contract
    ) -> None:
        self.roles = tuple(dict.fromkeys(roles))
        self.buffers, self.contract = buffers, contract
        automata = [automaton(types.get(role, END)).states for role in self.roles]
        self.edges = _edges(automata, self.roles)
        self.messages = _messages(automata)
        self._places = _places(automata, self.roles, self.edges, self.messages)
        self._grows = isinstance(buffers.policy, Resize) and buffers.mode == "Fifo"
        self._latest = buffers.mode == "LatestValue"
        self._capacity = opening_capacity(buffers)
        self._buffer_at = len(self.roles)
        self._capacity_at = self._buffer_at + len(self.edges)
        self._inward: list[list[int]] = [[] for _ in self.roles]
        for number, edge in enumerate(self.edges):
            self._inward[edge.receiver].append(self._buffer_at + number)
        self._admissions: dict[tuple[int, int], tuple[EnqueueResult, int]] = {}

    def start(self) -> Configuration:
        """Every role at the beginning of its type, every buffer empty."""
        capacities = (self._capacity,) * (len(self.edges) if self._grows else 0)
        return (0,) * len(self.roles) + ((),) * len(self.edges) + capacities

    def options(self, at: Configuration) -> Problem | list[list[Option]]:
        """Return what is wrong in a configuration by itself, or else what each role that can move may do."""
        found: list[list[Option]] = []
        waits: dict[int, int] = {}
        base = self._buffer_at
        for role, places in enumerate(self._places):
            place = places[at[role]]
            if isinstance(place, _Receiving):
                buffer = at[base + place.edge] if place.edge >= 0 else ()
                if not buffer:
                    waits[role] = place.partner
                    continue
                options = place.awaited.get(buffer[0])
                if options is None:
                    wrong: ProblemKind = "sort mismatch" if buffer[0] in place.mismatched else "unexpected message"
                    return Problem(wrong, (role, place.partner), place.edge)
                found.append(options)
            elif isinstance(place, _Sending):
                answer = self._admitted(at, place.edge)[0]
                if answer == "Ok":
                    found.append(place.taken)
                elif answer == "Dropped":
                    found.append(place.dropped)
                elif answer == "Full":
                    return Problem("stuck role", (role,), place.edge)
                else:
                    waits[role] = place.partner
            elif place == "undefined":
                return Problem("stuck role", (role,))
            else:
                for slot in self._inward[role]:
                    if at[slot]:
                        edge = slot - base
                        return Problem("orphan message", (role, self.edges[edge].sender), edge)
        return (self._waits_in_vain(at, waits) if waits else None) or found

    def _waits_in_vain(self, at: Configuration, waits: Mapping[int, int]) -> Problem | None:
        """Return roles that wait for one another in a circle, or one that waits for itself or an ended one."""
        for role, partner in waits.items():
            circle = [role]
            following = partner
            while following in waits and following not in circle:
                circle.append(following)
                following = waits[following]
            if following == role and len(circle) > 1:
                return Problem("deadlock", tuple(circle))
        for role, partner in waits.items():
            if partner == role or self.has_ended(at, partner):
                return Problem("stuck role", (role,))
        return None

    def after(self, at: Configuration, chosen: Iterable[Option]) -> Configuration:
        """Return the configuration after moves of different roles that were all options in ``at``."""
        after = list(at)
        for (role, edge, message, answer), target in chosen:
            after[role] = target
            slot = self._buffer_at + edge
            if answer is None:
                after[slot] = after[slot][1:]
            elif answer == "Ok":
                after[slot] = (message,) if self._latest else (*after[slot], message)
                if self._grows:
                    after[self._capacity_at + edge] = self._admitted(at, edge)[1]
        return tuple(after)

    def _admitted(self, at: Configuration, edge: int) -> tuple[EnqueueResult, int]:
        key = (len(at[self._buffer_at + edge]), at[self._capacity_at + edge] if self._grows else self._capacity)
        known = self._admissions.get(key)
        if known is None:
            known = self._admissions[key] = admission(self.buffers, *key, self.contract)
        return known

    # --- what stands where

    def has_ended(self, at: Configuration, role: int) -> bool:
        """Say whether a role has nothing more to do."""
        return self._places[role][at[role]] == "end"

    def buffer(self, at: Configuration, edge: int) -> tuple[int, ...]:
        """Return the messages under way on an edge, oldest first."""
        held: tuple[int, ...] = at[self._buffer_at + edge]
        return held

    def intent(self, at: Configuration, role: int) -> Move | Literal["receive", "undefined"] | None:
        """Return what a role would do next: its first send as its buffer answers it, a receive, or nothing at all."""
        place = self._places[role][at[role]]
        if isinstance(place, _Receiving):
            return "receive"
        if isinstance(place, _Sending):
            return place.taken[0][0]._replace(answer=self._admitted(at, place.edge)[0])
        return None if place == "end" else "undefined"

    def awaited_edge(self, at: Configuration, role: int) -> int:
        """Return the edge that a role waits on, or -1 where it has none."""
        place = self._places[role][at[role]]
        return place.edge if isinstance(place, _Sending | _Receiving) else _NO_EDGE


def _edges(automata: Sequence[Sequence[State]], roles: Sequence[str]) -> list[Edge]:
    """Return the edges that some state uses, ordered by sender and receiver: the contract's blueprint."""
    found: set[Edge] = set()
    numbers = {role: number for number, role in enumerate(roles)}
    for role, states in enumerate(automata):
        for state in states:
            partner = numbers.get(state.partner, role) if state.kind in ("send", "receive") else role
            if partner != role:
                found.add(Edge(role, partner) if state.kind == "send" else Edge(partner, role))
    return sorted(found)


def _messages(automata: Sequence[Sequence[State]]) -> list[Message]:
    """Everything that some state sends, each once."""
    steps = (step for states in automata for state in states if state.kind == "send" for step in state.steps)
    return list(dict.fromkeys(Message(step.label, step.value_type) for step in steps))


def _places(
    automata: Sequence[Sequence[State]], roles: Sequence[str], edges: Sequence[Edge], messages: Sequence[Message]
) -> list[list[_Place]]:
    """Give numbers to the states of each role, edges, messages and moves. Of a repeated label the last counts."""
    numbers = {role: number for number, role in enumerate(roles)}
    edge_number = {edge: number for number, edge in enumerate(edges)}
    message_number = {message: number for number, message in enumerate(messages)}
    of_label: dict[str, list[int]] = {}
    for number, message in enumerate(messages):
        of_label.setdefault(message.label.name, []).append(number)

    def place(role: int, state: State) -> _Place:
        if state.kind in ("end", "undefined"):
            return "end" if state.kind == "end" else "undefined"
        partner = numbers.get(state.partner, role)
        edge = edge_number.get(Edge(role, partner) if state.kind == "send" else Edge(partner, role), _NO_EDGE)
        steps = {step.label.name: step for step in state.steps}.values()
        if state.kind == "send":
            sent = [(message_number[Message(step.label, step.value_type)], step.target) for step in steps]
            if edge < 0 or not sent:
                return "undefined"
            return _Sending(
                partner,
                edge,
                [(Move(role, edge, message, "Ok"), target) for message, target in sent],
                [(Move(role, edge, message, "Dropped"), target) for message, target in sent],
            )
        awaited: dict[int, list[Option]] = {}
        mismatched: set[int] = set()
        for step in steps:
            for number in of_label.get(step.label.name, ()):
                label, value_type = messages[number]
                if label == step.label and (value_type is None or step.value_type in (None, value_type)):
                    awaited[number] = [(Move(role, edge, number, None), step.target)]
                else:
                    mismatched.add(number)
        return _Receiving(partner, edge, awaited, frozenset(mismatched))

    return [[place(role, state) for state in states] for role, states in enumerate(automata)]
