"""How arguments become values: every form of ``docs/trace-format.md`` that an operation takes."""

import json

TOP = 2**64 - 1
SIGNATURES = ("valid", "corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence")
EVENTS = ("Issued", "Consumed", "Invalidated", "Committed", "RolledBack", "Rejected", "Expired")


class BadRequest(Exception):
    """The arguments have not the shape that the contract gives them."""


class Refused(Exception):
    """The store refuses: the error as JSON, the guard, and the reason under which a refusal is logged."""

    def __init__(self, error, guard="", reason=""):
        super().__init__(error)
        self.error, self.guard, self.reason = error, guard, reason


class Forms:
    """Reads arguments; a scope becomes a sorted set, a label gets its sort, an absent option is None."""

    def parsed(self, text):
        """Read JSON; numbers with a point or exponent, and ``-0``, stay distinguishable from integers."""
        return json.loads(text, parse_int=self.integer_text, parse_float=float)

    def integer_text(self, text):
        return -0.0 if text == "-0" else int(text)

    def read(self, kind, value):
        return getattr(self, "read_" + kind)(value)

    def read_n(self, value):
        if type(value) is not int or not 0 <= value <= TOP:
            raise BadRequest(f"no integer of 64 bits: {value!r}")
        return value

    def read_hint(self, value):
        return None if value is None else self.read_n(value)

    def read_text(self, value):
        if type(value) is not str:
            raise BadRequest(f"no text: {value!r}")
        return value

    def read_any(self, value):
        return value

    def read_texts(self, value):
        return [self.read_text(each) for each in value]

    def read_sids(self, value):
        return [self.read_n(each) for each in value]

    def record(self, value, **kinds):
        if type(value) is not dict or value.keys() != kinds.keys():
            raise BadRequest(f"not the fields {', '.join(kinds)}: {value!r}")
        return {name: self.read(kind, value[name]) for name, kind in kinds.items()}

    def one_of(self, value, names):
        if value not in names:
            raise BadRequest(f"none of {', '.join(names)}: {value!r}")
        return value

    def read_signature(self, value):
        return self.one_of(value, SIGNATURES)

    def read_event(self, value):
        return self.one_of(value, EVENTS)

    def read_form(self, value):
        return self.one_of(value, ("binary",))

    def read_plan(self, value):
        return self.record(value, roles="texts", initial_types="types")

    def read_scope(self, value):
        if value == "Session":
            return value
        return {"Fragments": self.fragments([self.read_text(name) for name in value["Fragments"]])}

    def fragments(self, names):
        """Return a set of fragment names as it is stored: ascending by the bytes of UTF-8, no repeats."""
        distinct = {}
        for name in names:
            distinct.setdefault(self.key("fragment", name), name)
        return sorted(distinct.values(), key=self.fragment_order)

    def fragment_order(self, name):
        return name.encode()

    def read_capability(self, value):
        return self.record(value, session_id="n", owner_id="text", generation="n", scope="scope")

    def read_receipt(self, value):
        kinds = {"session_id": "n", "claim_id": "n", "from_owner_id": "text", "from_generation": "n"}
        return self.record(value, **kinds, to_owner_id="text", to_generation="n", scope="scope")

    def read_witness(self, value):
        kinds = {"witness_id": "n", "session_id": "n", "owner_id": "text", "generation": "n"}
        return self.record(value, **kinds, scope="scope", predicate_ref="text")

    def read_edge(self, value):
        return self.record(value, sid="n", sender="text", receiver="text")

    def read_ep(self, value):
        return self.record(value, sid="n", role="text")

    def read_config(self, value):
        if value is None:
            return {"mode": "Fifo", "initial_capacity": 64, "policy": "Block"}
        return self.record(value, mode="text", initial_capacity="n", policy="policy")

    def read_policy(self, value):
        if type(value) is str:
            return value
        return {"Resize": self.record(value["Resize"], max_capacity="n")}

    def read_mutation(self, value):
        ((name, fields),) = value.items()
        kinds = {
            "SetDefaultHandler": {"handler": "text"},
            "UpdateEdgeHandler": {"edge": "edge", "handler": "text"},
            "UpdateTrace": {"edge": "edge", "trace": "valtypes"},
        }[name]
        return name, self.record(fields, **kinds)

    def read_valtypes(self, value):
        return [self.read_valtype(each) for each in value]

    def read_valtype(self, value):
        if type(value) is str:
            return value
        ((name, content),) = value.items()
        if name == "Chan":
            return {"Chan": self.read_ep(content)}
        left, right = content
        return {"Prod": [self.read_valtype(left), self.read_valtype(right)]}

    def read_val(self, value):
        if value == "Unit":
            return value
        ((name, content),) = value.items()
        if name == "Prod":
            left, right = content
            return {"Prod": [self.read_val(left), self.read_val(right)]}
        kinds = {"Nat": "n", "Bool": "any", "Str": "text", "Endpoint": "ep"}
        return {name: self.read(kinds[name], content)}

    def read_types(self, value):
        return {role: self.read_type(given) for role, given in value.items()}

    def read_type(self, value):
        if value == "End":
            return value
        ((name, content),) = value.items()
        if name == "Var":
            return {"Var": self.read_text(content)}
        if name == "Mu":
            return {"Mu": self.record(content, var="text", body="type")}
        branches = [self.read_branch(branch) for branch in content["branches"]]
        return {name: {"partner": self.read_text(content["partner"]), "branches": branches}}

    def read_branch(self, value):
        label, carried, rest = value
        named = {"name": self.read_text(label["name"]), "sort": label.get("sort", "Unit")}
        return [named, None if carried is None else self.read_valtype(carried), self.read_type(rest)]
