"""Stores that sign, check, number or keep messages wrongly (contract §14, H16, H18, H19)."""

from __future__ import annotations

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.wrong_stores.steps import Script
from tests.wrong_stores.wrong import second

KIND = "signed messages"
PAIR = {"from_": "A", "to": "B"}
RECEIVES = ("recv", "recv_signed", "recv_verified", "recv_verified_signed")


def sent(s: Script, kind: str, number: int = 1, **more):
    """Send a signed number from A to B."""
    return s.send_signed(sid=0, **PAIR, val={"Nat": number}, signature=kind, **more)


def taken(s: Script, how: str = "recv_signed"):
    return getattr(s, how)(sid=0, **PAIR)


def with_kinds(*kinds: str, how: str = "recv_signed", then: int = 1, mode: str = "Fifo", numbers=None):
    """Send messages of these kinds, then receive so often."""

    def play(s: Script) -> None:
        s.buffered(mode, 8)
        for place, kind in enumerate(kinds):
            sent(s, kind, place, **({} if numbers is None else {"sequence_no": numbers[place]}))
        for _ in range(then):
            taken(s, how)
        s.has_message(sid=0, **PAIR)
        s.observe(sid=0)

    return play


@second(KIND, "The operation recv checks no signature.", with_kinds("corrupt", how="recv"))
class recv_checks_nothing(Store):
    def recv(self, sid, sender, receiver):
        taken = self.taken_message(sid, sender, receiver, False)
        return None if taken is None else taken["payload"]


@second(KIND, "The operation recv_verified checks no signature.", with_kinds("corrupt", how="recv_verified"))
class recv_verified_checks_nothing(Store):
    def recv_verified(self, sid, sender, receiver):
        taken = self.taken_message(sid, sender, receiver, False)
        return None if taken is None else taken["payload"]


@second(KIND, "The operation recv_verified gives null for a bad signature.", with_kinds("corrupt", how="recv_verified"))
class recv_verified_is_silent(Store):
    def recv_verified(self, sid, sender, receiver):
        return self.recv(sid, sender, receiver)


@second(KIND, "The operation recv refuses a bad signature.", with_kinds("corrupt", how="recv"))
class recv_refuses(Store):
    def recv(self, sid, sender, receiver):
        return self.recv_verified(sid, sender, receiver)


@second(
    KIND, "The operation recv_verified_signed checks no signature.", with_kinds("corrupt", how="recv_verified_signed")
)
class recv_verified_signed_checks_nothing(Store):
    def recv_verified_signed(self, sid, sender, receiver):
        return self.recv_signed(sid, sender, receiver)


@second(KIND, "The operation recv_signed refuses a bad signature.", with_kinds("corrupt"))
class recv_signed_checks(Store):
    def recv_signed(self, sid, sender, receiver):
        return self.recv_verified_signed(sid, sender, receiver)


@second(KIND, "The operation recv_signed calls every signature valid.", with_kinds("corrupt"))
class all_are_valid(Store):
    def recv_signed(self, sid, sender, receiver):
        taken = super().recv_signed(sid, sender, receiver)
        return taken and {**taken, "valid": True}


@second(KIND, "A signature binds the receiver.", with_kinds("other_receiver"))
class receiver_is_bound(Store):
    def signed(self, sid, signer, val, receiver, number):
        return {**super().signed(sid, signer, val, receiver, number), "receiver": receiver}


@second(KIND, "A signature binds the sequence number.", with_kinds("other_sequence"))
class number_is_bound(Store):
    def signed(self, sid, signer, val, receiver, number):
        return {**super().signed(sid, signer, val, receiver, number), "number": number}


@second(KIND, "What the receiver signs is taken for the sender's.", with_kinds("wrong_edge"))
class either_end_may_sign(Store):
    def verifies(self, message, sid, sender, receiver):
        return super().verifies(message, sid, sender, receiver) or super().verifies(message, sid, receiver, sender)


