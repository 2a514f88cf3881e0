"""What a run says, as the answer to an operation of the store: for what goes on from a divergence."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.oracle.telltale.results import Told


def observed(told: Told, name: str, value: Any) -> Any:
    """Return a session's state in which one thing is as a run says; None where it cannot be said."""
    state = msgspec.json.decode(encode(told.outcome.ok))
    match name:
        case "epoch" | "roles":
            state[name] = value
        case "status":
            state[name] = {"Faulted": {"reason": "not told"}} if value == "faulted" else str(value).capitalize()
        case "role_count":
            state["roles"] = [*state["roles"], *(f"role {n}" for n in range(value))][:value]
        case "buffered_messages" if state["buffers"]:
            rest = sum(buffer["len"] for buffer in state["buffers"][1:])
            state["buffers"][0]["len"] = max(0, value - rest)
        case "buffer_edges" if value < len(state["buffers"]):
            state["buffers"], state["edges"] = state["buffers"][:value], state["edges"][:value]
        case "local_type_entries" if value < len(state["local_types"]):
            state["local_types"] = state["local_types"][:value]
        case _:
            return None
    return state


def observing(told: Told, name: str, value: Any) -> Told:
    """Return an ``observe`` answered as a run says, where that can be said."""
    state = observed(told, name, value)
    return told if state is None else told._replace(answer=Answer(True, state, []))


def advancing(told: Told, direction: str, partner: str) -> Told:
    """Return an ``advance`` answered as an event of a run says."""
    ok = {"current": "End", "expected_type": None}
    if told.outcome.error is None:
        ok = msgspec.json.decode(encode(told.outcome.ok))
    return told._replace(answer=Answer(True, {**ok, "direction": direction, "partner": partner}, []))


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|LocalType\.\w+|\d+|[\[\],]')


def type_of(text: str) -> Any:
    """Return a printed type as JSON; a variable that nothing binds is called ``t``. None for any other text."""
    tokens = _TOKEN.findall(text)
    try:
        return _type(tokens, ())
    except (IndexError, ValueError):
        return None


def _type(tokens: list[str], bound: tuple[str, ...]) -> Any:
    match tokens.pop(0).removeprefix("LocalType."):
        case "end_":
            return "End"
        case "var":
            number = int(tokens.pop(0))
            return {"Var": bound[number] if number < len(bound) else "t"}
        case "mu":
            name = f"x{len(bound)}"
            return {"Mu": {"body": _type(tokens, (name, *bound)), "var": name}}
        case "select" | "branch" as kind:
            partner = msgspec.json.decode(tokens.pop(0))
            branches = []
            while tokens.pop(0) != "]":
                if tokens[0] == "]":
                    continue
                name = msgspec.json.decode(tokens.pop(0))
                tokens.pop(0)
                branches.append([{"name": name, "sort": "Unit"}, None, _type(tokens, bound)])
            return {"Send" if kind == "select" else "Recv": {"branches": branches, "partner": partner}}
    raise ValueError
