"""What the ``types`` command finds in one protocol: problems of its types, projections, and whether the roles fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telltale_conformance.lean_traces.protocol_files import ProtocolFile, Source, Unreadable
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.plan import OpenPlan, open_plan
from telltale_conformance.model.types.automata import difference
from telltale_conformance.model.types.caret import Position
from telltale_conformance.model.types.global_types import comms, communications, roles_of
from telltale_conformance.model.types.json_shape import quoted
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.notation import END_WORDS, ended
from telltale_conformance.model.types.printer import print_name
from telltale_conformance.model.types.projection import Merging, NotProjectable, project_all
from telltale_conformance.model.types.protocol import Protocol, protocol_problems
from telltale_conformance.model.types.trees import postorder
from telltale_conformance.model.types.wellformed import Problem, problems
from telltale_conformance.model.values import BufferConfig
from telltale_conformance.oracle.compatibility.judging import Judgement, judge, least_capacity
from telltale_conformance.oracle.compatibility.telling import problem_sentence


class Subject:
    """One protocol, or one type whose role is not named (then ``single`` holds)."""

    def __init__(self, file: ProtocolFile, merging: Merging, buffers: BufferConfig, states: int) -> None:
        self.path, self.merging, self._states = file.path, merging, states
        self.given = file.protocol
        self._sources = file.sources
        self.texts: dict[str | None, str] = {None: file.protocol.text}
        """By the name of a file in a folder, or None for the subject itself."""
        self.texts.update(file.sources.values())
        self.single = file.single is not None
        self.types: dict[str | None, LocalType] = {None: file.single} if file.single is not None else {}
        self.projections: dict[str, LocalType | NotProjectable] = {}
        self.global_problems: list[Problem] = []
        self.plan: OpenPlan | None = None
        self.judgement: Judgement | None = None
        if not self.single:
            self._complete(buffers)

    def _complete(self, buffers: BufferConfig) -> None:
        """Project where a global type is given, and look whether the roles fit."""
        whole = self.given.global_type
        if whole is not None:
            self.global_problems = problems(whole)
            if not self.global_problems:
                self.projections = project_all(whole, dict.fromkeys(self.given.roles), self.merging)
        projected = {role: one for role, one in self.projections.items() if not isinstance(one, NotProjectable)}
        complete = {**projected, **self.given.types}
        order = [role for role in dict.fromkeys(self.given.roles) if role in complete]
        self.types.update({role: complete[role] for role in [*order, *complete]})
        self.protocol = Protocol(
            self.given.roles,
            {role: one for role, one in self.types.items() if role is not None},
            self.given.source,
            self.given.text,
            self.given.positions,
            self.given.role_positions,
            self.given.type_positions,
        )
        try:
            self.plan = open_plan(self.given.roles, self.protocol.types)
        except StringError as error:
            raise Unreadable(error.text) from None
        if not self.global_problems and len(projected) == len(self.projections):
            self.judgement = judge(self.given.roles, self.protocol.types, buffers, limit=self._states)

    def findings(self) -> Iterator[dict[str, Any]]:
        """Every problem as a JSON object: kind, message, role, path, line, column.

        That the roles do not fit is one where each type is well-formed: else it would only repeat what is wrong there.
        """
        for one in self.global_problems:
            yield self._of_type(one, None, "global type: ")
        for role, local_type in self.types.items():
            if role is None or role in self.given.types:
                for one in problems(local_type):
                    yield self._of_type(one, role)
        if self.single:
            return
        yield from self._projection_findings()
        unknown = self.projections.keys() - self.types.keys()  # why these have no type was said above
        for other in protocol_problems(self.protocol):
            if other.partner not in unknown and (other.kind != "role without type" or other.role not in unknown):
                yield self._finding(other.kind, other.message, other.role, other.position)
        well_formed = not any(problems(one) for one in self.types.values())
        if self.judgement is not None and self.judgement.problem is not None and well_formed:
            first = self.judgement.product.roles[self.judgement.problem.roles[0]]
            place = self.given.type_positions.get(first)
            yield self._finding(self.judgement.problem.kind, problem_sentence(self.judgement), first, place)

    def _projection_findings(self) -> Iterator[dict[str, Any]]:
        whole = self.given.global_type
        if whole is None:
            return
        positions = self.given.positions
        listed = frozenset(self.given.roles)
        for role in roles_of(whole):
            if role not in listed:
                message = f"{quoted(role)} takes part in the global type and is not among the roles"
                yield self._finding("unlisted role", message, role, None, source=None)
        for role, one in self.projections.items():
            if isinstance(one, NotProjectable):
                place = positions.get(id(one.comm))
                yield self._finding("not projectable", one.message, role, place, source=None)
            elif role in self.given.types:
                parts = difference(one, self.given.types[role])
                if parts is not None:
                    after = f"after {', '.join(map(print_name, parts.labels))} " if parts.labels else ""
                    message = (
                        f"{after}the global type has {_state(parts.left)}, the given type {_state(parts.right)} "
                        f"({self.merging} merging)"
                    )
                    place = self.given.type_positions.get(role)
                    yield self._finding("differs from projection", message, role, place)
        if self.plan is not None and listed >= set(roles_of(whole)):
            yield from self._blueprint_findings(set(communications(whole)))

    def _blueprint_findings(self, exchanged: set[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        assert self.plan is not None
        if any(isinstance(one, NotProjectable) for one in self.projections.values()) or self.global_problems:
            return
        edges = {(sender, receiver) for _, sender, receiver in self.plan.edge_blueprint}
        for sender, receiver in sorted(edges - exchanged):
            message = f"the edge {print_name(sender)} -> {print_name(receiver)} has no communication in the global type"
            yield self._finding("edge without communication", message, sender, None)
        for sender, receiver in sorted(exchanged - edges):
            message = f"the communication {print_name(sender)} -> {print_name(receiver)} has no edge in the local types"
            yield self._finding("communication without edge", message, sender, None)

    def source(self, role: str | None) -> Source:
        """Return the file that a role's type, or the global type, was read from; unnamed where that is the subject."""
        return self._sources.get(role, Source("", self.given.text))

    def _of_type(self, one: Problem, role: str | None, whose: str = "") -> dict[str, Any]:
        """Return what is wrong with a role's type, or with the global type."""
        place = self.given.positions.get(id(one.node))
        message = one.message
        if one.kind == "unbound variable" and one.name.lower() in END_WORDS and place is not None:
            line = ended(self.source(role).text, place, one.name)  # a word that other notations have for the end
            message += f"; where the protocol ends, write: {line}"
        return {**self._finding(one.kind, whose + message, role, place, source=role), "path": str(one.path)}

    def _finding(
        self, kind: str, message: str, role: str | None, place: Position | None, source: str | None = ""
    ) -> dict[str, Any]:
        """Return a problem as ``--json`` prints it.

        Args:
            kind: its kind.
            message: its sentence.
            role: the role that it is found at.
            place: where that was written.
            source: the role whose type is written there, None for the global type; the role itself when empty.
        """
        line, column = place if place is not None else (None, None)
        file = self.source(role if source == "" else source).name or None
        return {
            "kind": kind,
            "message": message,
            "role": role,
            "file": file,
            "line": line,
            "column": column,
            "path": None,
        }

    def least_capacity(self) -> tuple[int, Judgement | None] | None:
        """Return the least capacity that blocking buffers need, where the roles fit with more of them."""
        judged = self.judgement
        if judged is None or judged.compatible != "yes":
            return None
        buffers = judged.product.buffers
        if buffers.mode != "Fifo" or buffers.policy != "Block":
            return None
        return least_capacity(self.given.roles, self.protocol.types, buffers.initial_capacity, self._states)

    def has_value_types(self) -> bool:
        """Say whether any branch has a value type."""
        return any(
            branch.value_type is not None
            for local_type in self.types.values()
            for node in postorder(local_type)
            if isinstance(node, Choice)
            for branch in node.branches
        )

    def edges(self) -> list[tuple[str, str]]:
        """Return the edges to draw: those of the blueprint, and the communications of the global type."""
        found = [] if self.plan is None else [(sender, receiver) for _, sender, receiver in self.plan.edge_blueprint]
        whole = self.given.global_type
        exchanged = () if whole is None else communications(whole)
        listed = frozenset(self.given.roles)
        found += (pair for pair in exchanged if pair not in found and listed.issuperset(pair))
        return found

    def labels(self) -> dict[tuple[str, str], list[str]]:
        """Return what each directed pair carries, by the sender's type or else the receiver's."""
        carried: dict[tuple[str, str], dict[str, None]] = {}
        for comm in () if self.given.global_type is None else comms(self.given.global_type):
            pair = (comm.sender, comm.receiver)
            carried.setdefault(pair, {}).update((b.label.name, None) for b in comm.branches)
        for role, local_type in self.types.items():
            for node in reversed(postorder(local_type)):
                if isinstance(node, Choice) and role is not None:
                    pair = (role, node.partner) if isinstance(node, Send) else (node.partner, role)
                    carried.setdefault(pair, {}).update((b.label.name, None) for b in node.branches)
        return {pair: list(names) for pair, names in carried.items()}


def _state(state: Any) -> str:
    """Return a state of an automaton, for a sentence: what the role does there."""
    if state.kind in ("end", "undefined"):
        return "the end" if state.kind == "end" else "nothing defined"
    labels = ", ".join(print_name(step.label.name) for step in state.steps)
    towards = "to" if state.kind == "send" else "from"
    return f"a {state.kind} of {labels or 'nothing'} {towards} {print_name(state.partner)}"
