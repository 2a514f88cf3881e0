"""The verdict on a protocol: do its roles fit, what decides it, and the shortest run that shows a problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.values import DEFAULT_BUFFERS, BufferConfig
from telltale_conformance.oracle.compatibility.product import Configuration, Move, Problem, Product
from telltale_conformance.oracle.compatibility.search import Found, every_interleaving, in_rounds

STATES: Final = 100_000
"""How many configurations a search sees unless told otherwise."""


class Judgement(NamedTuple):
    """Whether the roles of a protocol fit, with a run to the problem where they do not."""

    product: Product
    compatible: Literal["yes", "no", "bounded"]
    problem: Problem | None
    run: tuple[Move, ...]
    at: Configuration
    states: int
    bound: int | None
    """The limit of configurations, where it was reached before the search was over."""
    shortest: bool
    """No run to a problem is shorter."""


def judge(
    roles: Sequence[str],
    types: Mapping[str, LocalType],
    buffers: BufferConfig = DEFAULT_BUFFERS,
    contract: Contract = TELLTALE_17,
    limit: int = STATES,
) -> Judgement:
    """Search the product of the local types with buffers of that configuration.

    Buffers that block are decided in rounds first; all others, and the shortest run, need every interleaving.

    Args:
        roles: the session's roles; a role without a type has nothing to do.
        types: the local type of each role.
        buffers: how the session's buffers hold messages.
        contract: which contract's buffers (they differ in how far a buffer grows).
        limit: how many configurations are seen at most.
    """
    product = Product(roles, types, buffers, contract)
    if buffers.mode == "Fifo" and buffers.policy == "Block":
        decided = in_rounds(product, limit)
        if decided.problem is None and decided.complete:
            return _judgement(product, decided, limit)
        if decided.problem is not None:
            found = every_interleaving(product, limit)
            if found.problem is None:
                run = _shortened(product, decided)
                return _judgement(product, decided._replace(run=run), limit, shortest=False)
            return _judgement(product, found, limit)
    return _judgement(product, every_interleaving(product, limit), limit)


def least_capacity(
    roles: Sequence[str], types: Mapping[str, LocalType], largest: int, limit: int
) -> tuple[int, Judgement | None]:
    """Return the least capacity at which the roles fit with Fifo buffers that block, given that they do at ``largest``.

    What fits with some capacity fits with every greater one: a role sees the same messages in the same order, and
    only waits less.

    Returns:
        the capacity, and the judgement at the next smaller one (None where there is none).
    """
    below, fits = 0, max(1, largest)
    while fits - below > 1:
        tried = min(2 * below, (below + fits) // 2) or 1
        found = in_rounds(Product(roles, types, _blocking(tried), TELLTALE_17), limit)
        if found.complete and found.problem is None:
            fits = tried
        else:
            below = tried
    return fits, judge(roles, types, _blocking(below), limit=limit) if below else None


def _blocking(capacity: int) -> BufferConfig:
    return BufferConfig(initial_capacity=capacity, mode="Fifo", policy="Block")


def _judgement(product: Product, found: Found, limit: int, *, shortest: bool = True) -> Judgement:
    compatible: Literal["yes", "no", "bounded"] = "yes"
    if found.problem is not None:
        compatible = "no"
    elif not found.complete:
        compatible = "bounded"
    bound = limit if compatible == "bounded" else None
    return Judgement(product, compatible, found.problem, found.run, found.at, found.states, bound, shortest)


_LONGEST: Final = 500
"""Moves of a run that is made shorter: trying each of them costs the whole run."""


def _shortened(product: Product, found: Found) -> tuple[Move, ...]:
    """Return a run without the moves that its problem does not need, tried from the last to the first."""
    run = list(found.run)
    if len(run) > _LONGEST:
        return found.run
    for index in range(len(run) - 1, -1, -1):
        fewer = run[:index] + run[index + 1 :]
        if _problem_after(product, fewer) == found.problem:
            run = fewer
    return tuple(run)


def _problem_after(product: Product, run: Sequence[Move]) -> Problem | None:
    """Return the problem that a run ends in; None where it cannot be taken or ends in none."""
    at = product.start()
    for move in run:
        options = product.options(at)
        if isinstance(options, Problem):
            return None
        chosen = next((option for of_role in options for option in of_role if option[0] == move), None)
        if chosen is None:
            return None
        at = product.after(at, (chosen,))
    options = product.options(at)
    return options if isinstance(options, Problem) else None
