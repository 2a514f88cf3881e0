"""A global type for given local types: the communications that they make when each message is received at once.

What is found is checked: its projections have to do what the given types do. Not every set of types that fits has
one here: roles that exchange messages crosswise need buffers, which a global type does not know.
"""

from __future__ import annotations

from collections.abc import Mapping

from telltale_conformance.errors import HarnessError
from telltale_conformance.model.types.automata import Step, automaton, difference
from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import NotProjectable, project_all
from telltale_conformance.model.types.trees import END, Branch, Mu, SessionType, Var
from telltale_conformance.model.types.variables import free_variables

_DEEPEST = 200
_MOST = 5_000


class NoGlobalType(HarnessError):
    """Thrown when no global type was found; says why."""


def global_type_of(types: Mapping[str, LocalType]) -> GlobalType:
    """Return a global type whose projections (full merging) do what the given types do.

    Raises:
        NoGlobalType: none was found.
    """
    found = _Search(types).found()
    for role, projected in project_all(found, types).items():
        if isinstance(projected, NotProjectable) or difference(projected, types[role]) is not None:
            raise NoGlobalType(f"the communications of these types together are not what {role} does by itself")
    return found


class _Search:
    def __init__(self, types: Mapping[str, LocalType]) -> None:
        self.roles = list(types)
        self.automata = [automaton(one).states for one in types.values()]
        self.made = 0

    def found(self) -> GlobalType:
        return self._from((0,) * len(self.roles), ())

    def _from(self, at: tuple[int, ...], path: tuple[tuple[int, ...], ...]) -> SessionType:
        if at in path:
            return Var(f"t{path.index(at)}")
        self.made += 1
        if len(path) > _DEEPEST or self.made > _MOST:
            raise NoGlobalType("the types are too large to find their global type")
        states = [states[number] for states, number in zip(self.automata, at, strict=True)]
        if all(state.kind == "end" for state in states):
            return END
        for sender, state in enumerate(states):
            if state.kind != "send" or state.partner not in self.roles:
                continue
            receiver = self.roles.index(state.partner)
            awaited = states[receiver]
            if awaited.kind != "receive" or awaited.partner != self.roles[sender]:
                continue
            targets = {step.label: step.target for step in awaited.steps}
            if not all(step.label in targets for step in state.steps):
                raise NoGlobalType(f"{self.roles[sender]} sends {state.partner} what it does not await")
            branches = tuple(
                self._branch(step, _moved(at, sender, step.target, receiver, targets[step.label]), (*path, at))
                for step in state.steps
            )
            node = Comm(self.roles[sender], state.partner, branches)
            var = f"t{len(path)}"
            return Mu(var, node) if var in free_variables(node) else node
        raise NoGlobalType("at some point nobody's send is awaited: the types need buffers, or do not fit")

    def _branch(self, step: Step, after: tuple[int, ...], path: tuple[tuple[int, ...], ...]) -> Branch:
        return Branch(step.label, step.value_type, self._from(after, path))


def _moved(at: tuple[int, ...], sender: int, sent: int, receiver: int, received: int) -> tuple[int, ...]:
    after = list(at)
    after[sender], after[receiver] = sent, received
    return tuple(after)
