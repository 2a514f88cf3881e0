"""Stores that are right as long as arguments come in the form that a tidy client gives them."""

from __future__ import annotations

from tests.second_store.forms import BadRequest
from tests.second_store.store import Store
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, altered, edge, ep, fragments, mu, send, var
from tests.wrong_stores.wrong import second

UNSORTED = fragments("b", "a", "b")


def claimed_unsorted(s: Script) -> None:
    s.claimed("a", UNSORTED)


def receipt_unsorted(s: Script) -> None:
    cap = s.claimed()
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("a", "b"))
    s.commit_ownership_transfer(receipt=altered(receipt, scope=UNSORTED))


def witness_unsorted(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=altered(cap, scope=fragments("a", "b")), predicate_ref="p")
    s.consume_readiness_witness(
        capability=altered(cap, scope=fragments("a", "b")), witness=altered(witness, scope=UNSORTED)
    )


def attenuated_unsorted(s: Script) -> None:
    cap = s.claimed()
    s.attenuate_ownership_scope(capability=cap, new_scope=UNSORTED)
    s.authority_audit_log(sid=0)


def released_unsorted(s: Script) -> None:
    cap = s.claimed("a", fragments("a", "b"))
    s.release_ownership(capability=altered(cap, scope=UNSORTED))


def without_sorts(s: Script) -> None:
    bare = {"Send": {"partner": "B", "branches": [[{"name": "m"}, None, "End"]]}}
    s.open(roles=["A", "B"], initial_types={"A": bare})
    s.lookup_type(ep=ep())
    s.unfold_mu(lt=bare)


def with_null_options(s: Script) -> None:
    s.open(roles=["A", "B"], initial_types=A_TO_B, buffer_config=None)
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    s.observe(sid=0)
    s.decode_edge_json(value={"sender": "A", "receiver": "B"}, session_hint=None)
    s.decode_edge_json(value={"sid": None, "sender": "A", "receiver": "B"}, session_hint=3)
    s.decode_edge_json(value={"sid": 1, "sender": "A", "receiver": "B"}, session_hint=None)


def unusual_edges(s: Script) -> None:
    s.decode_edge_json(value=[1, "A", "B"])
    s.decode_edge_json(value=[None, "A", "B"], session_hint=2)
    s.decode_edge_json(value={"receiver": "B", "sid": 1, "sender": "A", "more": {}})
    s.decode_edge_json(value=[1, "A", "B", 4])


def members_in_another_order(s: Script) -> None:
    s.start()
    s.claim_ownership(scope=SESSION, owner_id="a", sid=0)
    s.validate_ownership_capability(capability={"owner_id": "a", "session_id": 0, "generation": 0, "scope": SESSION})
    s.lookup_handler(edge={"receiver": "B", "sid": 0, "sender": "A"})
    s.lookup_type(ep={"role": "A", "sid": 0})
    s.open(
        buffer_config={"policy": {"Resize": {"max_capacity": 2}}, "mode": "LatestValue", "initial_capacity": 3},
        initial_types={"A": {"Send": {"branches": [[{"sort": "Nat", "name": "m"}, None, "End"]], "partner": "B"}}},
        roles=["A", "B"],
    )
    s.observe(sid=1)
    s.plan(initial_types={"B": "End", "A": mu("t", send("B", ("m", var("t"))))}, roles=["A", "B"])


def unlisted_types(s: Script) -> None:
    s.plan(roles=["B", "A", "C"], initial_types={"Z": "End", "A": "End", "B": "End"})


@second("raw forms", "Fragments are kept as they are given when they are read.", claimed_unsorted)
class fragments_as_given(Store):
    def fragments(self, names):
        return names


@second("raw forms", "Fragments are ordered, and repeats are kept.", claimed_unsorted)
class repeated_fragments_are_kept(Store):
    def fragments(self, names):
        return sorted(names, key=self.fragment_order)


@second("raw forms", "Repeats of fragments are taken out, and their order is kept.", claimed_unsorted)
class fragments_in_the_order_given(Store):
    def fragments(self, names):
        return list(dict.fromkeys(names))


@second("raw forms", "The scope of a receipt is read as a list.", receipt_unsorted)
class scope_of_a_receipt_is_a_list(Store):
    def read_receipt(self, value):
        return {**super().read_receipt(value), "scope": value["scope"]}


@second("raw forms", "The scope of a witness is read as a list.", witness_unsorted)
class scope_of_a_witness_is_a_list(Store):
    def read_witness(self, value):
        return {**super().read_witness(value), "scope": value["scope"]}