@second(KIND, "A signature does not bind the value.", with_kinds("wrong_value"))
class value_is_not_bound(Store):
    def signed(self, sid, signer, val, receiver, number):
        return super().signed(sid, signer, "Unit", receiver, number)


@second(KIND, "A changed bit of a signature is not seen.", with_kinds("corrupt"))
class changed_bits_are_not_seen(Store):
    def signature(self, kind, *rest):
        return super().signature("valid" if kind == "corrupt" else kind, *rest)


def oldest_of(store, sid, sender, receiver):
    """Return a buffer, its oldest message, and whether that is there and does not verify."""
    buffer = store.buffer(store.found(sid), sender, receiver)
    first = buffer["values"][0] if buffer is not None and buffer["values"] else None
    return buffer, first, first is not None and not store.verifies(first, sid, sender, receiver)


def _stays(how: str) -> None:
    def receive(self, sid, sender, receiver):
        buffer, first, bad = oldest_of(self, sid, sender, receiver)
        try:
            return getattr(Store, how)(self, sid, sender, receiver)
        finally:
            if bad:
                buffer["values"].appendleft(first)

    sentence = f"After {how} a message with a bad signature stays."
    second(KIND, sentence, with_kinds("corrupt", "valid", how=how, then=2), name=f"bad messages stay after {how}")(
        type(f"bad_stays_after_{how}", (Store,), {how: receive})
    )


for _how in RECEIVES:
    _stays(_how)


def _takes_two(how: str) -> None:
    def receive(self, sid, sender, receiver):
        buffer, _, bad = oldest_of(self, sid, sender, receiver)
        try:
            return getattr(Store, how)(self, sid, sender, receiver)
        finally:
            if bad and buffer["values"]:
                buffer["values"].popleft()

    sentence = f"The operation {how} takes the message behind a bad one too."
    second(KIND, sentence, with_kinds("corrupt", "valid", how=how, then=2), name=f"{how} takes two")(
        type(f"{how}_takes_two", (Store,), {how: receive})
    )


for _how in ("recv", "recv_verified", "recv_verified_signed"):
    _takes_two(_how)


@second(KIND, "The operation recv goes on to the first good message.", with_kinds("corrupt", "valid", how="recv"))
class recv_skips_bad_messages(Store):
    def recv(self, sid, sender, receiver):
        got = super().recv(sid, sender, receiver)
        while got is None and self.has_message(sid, sender, receiver):
            got = super().recv(sid, sender, receiver)
        return got


@second(KIND, "After one bad signature every message of the edge is bad.", with_kinds("corrupt", "valid", then=2))
class one_bad_spoils_the_edge(Store):
    def stored(self, buffer, message):
        buffer.setdefault("bad", message["signature"] if "corrupt" in message["signature"] else None)
        super().stored(buffer, {**message, "signature": buffer["bad"] or message["signature"]})


