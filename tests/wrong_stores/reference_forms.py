"""Changes of the reference at the place where the fault lies: in reading arguments, comparing names, counting."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model import guards, operations, sessions
from telltale_conformance.model.values import U64_MAX, Fragments
from telltale_conformance.oracle.adapters import reference
from tests.wrong_stores.depth_plays import attenuated, begun, closed, issued, logged, reaped, sent
from tests.wrong_stores.json_numbers import ALL
from tests.wrong_stores.life_after_life import reaped_and_reopened
from tests.wrong_stores.look_alike import FOLDS, labels, owners, sites
from tests.wrong_stores.raw_forms import attenuated_unsorted, claimed_unsorted, receipt_unsorted, without_sorts
from tests.wrong_stores.rule_table import OfAStore, replace
from tests.wrong_stores.second_hardened import honest, repeated
from tests.wrong_stores.second_orders import receiver_died, six
from tests.wrong_stores.sizes import deep_type, great_sid, many_branches
from tests.wrong_stores.steps import Play, played
from tests.wrong_stores.wrong import Wrong

REFERENCE: list[Wrong] = []


def changed(
    kind: str, sentence: str, play: Play, contract: str = "telltale-17", into: list[Wrong] = REFERENCE
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """List a change of the reference, with its trigger, in ``into``."""

    def listed(change: Callable[[], None]) -> Callable[[], None]:
        name = "reference: " + change.__name__.replace("_", " ")
        into.append(Wrong(name, kind, sentence, contract, "reference", change, played(play)))
        return change

    return listed


# How arguments become values


def as_written(value: Any, document: Any, *, keep_repeats: bool) -> Any:
    """Give the scopes of an argument the order in which its JSON has them."""
    if isinstance(value, Fragments):
        names = document["Fragments"] if keep_repeats else list(dict.fromkeys(document["Fragments"]))
        force_setattr(value, "Fragments", tuple(names))
    elif hasattr(value, "scope") and isinstance(value.scope, Fragments):
        as_written(value.scope, document["scope"], keep_repeats=keep_repeats)
    return value


def reading(*, keep_repeats: bool) -> None:
    """Read scopes as lists."""
    read = reference.read_arguments

    def unsorted(op: str, args: bytes) -> tuple[Any, ...]:
        document = json.loads(args)
        names = [parameter.rstrip("_") for parameter in operations.OPERATIONS[op].parameters]
        return tuple(
            as_written(value, document.get(name), keep_repeats=keep_repeats)
            for name, value in zip(names, read(op, args), strict=True)
        )

    reference.read_arguments = unsorted


@changed("raw forms", "Scopes are read as lists: neither ordered nor without repeats.", claimed_unsorted)
def scopes_are_read_as_lists() -> None:
    reading(keep_repeats=True)


@changed("raw forms", "Scopes are read without repeats, in the order given.", attenuated_unsorted)
def scopes_are_read_in_their_order() -> None:
    reading(keep_repeats=False)


@changed("raw forms", "A receipt's scope, in another order, is another scope.", receipt_unsorted)
def receipts_compare_lists() -> None:
    reading(keep_repeats=False)


@changed("hardened", "A capability whose fragments come as b, a, b is not honest.", honest, "hardened")
def honest_compares_lists() -> None:
    reading(keep_repeats=True)


@changed("raw forms", "A label without a sort makes it panic.", without_sorts)
def labels_without_sorts_panic() -> None:
    read = reference.read_arguments

    def strict(op: str, args: bytes) -> tuple[Any, ...]:
        if b'"name"' in args and b'"sort"' not in args:
            raise ValueError("missing field `sort`")
        return read(op, args)

    reference.read_arguments = strict


@changed("numbers as JSON", "Integers of a value are read as doubles.", ALL)
def integers_are_read_as_doubles() -> None:
    def decode(original, store, value, hint=None):
        edge = original(store, value, hint)
        return msgspec.structs.replace(edge, sid=min(int(float(edge.sid)), U64_MAX))

    replace("decode_edge_json", decode)


@changed("sizes", "A sid is read in 32 bits.", great_sid(2**32 + 1))
def sids_are_read_in_32_bits() -> None:
    replace("open_with_sid", lambda original, store, sid, *rest: original(store, sid % 2**32, *rest))


# How names are compared


def live_by(fold: Callable[[str], str]) -> None:
    """Compare the owner of a capability in a folded form."""
    original = guards.live

    def live(session, owner, given, rejecting=None):
        if fold(given.owner_id) == fold(owner.owner_id):
            given = msgspec.structs.replace(given, owner_id=owner.owner_id)
        return original(session, owner, given, rejecting)

    guards.live = live


for _fold in ("case", "NFC", "trimmed", "zero-width"):
    _how, _function, _x, _y = FOLDS[_fold]

    def _change(fold: Callable[[str], str] = _function) -> None:
        live_by(fold)

    _change.__name__ = f"live_owner_by_{_fold}"
    changed("look-alike names", f"G-live compares owners {_how}.", owners(_x, _y))(_change)


@changed("look-alike names", "Labels are found without regard to case.", labels("Owner", "owner"))
def labels_by_case() -> None:
    def folded(original, store, ep, label):
        session = store.sessions.get(ep.sid)
        entry = session.types.get(ep.role) if session is not None else None
        names = [branch.label.name for branch in getattr(entry.current, "branches", ())] if entry is not None else []
        alike = [name for name in names if name.casefold() == label.casefold()]
        return original(store, ep, alike[-1] if label not in names and alike else label)

    replace("advance", folded)


@changed("look-alike names", "Sites are kept in form NFC.", sites("caf\u00e9", "cafe\u0301"))
def sites_are_normalised() -> None:
    def issue(original, store, site, until_tick):
        return original(store, unicodedata.normalize("NFC", site), until_tick)

    replace("issue_timeout_witness", issue)


@changed("hardened", "Roles that differ in a blank are repeats.", repeated("A", " A"), "hardened")
def roles_are_trimmed() -> None:
    def plan(original, store, roles, types):
        return original(store, [role.strip() for role in roles], types)

    replace("plan", plan)


# How far counters and collections go


def wrapping(end: int) -> Callable[[int], int]:
    return lambda number: (number + 1) % end


@changed("depth", "Epochs are counted modulo 16.", closed(16))
def epochs_wrap_at_16() -> None:
    sessions.successor = wrapping(16)


@changed("depth", "Generations stop at 17 in a session.", attenuated(20))
def generations_stop_at_17() -> None:
    def attenuate(original, store, capability, new_scope):
        taken = original(store, capability, new_scope)
        session = store.sessions[capability.session_id]
        session.ownership.current = msgspec.structs.replace(taken, generation=min(taken.generation, 17))
        return session.ownership.current

    replace("attenuate_ownership_scope", attenuate)


@changed("depth", "Consumed witnesses beyond 16 are forgotten.", issued(17, consumed=True))
def sixteen_consumed() -> None:
    def consume(original, store, capability, witness):
        original(store, capability, witness)
        consumed = store.sessions[capability.session_id].ownership.consumed
        while len(consumed) > 16:
            consumed.remove(min(consumed))

    replace("consume_readiness_witness", consume)


@changed("depth", "The log is a ring of 128 records.", logged(129))
def log_ring_of_128() -> None:
    replace("authority_audit_log", lambda original, store, sid: _tail(original(store, sid), 128))


def _tail(log: Any, most: int) -> Any:
    return None if log is None else log[-most:]


@changed("depth", "The archive keeps 32 summaries.", reaped(33))
def archive_of_32() -> None:
    def reap(original, store):
        reaped = original(store)
        del store.archive[:-32]
        return reaped

    replace("reap_closed", reap)


@changed("depth", "Receipts are matched by the low four bits of their claim.", begun(16))
def claims_are_matched_in_four_bits() -> None:
    original = guards.match

    def match(session, pending, given, rejecting=None):
        if given.claim_id % 16 == pending.claim_id % 16:
            given = msgspec.structs.replace(given, claim_id=pending.claim_id)
        return original(session, pending, given, rejecting)

    guards.match = match


@changed("depth", "The default buffer drops its 64th message.", sent(64))
def default_buffer_drops_the_last() -> None:
    def send(original, store, sid, from_, to, val):
        session = store.sessions.get(sid)
        buffer = session.buffers.get((from_, to)) if session is not None else None
        if buffer is not None and buffer.capacity == 64 and len(buffer.messages) == 63:
            return "WouldBlock"
        return original(store, sid, from_, to, val)

    replace("send", send)


# Sizes, life after life, rare orders


@changed("sizes", "Of a choice the first eight branches are found.", many_branches(10))
def eight_branches_are_found() -> None:
    def lookup(original, store, ep, label):
        session = store.sessions.get(ep.sid)
        entry = session.types.get(ep.role) if session is not None else None
        names = [branch.label.name for branch in getattr(entry.current, "branches", ())] if entry is not None else []
        return None if label in names[8:] and label not in names[:8] else original(store, ep, label)

    replace("lookup_branch_resolution", lookup)


@changed("sizes", "Edges that appear below sixteen levels have no buffer.", deep_type(20))
def deep_edges_have_no_buffer() -> None:
    def plan(original, store, roles, types):
        planned = original(store, roles, types)
        deep = any(encode(given).count(b'"branches"') > 16 for given in types.values())
        return msgspec.structs.replace(planned, edge_blueprint=planned.edge_blueprint[:1]) if deep else planned

    replace("plan", plan)


@changed("life after life", "Handlers of a reaped session are bound again when its id is opened.", reaped_and_reopened)
def handlers_outlive_their_session() -> None:
    former = OfAStore()

    def open_with_sid(original, store, sid, *rest):
        given = original(store, sid, *rest)
        store.sessions[sid].pair_handlers.update(former.of(store).get(sid, {}))
        return given

    def reap(original, store):
        for sid in store.ended:
            former.of(store)[sid] = dict(store.sessions[sid].pair_handlers)
        return original(store)

    replace("open_with_sid", open_with_sid)
    replace("reap_closed", reap)


@changed("rare orders", "While a transfer is pending, its receiver may be declared dead.", receiver_died)
def receiver_may_die() -> None:
    original = guards.named

    def named(session, owner, owner_id):
        pending = session.ownership.pending
        if pending is None or owner_id != pending.to_owner_id:
            original(session, owner, owner_id)

    guards.named = named


@changed("rare orders", "Stale capabilities are accepted from generation 6 on.", six)
def stale_from_generation_6() -> None:
    original = guards.live

    def live(session, owner, given, rejecting=None):
        if owner.generation >= 6:
            given = msgspec.structs.replace(given, generation=owner.generation)
        return original(session, owner, given, rejecting)

    guards.live = live
