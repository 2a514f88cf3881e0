"""Programs of several clients that race on purpose: a prefix one step after the other, then suffixes at once.

Each has a pair of steps that must not see each other half done: two claims, a commit and a rollback, two openings under
one id. Other steps stand around them, so that the pair meets at many places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, TypeAlias

from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.lean_traces.races import Race

Reference: TypeAlias = dict[str, Any]
"""The result of an earlier step, as programs write it."""


class NotOffered(Exception):
    """Thrown when a race needs an operation that the implementation does not offer."""


class Writer:
    """Writes one race, step by step."""

    def __init__(self, rng: Random, clients: int, offered: frozenset[str], *, at_once: bool) -> None:
        self.rng = rng
        self._clients = clients
        self._offered = offered
        self._number = 0
        self.prefix: list[tuple[int, Step]] = []
        self.suffixes: list[list[Step]] = [[] for _ in range(clients)]
        self.last: list[tuple[int, Step]] = []
        self.racing: list[int] = []
        self.sid = 0
        self._looks = 0.0 if at_once else 0.3
        order = list(range(clients))
        rng.shuffle(order)
        self._free = order

    def before(self, op: str, **args: Any) -> Reference:
        """Write a step of the prefix, of any client."""
        step = self._step(op, args)
        self.prefix.append((self.rng.randrange(self._clients), step))
        return {"$ref": step.seq}

    def at_once(self, client: int, op: str, **args: Any) -> Reference:
        """Write a step of a client's suffix."""
        step = self._step(op, args)
        self.suffixes[client].append(step)
        return {"$ref": step.seq}

    def racer(self, op: str, **args: Any) -> Callable[..., Reference]:
        """Write one of the steps that race, of a client of its own; return how this client goes on.

        Now and then it looks at the session first, unless all are to begin with the race itself.
        """
        client = self._free.pop()
        if self.rng.random() < self._looks:
            self.look(client)
        step = self._step(op, args)
        self.suffixes[client].append(step)
        if len(self.racing) < 2:
            self.racing.append(step.seq)
        self.given: Reference = {"$ref": step.seq}
        return lambda op, **args: self.at_once(client, op, **args)

    def watcher(self) -> None:
        """Let the clients that are left look at the session while the others race."""
        while self._free and self.rng.random() < 0.7:
            client = self._free.pop()
            for _ in range(self.rng.randrange(1, 4)):
                self.look(client)

    def look(self, client: int) -> None:
        """Write a step that looks at the session, where one is offered."""
        op = self.rng.choice(("observe", "current_ownership"))
        if op in self._offered:
            self.at_once(client, op, sid=self.sid)

    def look_last(self) -> None:
        """Write what looks at everything that is left."""
        for op, args in _last_look(self.sid):
            if op in self._offered:
                self.last.append((self.rng.randrange(self._clients), self._step(op, args)))

    def scope(self) -> Any:
        """Return a scope, mostly of the whole session."""
        return "Session" if self.rng.random() < 0.8 else {"Fragments": ["A"]}

    # Where races begin

    def opened(self) -> int:
        """Open the session that the race is about."""
        self.before("open", roles=["A", "B"], initial_types=TYPES)
        return self.sid

    def claimed(self) -> Reference:
        """Open it, and claim it."""
        return self.before("claim_ownership", sid=self.opened(), owner_id="a", scope="Session")

    def staged(self) -> Reference:
        """Stage a transfer of it."""
        return self.before("begin_ownership_transfer", capability=self.claimed(), new_owner_id="b", new_scope="Session")

    def issued(self) -> tuple[Reference, Reference]:
        """Issue a witness of it; return the capability and the witness."""
        capability = self.claimed()
        return capability, self.before("issue_readiness_witness", capability=capability, predicate_ref="ready")

    def ended(self) -> int:
        """Open it, and close it."""
        self.before("close", sid=self.opened())
        return self.sid

    def _step(self, op: str, args: dict[str, Any]) -> Step:
        if op not in self._offered:
            raise NotOffered(op)
        step = Step(args=args, op=op, seq=self._number)
        self._number += 1
        return step


TYPES: Final = {
    "A": {"Send": {"partner": "B", "branches": [[{"name": "go", "sort": "Unit"}, None, "End"]]}},
    "B": {"Recv": {"partner": "A", "branches": [[{"name": "go", "sort": "Unit"}, None, "End"]]}},
}


