"""Changes of the reference in plans, signed messages, reload and host calls (contract §13 to §16, §19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telltale_conformance.model import messages, mutations
from telltale_conformance.model.errors import Refused
from tests.wrong_stores.host_calls import emptied, while_owned
from tests.wrong_stores.plans import compared, of_another_config
from tests.wrong_stores.reference_forms import changed
from tests.wrong_stores.reload_edges import bound_twice, closed_and_read, unlisted
from tests.wrong_stores.reload_states import archived, owned
from tests.wrong_stores.rule_table import OfAStore, replace
from tests.wrong_stores.signatures import numbered, with_kinds
from tests.wrong_stores.signed_messages import another_number
from tests.wrong_stores.steps import send


@changed("plans", "Plans are found by their roles alone.", lambda s: compared(s, {"B": send("A", ("n", "End"))}))
def plans_by_their_roles() -> None:
    plans = OfAStore()

    def opened(original, store, sid, plan, config):
        return original(store, sid, plans.of(store).setdefault(tuple(plan.roles), plan), config)

    replace("open_with_sid_from_plan", opened)


@changed("plans", "The first buffer config of a plan is kept in it.", of_another_config)
def plans_keep_a_config() -> None:
    configs = OfAStore()

    def opened(original, store, sid, plan, config):
        kept = configs.of(store).setdefault((tuple(plan.roles), repr(plan.initial_types)), config)
        return original(store, sid, plan, kept)

    replace("open_with_sid_from_plan", opened)


@changed("signed messages", "The operation recv checks no signature.", with_kinds("corrupt", how="recv"))
def recv_checks_nothing() -> None:
    def recv(original, *arguments):
        taken = messages.recv_signed(*arguments)
        return None if taken is None else taken.payload

    replace("recv", recv)


@changed("signed messages", "A refused receive takes two.", with_kinds("corrupt", "valid", how="recv_verified", then=2))
def refused_receives_take_two() -> None:
    def recv(original, *arguments):
        try:
            return original(*arguments)
        except Refused:
            if messages.has_message(*arguments):
                messages.recv_signed(*arguments)
            raise

    replace("recv_verified", recv)


@changed("signed messages", "A signature is looked at by its signer alone.", with_kinds("wrong_value"))
def signers_alone_are_checked() -> None:
    messages.verifies = lambda message, sid, sender, receiver, contract: message.signature.signer == sender


@changed("signed messages", "Sequence numbers are doubles.", numbered(2**53 + 1))
def numbers_are_doubles() -> None:
    def send_with_sequence(original, *arguments):
        *others, number = arguments
        return original(*others, min(2**64 - 1, int(float(number))))

    replace("send_with_sequence", send_with_sequence)


def _after_reload(change: Callable[[Any], object]) -> None:
    def reload(original, store, form):
        original(store, form)
        change(store)

    replace("reload", reload)


@changed("reload", "Reload changes nothing that was in memory.", bound_twice)
def reload_does_nothing() -> None:
    replace("reload", lambda original, store, form: None)


@changed("reload", "Reload turns the archive round.", archived)
def reload_turns_the_archive_round() -> None:
    _after_reload(lambda store: store.archive.reverse())


@changed("reload", "Reload forgets which witnesses were consumed.", owned)
def reload_forgets_consumed_witnesses() -> None:
    _after_reload(lambda store: [session.ownership.consumed.clear() for session in store.sessions.values()])


@changed("reload", "Reload gives every session a default handler.", unlisted)
def reload_fills_in_default_handlers() -> None:
    def filled(store):
        for session in store.sessions.values():
            session.default_handler = session.default_handler or "default_handler"

    _after_reload(filled)


@changed("host calls", "The default handler stays while somebody owns the session.", while_owned)
def default_handlers_heed_the_owner() -> None:
    def set_default(original, store, sid, handler):
        session = store.sessions.get(sid)
        if session is None or session.ownership.current is None:
            original(store, sid, handler)

    replace("set_default_handler_for_session", set_default)


@changed("host calls", "The operation has_bound_handler looks at the default handler alone.", emptied)
def only_the_default_handler_counts() -> None:
    def has_bound_handler(original, store, sid):
        original(store, sid)
        return store.sessions[sid].default_handler != ""

    replace("has_bound_handler", has_bound_handler)


@changed("host calls", "The state of RolledBack is camel case.", lambda s: s.lifecycle_state(event="RolledBack"))
def rolled_back_in_camel_case() -> None:
    replace("lifecycle_state", lambda original, store, event: original(store, event).replace("_b", "B"))


@changed("hardened", "A signed send may name any number.", another_number, "hardened")
def signed_sends_name_any_number() -> None:
    def send_signed(original, store, sid, sender, receiver, val, signature, number=None):
        return original(store, sid, sender, receiver, val, signature, None)

    replace("send_signed", send_signed)


@changed("hardened", "A host may store traces while somebody owns the session.", while_owned, "hardened")
def traces_are_not_guarded() -> None:
    def update_trace(original, store, edge, trace):
        if edge.sid in store.sessions:
            mutations.store_trace(store, store.sessions[edge.sid], edge, trace)

    replace("update_trace", update_trace)


@changed("hardened", "Reload takes the edges of a closed session away.", closed_and_read, "hardened")
def reload_takes_edges_away() -> None:
    def emptied(store):
        for session in store.sessions.values():
            session.blueprint = tuple(entry for entry in session.blueprint if entry[1:] in session.buffers)

    _after_reload(emptied)
