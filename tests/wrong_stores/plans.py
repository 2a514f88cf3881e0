"""Stores that confuse or wear out the plans that sessions are opened from (contract §13, H7, H13, H14)."""

from __future__ import annotations

import json

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, edge, ep, mu, recv, send, var
from tests.wrong_stores.wrong import second

KIND = "plans"
ROOMY = {"mode": "Fifo", "initial_capacity": 3, "policy": "Drop"}


def planned(s: Script, sid: int = 0, *roles: str, types=A_TO_B, **more):
    """Open a session from a plan; of A and B where no roles are named."""
    plan = {"roles": list(roles or ("A", "B")), "initial_types": types}
    return s.open_with_sid_from_plan(sid=sid, plan=plan, **more)


def compared(s: Script, other: dict, *roles: str) -> None:
    """Open from two plans, from the first once more, and look at the result."""
    planned(s, 0)
    planned(s, 1, *roles, types=other)
    planned(s, 2)
    for sid in (0, 1, 2):
        s.observe(sid=sid)


def _by(key, sentence: str, play) -> None:
    """List a store that finds its plans by a key that says less than roles and types do."""

    def plan_key(self, roles, initial_types):
        return json.dumps(key(roles, initial_types), sort_keys=True)

    name = key.__name__.replace("_", " ")
    second(KIND, f"Plans are found by {sentence}.", play, name=f"plans by {name}")(
        type(f"plans_by_{key.__name__}", (Store,), {"plan_key": plan_key})
    )


def roles_alone(roles, types):
    return roles


def types_alone(roles, types):
    return types


def sorted_roles(roles, types):
    return [sorted(roles), types]


def set_of_roles(roles, types):
    return [sorted(set(roles)), types]


def typed_roles(roles, types):
    return [roles, sorted(types)]


def number_of_roles(roles, types):
    return [len(roles), types]


def joined_roles(roles, types):
    return [",".join(roles), types]


def shape(roles, types):
    return [roles, {role: json.dumps(lt).count("partner") for role, lt in types.items()}]


def unsorted_labels(roles, types):
    return [roles, _without(types, "sort")]


def partners(roles, types):
    return [roles, _without(types, "name")]


def recursion(roles, types):
    return [roles, _without(types, "var")]


def _without(value, member):
    if type(value) is dict:
        return {name: _without(inner, member) for name, inner in value.items() if name != member}
    return [_without(inner, member) for inner in value] if type(value) is list else value


