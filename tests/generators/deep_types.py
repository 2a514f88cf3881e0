"""Local types of any depth in a few typical shapes, for tests and benchmarks of cost."""

from __future__ import annotations

from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var


def chain(levels: int, end: LocalType = END) -> LocalType:
    """Alternating receives and sends with B, one branch each, before ``end``."""
    tree = end
    for level in range(levels):
        tree = (Send if level % 2 else Recv)("B", (Branch(Label("m", "Nat"), "Nat", tree),))
    return tree


def recursions(levels: int, body: LocalType) -> LocalType:
    """Nested Mu around ``body``, each with its own variable, t0 the innermost."""
    tree = body
    for level in range(levels):
        tree = Mu(f"t{level}", tree)
    return tree


def recursions_of_one_name(name: str, levels: int) -> LocalType:
    """Nested Mu of the same variable around a send after which it is used."""
    tree: LocalType = Send("B", (Branch(Label("m"), None, Var(name)),))
    for _ in range(levels):
        tree = Mu(name, tree)
    return tree


def alternating(levels: int, *, used: bool = False) -> LocalType:
    """A Mu and a send in turn; with ``used`` each send has a second branch that uses its variable."""
    tree: LocalType = END
    for level in range(levels):
        branches = [Branch(Label("m"), None, tree)]
        if used:
            branches.append(Branch(Label("again"), None, Var(f"t{level}")))
        tree = Mu(f"t{level}", Send("B", tuple(branches)))
    return tree


def wide(branches: int) -> LocalType:
    """One send with many branches."""
    return Send("B", tuple(Branch(Label(str(index)), None, END) for index in range(branches)))


def doubled(levels: int, end: LocalType = END) -> LocalType:
    """Sends whose two branches are one object: ``levels`` nodes that write out to about 2 to that power."""
    tree = end
    for _ in range(levels):
        tree = Send("B", (Branch(Label("a"), None, tree), Branch(Label("b"), None, tree)))
    return tree
