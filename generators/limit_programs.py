"""Programs at the limits of the contract (§18): up to each, which every store must carry out, and one beyond it.

No other generator comes near a limit. A program within goes on at the limit, where all that is known must still work;
each program that goes beyond does so in its last step.
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
    after: Callable[[int], Iterator[Line]]
    """Gives the steps that a program within goes on with."""
    beyond: bool
    """Whether its last step is beyond the limit."""

    def program(self, contract: str) -> Program:
        """Return it as a program of a contract."""
        most = limits.MOST
        steps = enumerate(self.lines(most + 1) if self.beyond else (*self.lines(most), *self.after(most)))
        return Program(
            contract=contract,
            meta={"limit": self.name},
            steps=tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in steps),
        )


def limit_programs() -> tuple[LimitProgram, ...]:
    """Return all of them: for each way to come near a limit one that stays within, and one that does not."""
    return tuple(
        LimitProgram(f"{name} {'beyond' if beyond else 'within'}", lines, after, beyond)
        for beyond in (False, True)
        for name, (lines, after) in _WAYS.items()
    )


def _names(count: int, letter: str = "n") -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


def _choice(count: int, letter: str = "n") -> dict[str, Any]:
    """Return a type with so many labels."""
    branches = [[{"name": name, "sort": "Unit"}, None, "End"] for name in _names(count, letter)]
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
    grows = {"Resize": {"max_capacity": 2 * count - 1}}
    config = {"initial_capacity": count, "mode": "Fifo", "policy": grows}
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


def _at_the_last_role(count: int) -> Iterator[Line]:
    first, last = "n0", f"n{count - 1}"
    types = {last: {"Recv": {"branches": [], "partner": first}}}
    yield "open_with_sid", {"sid": 1, "roles": _names(count), "initial_types": types}
    yield "send", {"sid": 1, "from": first, "to": last, "val": "Unit"}
    yield "plan", {"roles": _names(count), "initial_types": types}
    yield "close", {"sid": 1}
    yield "reap_closed", {}


def _filled(count: int) -> Iterator[Line]:
    ends = {"sid": 0, "from": "A", "to": "B"}
    for number in range(count + 1):
        yield "send", {**ends, "val": {"Nat": number}}
    yield "observe", {"sid": 0}  # the last send made the buffer grow
    yield "recv", ends
    for capacity in (count + 1, 2**64 - 1):
        config = {"initial_capacity": capacity, "mode": "Fifo", "policy": "Block"}
        yield "open", {**_ROLES, "initial_types": {}, "buffer_config": config}


def _other_labels(count: int) -> Iterator[Line]:
    """Use labels that are known; then, forgotten all but the current ones, as many others."""
    yield "update_type", {"ep": _ENDPOINT, "new_type": "End"}
    yield "update_type", {"ep": _ENDPOINT, "new_type": _choice(2)}
    yield "advance", {"ep": _ENDPOINT, "label": "n1"}
    yield "reload", {"form": "binary"}
    yield "update_type", {"ep": _ENDPOINT, "new_type": _choice(count, "m")}
    yield "advance", {"ep": _ENDPOINT, "label": f"m{count - 1}"}


def _known_handlers(count: int) -> Iterator[Line]:
    """Bind names that are known; then, forgotten all but one, a new one."""
    for handler in ("n0", f"n{count - 2}", "default_handler"):
        yield "update_handler", {"edge": _EDGE, "handler": handler}
        yield "set_default_handler_for_session", {"sid": 0, "handler": handler}
    yield "lookup_handler", {"edge": _EDGE}
    yield "reload", {"form": "binary"}
    yield "update_handler", {"edge": _EDGE, "handler": "new"}
    yield "lookup_handler", {"edge": _EDGE}


_WAYS: Final[dict[str, tuple[Callable[[int], Iterator[Line]], Callable[[int], Iterator[Line]]]]] = {
    "roles": (_roles, _at_the_last_role),
    "roles of a plan": (_roles_of_a_plan, lambda count: iter(())),
    "capacity": (_capacity, _filled),
    "labels": (_labels, _other_labels),
    "labels set": (_labels_set, _other_labels),
    "labels reached": (_labels_reached, _other_labels),
    "handlers": (_handlers, lambda count: iter(())),
    "handlers of the host": (_handlers_of_the_host, _known_handlers),
}
"""The ways to come near a limit, each with what follows within; the default handler counts as a name."""
