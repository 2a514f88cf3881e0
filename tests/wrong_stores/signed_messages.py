"""Stores that keep, refuse or count signed messages wrongly, some under ``hardened`` (contract §14, H16, H18, H19)."""

from __future__ import annotations

from tests.second_store.forms import Refused
from tests.second_store.store import Store
from tests.wrong_stores.signatures import KIND, PAIR, sent, taken, with_kinds
from tests.wrong_stores.steps import Script, mu, send, var
from tests.wrong_stores.wrong import second


@second(KIND, "A bad signature adds no auth leaf.", with_kinds("corrupt"))
class bad_messages_have_no_leaf(Store):
    def sent(self, sid, sender, receiver, val, number, signature):
        outcome = super().sent(sid, sender, receiver, val, number, signature)
        if outcome == "Ok" and signature in ("corrupt", "wrong_edge", "wrong_value"):
            self.drop_leaf(self.sessions[sid], self.ends(sender, receiver))
        return outcome

    def drop_leaf(self, s, ends):
        s["leaves"][ends] -= 1
        if not s["leaves"][ends]:
            del s["leaves"][ends]


@second(KIND, "A bad signature is refused when it is sent.", with_kinds("corrupt"))
class sends_verify(Store):
    def sent(self, sid, sender, receiver, val, number, signature):
        if signature in ("corrupt", "wrong_edge", "wrong_value") and self.buffer(self.found(sid), sender, receiver):
            raise Refused(f"signature verification failed on edge {sender} -> {receiver}")
        return super().sent(sid, sender, receiver, val, number, signature)


def full(s: Script) -> None:
    s.buffered()
    sent(s, "valid")
    sent(s, "corrupt", 2, sequence_no=7)
    s.observe(sid=0)
    taken(s)


@second(KIND, "A signed send that the buffer refuses adds a leaf.", full)
class refused_sends_have_a_leaf(Store):
    def send_signed(self, sid, sender, receiver, val, sequence_no, signature):
        outcome = super().send_signed(sid, sender, receiver, val, sequence_no, signature)
        if outcome != "Ok":
            self.sessions[sid]["leaves"][self.ends(sender, receiver)] += 1
        return outcome


@second(KIND, "A full buffer takes signed messages.", full)
class signed_messages_pass_the_buffer(Store):
    def admitted(self, buffer):
        outcome = super().admitted(buffer)
        return "Ok" if self.signing else outcome

    signing = False

    def send_signed(self, *given):
        self.signing = True
        try:
            return super().send_signed(*given)
        finally:
            self.signing = False


