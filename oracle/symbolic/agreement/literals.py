"""Between plain values and the literals of the symbolic state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import z3

from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot
from telltale_conformance.oracle.symbolic.proof.counterexample import FRAGMENTS
from telltale_conformance.oracle.symbolic.statement.guards import Code, Guard
from telltale_conformance.oracle.symbolic.statement.records import Artifact, EndedWitnesses
from telltale_conformance.oracle.symbolic.statement.state import (
    DEFAULT_HANDLER,
    NO_EDGES,
    NO_REASON,
    NO_WITNESSES,
    Args,
    Cancellation,
    Cap,
    Mutation,
    Reason,
    Receipt,
    Session,
    Status,
    Terminal,
    Witness,
    no_cap,
    no_receipt,
    packed,
    status,
    terminal,
    unpacked,
)
from telltale_conformance.oracle.symbolic.statement.step import Step
from telltale_conformance.oracle.symbolic.statement.terms import (
    FALSE,
    FRAGMENT_BITS,
    NAME,
    PAIR,
    SESSION_SCOPE_BITS,
    TRUE,
    U64,
    counter,
    edge_key,
    leaves,
    name,
    pair_key,
    scope,
    u64,
)


def value_of(term: z3.ExprRef) -> int:
    """Return the number that a closed term is."""
    return int(term.as_long() if isinstance(term, z3.BitVecNumRef) else z3.simplify(term).as_long())


def truth_of(term: z3.ExprRef) -> bool:
    """Whether a closed condition holds."""
    found = term if z3.is_true(term) or z3.is_false(term) else z3.simplify(term)
    holds = bool(z3.is_true(found))
    assert holds or z3.is_false(found), found
    return holds


class Names:
    """Codes of texts, given as they appear."""

    def __init__(self) -> None:
        self._codes: dict[Any, int] = {"default_handler": DEFAULT_HANDLER}
        self._texts: dict[int, Any] = {DEFAULT_HANDLER: "default_handler"}

    def code(self, text: Any) -> z3.BitVecRef:
        """Return the code of a text."""
        if text not in self._codes:
            number = len(self._codes) + 1
            assert number < 256, "more names than codes"
            self._codes[text], self._texts[number] = number, text
        return name(self._codes[text])

    def text(self, term: z3.ExprRef) -> Any:
        """Return the text of a code; a code without a text is shown as a number, so that wrong rules show."""
        number = value_of(term)
        return self._texts.get(number, f"#{number}")


class Translation:
    """Both directions, with one table of names."""

    def __init__(self) -> None:
        self.names = Names()

    # into literals

    def scope(self, document: Json) -> z3.BitVecRef:
        """Return a scope."""
        if document == "Session":
            return scope(SESSION_SCOPE_BITS)
        return scope(sum(1 << FRAGMENTS.index(fragment) for fragment in set(document["Fragments"])))

    def cap(self, d: Json) -> Cap:
        """Return a capability."""
        code = self.names.code
        return Cap(u64(d["session_id"]), code(d["owner_id"]), u64(d["generation"]), self.scope(d["scope"]))

    def receipt(self, d: Json) -> Receipt:
        """Return a receipt."""
        code = self.names.code
        return Receipt(
            u64(d["session_id"]),
            u64(d["claim_id"]),
            code(d["from_owner_id"]),
            u64(d["from_generation"]),
            code(d["to_owner_id"]),
            u64(d["to_generation"]),
            self.scope(d["scope"]),
        )

    def witness(self, d: Json) -> Witness:
        """Return a readiness witness."""
        code = self.names.code
        return Witness(
            u64(d["witness_id"]),
            u64(d["session_id"]),
            code(d["owner_id"]),
            u64(d["generation"]),
            self.scope(d["scope"]),
            code(d["predicate_ref"]),
        )

    def reason(self, document: Json) -> Reason:
        """Return a terminal reason, or none."""
        if document is None:
            return NO_REASON
        ((kind, fields),) = document.items()
        text = self.names.code(fields["reason"]) if "reason" in fields else name(0)
        kinds = {
            "OwnerDied": Terminal.OWNER_DIED,
            "TransferAbandoned": Terminal.TRANSFER_ABANDONED,
            "TransferCommitFailed": Terminal.TRANSFER_COMMIT_FAILED,
        }
        return Reason(
            terminal(kinds[kind]), self.names.code(fields["owner_id"]), u64(int(fields.get("claim_id", 0))), text
        )

    def session(self, s: Snapshot) -> Session:
        """Return a session state."""
        code, sid = self.names.code, u64(s.sid)
        issued, consumed, roles = NO_WITNESSES, z3.K(U64, FALSE), z3.K(NAME, FALSE)
        for key, witness in s.issued.items():
            issued = z3.Store(issued, u64(key), packed(self.witness(witness)))
        for key in s.consumed:
            consumed = z3.Store(consumed, u64(key), TRUE)
        for role in s.roles:
            roles = z3.Store(roles, code(role), TRUE)
        handlers, pairs, traces = NO_EDGES, z3.K(PAIR, name(0)), NO_EDGES
        for (edge_sid, sender, receiver), handler in s.edge_handlers.items():
            handlers = z3.Store(handlers, edge_key(u64(edge_sid), code(sender), code(receiver)), code(handler))
        for (sender, receiver), handler in s.pair_handlers.items():
            pairs = z3.Store(pairs, pair_key(code(sender), code(receiver)), code(handler))
        for (edge_sid, sender, receiver), trace in s.edge_traces.items():
            traces = z3.Store(traces, edge_key(u64(edge_sid), code(sender), code(receiver)), code(trace))
        statuses = {"Active": Status.ACTIVE, "Closed": Status.CLOSED, "Cancelled": Status.CANCELLED}
        return Session(
            sid=sid,
            exists=z3.BoolVal(s.exists),
            status=status(Status.FAULTED if isinstance(s.status, dict) else statuses[s.status]),
            epoch=u64(s.epoch),
            owned=z3.BoolVal(s.current is not None),
            live=no_cap(sid) if s.current is None else self.cap(s.current),
            staged=z3.BoolVal(s.pending is not None),
            pending=no_receipt(sid) if s.pending is None else self.receipt(s.pending),
            reason=self.reason(s.terminal),
            next_generation=counter(s.next_generation),
            next_claim_id=counter(s.next_claim_id),
            next_witness_id=counter(s.next_witness_id),
            issued=issued,
            consumed=consumed,
            roles=roles,
            default_handler=code(s.default_handler),
            edge_handlers=handlers,
            pair_handlers=pairs,
            edge_traces=traces,
        )

    def args(self, wire: Json) -> Args:
        """Return the arguments of an operation; what it does not take is filled in anyhow."""
        code = self.names.code
        sid, other = u64(wire.get("sid", wire.get("session_ids", [0])[0])), name(255)
        owner = wire.get("owner_id", wire.get("new_owner_id"))
        text = wire.get("predicate_ref", wire.get("reason"))
        edge: Json = {"sid": 0, "sender": "A", "receiver": "B"}
        kind, given = Mutation.DEFAULT_HANDLER, text
        if "mutation" in wire:
            ((variant, fields),) = wire["mutation"].items()
            edge = fields.get("edge", edge)
            kinds = {"UpdateEdgeHandler": Mutation.EDGE_HANDLER, "UpdateTrace": Mutation.TRACE}
            kind = kinds.get(variant, Mutation.DEFAULT_HANDLER)
            given = tuple(fields["trace"]) if "trace" in fields else fields["handler"]
        elif "handler" in wire or "trace" in wire:
            edge = wire.get("edge", edge)
            given = tuple(wire["trace"]) if "trace" in wire else wire["handler"]
        scope_json = wire.get("scope", wire.get("new_scope"))
        return Args(
            sid=sid,
            owner=other if owner is None else code(owner),
            scope=scope(0) if scope_json is None else self.scope(scope_json),
            cap=self.cap(wire["capability"]) if "capability" in wire else no_cap(sid),
            receipt=self.receipt(wire["receipt"]) if "receipt" in wire else no_receipt(sid),
            witness=self.witness(wire["witness"])
            if "witness" in wire
            else Witness(u64(0), sid, other, u64(0), scope(0), other),
            text=other if given is None else code(given),
            mutation=z3.BitVecVal(int(kind), 2),
            edge_sid=u64(edge["sid"]),
            sender=code(edge["sender"]),
            receiver=code(edge["receiver"]),
        )

    # out of literals

    def scope_json(self, term: z3.ExprRef) -> Json:
        """Return a scope in wire form."""
        bits = value_of(term)
        if bits == SESSION_SCOPE_BITS:
            return "Session"
        return {"Fragments": sorted(FRAGMENTS[bit] for bit in range(FRAGMENT_BITS) if bits >> bit & 1)}

    def artifact_json(self, value: Artifact) -> Json:
        """Return a capability, receipt or witness in wire form."""
        text = self.names.text
        if isinstance(value, Cap):
            return {
                "session_id": value_of(value.sid),
                "owner_id": text(value.owner),
                "generation": value_of(value.generation),
                "scope": self.scope_json(value.scope),
            }
        if isinstance(value, Receipt):
            return {
                "session_id": value_of(value.sid),
                "claim_id": value_of(value.claim_id),
                "from_owner_id": text(value.from_owner),
                "from_generation": value_of(value.from_generation),
                "to_owner_id": text(value.to_owner),
                "to_generation": value_of(value.to_generation),
                "scope": self.scope_json(value.scope),
            }
        common = {
            "witness_id": value_of(value.id),
            "session_id": value_of(value.sid),
            "owner_id": text(value.owner),
            "generation": value_of(value.generation),
        }
        if isinstance(value, Cancellation):
            return {**common, "reason": self.reason_json(value.reason)}
        return {**common, "scope": self.scope_json(value.scope), "predicate_ref": text(value.predicate)}

    def reason_json(self, reason: Reason) -> Json:
        """Return a terminal reason in wire form, or None."""
        kind = Terminal(value_of(reason.kind))
        if kind is Terminal.NONE:
            return None
        fields: Json = {"owner_id": self.names.text(reason.owner)}
        if kind is not Terminal.OWNER_DIED:
            fields["claim_id"] = value_of(reason.claim_id)
        if kind is Terminal.TRANSFER_COMMIT_FAILED:
            fields["reason"] = self.names.text(reason.text)
        variants = {
            Terminal.OWNER_DIED: "OwnerDied",
            Terminal.TRANSFER_ABANDONED: "TransferAbandoned",
            Terminal.TRANSFER_COMMIT_FAILED: "TransferCommitFailed",
        }
        return {variants[kind]: fields}

    def snapshot(self, s: Session, before: Session, known: Snapshot) -> Snapshot:
        """Return a session state in plain values; what is the very term of ``before`` is taken from ``known``."""
        if not truth_of(s.exists):
            return Snapshot(sid=known.sid, exists=False, roles=known.roles)
        text = self.names.text
        made = replace(known, exists=True, epoch=value_of(s.epoch))
        earlier = leaves(before)
        changed = {key for key, term in leaves(s).items() if term is not earlier[key]}
        if any(key.startswith(("owned", "live.")) for key in changed):
            made.current = self.artifact_json(s.live) if truth_of(s.owned) else None
        if any(key.startswith(("staged", "pending.")) for key in changed):
            made.pending = self.artifact_json(s.pending) if truth_of(s.staged) else None
        if any(key.startswith("reason.") for key in changed):
            made.terminal = self.reason_json(s.reason)
        if value_of(s.status) != value_of(before.status) or made.terminal != known.terminal:
            made.status = self._status_json(s, made.terminal)
        for key in changed & {"next_generation", "next_claim_id", "next_witness_id"}:
            setattr(made, key, value_of(getattr(s, key)))
        if "issued" in changed:
            held = [(key, entry) for key, entry in entries(s.issued) if value_of(entry) != 0]
            made.issued = {value_of(key): self.artifact_json(unpacked(key, entry)) for key, entry in held}
        if "consumed" in changed:
            made.consumed = {value_of(key) for key, entry in entries(s.consumed) if truth_of(entry)}
        if "default_handler" in changed:
            made.default_handler = text(s.default_handler)
        if "edge_handlers" in changed:
            made.edge_handlers = {self._edge(key): text(entry) for key, entry in entries(s.edge_handlers)}
        if "pair_handlers" in changed:
            made.pair_handlers = {self._edge(key)[1:]: text(entry) for key, entry in entries(s.pair_handlers)}
        if "edge_traces" in changed:
            made.edge_traces = {self._edge(key): text(entry) for key, entry in entries(s.edge_traces)}
        return made

    def _status_json(self, s: Session, reason: Json) -> Json:
        found = Status(value_of(s.status))
        if found is not Status.FAULTED:
            return found.name.capitalize()
        fields: Json = next(iter(reason.values()), {}) if reason else {}
        died = reason is not None and "OwnerDied" in reason
        text = f"ownership owner `{fields['owner_id']}` died" if died else None
        return {"Faulted": {"reason": text or f"ownership transfer commit failed: {fields.get('reason')}"}}

    def _edge(self, key: z3.ExprRef) -> tuple[int, str, str]:
        bits = value_of(key)
        texts = self.names.text
        return bits >> 16, texts(name(bits >> 8 & 255)), texts(name(bits & 255))

    def error_json(self, s: Session, guard: Guard) -> Json:
        """Return the error of a guard in wire form."""
        fields: Json = {}
        for key, term in guard.fields.items():
            if isinstance(term, str):
                fields[key] = term
            elif key in ("required", "actual"):
                fields[key] = self.scope_json(term)
            elif key in ("owner_id", "current_owner_id"):
                fields[key] = self.names.text(term)
            elif key.startswith("edge."):
                part = key.removeprefix("edge.")
                found = value_of(term) if part == "sid" else self.names.text(term)
                fields.setdefault("edge", {})[part] = found
            else:
                fields[key] = value_of(term)
        if guard.code is Code.TERMINAL:
            fields["reason"] = self.reason_json(s.reason)
        return {guard.code.variant: fields}

    def log_json(self, step: Step) -> list[Json]:
        """Return the records that a step appends, in wire form."""
        kinds = {
            Cap: "OwnershipCapability",
            Receipt: "OwnershipReceipt",
            Witness: "Readiness",
            Cancellation: "Cancellation",
        }
        records: list[Json] = []
        for entry in step.log:
            if not truth_of(entry.when):
                continue
            if isinstance(entry, EndedWitnesses):
                ended = {value_of(k): unpacked(k, e) for k, e in entries(entry.issued) if value_of(e)}
                for _, witness in sorted(ended.items()):
                    records.append(_record("Readiness", self.artifact_json(witness), "Invalidated", entry.reason))
                continue
            reason = self.names.text(entry.reason) if isinstance(entry.reason, z3.ExprRef) else entry.reason
            artifact = self.artifact_json(entry.artifact)
            records.append(_record(kinds[type(entry.artifact)], artifact, entry.event.value, reason))
        return records


def _record(kind: str, artifact: Json, event: str, reason: Json) -> Json:
    return {"tick": None, "artifact": {kind: artifact}, "event": event, "reason": reason}


def entries(table: z3.ExprRef) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    """Return the entries of a closed array term, later stores over earlier ones."""
    table = z3.simplify(table)
    found: dict[int, tuple[z3.ExprRef, z3.ExprRef]] = {}
    while z3.is_store(table):
        table_before, key, entry = table.children()
        found.setdefault(value_of(key), (key, entry))
        table = table_before
    assert z3.is_const_array(table), table
    return list(found.values())