@second(KIND, "After one good signature every message of the edge is good.", with_kinds("valid", "wrong_edge", then=2))
class one_good_vouches_for_the_edge(Store):
    def taken_message(self, sid, sender, receiver, checked):
        taken = super().taken_message(sid, sender, receiver, checked and not self.known_good(sid, sender, receiver))
        if taken is None:
            return None
        taken["valid"] |= self.known_good(sid, sender, receiver)
        self.buffer(self.sessions[sid], sender, receiver)["good"] = taken["valid"]
        return taken

    def known_good(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer is not None and buffer.get("good", False)


def _overwritten(*kinds: str, numbers=None):
    return with_kinds(*kinds, mode="LatestValue", numbers=numbers)


@second(KIND, "LatestValue keeps the signature of the value before.", _overwritten("corrupt", "valid"))
class latest_keeps_the_signature(Store):
    def admitted(self, buffer):
        buffer["before"] = buffer["values"][-1] if buffer["values"] else None
        return super().admitted(buffer)

    def stored(self, buffer, message):
        before = buffer["before"] if buffer["mode"] == "LatestValue" else None
        super().stored(buffer, message if before is None else {**message, "signature": before["signature"]})


@second(
    KIND, "LatestValue keeps the sequence number of the value before.", _overwritten("valid", "valid", numbers=(3, 4))
)
class latest_keeps_the_number(latest_keeps_the_signature):
    def stored(self, buffer, message):
        before = buffer["before"] if buffer["mode"] == "LatestValue" else None
        number = message["sequence_no"] if before is None else before["sequence_no"]
        Store.stored(self, buffer, {**message, "sequence_no": number})


@second(KIND, "LatestValue does not let a bad message overwrite a good one.", _overwritten("valid", "corrupt"))
class latest_keeps_the_good_one(latest_keeps_the_signature):
    def stored(self, buffer, message):
        bad = buffer["mode"] == "LatestValue" and buffer["before"] and "corrupt" in message["signature"]
        Store.stored(self, buffer, buffer["before"] if bad else message)


def numbered(*numbers: int):
    """Send messages with these sequence numbers and receive them."""

    def play(s: Script) -> None:
        s.buffered("Fifo", 8)
        for number in numbers:
            s.send_with_sequence(sid=0, **PAIR, val={"Nat": 1}, sequence_no=number)
        for _ in numbers:
            taken(s)

    return play


def _number(name: str, sentence: str, change, *numbers: int) -> None:
    """List a store in which the number of a message is changed, or refused, when it is sent."""

    def accepted_number(self, s, ends, number, edge):
        return change(s, ends, Store.accepted_number(self, s, ends, number, edge), edge)

    second(KIND, sentence, numbered(*numbers), name=name)(
        type(name.replace(" ", "_"), (Store,), {"accepted_number": accepted_number})
    )


def _rising(s, ends, number, edge):
    last = s.setdefault("last numbers", {}).get(ends, -1)
    if number and number <= last:
        raise Refused(f"sequence number {number} is not next on edge {edge}")
    s["last numbers"][ends] = number
    return number


def _without_gaps(s, ends, number, edge):
    if number > s["leaves"].get(ends, 0):
        raise Refused(f"sequence number {number} is not next on edge {edge}")
    return number


_number("numbers are dropped", "Sequence numbers are not kept.", lambda s, ends, number, edge: 0, 1)
_number("numbers must rise", "A sequence number that does not rise is refused.", _rising, 5, 5)
_number("numbers have no gaps", "A sequence number behind a gap is refused.", _without_gaps, 3)
_number("numbers of 32 bits", "Sequence numbers have 32 bits.", lambda s, e, number, edge: number % 2**32, 2**32)
_number(
    "numbers through a double",
    "Numbers go through a double.",
    lambda s, e, number, edge: min(TOP, int(float(number))),
    2**53 + 1,
)
_number("numbers of 63 bits", "The greatest bit of a number is lost.", lambda s, e, number, edge: number % 2**63, TOP)
_number(
    "numbers are counted",
    "Messages are numbered by the store.",
    lambda s, ends, number, edge: s["leaves"].get(ends, 0),
    5,
)


@second(
    KIND,
    "The operation send numbers its messages.",
    lambda s: (s.buffered("Fifo", 8), s.sent(1), s.sent(2), taken(s), taken(s)),
)
class send_counts(Store):
    def sent(self, sid, sender, receiver, val, number, signature):
        s = self.found(sid)
        here = self.ends(sender, receiver)
        counted = s["leaves"].get(here, 0) if (number, signature) == (0, "valid") else number
        return super().sent(sid, sender, receiver, val, counted, signature)


@second(KIND, "A signed send without a number takes 1.", with_kinds("valid"))
class absent_number_is_one(Store):
    def send_signed(self, sid, sender, receiver, val, sequence_no, signature):
        return super().send_signed(sid, sender, receiver, val, 1 if sequence_no is None else sequence_no, signature)