def _last_look(sid: int) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "observe", {"sid": sid}
    yield "authority_audit_log", {"sid": sid}
    yield "session_ids", {}
    yield "next_session_id", {}
    yield "archived_closed", {}


def claim_claim(w: Writer) -> None:
    """Race two claims of one session; one of the owners goes on."""
    sid = w.opened()
    for owner in ("b", "c"):
        go_on = w.racer("claim_ownership", sid=sid, owner_id=owner, scope=w.scope())
        go_on("attenuate_ownership_scope", capability=w.given, new_scope={"Fragments": ["A"]})


def release_claim(w: Writer) -> None:
    """Race a release, and the claim of the next owner."""
    w.racer("release_ownership", capability=w.claimed())
    go_on = w.racer("claim_ownership", sid=w.sid, owner_id="b", scope=w.scope())
    go_on("issue_readiness_witness", capability=w.given, predicate_ref="mine")


def commit_commit(w: Writer) -> None:
    """Race one receipt, committed twice."""
    receipt = w.staged()
    for _ in range(2):
        w.racer("commit_ownership_transfer", receipt=receipt)


def commit_rollback(w: Writer) -> None:
    """Race one receipt, committed and rolled back."""
    receipt = w.staged()
    go_on = w.racer("commit_ownership_transfer", receipt=receipt)
    go_on("validate_ownership_capability", capability=w.given)
    w.racer("rollback_ownership_transfer", receipt=receipt)


def commit_cancel(w: Writer) -> None:
    """Race one receipt, committed and given up."""
    receipt = w.staged()
    w.racer("commit_ownership_transfer", receipt=receipt)
    w.racer("cancel_abandoned_transfer", receipt=receipt)


def rollback_cancel(w: Writer) -> None:
    """Race one receipt, rolled back and given up."""
    receipt = w.staged()
    w.racer("rollback_ownership_transfer", receipt=receipt)
    w.racer("cancel_abandoned_transfer", receipt=receipt)


def commit_fault(w: Writer) -> None:
    """Race one receipt, committed while somebody says that this failed."""
    receipt = w.staged()
    w.racer("commit_ownership_transfer", receipt=receipt)
    w.racer("fault_failed_transfer_commit", receipt=receipt, reason="link down")


def fault_cancel(w: Writer) -> None:
    """Race two ways to end a transfer, of which each ends the session's ownership."""
    receipt = w.staged()
    w.racer("fault_failed_transfer_commit", receipt=receipt, reason="link down")
    w.racer("cancel_abandoned_transfer", receipt=receipt)


def commit_died(w: Writer) -> None:
    """Race a commit, and the death of the owner before it."""
    w.racer("commit_ownership_transfer", receipt=w.staged())
    w.racer("mark_owner_died", sid=w.sid, owner_id="a")


def consume_consume(w: Writer) -> None:
    """Race one witness, consumed twice."""
    capability, witness = w.issued()
    for _ in range(2):
        w.racer("consume_readiness_witness", capability=capability, witness=witness)


def consume_release(w: Writer) -> None:
    """Race a witness consumed while its owner lets go."""
    capability, witness = w.issued()
    w.racer("consume_readiness_witness", capability=capability, witness=witness)
    w.racer("release_ownership", capability=capability)


def issue_issue(w: Writer) -> None:
    """Race two witnesses issued: each has an id of its own."""
    capability = w.claimed()
    for text in ("one", "two"):
        w.racer("issue_readiness_witness", capability=capability, predicate_ref=text)


def attenuate_begin(w: Writer) -> None:
    """Race an attenuation, which ends a generation, and a transfer from that generation."""
    capability = w.claimed()
    w.racer("attenuate_ownership_scope", capability=capability, new_scope={"Fragments": ["A"]})
    go_on = w.racer("begin_ownership_transfer", capability=capability, new_owner_id="b", new_scope={"Fragments": ["A"]})
    go_on("commit_ownership_transfer", receipt=w.given)


def attenuate_attenuate(w: Writer) -> None:
    """Race two attenuations from one generation."""
    capability = w.claimed()
    for name in ("A", "B"):
        w.racer("attenuate_ownership_scope", capability=capability, new_scope={"Fragments": [name]})


