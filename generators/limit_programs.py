"""Programs at the limits of the contract (§18): up to each, which every store must carry out, and one beyond it.

No other generator comes near a limit. Each program that goes beyond does so in its last step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model import limits

Line: TypeAlias = tuple[str, dict[str, Any]]
"""An operation with its arguments as a program writes them."""

_EDGE: Final = {"receiver": "B", "sender": "A", "sid": 0}
_ENDPOINT: Final = {"role": "A", "sid": 0}
_ROLES: Final = {"roles": ["A", "B"]}


class LimitProgram(NamedTuple):
    """A program at a limit."""

    name: str
    lines: Callable[[int], Iterator[Line]]
    """Gives the steps with so many of what is limited."""
    beyond: bool
    """Whether its last step is beyond the limit."""

    def program(self, contract: str) -> Program:
        """Return it as a program of a contract."""
        steps = enumerate(self.lines(limits.MOST + self.beyond))
        return Program(
            contract=contract,
            meta={"limit": self.name},
            steps=tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in steps),
        )


def limit_programs() -> tuple[LimitProgram, ...]:
    """Return all of them: for each way to come near a limit one that stays within, and one that does not."""
    return tuple(
        LimitProgram(f"{name} {'beyond' if beyond else 'within'}", lines, beyond)
        for beyond in (False, True)
        for name, lines in _WAYS.items()
    )


def _names(count: int) -> list[str]:
    return [f"n{number}" for number in range(count)]


def _choice(count: int) -> dict[str, Any]:
    """Return a type with so many labels."""
    branches = [[{"name": name, "sort": "Unit"}, None, "End"] for name in _names(count)]
    return {"Send": {"branches": branches, "partner": "B"}}


def _nested(count: int) -> dict[str, Any]:
    """Return a type whose one branch leads to so many others, itself not among them."""
    return {"Send": {"branches": [[{"name": "first", "sort": "Unit"}, None, _choice(count)]], "partner": "B"}}


def _opened(initial: Any) -> Line:
    return "open", {**_ROLES, "initial_types": {"A": initial}}


def _roles(count: int) -> Iterator[Line]:
    yield "open", {"roles": _names(count), "initial_types": {}}


def _roles_of_a_plan(count: int) -> Iterator[Line]:
    yield "open_with_sid_from_plan", {"sid": 0, "plan": {"roles": _names(count), "initial_types": {}}}


def _capacity(count: int) -> Iterator[Line]:
    config = {"initial_capacity": count, "mode": "Fifo", "policy": "Block"}
    yield "open", {**_ROLES, "initial_types": {"A": _choice(1)}, "buffer_config": config}


def _labels(count: int) -> Iterator[Line]:
    yield _opened(_choice(count))


def _labels_set(count: int) -> Iterator[Line]:
    yield _opened("End")
    yield "update_type", {"ep": _ENDPOINT, "new_type": _choice(count)}


def _labels_reached(count: int) -> Iterator[Line]:
    yield _opened(_nested(count - 1))
    yield "advance", {"ep": _ENDPOINT, "label": "first"}


def _handlers(count: int) -> Iterator[Line]:
    yield _opened("End")
    yield "claim_ownership", {"sid": 0, "owner_id": "alice", "scope": "Session"}
    for name in _names(count - 1):
        mutation = {"UpdateEdgeHandler": {"edge": _EDGE, "handler": name}}
        yield "apply_owned_session_mutation", {"capability": {"$ref": 1}, "mutation": mutation}


def _handlers_of_the_host(count: int) -> Iterator[Line]:
    yield _opened("End")
    for name in _names(count - 1):
        yield "update_handler", {"edge": _EDGE, "handler": name}


_WAYS: Final[dict[str, Callable[[int], Iterator[Line]]]] = {
    "roles": _roles,
    "roles of a plan": _roles_of_a_plan,
    "capacity": _capacity,
    "labels": _labels,
    "labels set": _labels_set,
    "labels reached": _labels_reached,
    "handlers": _handlers,
    "handlers of the host": _handlers_of_the_host,
}
"""The ways to come near a limit; the default handler counts as a name."""
