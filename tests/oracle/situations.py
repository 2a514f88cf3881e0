"""Every situation that the rules of an operation tell apart: a state of one session, reachable or not, and arguments.

The rules ask of a state and of arguments whether something is there, whether two values are equal, whether a number
is at its bound, whether one scope is part of another. A *choice point* below is one such question, its options are
the answers. Every combination of answers is built, dependent ones included (a pending transfer without an owner, a
terminal reason beside an owner, an owner of a closed session, counters at their ends); within a combination what no
rule asks for (names, fragments, the numbers between the bounds, tables) is drawn, by a seed.

Not built, because the state space of the symbolic statement has no such state: status Draining, which no operation
sets; a Faulted session has the text of its terminal reason or, without one, a fixed text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot
from telltale_conformance.oracle.symbolic.map.explore import OWNERS, SCOPES, cap, mutations
from telltale_conformance.oracle.symbolic.statement.terms import LAST
from tests.oracle.choice_points import Choices

MIDDLE = (0, 1, 2, 5, 2**63)
"""Numbers away from the upper bound."""
TEXTS = ("p", "q")
FULL: Json = "Session"
HARDENED = "hardened"
RECEIPT_FIELDS = (
    "claim_id",
    "from_generation",
    "from_owner_id",
    "scope",
    "to_generation",
    "to_owner_id",
)
WITNESS_FIELDS = ("generation", "owner_id", "predicate_ref", "scope", "session_id")


@dataclass(frozen=True)
class Situation:
    """A state, what an operation is given in it, and the choice points that were passed."""

    state: Snapshot
    args: Json
    points: tuple[str, ...]


def every_situation(contract: str, op: str, seed: int, kinds: bool = False) -> Iterator[Situation]:
    """Build each combination of answers once; with ``kinds``, each kind of an answer too."""
    prefix: list[int] = []
    while True:
        choices = Choices(f"{contract} {op} {seed}", prefix, kinds)
        yield _Builder(contract, choices).situation(op)
        trail = choices.trail
        while trail and trail[-1][0] == trail[-1][1] - 1:
            trail.pop()
        if not trail:
            return
        prefix = [*(taken for taken, _ in trail[:-1]), trail[-1][0] + 1]


def some_situations(contract: str, op: str, seed: int, number: int) -> Iterator[Situation]:
    """Build situations on paths taken at random, those on which guards pass more often."""
    for index in range(number):
        yield _Builder(contract, Choices(f"{contract} {op} {seed} {index}", at_random=True)).situation(op)


class _Builder:
    """Builds one situation, asking for a choice wherever a rule of the operation would look."""

    def __init__(self, contract: str, choose: Choices) -> None:
        self.hardened = contract == HARDENED
        self.choose = choose
        self.state = Snapshot(sid=choose.draw(0, 7), epoch=choose.draw(0, 3, LAST - 1))

    def situation(self, op: str) -> Situation:
        """The state, and the arguments of the operation in it."""
        self._tables()
        where = self.choose("G-found", "here", "elsewhere", "gone")
        build: Callable[[], Json] = getattr(self, f"_{op}")
        points = self.choose.points
        if where != "here":  # nothing else is asked then: the rest is as it comes
            self.choose = Choices(f"{op} {self.state} {self.choose.draw(*range(1000))}", at_random=True)
        args = build()
        if where == "elsewhere":
            args = _renamed(args, self.state.sid + 1)
        if where == "gone":
            self.state = Snapshot(sid=self.state.sid, exists=False)
        return Situation(self.state, args, tuple(points))

    # what a rule may ask of the state

    def _lives(self) -> None:
        """G-open and G-active."""
        ended = self.choose("G-open", False, True)
        if ended:
            self.state.terminal = self.choose.kind("terminal reason", *_ends(self.choose))
        if self.choose("G-active", True, False):
            other = self.choose.kind("status but Closed", "Active", "Cancelled", "Faulted")
        else:
            other = "Closed"
        self.state.status = _faulted(self.state.terminal) if other == "Faulted" else other

    def _owner(self, scopes: bool = False, numbers: bool = False) -> None:
        """G-owned; where it matters, whether the live scope is the whole, and whether the generation is the last."""
        if not self.choose("G-owned", True, False):
            return
        scope = self.choose("live scope", FULL, {"Fragments": ["m", "n"]}) if scopes else self.choose.draw(*SCOPES)
        below = self.choose.draw(*MIDDLE, LAST - 1)
        generation = self.choose("live generation", below, LAST) if numbers else self._number()
        sid = self.choose.draw(self.state.sid, self.state.sid, 3)
        self.state.current = cap(sid, self.choose.draw(*OWNERS), generation, scope)

    def _pending(self, giver: bool = False) -> None:
        """G-idle and G-staged; where it matters, whether the receipt is from the live owner (G-giver)."""
        if not self.choose("G-staged", False, True):
            return
        live = self.state.current or cap(0, self.choose.draw(*OWNERS), self._number(), FULL)
        owner, generation = live["owner_id"], live["generation"]
        if giver and self.state.current is not None:
            wrong = self.choose("G-giver", "", "owner", "generation")
        else:
            wrong = self.choose.draw("", "owner", "generation")
        made = {
            "session_id": self.state.sid,
            "claim_id": self._number(),
            "from_owner_id": _other(owner) if wrong == "owner" else owner,
            "from_generation": _next(generation) if wrong == "generation" else generation,
            "to_owner_id": self.choose.draw(*OWNERS),
            "to_generation": self.choose.draw(_next(generation), self._number()),
            "scope": self.choose.draw(*SCOPES),
        }
        self.state.pending = made

    def _issued(self) -> None:
        """Whether witnesses are issued: what ends with a generation."""
        if self.choose("witnesses issued", True, False):
            for number in {self._number(), self._number()}:
                self.state.issued[number] = self._witness(number)

    def _counter(self, name: str) -> None:
        """G-counter: the number to be given is below the last, the last, or (hardened) past it."""
        used_up = (LAST + 1,) if self.hardened else ()
        below = self.choose.draw(*MIDDLE, LAST - 1)
        setattr(self.state, f"next_{name}", self.choose(f"next {name}", below, LAST, *used_up))

    def _tables(self) -> None:
        state, draw = self.state, self.choose.draw
        state.next_generation = draw(*MIDDLE, LAST, *((LAST + 1,) if self.hardened else ()))
        state.next_claim_id, state.next_witness_id = draw(*MIDDLE, LAST), draw(*MIDDLE, LAST)
        state.consumed = draw(set(), {3}, {0, LAST})
        if draw(True, False):
            edge = (draw(state.sid, 3), draw("A", "B"), draw("A", "B", "C"))
            state.edge_handlers[edge] = "h"
            state.pair_handlers["A", "B"] = "h"
            state.edge_traces[edge] = ("Nat",)

    # what a rule may ask of the arguments

    def _capability(self) -> Json:
        """G-live and G-honest: the live capability, or one that differs."""
        live = self.state.current
        if live is None:
            return cap(self.state.sid, self.choose.draw(*OWNERS), self._number(), self.choose.draw(*SCOPES))
        given = {**live, "session_id": self.state.sid}
        wrong = self.choose("G-live", "", "owner", "generation")
        if wrong == "owner":
            given["owner_id"] = _other(given["owner_id"])
        if wrong == "generation":
            given["generation"] = _next(given["generation"])
        if self.choose("G-honest", False, True):
            given["scope"] = self.choose.draw(*(scope for scope in SCOPES if scope != live["scope"]))
        return given

    def _receipt(self) -> Json:
        """G-match: the pending receipt, or one that differs in a field."""
        if self.state.pending is None:
            return {
                "session_id": self.state.sid,
                "claim_id": self._number(),
                "from_owner_id": self.choose.draw(*OWNERS),
                "from_generation": self._number(),
                "to_owner_id": self.choose.draw(*OWNERS),
                "to_generation": self._number(),
                "scope": self.choose.draw(*SCOPES),
            }
        pending = self.state.pending
        if self.choose("G-match", True, False):
            return pending
        changed = self.choose.kind("field of the receipt", *RECEIPT_FIELDS)
        return {**pending, changed: _changed(changed, pending[changed])}

    def _new_scope(self) -> Json:
        """G-within: equal, a part, or not within the live scope."""
        live = self.state.current["scope"] if self.state.current else FULL
        parts: list[Json] = [live, {"Fragments": []}]
        if live == FULL:
            return self.choose("G-within", *parts)
        return self.choose("G-within", *parts, {"Fragments": ["m", "x"]}, FULL)

    def _witness(self, number: int) -> Json:
        draw = self.choose.draw
        made = self.state.current or cap(self.state.sid, draw(*OWNERS), self._number(), draw(*SCOPES))
        sid = draw(self.state.sid, 3)
        return {**made, "session_id": sid, "witness_id": number, "predicate_ref": draw(*TEXTS)}

    def _number(self) -> int:
        return self.choose.draw(*MIDDLE, LAST - 1, LAST)

    # the operations: state, then arguments

    def _claim_ownership(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._counter("generation")
        self._issued()
        return {"sid": self.state.sid, "owner_id": self.choose.draw(*OWNERS), "scope": self.choose.draw(*SCOPES)}

    def _release_ownership(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._issued()
        return {"capability": self._capability()}

    def _begin_ownership_transfer(self) -> Json:
        self._lives()
        self._owner(scopes=True, numbers=True)
        self._pending()
        self._counter("claim_id")
        capability, scope = self._capability(), self._new_scope()
        return {"capability": capability, "new_owner_id": self.choose.draw(*OWNERS), "new_scope": scope}

    def _commit_ownership_transfer(self) -> Json:
        self._lives()
        self._owner()
        self._pending(giver=True)
        self._counter("generation")
        self._issued()
        return {"receipt": self._receipt()}

    def _rollback_ownership_transfer(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        return {"receipt": self._receipt()}

    def _attenuate_ownership_scope(self) -> Json:
        self._lives()
        self._owner(scopes=True, numbers=not self.hardened)
        self._pending()
        if self.hardened:
            self._counter("generation")
        self._issued()
        capability, scope = self._capability(), self._new_scope()
        return {"capability": capability, "new_scope": scope}

    def _validate_ownership_capability(self) -> Json:
        self._lives()
        self._owner()
        return {"capability": self._capability()}

    def _apply_owned_session_mutation(self) -> Json:
        self._lives()
        self._owner(scopes=True)
        capability = self._capability()
        edge = self.choose("H15", "own", "foreign", "unlisted sender", "unlisted receiver")
        given = {
            "sid": 3 if edge == "foreign" else self.state.sid,
            "sender": "C" if edge == "unlisted sender" else "A",
            "receiver": "C" if edge == "unlisted receiver" else "B",
        }
        return {"capability": capability, "mutation": self.choose("mutation", *mutations(given))}

    def _issue_readiness_witness(self) -> Json:
        self._lives()
        self._owner(scopes=True)
        self._counter("witness_id")
        self._issued()
        if self.choose("id already issued", False, True):
            self.state.issued[min(self.state.next_witness_id, LAST)] = self._witness(
                min(self.state.next_witness_id, LAST)
            )
        return {"capability": self._capability(), "predicate_ref": self.choose.draw(*TEXTS)}

    def _consume_readiness_witness(self) -> Json:
        self._lives()
        self._owner(scopes=True)
        capability, number = self._capability(), self._number()
        bound = {**capability, "witness_id": number, "predicate_ref": self.choose.draw(*TEXTS)}
        if self.choose("§3.4", False, True):
            field_ = self.choose.kind("field of the binding", "session_id", "owner_id", "generation", "scope")
            bound[field_] = _changed(field_, bound[field_])
        self.state.consumed -= {number}
        if self.choose("§3.1", False, True):
            self.state.consumed |= {number}
        if self.choose("§3.2", True, False):
            self.state.issued[number] = bound
            if self.choose("§3.3", False, True):
                field_ = self.choose.kind("field of the witness", *WITNESS_FIELDS)
                self.state.issued[number] = {**bound, field_: _changed(field_, bound[field_])}
        return {"capability": capability, "witness": bound}

    def _mark_owner_died(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._counter("witness_id")
        self._issued()
        live = self.state.current["owner_id"] if self.state.current else self.choose.draw(*OWNERS)
        return {"sid": self.state.sid, "owner_id": self.choose("G-named", live, _other(live))}

    def _cancel_abandoned_transfer(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._counter("witness_id")
        self._issued()
        return {"receipt": self._receipt()}

    def _fault_failed_transfer_commit(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._issued()
        return {"receipt": self._receipt(), "reason": "r"}

    def _close(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        self._issued()
        self.state.epoch = self.choose("epoch", 0, LAST)
        return {"sid": self.state.sid}

    def _reap_sessions(self) -> Json:
        self._lives()
        self._owner()
        self._pending()
        return {"session_ids": [self.state.sid]}


def _ends(choose: Choices) -> list[Json]:
    owner, claim = choose.draw(*OWNERS), choose.draw(*MIDDLE, LAST)
    return [
        {"OwnerDied": {"owner_id": owner}},
        {"TransferAbandoned": {"owner_id": owner, "claim_id": claim}},
        {"TransferCommitFailed": {"owner_id": owner, "claim_id": claim, "reason": "r"}},
    ]


def _faulted(terminal: Json) -> Json:
    if terminal and "OwnerDied" in terminal:
        return {"Faulted": {"reason": f"ownership owner `{terminal['OwnerDied']['owner_id']}` died"}}
    return {"Faulted": {"reason": "ownership transfer commit failed: r"}}


def _other(owner: str) -> str:
    return OWNERS[1 - OWNERS.index(owner)]


def _next(number: int) -> int:
    return number + 1 if number < LAST else number - 1


def _changed(name: str, value: Any) -> Any:
    if name == "scope":
        return {"Fragments": ["m"]} if value == FULL else FULL
    if isinstance(value, int):
        return _next(value)
    return _other(value) if value in OWNERS else ("q" if value == "p" else "p")


def _renamed(args: Json, sid: int) -> Json:
    """The same arguments, naming another session."""
    if "capability" in args:
        return {**args, "capability": {**args["capability"], "session_id": sid}}
    if "receipt" in args:
        return {**args, "receipt": {**args["receipt"], "session_id": sid}}
    return {**args, "session_ids": [sid]} if "session_ids" in args else {**args, "sid": sid}
