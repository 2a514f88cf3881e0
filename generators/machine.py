"""The session store as a Hypothesis state machine: reference and implementation side by side.

Sessions, capabilities, receipts and witnesses are kept in bundles; what was live once stays there and becomes stale,
and rules of their own put forged ones beside them. After every step the session that it was about is looked at on both
sides, and the reference itself is compared with what must be true of every state.

A test of an implementation is ``machine_for(counterpart)``, where a ``Counterpart`` drives the implementation;
without one the machine runs the reference alone. (Adapters are made counterparts by ``oracle.lanes.machines``.)
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from telltale_conformance.generators import strategies as values
from telltale_conformance.generators.driven import Counterpart, Maybe, taking
from telltale_conformance.generators.graph_labels import TYPES
from telltale_conformance.generators.machine_values import (
    EDGE_JSON,
    ENDINGS,
    ENDPOINTS,
    LAST_ENDINGS,
    LOCAL_TYPES,
    OWNERS,
    SMALL,
    forged,
)
from telltale_conformance.generators.surface_rules import SurfaceRules
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.values import (
    SESSION,
    BufferConfig,
    Edge,
    Endpoint,
    HostMutation,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Scope,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)


class SessionStoreMachine(SurfaceRules):
    """All operations of the contract as rules over bundles, checked on both sides after every step."""

    capabilities = Bundle("capabilities")
    receipts = Bundle("receipts")
    witnesses = Bundle("witnesses")

    # Sessions

    @initialize(target=SurfaceRules.sessions)
    def open_first(self) -> Maybe:
        """Open a session that the other rules can work on."""
        return self.given("open", ["A", "B"], TYPES, BufferConfig(1, "Fifo", "Error"))

    @initialize(target=capabilities)
    def claim_first(self) -> Maybe:
        """Open a session and claim all of it."""
        opened = self.carry_out("open", ["A", "B"], TYPES, None)
        return multiple() if opened is None else self.given("claim_ownership", opened.ok, "a", SESSION)

    @rule(target=SurfaceRules.sessions, data=st.data(), config=st.none() | values.buffer_configs())
    def open(self, data: st.DataObject, config: BufferConfig | None) -> Maybe:
        """Open a session."""
        roles = data.draw(values.role_lists())
        return self.given("open", roles, data.draw(values.initial_types(roles)), config)

    @rule(target=SurfaceRules.sessions, sid=SMALL, data=st.data())
    def open_with_sid(self, sid: int, data: st.DataObject) -> Maybe:
        """Open a session under an id, in place of another perhaps."""
        roles = data.draw(values.role_lists())
        return self.given("open_with_sid", sid, roles, data.draw(values.initial_types(roles)), None)

    @rule(sid=SurfaceRules.sessions)
    def close(self, sid: int) -> None:
        """Close a session."""
        self.done("close", sid)

    @rule(sids=st.lists(st.one_of(SurfaceRules.sessions, SMALL), max_size=3))
    def reap_sessions(self, sids: list[int]) -> None:
        """Reap some sessions."""
        self.done("reap_sessions", sids)

    @rule(name=st.sampled_from(taking()))
    def ask(self, name: str) -> None:
        """Ask for what takes no argument."""
        self.done(name)

    @rule(roles=values.role_lists(), data=st.data())
    def plan(self, roles: list[str], data: st.DataObject) -> None:
        """Plan a session that is not opened."""
        self.done("plan", roles, data.draw(values.initial_types(roles)))

    @rule(sid=SurfaceRules.sessions)
    def ask_of_session(self, sid: int) -> None:
        """Ask what there is to know of a session."""
        self.ask_of(sid)

    def ask_of(self, sid: int) -> None:
        """Put every question that takes a session alone."""
        for name in taking("sid", reads_only=True):
            self.done(name, sid)

    # Ownership

    @rule(target=capabilities, sid=SurfaceRules.sessions, owner=OWNERS, scope=values.scopes())
    def claim_ownership(self, sid: int, owner: str, scope: Scope) -> Maybe:
        """Claim a session."""
        return self.given("claim_ownership", sid, owner, scope)

    @rule(target=capabilities, capability=capabilities, data=st.data())
    def forge_capability(self, capability: OwnershipCapability, data: st.DataObject) -> OwnershipCapability:
        """Change one field of a capability."""
        return forged(capability, data)

    @rule(target=receipts, receipt=receipts, data=st.data())
    def forge_receipt(self, receipt: OwnershipReceipt, data: st.DataObject) -> OwnershipReceipt:
        """Change one field of a receipt."""
        return forged(receipt, data)

    @rule(target=witnesses, witness=witnesses, data=st.data())
    def forge_witness(self, witness: ReadinessWitness, data: st.DataObject) -> ReadinessWitness:
        """Change one field of a witness."""
        return forged(witness, data)

    @rule(name=st.sampled_from([*taking("capability"), "validate_ownership_capability"]), capability=capabilities)
    def use_capability(self, name: str, capability: OwnershipCapability) -> None:
        """Release or validate with a live, stale or forged capability."""
        self.done(name, capability)

    @rule(target=receipts, capability=capabilities, owner=OWNERS, scope=values.scopes())
    def begin_ownership_transfer(self, capability: OwnershipCapability, owner: str, scope: Scope) -> Maybe:
        """Stage a transfer."""
        return self.given("begin_ownership_transfer", capability, owner, scope)

    @rule(target=capabilities, receipt=receipts)
    def commit_ownership_transfer(self, receipt: OwnershipReceipt) -> Maybe:
        """Commit a transfer."""
        return self.given("commit_ownership_transfer", receipt)

    @rule(receipt=receipts)
    def rollback_ownership_transfer(self, receipt: OwnershipReceipt) -> None:
        """Roll a transfer back."""
        self.done("rollback_ownership_transfer", receipt)

    @rule(receipt=consumes(receipts))
    def cancel_abandoned_transfer(self, receipt: OwnershipReceipt) -> None:
        """Cancel a session whose transfer was abandoned."""
        self.done("cancel_abandoned_transfer", receipt)

    @rule(receipt=consumes(receipts), reason=st.sampled_from(["broken", ""]))
    def fault_failed_transfer_commit(self, receipt: OwnershipReceipt, reason: str) -> None:
        """Fault a session whose transfer failed."""
        self.done("fault_failed_transfer_commit", receipt, reason)

    @rule(target=capabilities, capability=capabilities, scope=values.scopes())
    def attenuate_ownership_scope(self, capability: OwnershipCapability, scope: Scope) -> Maybe:
        """Take another scope."""
        return self.given("attenuate_ownership_scope", capability, scope)

    @rule(sid=SurfaceRules.sessions, owner=st.none() | st.none() | st.none() | OWNERS)
    def mark_owner_died(self, sid: int, owner: str | None) -> None:
        """Report an owner's death: mostly the live one's, where somebody owns the session."""
        session = self.store.sessions.get(sid)
        live = session.ownership.current if session is not None else None
        self.done("mark_owner_died", sid, owner or (live.owner_id if live is not None else "a"))

    @rule(capability=capabilities, mutation=values.mutations(SMALL))
    def apply_owned_session_mutation(self, capability: OwnershipCapability, mutation: HostMutation) -> None:
        """Change a handler or a trace."""
        self.done("apply_owned_session_mutation", capability, mutation)

    @rule(name=st.sampled_from(taking("edge")), edge=values.edges(SMALL))
    def look_up_edge(self, name: str, edge: Edge) -> None:
        """Look up what an edge was given."""
        self.done(name, edge)

    @rule(target=witnesses, capability=capabilities, predicate=st.sampled_from(["p", "q"]))
    def issue_readiness_witness(self, capability: OwnershipCapability, predicate: str) -> Maybe:
        """Issue a witness."""
        return self.given("issue_readiness_witness", capability, predicate)

    @rule(capability=capabilities, witness=witnesses)
    def consume_readiness_witness(self, capability: OwnershipCapability, witness: ReadinessWitness) -> None:
        """Consume a witness, an issued, spent or forged one."""
        self.done("consume_readiness_witness", capability, witness)

    # What an honest client does: sequences that succeed wherever the session lets them

    def _owned(self, sid: int) -> OwnershipCapability | None:
        """Return the live capability of a session, or of a new one where it has no owner and cannot get one."""
        live = self._claimed(sid)
        if live is None:
            opened = self.carry_out("open", ["A", "B"], TYPES, None)
            live = None if opened is None or opened.error is not None else self._claimed(opened.ok)
        return live

    def _claimed(self, sid: int) -> OwnershipCapability | None:
        """Return the live capability of a session, claimed now if nobody owns it; None where it cannot be owned."""
        session = self.store.sessions.get(sid)
        if session is not None and session.ownership.current is None:
            self.carry_out("claim_ownership", sid, "a", SESSION)
        return None if session is None else session.ownership.current

    @rule(target=capabilities, sid=SurfaceRules.sessions, owner=OWNERS, ends=st.booleans())
    def transfer(self, sid: int, owner: str, ends: bool) -> Maybe:
        """End transfers of a session in each of the ways that leave it open and, perhaps, in those that do not."""
        given: Maybe = multiple()
        for name, *further in LAST_ENDINGS if ends else ENDINGS:
            capability = self._owned(sid)
            begun = capability and self.carry_out("begin_ownership_transfer", capability, owner, capability.scope)
            if not begun or begun.error is not None:
                return given
            made = self.given(name, begun.ok, *further)
            given = made if isinstance(made, OwnershipCapability) else given
        return given

    @rule(sid=SurfaceRules.sessions, dies=st.booleans())
    def end_ownership(self, sid: int, dies: bool) -> None:
        """Let the live owner take the same scope anew, and then release the session, or die."""
        held = self._owned(sid)
        if held is not None:
            self.done("attenuate_ownership_scope", held, held.scope)
        capability = self._owned(sid)
        if capability is not None and dies:
            self.done("mark_owner_died", capability.session_id, capability.owner_id)
        elif capability is not None:
            self.done("release_ownership", capability)

    @rule(target=witnesses, sid=SurfaceRules.sessions, predicate=st.sampled_from(["p", "q"]))
    def prove_ready(self, sid: int, predicate: str) -> Maybe:
        """Issue a witness to the live owner, who consumes it at once."""
        capability = self._owned(sid)
        if capability is None:
            return multiple()
        self.done("validate_ownership_capability", capability)
        issued = self.given("issue_readiness_witness", capability, predicate)
        if isinstance(issued, ReadinessWitness):
            self.done("consume_readiness_witness", capability, issued)
        return issued

    @rule(sid=SurfaceRules.sessions, handler=st.sampled_from(["h", "k", ""]))
    def bind(self, sid: int, handler: str) -> None:
        """Bind handlers and a trace by the live capability, and ask for them and for the owner."""
        capability = self._owned(sid)
        if capability is None:
            return
        edge = Edge(receiver="B", sender="A", sid=capability.session_id)
        self.done("apply_owned_session_mutation", capability, SetDefaultHandler(handler=handler))
        self.done("apply_owned_session_mutation", capability, UpdateEdgeHandler(edge=edge, handler=handler))
        self.done("apply_owned_session_mutation", capability, UpdateTrace(edge=edge, trace=("Nat",)))
        self.done("lookup_handler", edge)
        self.done("lookup_trace", edge)
        self.ask_of(capability.session_id)

    @rule(sid=SurfaceRules.sessions, val=values.values())
    def exchange(self, sid: int, val: Any) -> None:
        """Send a message, see it, and receive the oldest."""
        self.done("send", sid, "A", "B", val)
        self.done("has_message", sid, "A", "B")
        self.done("recv", sid, "A", "B")

    # Types and messages

    @rule(ep=ENDPOINTS, every=st.sampled_from([False, False, True]))
    def ask_of_endpoint(self, ep: Endpoint, every: bool) -> None:
        """Ask for the types of an endpoint, and perhaps take them away."""
        for name in taking("ep", reads_only=not every):
            self.done(name, ep)

    @rule(
        name=st.sampled_from([*taking("ep", "new_type"), *taking("ep", "new_original")]),
        ep=ENDPOINTS,
        lt=values.any_local_types(3),
    )
    def set_type(self, name: str, ep: Endpoint, lt: Any) -> None:
        """Set a type of an endpoint."""
        self.done(name, ep, lt)

    @rule(sid=SurfaceRules.sessions, data=st.data())
    def take_branch(self, sid: int, data: st.DataObject) -> None:
        """Look up a branch, mostly one that is there, and take it."""
        session = self.store.sessions.get(sid)
        role = data.draw(st.sampled_from(session.roles if session is not None and session.roles else ["A"]))
        entry = session.types.get(role) if session is not None else None
        there = (
            [branch.label.name for branch in entry.current.branches]
            if entry and isinstance(entry.current, Choice)
            else []
        )
        endpoint, label = Endpoint(role=role, sid=sid), data.draw(st.sampled_from([*there, "m"]))
        self.done("lookup_branch_resolution", endpoint, label)
        self.done("advance", endpoint, label)

    @rule(cont=LOCAL_TYPES, original=LOCAL_TYPES)
    def unfold(self, cont: Any, original: Any) -> None:
        """Unfold types that belong to no session."""
        for name in taking("lt"):
            self.done(name, cont)
        for name in taking("cont", "original"):
            self.done(name, cont, original)

    @rule(
        sid=SurfaceRules.sessions,
        other=st.sampled_from([None, None, None, ("B", "A"), ("A", "C")]),
        val=values.values(),
    )
    def send(self, sid: int, other: tuple[str, str] | None, val: Any) -> None:
        """Send a message, mostly on an edge that the session has."""
        session = self.store.sessions.get(sid)
        edge = next(iter(session.buffers), ("A", "B")) if session is not None else ("A", "B")
        self.done("send", sid, *(other or edge), val)

    @rule(
        name=st.sampled_from(taking("sid", "from_", "to")),
        sid=SurfaceRules.sessions,
        pair=st.sampled_from([("A", "B"), ("B", "A")]),
    )
    def receive(self, name: str, sid: int, pair: tuple[str, str]) -> None:
        """Receive a message or ask for one."""
        self.done(name, sid, *pair)

    # Without a session

    @rule(value=EDGE_JSON, hint=st.none() | SMALL)
    def decode_edge_json(self, value: Any, hint: int | None) -> None:
        """Read an edge from JSON."""
        self.done("decode_edge_json", value, hint)

    @rule(site=st.sampled_from(["s", "t", ""]), tick=st.integers(0, 9))
    def issue_timeout_witness(self, site: str, tick: int) -> None:
        """Issue a timeout witness."""
        self.done("issue_timeout_witness", site, tick)

    @rule(tick=st.integers(0, 9))
    def advance_clock(self, tick: int) -> None:
        """Advance the clock, or try to turn it back."""
        self.done("advance_clock", tick)

    # After every step

    @invariant()
    def both_sides_look_alike(self) -> None:
        """Look at the session that the step was about, on both sides."""
        sid, self.touched = self.touched, None
        if sid is not None:
            self.carry_out("observe", sid)

    @invariant()
    def the_reference_is_sound(self) -> None:
        """Check what is true of every state that the contract lets a store reach."""
        for session in self.store.sessions.values():
            ownership = session.ownership
            assert ownership.pending is None or ownership.current is not None, "a transfer pends without an owner"
            assert ownership.terminal is None or ownership.current is None, "an ended session has an owner"
            assert not ownership.consumed & ownership.issued.keys(), "a witness is issued and consumed"
            assert all(len(buffer.messages) <= buffer.capacity for buffer in session.buffers.values()), "overfull"
        assert self.store.ended <= self.store.sessions.keys(), "a session ended that is not live"

    def teardown(self) -> None:
        """Look at what is left, ended sessions last."""
        for name in taking():
            self.carry_out(name)


def machine_for(counterpart: Counterpart | None, contract: str = "telltale-17") -> Any:
    """Return a ``unittest`` test case that runs the machine on a counterpart."""
    members = {"counterpart": counterpart, "contract": contract}
    machine: Any = type("MachineOfCounterpart", (SessionStoreMachine,), members)
    return machine.TestCase