@second(KIND, "The operation has_message does not count a message with a bad signature.", with_kinds("corrupt", then=0))
class bad_messages_are_not_there(Store):
    def has_message(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return (
            buffer is not None and bool(buffer["values"]) and self.verifies(buffer["values"][0], sid, sender, receiver)
        )


@second(KIND, "The error for a bad signature names the edge the other way.", with_kinds("corrupt", how="recv_verified"))
class error_names_the_edge_backwards(Store):
    def taken_message(self, sid, sender, receiver, checked):
        try:
            return super().taken_message(sid, sender, receiver, checked)
        except Refused as refused:
            if "signature" in refused.error:
                raise Refused(f"signature verification failed on edge {receiver} -> {sender}") from None
            raise


@second(KIND, "The error for a bad signature has the arrow of U+2192.", with_kinds("corrupt", how="recv_verified"))
class error_has_the_other_arrow(Store):
    def taken_message(self, sid, sender, receiver, checked):
        try:
            return super().taken_message(sid, sender, receiver, checked)
        except Refused as refused:
            raise Refused(refused.error.replace("->", "→")) from None


@second(KIND, "The operation recv_verified refuses where nothing is buffered.", with_kinds(how="recv_verified"))
class nothing_is_refused(Store):
    def recv_verified(self, sid, sender, receiver):
        if not self.has_message(sid, sender, receiver):
            raise Refused(f"signature verification failed on edge {sender} -> {receiver}")
        return super().recv_verified(sid, sender, receiver)


@second(KIND, "The operation recv_verified gives null for an unknown session.", lambda s: taken(s, "recv_verified"))
class unknown_sessions_have_no_messages(Store):
    def recv_verified(self, sid, sender, receiver):
        return super().recv_verified(sid, sender, receiver) if sid in self.sessions else None


@second(KIND, "Two receives of a signed message give it twice.", with_kinds("valid", then=2))
class recv_signed_only_looks(Store):
    def recv_signed(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        first = buffer["values"][0] if buffer is not None and buffer["values"] else None
        taken = super().recv_signed(sid, sender, receiver)
        if first is not None:
            buffer["values"].appendleft(first)
        return taken


# Under hardened


def _in_hardened(sentence: str, *plays):
    return second("hardened", sentence, *plays, contract="hardened")


@_in_hardened(
    "The operation recv takes a message with a bad signature out.", with_kinds("corrupt", "valid", how="recv", then=2)
)
class refused_messages_are_lost(Store):
    def recv(self, sid, sender, receiver):
        try:
            return super().recv(sid, sender, receiver)
        except Refused:
            if sid in self.sessions:
                self.taken_message(sid, sender, receiver, False)
            raise


@_in_hardened(
    "The operation recv_verified_signed takes a bad message out.",
    with_kinds("corrupt", how="recv_verified_signed", then=2),
)
class refused_signed_messages_are_lost(Store):
    def recv_verified_signed(self, sid, sender, receiver):
        try:
            return super().recv_verified_signed(sid, sender, receiver)
        except Refused:
            if sid in self.sessions:
                self.taken_message(sid, sender, receiver, False)
            raise


@_in_hardened("The operation recv gives null for a bad message that stays.", with_kinds("corrupt", how="recv"))
class bad_messages_stay_in_silence(Store):
    def recv(self, sid, sender, receiver):
        try:
            return super().recv(sid, sender, receiver)
        except Refused as refused:
            if "signature" in refused.error:
                return None
            raise


@_in_hardened("The operation recv_signed leaves a bad message where it is.", with_kinds("corrupt", then=2))
class bad_messages_stay_for_ever(Store):
    def recv_signed(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        first = buffer["values"][0] if buffer is not None and buffer["values"] else None
        taken = super().recv_signed(sid, sender, receiver)
        if taken is not None and not taken["valid"]:
            buffer["values"].appendleft(first)
        return taken


@_in_hardened("A signature does not bind the receiver.", with_kinds("other_receiver"))
class receiver_is_not_bound(Store):
    def signed(self, sid, signer, val, receiver, number):
        return super().signed(sid, signer, val, "", number)


@_in_hardened("A signature does not bind the sequence number.", with_kinds("other_sequence"))
class number_is_not_bound(Store):
    def signed(self, sid, signer, val, receiver, number):
        return super().signed(sid, signer, val, receiver, 0)


def another_number(s: Script) -> None:
    s.buffered("Fifo", 8)
    s.send_with_sequence(sid=0, **PAIR, val="Unit", sequence_no=0)
    sent(s, "valid", sequence_no=5)
    s.send_with_sequence(sid=0, **PAIR, val="Unit", sequence_no=0)
    taken(s)
    sent(s, "valid")
    taken(s)
    s.sent(3)
    taken(s)


@_in_hardened("A signed send may have any number.", another_number)
class signed_sends_take_any_number(Store):
    def accepted_number(self, s, ends, number, edge):
        return super().accepted_number(s, ends, None, edge) if number is None else number


@_in_hardened("A send may repeat a number.", another_number)
class numbers_may_repeat(Store):
    def accepted_number(self, s, ends, number, edge):
        repeats = number is not None and number < s["leaves"].get(ends, 0)
        return number if repeats else super().accepted_number(s, ends, number, edge)


@_in_hardened("The next number is that of the messages that wait.", another_number)
class numbers_follow_the_buffer(Store):
    def accepted_number(self, s, ends, number, edge):
        waiting = len(s["buffers"][ends]["values"])
        return super().accepted_number({**s, "leaves": {ends: waiting}}, ends, number, edge)


@_in_hardened("The operation send gives the number 0.", another_number)
class send_takes_no_number(Store):
    def number_of_a_send(self):
        return 0

    def accepted_number(self, s, ends, number, edge):
        return number if number == 0 else super().accepted_number(s, ends, number, edge)


def full_with_another_number(s: Script) -> None:
    s.buffered()
    s.sent(1)
    s.send_with_sequence(sid=0, **PAIR, val="Unit", sequence_no=0)
    s.sent(2)
    s.received()
    s.send_with_sequence(sid=0, **PAIR, val="Unit", sequence_no=1)


@_in_hardened("A full buffer decides before the number is looked at.", full_with_another_number)
class buffers_decide_first(Store):
    def accepted_number(self, s, ends, number, edge):
        buffer = s["buffers"][ends]
        full = buffer["mode"] == "Fifo" and len(buffer["values"]) >= buffer["capacity"]
        return super().accepted_number(s, ends, None if full else number, edge)


@_in_hardened("A send that the buffer refuses uses a number up.", full_with_another_number)
class refused_sends_use_numbers(Store):
    def sent(self, sid, sender, receiver, val, number, signature):
        outcome = super().sent(sid, sender, receiver, val, number, signature)
        if outcome != "Ok":
            skipped = self.sessions[sid].setdefault("skipped", {})
            ends = self.ends(sender, receiver)
            skipped[ends] = skipped.get(ends, 0) + 1
        return outcome

    def accepted_number(self, s, ends, number, edge):
        following = s["leaves"].get(ends, 0) + s.get("skipped", {}).get(ends, 0)
        return super().accepted_number({**s, "leaves": {ends: following}}, ends, number, edge)


def both_ways(s: Script) -> None:
    s.start(types={"A": mu("t", send("B", ("m", var("t")))), "B": send("A", ("m", "End"))})
    s.sent(1)
    s.send_with_sequence(sid=0, from_="B", to="A", val="Unit", sequence_no=0)


@_in_hardened("The edges of a session count their numbers together.", both_ways)
class numbers_of_the_session(Store):
    def accepted_number(self, s, ends, number, edge):
        return super().accepted_number({**s, "leaves": {ends: sum(s["leaves"].values())}}, ends, number, edge)
