"""Messages with their signatures and sequence numbers (§8, §14, H16, H18, H19)."""

from .forms import TOP, Refused


class Messages:
    def buffer(self, s, sender, receiver):
        return s["buffers"].get(self.ends(sender, receiver))

    def ends(self, sender, receiver):
        return self.key("role", sender), self.key("role", receiver)

    # Sending

    def send(self, sid, sender, receiver, val):
        return self.sent(sid, sender, receiver, val, self.number_of_a_send(), "valid")

    def number_of_a_send(self):
        """Return the sequence number that ``send`` gives, or None for the next one."""
        return None if self.hardened else 0

    def send_with_sequence(self, sid, sender, receiver, val, sequence_no):
        return self.sent(sid, sender, receiver, val, sequence_no, "valid")

    def send_signed(self, sid, sender, receiver, val, sequence_no, signature):
        number = self.number_of_a_send() if sequence_no is None else sequence_no
        return self.sent(sid, sender, receiver, val, number, signature)

    def sent(self, sid, sender, receiver, val, number, signature):
        s = self.found(sid)
        buffer = self.buffer(s, sender, receiver)
        if buffer is None:
            raise Refused(f"no buffer for edge {sender} → {receiver}")
        ends = self.ends(sender, receiver)
        number = self.accepted_number(s, ends, number, f"{sender} -> {receiver}")
        outcome = self.admitted(buffer)
        if outcome == "Ok":
            made = self.signature(signature, sid, sender, receiver, val, number)
            self.stored(buffer, {"payload": val, "signature": made, "sequence_no": number})
            s["leaves"][ends] = s["leaves"].get(ends, 0) + 1
        return outcome

    def accepted_number(self, s, ends, number, edge):
        """Return the number of a message; under ``hardened`` the next one of its edge, and no other (H19)."""
        if not self.hardened:
            return number
        following = s["leaves"].get(ends, 0)
        if number not in (None, following):
            raise Refused(f"sequence number {number} is not next on edge {edge}")
        return following

    def stored(self, buffer, message):
        buffer["values"].append(message)

    def admitted(self, buffer):
        """Say what a send gets, and make room for its value where the policy does."""
        if buffer["mode"] == "LatestValue":
            buffer["values"].clear()
            return "Ok"
        if len(buffer["values"]) < buffer["capacity"]:
            return "Ok"
        policy = buffer["policy"]
        if type(policy) is str:
            return {"Block": "WouldBlock", "Drop": "Dropped", "Error": "Full"}[policy]
        most = policy["Resize"]["max_capacity"]
        if buffer["capacity"] >= most:
            return "Full"
        buffer["capacity"] = self.grown(buffer["capacity"], most)
        return "Ok"

    def grown(self, capacity, most):
        return min(2 * capacity, most if self.hardened else TOP)

    # Signatures

    def signed(self, sid, signer, val, receiver, number):
        """Return a signature: all that it binds, under the key of an endpoint."""
        bound = {"sid": sid, "signer": self.key("role", signer), "value": val}
        return {**bound, "receiver": receiver, "number": number} if self.hardened else bound

    def signature(self, kind, sid, sender, receiver, val, number):
        """Make a signature of one of the six kinds of §14."""
        if kind == "wrong_edge":
            return self.signed(sid, receiver, val, sender, number)
        if kind == "wrong_value":
            return self.signed(sid, sender, {"Prod": [val, "Unit"]}, receiver, number)
        if kind == "other_receiver":
            return self.signed(sid, sender, val, receiver + "'", number)
        if kind == "other_sequence":
            return self.signed(sid, sender, val, receiver, number + 1)
        made = self.signed(sid, sender, val, receiver, number)
        return {**made, "corrupt": True} if kind == "corrupt" else made

    def verifies(self, message, sid, sender, receiver):
        made = self.signed(sid, sender, message["payload"], receiver, message["sequence_no"])
        return message["signature"] == made

    # Receiving

    def recv(self, sid, sender, receiver):
        taken = self.taken_message(sid, sender, receiver, self.hardened)
        return None if taken is None or not taken["valid"] else taken["payload"]

    def recv_signed(self, sid, sender, receiver):
        return self.taken_message(sid, sender, receiver, checked=False)

    def recv_verified(self, sid, sender, receiver):
        taken = self.taken_message(sid, sender, receiver, checked=True)
        return None if taken is None else taken["payload"]

    def recv_verified_signed(self, sid, sender, receiver):
        return self.taken_message(sid, sender, receiver, checked=True)

    def taken_message(self, sid, sender, receiver, checked):
        """Take the oldest message out; None where there is none. A check refuses a bad signature.

        Under ``hardened`` a message that is refused stays (H16).
        """
        buffer = self.buffer(self.found(sid), sender, receiver)
        if buffer is None or not buffer["values"]:
            return None
        message = buffer["values"][0]
        valid = self.verifies(message, sid, sender, receiver)
        refused = checked and not valid
        if not refused or not self.hardened:
            buffer["values"].popleft()
        if refused:
            raise Refused(f"signature verification failed on edge {sender} -> {receiver}")
        return {"payload": message["payload"], "sequence_no": message["sequence_no"], "valid": valid}

    def has_message(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer is not None and bool(buffer["values"])
