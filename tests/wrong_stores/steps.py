"""Programs written by hand: a script's methods are the operations, each returns a reference to its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.operations import OPERATIONS

SESSION = "Session"


def fragments(*names: str) -> dict[str, list[str]]:
    """Return a scope of fragments, in the order and with the repeats given."""
    return {"Fragments": list(names)}


def edge(sender: str = "A", receiver: str = "B", sid: Any = 0) -> dict[str, Any]:
    """Return an edge; sid 0 is the first session of a program."""
    return {"sid": sid, "sender": sender, "receiver": receiver}


def ep(role: str = "A", sid: Any = 0) -> dict[str, Any]:
    """Return an endpoint."""
    return {"sid": sid, "role": role}


def label(name: str) -> dict[str, str]:
    """Return a label with its sort."""
    return {"name": name, "sort": "Unit"}


def send(partner: str, *branches: tuple[str, Any], kind: str = "Send", value: Any = None) -> dict[str, Any]:
    """Return a Send: each branch a label and its continuation."""
    return {kind: {"partner": partner, "branches": [[label(name), value, rest] for name, rest in branches]}}


def recv(partner: str, *branches: tuple[str, Any], value: Any = None) -> dict[str, Any]:
    """Return a Recv."""
    return send(partner, *branches, kind="Recv", value=value)


def mu(var: str, body: Any) -> dict[str, Any]:
    """Return a recursion."""
    return {"Mu": {"var": var, "body": body}}


def var(name: str) -> dict[str, str]:
    """Return a variable."""
    return {"Var": name}


def altered(reference: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an earlier result with other fields."""
    return {**reference, "set": fields}


A_TO_B = {"A": send("B", ("m", "End"))}
"""A type by which a session of A and B has the edge A → B."""


class Script:
    """Steps so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __getattr__(self, op: str) -> Callable[..., dict[str, Any]]:
        if op not in OPERATIONS:
            raise AttributeError(op)

        def add(**args: Any) -> dict[str, Any]:
            if "from_" in args:
                args["from"] = args.pop("from_")
            self.steps.append(Step(args=args, op=op, seq=len(self.steps)))
            return {"$ref": len(self.steps) - 1}

        return add

    def start(self, *roles: str, types: Any = None, config: Any = None) -> dict[str, Any]:
        """Open a session; of A and B without types where nothing is said."""
        given = {"buffer_config": config} if config is not None else {}
        return self.open(roles=list(roles or ("A", "B")), initial_types=types or {}, **given)

    def claimed(self, owner: str = "a", scope: Any = SESSION) -> dict[str, Any]:
        """Open a session and claim it."""
        self.start()
        return self.claim_ownership(sid=0, owner_id=owner, scope=scope)

    def begun(self, scope: Any = SESSION) -> tuple[dict[str, Any], dict[str, Any]]:
        """Open, claim and begin a transfer; return the capability and the receipt."""
        cap = self.claimed()
        return cap, self.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=scope)

    def buffered(self, mode: str = "Fifo", capacity: int = 1, policy: Any = "Block") -> None:
        """Open a session with the edge A → B."""
        self.start(types=A_TO_B, config={"mode": mode, "initial_capacity": capacity, "policy": policy})

    def sent(self, number: int) -> dict[str, Any]:
        """Send a number from A to B."""
        return self.send(sid=0, from_="A", to="B", val={"Nat": number})

    def received(self) -> dict[str, Any]:
        """Receive from A at B."""
        return self.recv(sid=0, from_="A", to="B")

    def sent_and_received(self, count: int) -> None:
        """Open a session with the edge A → B, and send and receive numbers one by one."""
        self.buffered()
        for number in range(count):
            self.sent(number)
            self.received()

    def rebound(self, cap: dict[str, Any], handler: str, **place: Any) -> dict[str, Any]:
        """Bind a handler by mutation."""
        mutation = {"UpdateEdgeHandler": {"edge": edge(**place), "handler": handler}}
        return self.apply_owned_session_mutation(capability=cap, mutation=mutation)

    def defaulted(self, cap: dict[str, Any], handler: str) -> dict[str, Any]:
        """Set the default handler by mutation."""
        return self.apply_owned_session_mutation(capability=cap, mutation={"SetDefaultHandler": {"handler": handler}})

    def traced(self, cap: dict[str, Any], trace: list[Any], **place: Any) -> dict[str, Any]:
        """Store a trace by mutation."""
        mutation = {"UpdateTrace": {"edge": edge(**place), "trace": trace}}
        return self.apply_owned_session_mutation(capability=cap, mutation=mutation)


Play = Callable[[Script], Any]


def played(*plays: Play) -> tuple[Step, ...]:
    """Return the steps of a program written by functions of a script, one after the other."""
    script = Script()
    for play in plays:
        play(script)
    return tuple(script.steps)