@second("raw forms", "The log shows the scope of a given capability as it was written.", released_unsorted)
class scope_of_a_capability_is_a_list(Store):
    def read_capability(self, value):
        return {**super().read_capability(value), "scope": value["scope"]}


@second("raw forms", "The new scope of an attenuation is stored as it was written.", attenuated_unsorted)
class new_scope_is_a_list(Store):
    def arguments(self, op, given):
        read = super().arguments(op, given)
        return {**read, "new_scope": given["new_scope"]} if "new_scope" in read else read


@second("raw forms", "Members of a capability are read by their place.", members_in_another_order)
class capabilities_by_place(Store):
    def read_capability(self, value):
        read = super().read_capability(value)
        return read if list(value) == sorted(value) else {**read, "generation": value[next(iter(value))]}


@second("raw forms", "Members of a buffer configuration are read by their place.", members_in_another_order)
class configurations_by_place(Store):
    def read_config(self, value):
        if value is not None and list(value) != sorted(value):
            value = None
        return super().read_config(value)


@second("raw forms", "A label without a sort gets none.", without_sorts)
class absent_sort_is_null(Store):
    def read_branch(self, value):
        label, carried, rest = super().read_branch(value)
        return [{**label, "sort": value[0].get("sort")}, carried, rest]


@second("raw forms", "A label without a sort gets the sort Nat.", without_sorts)
class absent_sort_is_nat(Store):
    def read_branch(self, value):
        label, carried, rest = super().read_branch(value)
        return [{**label, "sort": value[0].get("sort", "Nat")}, carried, rest]


@second("raw forms", "A buffer configuration of null means a buffer of one.", with_null_options)
class null_configuration_means_one(Store):
    def arguments(self, op, given):
        read = super().arguments(op, given)
        if "buffer_config" in given and given["buffer_config"] is None:
            read["buffer_config"] = {"mode": "Fifo", "initial_capacity": 1, "policy": "Block"}
        return read


@second("raw forms", "A hint of null counts as session 0.", with_null_options)
class null_hint_is_session_0(Store):
    def read_hint(self, value):
        return value or 0


@second("raw forms", "A sid of null in an edge is refused.", with_null_options)
class null_sid_is_refused(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and "sid" in value and value["sid"] is None:
            value = {**value, "sid": "null"}
        return super().decode_edge_json(value, session_hint)


@second("raw forms", "An edge is not read from an array.", unusual_edges)
class edges_are_objects(Store):
    def decode_edge_json(self, value, session_hint):
        return super().decode_edge_json(None if type(value) is list else value, session_hint)


@second("raw forms", "An array of four is read as an edge.", unusual_edges)
class edges_of_four(Store):
    def decode_edge_json(self, value, session_hint):
        return super().decode_edge_json(value[:3] if type(value) is list else value, session_hint)


@second("raw forms", "Further fields of an edge are refused.", unusual_edges)
class further_fields_are_refused(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and value.keys() - {"sid", "sender", "receiver"}:
            value = None
        return super().decode_edge_json(value, session_hint)


@second("raw forms", "Entries of a plan come in the order in which the types were written.", unlisted_types)
class plan_in_the_order_of_the_types(Store):
    def plan(self, roles, initial_types):
        plan = super().plan(roles, initial_types)
        shown = sorted(plan["initial_types"], key=lambda entry: list(initial_types).index(entry["role"]))
        return {**plan, "initial_types": shown}


@second("raw forms", "A type of an unlisted role is refused.", unlisted_types)
class types_of_unlisted_roles_are_refused(Store):
    def arguments(self, op, given):
        read = super().arguments(op, given)
        if "initial_types" in read and not set(read["initial_types"]) <= set(read["roles"]):
            raise BadRequest("a type of an unlisted role")
        return read

    def answer(self, op, given):
        try:
            return super().answer(op, given)
        except BadRequest as error:
            return "err", str(error), []


@second(
    "raw forms",
    "An empty set of fragments is read as Session.",
    lambda s: s.claimed("a", fragments()),
)
class no_fragments_is_session(Store):
    def read_scope(self, value):
        scope = super().read_scope(value)
        return scope if scope == SESSION or scope["Fragments"] else SESSION


def _unused_edge(s: Script) -> None:
    cap = s.claimed()
    s.traced(cap, [{"Prod": ["Unit", {"Chan": {"role": "A", "sid": 3}}]}])
    s.lookup_trace(edge=edge())


@second("raw forms", "A channel type loses its session.", _unused_edge)
class channel_types_lose_their_session(Store):
    def read_valtype(self, value):
        read = super().read_valtype(value)
        return {"Chan": {**read["Chan"], "sid": 0}} if type(read) is dict and "Chan" in read else read
