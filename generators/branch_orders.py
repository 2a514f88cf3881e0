"""One global type with its branches in several orders, for runners that always take the first branch."""

from __future__ import annotations

from itertools import islice

from telltale_conformance.model.types.global_types import GlobalType
from telltale_conformance.model.types.trees import Branch, Branching, Mu, SessionType, postorder


def branch_orders(global_type: GlobalType, most: int) -> list[GlobalType]:
    """Return the type once for each way through it, the branches of that way first; the type itself comes first.

    A way ends where the protocol ends or goes back to a recursion. At most ``most`` orders are given.
    """
    orders: dict[int, list[SessionType]] = {}
    for node in postorder(global_type):
        if isinstance(node, Branching) and node.branches:
            ways = (
                node.with_branches(
                    (Branch(branch.label, branch.value_type, way), *node.branches[:index], *node.branches[index + 1 :])
                )
                for index, branch in enumerate(node.branches)
                for way in orders[id(branch.continuation)]
            )
            orders[id(node)] = list(islice(ways, most))
        elif isinstance(node, Mu):
            orders[id(node)] = [Mu(node.var, way) for way in orders[id(node.body)]]
        else:
            orders[id(node)] = [node]
    return orders[id(global_type)]
