"""What makes a local or global type ill-formed: unbound and unguarded variables, empty choices, repeated labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from telltale_conformance.model.types.global_types import Comm
from telltale_conformance.model.types.json_shape import quoted
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.types.trees import Branch, Branching, Mu, SessionType, Var, postorder, strip_mu
from telltale_conformance.model.types.variables import free_variables, shared_nodes

ProblemKind: TypeAlias = Literal[
    "unbound variable", "unguarded variable", "empty choice", "repeated label", "self-communication"
]

_SHOWN_STEPS: Final = 10
"""How many steps at either end of a long path are written."""


class Path:
    """The way from the root of a type to a node: of a choice the number of the branch, of a Mu "body".

    A linked list that grows towards the root, so that the paths of a deep type share their beginnings. Each
    holds its length and its first few steps: writing it out costs the same however long it is.
    """

    __slots__ = ("above", "first", "length", "step")
    above: Path | None
    first: tuple[int | str, ...]
    length: int
    step: int | str

    def __init__(self, above: Path | None = None, step: int | Literal["body"] = "body") -> None:
        self.above = above
        self.step = step
        if above is None:
            self.length, self.first = 0, ()
        else:
            self.length = above.length + 1
            self.first = (*above.first, step) if above.length < _SHOWN_STEPS else above.first

    def __iter__(self) -> Iterator[int | str]:
        return iter(self.last(self.length))

    def last(self, count: int) -> list[int | str]:
        """Return the last ``count`` steps, in order."""
        steps: list[int | str] = []
        here = self
        while here.above is not None and len(steps) < count:
            steps.append(here.step)
            here = here.above
        steps.reverse()
        return steps

    def __str__(self) -> str:
        left_out = self.length - 2 * _SHOWN_STEPS
        if left_out > 0:
            steps = [*self.first, f"… {left_out} steps …", *self.last(_SHOWN_STEPS)]
        else:
            steps = self.last(self.length)
        return "/".join(map(str, steps)) or "the root"


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One thing wrong with a type: its kind, the name concerned, and where.

    ``node`` is the part of the type that it was found at: the variable, the choice, or the second branch of a
    label. A parser's table of positions says where that was written.
    """

    kind: ProblemKind
    name: str
    path: Path
    node: SessionType | Branch

    @property
    def message(self) -> str:
        """The problem as a sentence without place."""
        name = quoted(self.name)
        match self.kind:
            case "unbound variable":
                return f"the variable {name} is not bound by any enclosing recursion"
            case "unguarded variable":
                return f"the recursion of {name} comes back to itself without sending or receiving"
            case "empty choice":
                return f"the choice with {name} has no branch"
            case "repeated label":
                return f"the label {name} occurs twice in one choice"
            case "self-communication":
                return f"{name} sends to itself"


def is_guarded(session_type: SessionType) -> bool:
    """Say whether between every Mu and each use of its variable there is a send or a receive."""
    heads: dict[int, SessionType] = {}
    for node in postorder(session_type):
        heads[id(node)] = heads[id(node.body)] if isinstance(node, Mu) else node
    return not any(
        isinstance(node, Mu) and isinstance(head := heads[id(node)], Var) and head.name == node.var
        for node in postorder(session_type)
    )


def problems(session_type: SessionType) -> list[Problem]:
    """Everything wrong with a type, each choice before what is below it; empty for a well-formed type.

    * an *unbound variable*: a use that no enclosing Mu binds;
    * an *unguarded variable*: a use without a send or receive between it and its binder;
    * an *empty choice*: a send or receive without branches;
    * a *repeated label*: a branch whose label an earlier branch of the same choice has;
    * a *self-communication*: a communication of a global type whose sender is its receiver.

    A shared subtree is looked into where it is met first; of its later places only the variables that are
    unbound or unguarded there are reported, at the place of the subtree.
    """
    return list(_Search(session_type).run())


class _Search:
    """One walk in the order of the text, with the open binders of each name."""

    def __init__(self, session_type: SessionType) -> None:
        self.shared = shared_nodes(postorder(session_type))
        self.met: set[int] = set()
        self.free: dict[int, list[str]] = {}
        self.binders: dict[str, list[int]] = {}  # per name, how many choices enclose each of its open binders
        self.stack: list[tuple[SessionType, Path, int] | str] = [(session_type, Path(), 0)]

    def run(self) -> Iterator[Problem]:
        while self.stack:
            item = self.stack.pop()
            if isinstance(item, str):
                self.binders[item].pop()
                continue
            node, path, guards = item
            if isinstance(node, Var):
                yield from self.use(node.name, node, path, guards)
            elif id(node) in self.met:
                yield from self.again(node, path, guards)
            elif isinstance(node, Mu):
                self.meet(node)
                self.binders.setdefault(node.var, []).append(guards)
                self.stack += (node.var, (node.body, Path(path, "body"), guards))
            elif isinstance(node, Branching):
                self.meet(node)
                yield from _of_choice(node, path)
                for index in range(len(node.branches) - 1, -1, -1):
                    self.stack.append((node.branches[index].continuation, Path(path, index), guards + 1))

    def meet(self, node: SessionType) -> None:
        if id(node) in self.shared:
            self.met.add(id(node))

    def use(self, name: str, node: SessionType, path: Path, guards: int) -> Iterator[Problem]:
        """Yield a variable used at ``path``, ``guards`` choices below the root."""
        open_binders = self.binders.get(name)
        if not open_binders:
            yield Problem("unbound variable", name, path, node)
        elif open_binders[-1] == guards:
            yield Problem("unguarded variable", name, path, node)

    def again(self, node: SessionType, path: Path, guards: int) -> Iterator[Problem]:
        """Yield a subtree that was looked into before: only its free variables depend on the place."""
        if id(node) not in self.free:
            self.free[id(node)] = sorted(free_variables(node))
        head = strip_mu(node)
        for name in self.free[id(node)]:
            unguarded_here = isinstance(head, Var) and head.name == name
            yield from self.use(name, node, path, guards if unguarded_here else -1)


def _of_choice(choice: Branching, path: Path) -> Iterator[Problem]:
    if isinstance(choice, Comm) and choice.sender == choice.receiver:
        yield Problem("self-communication", choice.sender, path, choice)
    if not choice.branches:
        partner = choice.receiver if isinstance(choice, Comm) else choice.partner if isinstance(choice, Choice) else ""
        yield Problem("empty choice", partner, path, choice)
    labels: set[str] = set()
    for index, branch in enumerate(choice.branches):
        if branch.label.name in labels:
            yield Problem("repeated label", branch.label.name, Path(path, index), branch)
        labels.add(branch.label.name)