def begin_begin(w: Writer) -> None:
    """Race two transfers staged at once."""
    capability = w.claimed()
    for owner in ("b", "c"):
        w.racer("begin_ownership_transfer", capability=capability, new_owner_id=owner, new_scope="Session")


def begin_release(w: Writer) -> None:
    """Race a transfer staged while its owner lets go."""
    capability = w.claimed()
    w.racer("begin_ownership_transfer", capability=capability, new_owner_id="b", new_scope="Session")
    w.racer("release_ownership", capability=capability)


def close_claim(w: Writer) -> None:
    """Race a claim of a session that closes."""
    w.racer("close", sid=w.opened())
    w.racer("claim_ownership", sid=w.sid, owner_id="b", scope=w.scope())


def close_send(w: Writer) -> None:
    """Race a message sent into a session that closes."""
    w.racer("close", sid=w.opened())
    w.racer("send", **{"sid": w.sid, "from": "A", "to": "B", "val": {"Nat": 1}})


def receive_receive(w: Writer) -> None:
    """Race one message, received twice."""
    w.before("send", **{"sid": w.opened(), "from": "A", "to": "B", "val": {"Nat": 1}})
    for _ in range(2):
        w.racer("recv", **{"sid": w.sid, "from": "A", "to": "B"})


def reap_claim(w: Writer) -> None:
    """Race a claim of a session that is reaped."""
    w.ended()
    w.racer("reap_closed")
    w.racer("claim_ownership", sid=w.sid, owner_id="b", scope=w.scope())


def reap_reap(w: Writer) -> None:
    """Race one session, reaped twice."""
    sid = w.ended()
    w.racer("reap_closed")
    w.racer("reap_sessions", session_ids=[sid])


def reap_reopen(w: Writer) -> None:
    """Race a session reaped while another is opened under its id."""
    w.racer("reap_sessions", session_ids=[w.ended()])
    w.racer("open_with_sid", sid=w.sid, roles=["A"], initial_types={})


def open_same_sid(w: Writer) -> None:
    """Race two sessions opened under one id; each opener claims."""
    w.opened()
    w.sid = 7
    for owner, roles in (("b", ["A"]), ("c", ["B"])):
        go_on = w.racer("open_with_sid", sid=w.sid, roles=roles, initial_types={})
        go_on("claim_ownership", sid=w.sid, owner_id=owner, scope="Session")


def open_open(w: Writer) -> None:
    """Race two sessions opened: each has an id of its own."""
    for role in ("A", "B"):
        w.racer("open", roles=[role], initial_types={})


RACES: Final[dict[str, Callable[[Writer], None]]] = {
    race.__name__.replace("_", " / ", 1).replace("_", " "): race
    for race in (
        *(claim_claim, release_claim),
        *(commit_commit, commit_rollback, commit_cancel, rollback_cancel, commit_fault),
        *(fault_cancel, commit_died),
        *(consume_consume, consume_release, issue_issue),
        *(attenuate_begin, attenuate_attenuate, begin_begin, begin_release),
        *(close_claim, close_send, receive_receive),
        *(reap_claim, reap_reap, reap_reopen, open_same_sid, open_open),
    )
}
"""What races, by name."""


def races_offered(offered: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the races for which all operations are offered."""
    found = []
    for name in RACES:
        try:
            written(name, Random(0), 2, offered, at_once=True)
        except NotOffered:
            continue
        found.append(name)
    return tuple(found)


def race(seed: int, index: int, names: tuple[str, ...], clients: int, offered: frozenset[str]) -> Race:
    """Return the race of a number: of these names in turn, the same for the same seed.

    In the first turn all clients begin with the race itself, so that each pair meets at least once.
    """
    rng = Random(f"race/{seed}/{index}")
    return written(names[index % len(names)], rng, clients, offered, at_once=index < len(names))


def written(name: str, rng: Random, clients: int, offered: frozenset[str], *, at_once: bool) -> Race:
    """Return a race of that name.

    Raises:
        NotOffered: it needs an operation that is not offered.
    """
    writer = Writer(rng, max(2, min(clients, rng.randrange(2, 5))), offered, at_once=at_once)
    RACES[name](writer)
    writer.watcher()
    writer.look_last()
    first, second = writer.racing
    suffixes = tuple(map(tuple, writer.suffixes))
    return Race(
        pair=name,
        racing=(first, second),
        prefix=tuple(writer.prefix),
        suffixes=suffixes,
        last=tuple(writer.last),
    )
