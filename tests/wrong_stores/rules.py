"""The wrong rules, one per store, by name: each changes the model of its own process and nothing else."""

import msgspec

from telltale_conformance.model import buffers, guards
from telltale_conformance.model.contract import HARDENED
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.types.trees import Mu, Var
from tests.wrong_stores.rule_table import LISTED, replace, wrong

# Guards


@wrong
def generation_is_not_compared() -> None:
    def live(session, owner, given, rejecting=None):
        return guards_live(session, owner, msgspec.structs.replace(given, generation=owner.generation), rejecting)

    guards_live, guards.live = guards.live, live


@wrong
def owner_is_not_compared() -> None:
    def live(session, owner, given, rejecting=None):
        return guards_live(session, owner, msgspec.structs.replace(given, owner_id=owner.owner_id), rejecting)

    guards_live, guards.live = guards.live, live


@wrong
def scope_of_the_given_capability_decides() -> None:
    def issue(original, store, capability, predicate):
        session = store.sessions.get(capability.session_id)
        if session is None or session.ownership.current is None:
            return original(store, capability, predicate)
        live = session.ownership.current
        session.ownership.current = msgspec.structs.replace(live, scope=capability.scope)
        try:
            return original(store, capability, predicate)
        finally:
            session.ownership.current = live

    replace("issue_readiness_witness", issue)


@wrong
def pending_transfer_does_not_stop_a_release() -> None:
    def release(original, store, capability):
        session = store.sessions.get(capability.session_id)
        if session is None:
            return original(store, capability)
        pending, session.ownership.pending = session.ownership.pending, None
        try:
            return original(store, capability)
        finally:
            session.ownership.pending = pending

    replace("release_ownership", release)


@wrong
def receipt_is_matched_by_claim_id_alone() -> None:
    def match(session, pending, given, rejecting=None):
        if pending.claim_id != given.claim_id:
            original(session, pending, given, rejecting)

    original, guards.match = guards.match, match


@wrong
def terminal_is_checked_after_the_owner() -> None:
    def validate(original, store, capability):
        session = store.sessions.get(capability.session_id)
        if session is not None:
            owner = guards.owned(session)
            guards.live(session, owner, capability)
        return original(store, capability)

    replace("validate_ownership_capability", validate)


# Ownership


@wrong
def claim_goes_on_counting_generations() -> None:
    def claim(original, store, sid, owner_id, scope):
        capability = original(store, sid, owner_id, scope)
        session = store.sessions[sid]
        claims = sum(1 for record in session.log if record.event == "Issued") - 1
        session.ownership.current = msgspec.structs.replace(capability, generation=claims)
        return session.ownership.current

    replace("claim_ownership", claim)


@wrong
def rejected_receipt_is_not_logged() -> None:
    def commit(original, store, receipt):
        session = store.sessions.get(receipt.session_id)
        before = len(session.log) if session is not None else 0
        try:
            return original(store, receipt)
        except Exception:
            if session is not None:
                del session.log[before:]
            raise

    replace("commit_ownership_transfer", commit)


@wrong
def rollback_clears_the_owner() -> None:
    def rollback(original, store, receipt):
        original(store, receipt)
        store.sessions[receipt.session_id].ownership.current = None

    replace("rollback_ownership_transfer", rollback)


@wrong
def begin_does_not_count_claims() -> None:
    def begin(original, store, capability, new_owner_id, new_scope):
        receipt = original(store, capability, new_owner_id, new_scope)
        store.sessions[capability.session_id].ownership.next_claim_id -= 1
        return receipt

    replace("begin_ownership_transfer", begin)


@wrong
def attenuation_keeps_the_generation() -> None:
    def attenuate(original, store, capability, new_scope):
        taken = original(store, capability, new_scope)
        session = store.sessions[capability.session_id]
        session.ownership.current = msgspec.structs.replace(taken, generation=capability.generation)
        return session.ownership.current

    replace("attenuate_ownership_scope", attenuate)


@wrong
def transfer_grants_the_givers_scope() -> None:
    def commit(original, store, receipt):
        session = store.sessions.get(receipt.session_id)
        live = session.ownership.current if session is not None else None
        taken = original(store, receipt)
        session.ownership.current = msgspec.structs.replace(taken, scope=live.scope)
        return session.ownership.current

    replace("commit_ownership_transfer", commit)


@wrong
def death_keeps_the_pending_transfer() -> None:
    def died(original, store, sid, owner_id):
        session = store.sessions.get(sid)
        pending = session.ownership.pending if session is not None else None
        witness = original(store, sid, owner_id)
        session.ownership.pending = pending
        return witness

    replace("mark_owner_died", died)


@wrong
def cancelling_reuses_witness_ids() -> None:
    def cancel(original, store, receipt):
        witness = original(store, receipt)
        store.sessions[receipt.session_id].ownership.next_witness_id -= 1
        return witness

    replace("cancel_abandoned_transfer", cancel)


@wrong
def failed_commit_is_cancelled() -> None:
    def fault(original, store, receipt, reason):
        original(store, receipt, reason)
        store.sessions[receipt.session_id].status = "Cancelled"

    replace("fault_failed_transfer_commit", fault)


# Witnesses


@wrong
def witness_outlives_its_generation() -> None:
    guards.bound = lambda session, capability, witness, rejecting: None


