"""Live claims: watched on the events of a trace alone, without the reference and whatever the contract.

A monitor keeps only what the events themselves tell: which capability the implementation last handed out, which
receipt is outstanding, what the log said.  So a recorded trace can be checked for its claims even where nothing
is known of the rules its implementation follows.  A claim that a trace says nothing about is *not judged*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from telltale_conformance.model.operations import OPERATIONS, those
from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS, STATUS_PART
from telltale_conformance.oracle.claims.ledger import (
    ACCEPTS_CAPABILITY,
    OWNERSHIP_OPERATIONS,
    RECEIPT_OPERATIONS,
    Ledger,
    frozen,
)
from telltale_conformance.oracle.claims.type_events import TypeWatch

Event = Mapping[str, Any]

WATCHED: Final = (*CLAIMS, *(part.id for part in PARTS.values() if part.apart))
"""What there are monitors for."""
_OPENS = those(lambda operation: operation.gives == "session")
_SETS_TYPE = those(lambda operation: operation.parameters[:1] == ("ep",) and operation.result == "nothing")


@dataclass(frozen=True)
class Violation:
    """A claim broken by one event."""

    claim: str
    seq: int
    why: str


@dataclass
class ClaimVerdict:
    """What a trace says of one claim."""

    claim: str
    judged: int = 0
    """How many events the claim says something about."""
    violations: list[Violation] = field(default_factory=list)

    @property
    def verdict(self) -> Literal["kept", "broken", "not judged"]:
        """Broken by the first violation; kept when at least one event was judged."""
        if self.violations:
            return "broken"
        return "kept" if self.judged else "not judged"


class Monitors:
    """All monitors over one trace: ``feed`` each event in order, then read ``verdicts``."""

    def __init__(self) -> None:
        self.verdicts = {key: ClaimVerdict(key) for key in WATCHED}
        self._used: set[int] = set()
        self._lives: dict[int, Ledger] = {}
        self._types = TypeWatch()
        self.unreadable: list[int] = []
        """The events whose answers had no readable shape."""

    def feed(self, event: Event) -> list[Violation]:
        """Watch one event; give the violations that it adds.

        An answer of a shape that no implementation should give is noted in ``unreadable``; nothing is judged from
        then on of the sessions opened so far, since what they came to is not known.
        """
        self._seq = int(event["seq"])
        self._new: list[Violation] = []
        try:
            self._take(event)
        except (KeyError, TypeError, ValueError, AttributeError):
            self.unreadable.append(self._seq)
            self._lives.clear()
            self._types = TypeWatch()
        return self._new

    def _take(self, event: Event) -> None:
        op, args, ok = str(event["op"]), event["args"], "ok" in event
        if op in _OPENS:
            self._opened(op, args, event, ok)
        elif op == "plan" and ok:
            self._blueprint(args, event["ok"]["edge_blueprint"])
        elif op in OWNERSHIP_OPERATIONS:
            self._ownership(op, args, event, ok)
        elif op == "close" and ok and args["sid"] in self._lives:
            self._closed(self._lives[args["sid"]], event)
        elif op == "observe" and ok and args["sid"] in self._lives:
            self._observed(self._lives[args["sid"]], event["ok"])
        elif op == "advance" and ok:
            self._judge("K16", self._types.advance(args, event["ok"]), "current is not the continuation's unfolding")
        elif op in _SETS_TYPE:
            self._types.forget(args["ep"])
        elif op in ("send", "recv") and args["sid"] in self._lives:
            self._message(op, args, event, self._lives[args["sid"]])
        elif op in ("reap_closed", "reap_sessions") and ok:
            for summary in event["ok"]:
                self._lives.pop(summary["sid"], None)

    def _judge(self, claim: str, broken: bool | None, why: str) -> None:
        """Count an event for a claim, and note it when it breaks it; None: nothing can be said."""
        if broken is None:
            return
        verdict = self.verdicts[claim]
        verdict.judged += 1
        if broken:
            violation = Violation(claim, self._seq, why)
            verdict.violations.append(violation)
            self._new.append(violation)

    def _opened(self, op: str, args: Event, event: Event, ok: bool) -> None:
        if not ok:
            return
        sid = int(event["ok"])
        self._judge("K10", sid in self._used, f"session id {sid} named another session before")
        self._used.add(sid)
        ledger = Ledger(sid, tuple(args["roles"]), args.get("buffer_config"))
        self._lives[sid] = ledger
        self._types.opened(sid, args["roles"], args["initial_types"])

    def _blueprint(self, args: Event, edges: list[Any]) -> None:
        expected = self._types.blueprint(args["roles"], args["initial_types"])
        found = {tuple(entry[0]) for entry in edges}
        self._judge("K15", found != expected, f"blueprint {sorted(found)}, needed {sorted(expected)}")

    def _ownership(self, op: str, args: Event, event: Event, ok: bool) -> None:
        given = args.get("capability") or args.get("receipt") or args
        ledger = self._lives.get(given["session_id"] if "session_id" in given else given["sid"])
        if ledger is None:
            return
        audit = event.get("audit")
        if not ok:
            self._refused(op, args, event["err"], audit)
        if ledger.terminal:
            self._judge("K9", ok, f"{op} succeeds after a terminal reason was recorded")
        if ledger.closed:
            self._judge("K11", ok, f"{op} succeeds on a closed session")
        if ok:
            self._capability(op, args, ledger)
            self._granted(op, args, event["ok"], ledger)
            self._mutated(op, args, ledger)
            ledger.apply(op, args, event["ok"])
        self._logged(ledger, audit)

    def _refused(self, op: str, args: Event, error: Any, audit: list[Any] | None) -> None:
        kind, key = ("OwnershipReceipt", "receipt") if op in RECEIPT_OPERATIONS else ("Readiness", "witness")
        if audit is None or key not in args or "SessionNotFound" in error:
            return
        logged = any(r["event"] == "Rejected" and r["artifact"] == {kind: args[key]} for r in audit)
        self._judge("K13", not logged, f"the {key} that {op} refused is not logged as Rejected")

    def _capability(self, op: str, args: Event, ledger: Ledger) -> None:
        if op not in ACCEPTS_CAPABILITY:
            return
        cap = args["capability"]
        dead = (cap["owner_id"], cap["generation"]) in ledger.dead
        self._judge("K1", dead, f"{op} accepts generation {cap['generation']} of {cap['owner_id']!r}, once invalidated")
        if ledger.live is not None:
            lies = frozen(cap["scope"]) != frozen(ledger.live["scope"])
            self._judge("K6", lies, f"{op} accepts scope {cap['scope']} where {ledger.live['scope']} is live")

    def _granted(self, op: str, args: Event, result: Any, ledger: Ledger) -> None:
        if op == "attenuate_ownership_scope":
            self._judge("K4", ledger.exceeds(result["scope"]), f"attenuated to {result['scope']}")
        elif op == "begin_ownership_transfer":
            self._judge("K5", ledger.exceeds(result["scope"]), f"the receipt grants {result['scope']}")
            self._judge("K7", ledger.pending is not None, "a transfer begins while a receipt is outstanding")
        elif op == "commit_ownership_transfer":
            receipt = args["receipt"]
            self._judge("K5", ledger.exceeds(result["scope"]), f"the commit grants {result['scope']}")
            wrong = not result["generation"] == receipt["to_generation"] == receipt["from_generation"] + 1
            self._judge("K8", wrong, f"generation {result['generation']} after {receipt['from_generation']}")
        elif OPERATIONS[op].result in ("witness", "cancellation"):
            again = result["witness_id"] in ledger.given
            self._judge("K3", again, f"witness id {result['witness_id']} is given out again")
        elif op == "consume_readiness_witness":
            key = args["witness"]["witness_id"]
            self._judge("K3", key in ledger.consumed, f"witness {key} is consumed again")
            bound = ledger.tenure_of.get(key)
            stale = None if bound is None else bound != ledger.tenure
            self._judge("K2", stale, f"witness {key} was issued under an earlier claim")

    def _mutated(self, op: str, args: Event, ledger: Ledger) -> None:
        if op != "apply_owned_session_mutation":
            return
        ((kind, mutation),) = args["mutation"].items()
        if kind == "SetDefaultHandler":
            return
        edge = mutation["edge"]
        own = edge["sid"] == ledger.sid and {edge["sender"], edge["receiver"]} <= set(ledger.roles)
        self._judge("K17", not own, f"{kind} under {edge} in session {ledger.sid}")

    def _logged(self, ledger: Ledger, audit: list[Any] | None) -> None:
        if audit is None:
            ledger.unaudited = True
        if ledger.unaudited:
            return
        ledger.read(audit or [])
        self._judge("K12", bool(ledger.log_gap()), ledger.log_gap())

    def _closed(self, ledger: Ledger, event: Event) -> None:
        ledger.close(event.get("audit"))
        self._logged(ledger, event.get("audit"))

    def _observed(self, ledger: Ledger, state: Any) -> None:
        for buffer in state["buffers"]:
            bound = ledger.buffer_bound()
            if bound is not None:
                self._judge("K14", buffer["capacity"] > bound, f"capacity {buffer['capacity']} above {bound}")
        if ledger.terminal:
            self._judge(STATUS_PART, state["status"] == "Closed", "a terminal status was overwritten by Closed")
        if not ledger.unaudited:
            owner, pending = state["ownership"]["current"], state["ownership"]["pending_transfer"]
            self._judge("K12", owner != ledger.log_live, "the live owner is not the one the log gives")
            self._judge("K12", pending != ledger.log_pending, "the pending receipt is not the one the log gives")
        edges = {(edge[0], edge[1]) for edge in state["edges"]}
        expected = self._types.opened_blueprint(ledger.sid)
        if expected is not None:
            self._judge("K15", edges != expected, f"edges {sorted(edges)}, needed {sorted(expected)}")

    def _message(self, op: str, args: Event, event: Event, ledger: Ledger) -> None:
        edge = (args["from"], args["to"])
        if op == "send" and event.get("ok") == "Ok":
            ledger.sent(edge, args["val"])
        elif op == "recv" and "ok" in event:
            self._judge("K18", ledger.received(edge, event["ok"]), f"recv {edge}: a message was lost")


def watch(events: Iterable[Event]) -> dict[str, ClaimVerdict]:
    """Watch a whole trace; the verdict of each claim, by id."""
    monitors = Monitors()
    for event in events:
        monitors.feed(event)
    return monitors.verdicts