SORTED_M = {"A": {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Nat"}, None, "End"]]}}}
TWO_VARS = {"A": mu("t", mu("u", send("B", ("m", var("t")))))}
SWAPPED = {"A": mu("u", mu("t", send("B", ("m", var("t")))))}


def _of_two_vars(s: Script) -> None:
    planned(s, 0, types=TWO_VARS)
    planned(s, 1, types=SWAPPED)
    s.observe(sid=1)


_by(roles_alone, "their roles alone", lambda s: compared(s, {"B": send("A", ("n", "End"))}))
_by(types_alone, "their types alone", lambda s: compared(s, A_TO_B, "A", "B", "C"))
_by(sorted_roles, "their roles in any order", lambda s: compared(s, A_TO_B, "B", "A"))
_by(set_of_roles, "their roles without repeats", lambda s: compared(s, A_TO_B, "A", "B", "A"))
_by(typed_roles, "their roles and which of them have a type", lambda s: compared(s, {"A": recv("B", ("m", "End"))}))
_by(number_of_roles, "the number of their roles", lambda s: compared(s, A_TO_B, "A", "C"))
_by(joined_roles, "the text of their roles, joined by commas", lambda s: compared(s, A_TO_B, "A,B"))
_by(shape, "their roles and the size of each type", lambda s: compared(s, {"A": send("B", ("n", "End"))}))
_by(unsorted_labels, "their types without the sorts of labels", lambda s: compared(s, SORTED_M))
_by(partners, "their types without the names of labels", lambda s: compared(s, {"A": send("B", ("n", "End"))}))
_by(recursion, "their types without the names of binders", _of_two_vars)


def of_another_config(s: Script) -> None:
    planned(s, 0)
    planned(s, 1, buffer_config=ROOMY)
    planned(s, 2, buffer_config=None)
    for sid in (0, 1, 2):
        s.observe(sid=sid)


@second(KIND, "The buffer config of the first session is the plan's.", of_another_config)
class plan_keeps_the_config(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        kept = self.plans.setdefault("config " + self.plan_key(plan["roles"], plan["initial_types"]), config)
        return super().open_with_sid_from_plan(sid, plan, kept)


@second(KIND, "A session from a plan has buffers of one place where no config is given.", of_another_config)
class plans_have_small_buffers(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        default = self.read_config(None)
        return super().open_with_sid_from_plan(
            sid, plan, {**config, "initial_capacity": 1} if config == default else config
        )


def opened_again_from_another(s: Script) -> None:
    planned(s, 0)
    s.close(sid=0)
    s.reap_closed()
    planned(s, 0, types={"B": send("A", ("n", "End"))})
    s.observe(sid=0)


@second(KIND, "A sid opened again has the plan that it had before.", opened_again_from_another)
class plan_of_the_sid(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        first = self.plans.setdefault(sid, plan)
        return super().open_with_sid_from_plan(sid, first, config)


def two_lives(s: Script) -> None:
    """Let the first session of a plan do everything that must not be seen in the second."""
    planned(s, 0, types={"A": mu("t", send("B", ("m", send("B", ("n", var("t"))))))})
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.rebound(cap, "h")
    s.traced(cap, ["Nat"])
    s.defaulted(cap, "d")
    s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.sent(1)
    s.advance(ep=ep(), label="m")
    planned(s, 1, types={"A": mu("t", send("B", ("m", send("B", ("n", var("t"))))))})
    s.lookup_handler(edge=edge(sid=1))
    s.observe(sid=1)
    s.claim_ownership(sid=1, owner_id="a", scope=SESSION)


def _shared(part: str, sentence: str, *plays) -> None:
    """List a store whose sessions of one plan have a part in common."""

    def opened_from(self, sid, plan, config):
        Store.opened_from(self, sid, plan, config)
        kept = self.plans.setdefault(("part", id(plan)), self.sessions[sid][part])
        self.sessions[sid][part] = kept
        return sid

    second(KIND, sentence, *(plays or (two_lives,)), name=f"plan shares {part}")(
        type(f"plan_shares_{part}", (Store,), {"opened_from": opened_from})
    )


_shared("types", "Sessions of a plan have their types in common.")
_shared("buffers", "Sessions of a plan have their buffers in common.")
_shared("bound", "Sessions of a plan have the handlers by role pair in common.")
_shared("handlers", "Sessions of a plan have the bindings in common.")
_shared("traces", "Sessions of a plan have their traces in common.")
_shared("leaves", "Sessions of a plan have their auth leaves in common.")
_shared("log", "Sessions of a plan have their log in common.")
_shared("issued", "Sessions of a plan have the witnesses in common.")


@second(KIND, "A session from a plan begins with the default handler of the one before.", two_lives)
class plan_keeps_the_default_handler(Store):
    def opened_from(self, sid, plan, config):
        before = [s["default"] for s in self.sessions.values()]
        super().opened_from(sid, plan, config)
        if before:
            self.sessions[sid]["default"] = before[-1]
        return sid


@second(KIND, "What advances in a session from a plan is new in the plan too.", two_lives)
class plan_advances(Store):
    def advance(self, ep, label):
        step = super().advance(ep, label)
        for plan in self.plans.values():
            for each in plan["initial_types"]:
                if each["role"] == ep["role"]:
                    each["current"] = step["current"]
        return step


def closed_and_opened_again(s: Script) -> None:
    planned(s, 3)
    s.close(sid=3)
    planned(s, 3)
    s.observe(sid=3)
    s.next_session_id()
    planned(s, 1)
    s.next_session_id()
    s.archived_closed()


@second(KIND, "A closed session opened again from its plan goes on counting its epoch.", closed_and_opened_again)
class plan_keeps_the_epoch(Store):
    def opened_from(self, sid, plan, config):
        epoch = self.sessions[sid]["epoch"] if sid in self.sessions else 0
        super().opened_from(sid, plan, config)
        self.sessions[sid]["epoch"] = epoch
        return sid


@second(KIND, "Opening from a plan leaves a session of that sid as it is.", closed_and_opened_again)
class plan_opens_nothing_twice(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        return sid if sid in self.sessions else super().open_with_sid_from_plan(sid, plan, config)


@second(KIND, "A live session is not replaced by one from a plan.", closed_and_opened_again)
class plan_replaces_nothing(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        if sid in self.sessions:
            raise Refused(f"session {sid} already used")
        return super().open_with_sid_from_plan(sid, plan, config)


@second(KIND, "A session replaced by one from a plan is archived.", closed_and_opened_again)
class plan_archives_what_it_replaces(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        if sid in self.sessions:
            self.archive.append(self.summary(self.sessions[sid]))
        return super().open_with_sid_from_plan(sid, plan, config)


@second(KIND, "Opening from a plan leaves the next id as it was.", closed_and_opened_again)
class plan_ignores_the_next_id(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        kept = self.next_sid
        super().open_with_sid_from_plan(sid, plan, config)
        self.next_sid = kept
        return sid


@second(KIND, "Opening from a plan under a smaller sid sets the next id back.", closed_and_opened_again)
class plan_sets_the_next_id_back(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        super().open_with_sid_from_plan(sid, plan, config)
        self.next_sid = min(sid + 1, TOP)
        return sid


@second(
    KIND,
    "A type for a role that is not listed gets an entry in sessions from a plan.",
    lambda s: (planned(s, 0, types={**A_TO_B, "Z": "End"}), s.observe(sid=0)),
)
class plan_lists_unlisted_types(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        super().open_with_sid_from_plan(sid, plan, config)
        for role in plan["initial_types"].keys() - set(plan["roles"]):
            lt = plan["initial_types"][role]
            self.sessions[sid]["types"][role] = {"role": role, "current": self.current_of(lt), "original": lt}
        return sid


def five_plans(s: Script) -> None:
    for turn in range(5):
        planned(s, turn, types={"A": send("B", (f"m{turn}", "End"))})
    planned(s, 5, types={"A": send("B", ("m0", "End"))})
    s.lookup_type(ep=ep(sid=4))


@second(KIND, "Four plans are kept; the fifth takes the place of the first and is taken for it.", five_plans)
class four_plans(Store):
    def plan_key(self, roles, initial_types):
        known = self.plans.setdefault("places", {})
        return known.setdefault(super().plan_key(roles, initial_types), len(known) % 4)


# Under hardened


def used_id(s: Script) -> None:
    planned(s, 4)
    s.close(sid=4)
    s.reap_closed()
    planned(s, 4)


@second("hardened", "A used sid can be opened again from a plan.", used_id, contract="hardened")
class plan_opens_used_ids(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        return self.open_unchecked(sid, plan, config)

    def open_unchecked(self, sid, plan, config):
        return self.opened(sid, plan["roles"], plan["initial_types"], config)


@second(
    "hardened",
    "A plan may repeat a role.",
    lambda s: planned(s, 0, "A", "B", "A"),
    contract="hardened",
)
class plan_repeats_roles(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        roles = list(dict.fromkeys(plan["roles"]))
        return super().open_with_sid_from_plan(sid, {**plan, "roles": roles}, config)


@second(
    "hardened",
    "A session from a plan strips binders and substitutes nothing.",
    lambda s: (planned(s, 0, types={"A": mu("t", send("B", ("m", var("t"))))}), s.lookup_type(ep=ep())),
    contract="hardened",
)
class plan_strips(Store):
    def open_with_sid_from_plan(self, sid, plan, config):
        super().open_with_sid_from_plan(sid, plan, config)
        for entry in self.sessions[sid]["types"].values():
            entry["current"] = self.unfold_mu(entry["original"])
        return sid
