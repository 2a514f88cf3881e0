"""Programs of well-behaved clients: they use what they were given, while it is theirs, for what it grants.

A well-behaved client presents capabilities, receipts and witnesses unchanged, and only while they are live; narrows
and hands on no more than it has; takes back what it staged before it leaves; leaves before it closes, and leaves a
closed session alone; opens sessions under fresh ids with distinct roles, buffers that grow by doubling to their
bound, and types without recursion.  For such programs ``hardened`` changes no outcome, generations apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from telltale_conformance.lean_traces.programs import Program, Step

_FRAGMENTS = ("m", "n", "o")
_OWNERS = ("alice", "bob", "carol")


@dataclass
class _Client:
    """What the clients of one session hold; numbers are the steps that gave it."""

    opened: int
    owner: str = ""
    cap: int | None = None
    scope: Any = None
    receipt: int | None = None
    to: tuple[str, Any] = ("", None)
    witnesses: list[int] = field(default_factory=list)
    over: bool = False


class _Writer:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.steps: list[Step] = []

    def add(self, op: str, args: dict[str, Any]) -> int:
        """Add a step; give its number."""
        self.steps.append(Step(seq=len(self.steps), op=op, args=args))
        return len(self.steps) - 1

    def scope_within(self, scope: Any) -> Any:
        """A scope that grants no more than this one."""
        if scope == "Session" and self.rng.random() < 0.6:
            return "Session"
        held = _FRAGMENTS if scope == "Session" else tuple(scope["Fragments"])
        return {"Fragments": sorted(self.rng.sample(held, self.rng.randint(0, len(held))))}


def honest_program(seed: int, steps: int = 40) -> Program:
    """Return a program of well-behaved clients, the same for the same seed."""
    writer = _Writer(Random(seed))
    sessions = [_open(writer) for _ in range(2)]
    while len(writer.steps) < steps:
        client = writer.rng.choice(sessions)
        if client.over:
            sessions[sessions.index(client)] = _open(writer)
        elif writer.rng.random() < 0.3:
            _communicate(writer, client)
        elif client.cap is None:
            _without_owner(writer, client)
        elif client.receipt is not None:
            _with_transfer(writer, client)
        else:
            _as_owner(writer, client)
    return Program(meta={"clients": "honest", "seed": seed}, steps=tuple(writer.steps))


def _open(writer: _Writer) -> _Client:
    end = "End"
    reply = {"Recv": {"partner": "B", "branches": [[{"name": "ack", "sort": "Unit"}, None, end]]}}
    types = {
        "A": {"Send": {"partner": "B", "branches": [[{"name": "go", "sort": "Nat"}, "Nat", reply]]}},
        "B": end,
    }
    policy = writer.rng.choice(["Block", "Drop", "Error", {"Resize": {"max_capacity": 4}}])
    config = {"mode": writer.rng.choice(["Fifo", "Fifo", "LatestValue"]), "initial_capacity": 1, "policy": policy}
    return _Client(writer.add("open", {"roles": ["A", "B"], "initial_types": types, "buffer_config": config}))


def _communicate(writer: _Writer, client: _Client) -> None:
    sid = {"$ref": client.opened}
    edge = writer.rng.choice([{"from": "A", "to": "B"}, {"from": "B", "to": "A"}])
    op = writer.rng.choice(["send", "send", "recv", "has_message", "advance", "current_ownership"])
    if op == "send":
        writer.add(op, {"sid": sid, **edge, "val": {"Nat": len(writer.steps)}})
    elif op == "advance":
        writer.add(op, {"ep": {"sid": sid, "role": "A"}, "label": writer.rng.choice(["go", "ack"])})
    else:
        writer.add(op, {"sid": sid} if op == "current_ownership" else {"sid": sid, **edge})


def _without_owner(writer: _Writer, client: _Client) -> None:
    if writer.rng.random() < 0.15:
        writer.add("close", {"sid": {"$ref": client.opened}})
        writer.add("reap_sessions", {"session_ids": [{"$ref": client.opened}]})
        client.over = True
        return
    client.owner, client.scope = writer.rng.choice(_OWNERS), writer.scope_within("Session")
    args = {"sid": {"$ref": client.opened}, "owner_id": client.owner, "scope": client.scope}
    client.cap, client.witnesses = writer.add("claim_ownership", args), []


def _with_transfer(writer: _Writer, client: _Client) -> None:
    given = {"receipt": {"$ref": client.receipt}}
    op = writer.rng.choice(
        [
            "commit_ownership_transfer",
            "commit_ownership_transfer",
            "rollback_ownership_transfer",
            "cancel_abandoned_transfer",
            "fault_failed_transfer_commit",
        ]
    )
    if op == "fault_failed_transfer_commit":
        given["reason"] = "receiver unreachable"
    number = writer.add(op, given)
    client.receipt = None
    if op == "commit_ownership_transfer":
        client.owner, client.scope = client.to
        client.cap, client.witnesses = number, []
    elif op != "rollback_ownership_transfer":
        client.over = True


def _as_owner(writer: _Writer, client: _Client) -> None:
    given: dict[str, Any] = {"capability": {"$ref": client.cap}}
    whole = client.scope == "Session"
    op = writer.rng.choice(["release", "begin", "begin", "attenuate", "validate", "died", *["whole"] * 4 * whole])
    if op == "release":
        writer.add("release_ownership", given)
        client.cap = None
    elif op == "begin":
        client.to = (writer.rng.choice(_OWNERS), writer.scope_within(client.scope))
        given |= {"new_owner_id": client.to[0], "new_scope": client.to[1]}
        client.receipt = writer.add("begin_ownership_transfer", given)
    elif op == "attenuate":
        client.scope = writer.scope_within(client.scope)
        client.cap = writer.add("attenuate_ownership_scope", {**given, "new_scope": client.scope})
        client.witnesses = []
    elif op == "died" and writer.rng.random() < 0.2:
        writer.add("mark_owner_died", {"sid": {"$ref": client.opened}, "owner_id": client.owner})
        client.over = True
    elif op == "whole":
        _with_whole_session(writer, client, given)
    else:
        writer.add("validate_ownership_capability", given)


def _with_whole_session(writer: _Writer, client: _Client, given: dict[str, Any]) -> None:
    if client.witnesses and writer.rng.random() < 0.5:
        witness = client.witnesses.pop(writer.rng.randrange(len(client.witnesses)))
        writer.add("consume_readiness_witness", {**given, "witness": {"$ref": witness}})
    elif writer.rng.random() < 0.6:
        client.witnesses.append(writer.add("issue_readiness_witness", {**given, "predicate_ref": "ready"}))
    else:
        edge = {"sid": {"$ref": client.opened}, "sender": "A", "receiver": "B"}
        mutation = writer.rng.choice(
            [
                {"SetDefaultHandler": {"handler": "h"}},
                {"UpdateEdgeHandler": {"edge": edge, "handler": "h"}},
                {"UpdateTrace": {"edge": edge, "trace": ["Nat"]}},
            ]
        )
        writer.add("apply_owned_session_mutation", {**given, "mutation": mutation})