@wrong
def witness_payload_is_not_compared() -> None:
    def consume(original, store, capability, witness):
        session = store.sessions.get(capability.session_id)
        issued = session.ownership.issued.get(witness.witness_id) if session is not None else None
        return original(store, capability, issued or witness)

    replace("consume_readiness_witness", consume)


# Handlers


@wrong
def handler_of_an_unknown_role_is_found() -> None:
    def lookup(original, store, edge):
        found = original(store, edge)
        session = store.sessions.get(edge.sid)
        return found if found is not None or session is None else session.edge_handlers.get(edge)

    replace("lookup_handler", lookup)


@wrong
def lookup_falls_back_to_the_default_handler() -> None:
    def lookup(original, store, edge):
        found = original(store, edge)
        session = store.sessions.get(edge.sid)
        return found if found is not None or session is None else session.default_handler or None

    replace("lookup_handler", lookup)


@wrong
def empty_trace_is_not_stored() -> None:
    def lookup(original, store, edge):
        return original(store, edge) or None

    replace("lookup_trace", lookup)


# Lifecycle


@wrong
def close_does_not_count_epochs() -> None:
    def close(original, store, sid):
        original(store, sid)
        store.sessions[sid].epoch = 1

    replace("close", close)


@wrong
def close_keeps_edge_traces() -> None:
    def close(original, store, sid):
        session = store.sessions.get(sid)
        kept = dict(session.edge_traces) if session is not None else {}
        original(store, sid)
        session.edge_traces.update(kept)

    replace("close", close)


@wrong
def reaping_takes_the_order_of_ids() -> None:
    replace("reap_sessions", lambda original, store, ids: original(store, sorted(ids)))


@wrong
def reopened_sid_keeps_the_log() -> None:
    def open_with_sid(original, store, sid, *rest):
        before = store.sessions.get(sid)
        given = original(store, sid, *rest)
        if before is not None:
            store.sessions[sid].log.extend(before.log)
        return given

    replace("open_with_sid", open_with_sid)


@wrong
def memory_counts_ended_sessions_as_active() -> None:
    replace("active_count", lambda original, store: len(store.sessions))


@wrong
def repeated_role_takes_its_first_id() -> None:
    def plan(original, store, roles, types):
        planned = original(store, roles, types)
        first = {role: roles.index(role) for role in planned.role_ids}
        return msgspec.structs.replace(planned, role_ids=first)

    replace("plan", plan)


# Types and messages


@wrong
def first_of_repeated_labels_counts() -> None:
    def lookup(original, store, ep, label):
        found = original(store, ep, label)
        if found is None:
            return None
        current = store.sessions[ep.sid].types[ep.role].current
        assert isinstance(current, Choice)
        branch = next(branch for branch in current.branches if branch.label.name == label)
        return msgspec.structs.replace(found, continuation=branch.continuation, expected_type=branch.value_type)

    replace("lookup_branch_resolution", lookup)


@wrong
def advancing_keeps_the_original() -> None:
    def step(original, store, ep, label):
        session = store.sessions.get(ep.sid)
        entry = session.types.get(ep.role) if session is not None else None
        before = entry.original if entry is not None else None
        done = original(store, ep, label)
        entry.original = before
        return done

    replace("advance", step)


@wrong
def variable_of_another_name_is_kept() -> None:
    def unfold(original, store, cont, given):
        if isinstance(cont, Var) and not (isinstance(given, Mu) and given.var == cont.name):
            return cont
        return original(store, cont, given)

    replace("unfold_if_var", unfold)


@wrong
def resize_stops_at_its_maximum() -> None:
    def admit(self, contract):
        return original(self, HARDENED)

    original = buffers.Buffer.admit
    buffers.Buffer.admit = admit


@wrong
def dropping_buffer_loses_the_oldest() -> None:
    def send(original, store, sid, from_, to, val):
        result = original(store, sid, from_, to, val)
        if result == "Dropped":
            buffer = store.sessions[sid].buffers[from_, to]
            buffer.messages.rotate(-1)
        return result

    replace("send", send)


@wrong
def has_message_needs_two() -> None:
    def has_message(original, store, sid, from_, to):
        found = original(store, sid, from_, to)
        return found and len(store.sessions[sid].buffers[from_, to].messages) > 1

    replace("has_message", has_message)


# Without a session


@wrong
def hint_wins_over_the_sid() -> None:
    def decode(original, store, value, hint=None):
        edge = original(store, value, hint)
        return edge if hint is None else msgspec.structs.replace(edge, sid=hint)

    replace("decode_edge_json", decode)


@wrong
def timeouts_expire_after_their_tick() -> None:
    def advance_clock(original, store, tick):
        if tick == 0 or tick <= store.timeouts.clock:
            return original(store, tick)
        expired = original(store, tick - 1)
        store.timeouts.clock = tick
        return expired

    replace("advance_clock", advance_clock)


@wrong
def expired_timeouts_come_in_order_of_issue() -> None:
    def advance_clock(original, store, tick):
        return tuple(sorted(original(store, tick), key=lambda witness: witness.witness_id))

    replace("advance_clock", advance_clock)


@wrong
def witness_is_consumed_twice() -> None:
    from telltale_conformance.adapters.wrong_store import accept_consumed_witnesses  # imports what keeps operations

    accept_consumed_witnesses()


RULES = dict(LISTED)
