"""Stores that do not keep a text as it was given: free texts and names with blanks, line ends, quotes, or nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.second_store.forms import Refused
from tests.second_store.store import Store
from tests.wrong_stores.steps import SESSION, Play, Script, edge, ep, fragments, send
from tests.wrong_stores.wrong import second

texts = partial(second, "free texts")

TEXTS = (
    "",
    " a ",
    "a\n",
    "a\r\nb",
    "`a`",
    "'a'",
    'a"b',
    "a\\nb",
    "\0",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeffa",
    "a → b -> c",
    "{0}%s${a}",
    "<a>&amp;",
    "\U0001f600",
    '"a"',
    "True",
    "Session",
    "Ab  c\td%% {{x}} {} \\\\ %20 \xad\ue000\ufffe\U0010ffff e\u0301\ufb01\u200b: e.",
)
"""Texts that a store may change on their way into a sentence, a log or an error."""


def used(text: str) -> Play:
    """Use a text wherever the contract has a name or a free text, and in a value."""

    def play(s: Script) -> None:
        s.start(text, "B", types={text: send("B", (text, "End"))})
        s.send(sid=0, from_=text, to="B", val={"Str": text})
        s.recv(sid=0, from_=text, to="B")
        s.send(sid=0, from_=text, to=text, val="Unit")
        s.send_signed(sid=0, from_=text, to="B", val="Unit", signature="corrupt")
        s.recv_verified(sid=0, from_=text, to="B")
        cap = s.claim_ownership(sid=0, owner_id=text, scope=SESSION)
        s.claim_ownership(sid=0, owner_id="b", scope=SESSION)
        witness = s.issue_readiness_witness(capability=cap, predicate_ref=text)
        s.consume_readiness_witness(capability=cap, witness=witness)
        s.defaulted(cap, text)
        s.default_handler_for_session(sid=0)
        s.rebound(cap, text, sender=text)
        s.lookup_handler(edge=edge(text))
        s.lookup_branch_resolution(ep=ep(text), label=text)
        s.advance(ep=ep("B"), label=text)
        s.issue_timeout_witness(site=text, until_tick=1)
        s.advance_clock(tick=1)
        kept = s.attenuate_ownership_scope(capability=cap, new_scope=fragments(text))
        s.issue_readiness_witness(capability=kept, predicate_ref=text)
        receipt = s.begin_ownership_transfer(
            capability=s.current_ownership(sid=0), new_owner_id=text, new_scope=fragments(text)
        )
        s.fault_failed_transfer_commit(receipt=receipt, reason=text)
        s.observe(sid=0)
        s.decode_edge_json(value={"sid": 0, "sender": text, "receiver": "B"})
        s.decode_edge_json(value=[0, "A", text])
        s.start()
        s.claim_ownership(sid=1, owner_id=text, scope=SESSION)
        s.mark_owner_died(sid=1, owner_id=text)
        s.observe(sid=1)

    return play


def died(owner: str) -> Play:
    def play(s: Script) -> None:
        s.claimed(owner)
        s.mark_owner_died(sid=0, owner_id=owner)
        s.observe(sid=0)

    return play


@texts("A backtick in the name of an owner who died is an apostrophe in the status.", died("a`b"))
class quoted_owners_without_backticks(Store):
    def mark_owner_died(self, sid, owner_id):
        witness = super().mark_owner_died(sid, owner_id)
        reason = f"ownership owner `{owner_id.replace('`', chr(39))}` died"
        self.sessions[sid]["status"] = {"Faulted": {"reason": reason}}
        return witness


def failed(reason: str) -> Play:
    def play(s: Script) -> None:
        _, receipt = s.begun()
        s.fault_failed_transfer_commit(receipt=receipt, reason=reason)
        s.observe(sid=0)

    return play


@texts("The reason of a failed commit loses the blanks at its end in the status alone.", failed("lost "))
class reasons_trimmed_in_the_status(Store):
    def fault_failed_transfer_commit(self, receipt, reason):
        super().fault_failed_transfer_commit(receipt, reason)
        shown = f"ownership transfer commit failed: {reason.rstrip()}"
        self.sessions[receipt["session_id"]]["status"] = {"Faulted": {"reason": shown}}


@texts("The log has the first line of the reason of a failed commit.", failed("lost\non the way"))
class first_line_of_a_reason_in_the_log(Store):
    def fault_failed_transfer_commit(self, receipt, reason):
        super().fault_failed_transfer_commit(receipt, reason)
        self.sessions[receipt["session_id"]]["log"][-1]["reason"] = reason.split("\n")[0]


def read_as_edge(value: Any) -> Play:
    return lambda s: s.decode_edge_json(value=value)


@texts("An edge from JSON needs a sender that is not empty.", read_as_edge({"sid": 0, "sender": "", "receiver": "B"}))
class edges_need_a_sender(Store):
    def decode_edge_json(self, value, session_hint):
        edge = super().decode_edge_json(value, session_hint)
        if not edge["sender"]:
            raise Refused("invalid edge json: no sender")
        return edge


@texts("An edge from JSON may stand in a member called edge.", read_as_edge({"edge": edge()}))
class wrapped_edges_are_read(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and value.keys() == {"edge"}:
            value = value["edge"]
        return super().decode_edge_json(value, session_hint)


def planned_as(*names: str) -> Play:
    """Open from a plan for each name, which is a role and a label there, and look at the sessions."""

    def play(s: Script) -> None:
        for sid, name in enumerate(names):
            plan = {"roles": [name, "B"], "initial_types": {name: send("B", (name, "End"))}}
            s.open_with_sid_from_plan(sid=sid, plan=plan)
            s.observe(sid=sid)

    return play


@texts("Plans that differ only in upper and lower case are one plan.", planned_as("a", "A"))
class plans_by_the_letters_alone(Store):
    def plan_key(self, roles, initial_types):
        return super().plan_key(roles, initial_types).lower()
