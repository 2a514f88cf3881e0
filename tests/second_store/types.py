"""Local types: unfolding, the plan, typed steps (§6, §7, H13, H14)."""

from .forms import Refused
from .limits import within


def head(lt):
    """Return the variant of a local type."""
    return lt if type(lt) is str else next(iter(lt))


def free(lt):
    """Return the free variables of a local type."""
    kind = head(lt)
    if kind == "Var":
        return {lt["Var"]}
    if kind == "Mu":
        return free(lt["Mu"]["body"]) - {lt["Mu"]["var"]}
    if kind == "End":
        return set()
    return set().union(*(free(rest) for _, _, rest in lt[kind]["branches"]))


class Types:
    def unfold_mu(self, lt):
        while head(lt) == "Mu":
            lt = lt["Mu"]["body"]
        return lt

    def unfold_if_var_with_scope(self, cont, original):
        if head(cont) == "Var":
            return [self.unfold_mu(original), None]
        if head(cont) == "Mu":
            return [self.unfold_mu(cont), cont]
        return [cont, None]

    def unfold_if_var(self, cont, original):
        return self.unfold_if_var_with_scope(cont, original)[0]

    def substituted(self, lt, name, by):
        """Put a type in the place of a variable; binders that would capture one of its variables are renamed."""
        kind = head(lt)
        if kind == "Var":
            return by if lt["Var"] == name else lt
        if kind == "End":
            return lt
        if kind == "Mu":
            var, body = lt["Mu"]["var"], lt["Mu"]["body"]
            if var == name or name not in free(body):
                return lt
            if var in free(by):
                fresh = self.fresh_name(var, free(by) | free(body) | {name})
                var, body = fresh, self.substituted(body, var, {"Var": fresh})
            return {"Mu": {"var": var, "body": self.substituted(body, name, by)}}
        branches = [[label, carried, self.substituted(rest, name, by)] for label, carried, rest in lt[kind]["branches"]]
        return {kind: {"partner": lt[kind]["partner"], "branches": branches}}

    def fresh_name(self, var, taken):
        number = 1
        while f"{var}_{number}" in taken:
            number += 1
        return f"{var}_{number}"

    def fully_unfolded(self, lt):
        bound, body = [], lt
        while head(body) == "Mu":
            bound.append(body["Mu"]["var"])
            body = body["Mu"]["body"]
        if head(body) == "Var" and body["Var"] in bound:
            return lt
        while head(lt) == "Mu":
            lt = self.substituted(lt["Mu"]["body"], lt["Mu"]["var"], lt)
        return lt

    def current_of(self, lt):
        """Return the current type of an entry that begins with this type."""
        return self.fully_unfolded(lt) if self.hardened else self.unfold_mu(lt)

    def blueprint(self, ids, originals):
        edges = {}
        for role, original in originals:
            waiting = [original]
            while waiting:
                lt = waiting.pop()
                kind = head(lt)
                if kind == "Mu":
                    waiting.append(lt["Mu"]["body"])
                elif kind in ("Send", "Recv"):
                    partner = lt[kind]["partner"]
                    waiting.extend(rest for _, _, rest in lt[kind]["branches"])
                    own, other = ids[self.key("role", role)], ids.get(self.key("role", partner))
                    if other not in (None, own):
                        sends = kind == "Send"
                        edges[(own, other) if sends else (other, own)] = (role, partner) if sends else (partner, role)
        return [[[*pair], *edges[pair]] for pair in sorted(edges)]

    def plan(self, roles, initial_types):
        within("roles", len(roles))
        ids = {}
        for index, role in enumerate(roles):
            if self.hardened and self.key("role", role) in ids:
                raise Refused(f"repeated role: {role}")
            ids[self.key("role", role)] = index
        entries = [(role, initial_types[role]) for role in roles if role in initial_types]
        shown = [{"role": role, "current": self.current_of(lt), "original": lt} for role, lt in entries]
        return {
            "roles": roles,
            "role_ids": ids,
            "initial_types": shown,
            "edge_blueprint": self.blueprint(ids, entries),
            "active_branch_roles": [each["role"] for each in shown if head(each["current"]) in ("Send", "Recv")],
        }

    def entry(self, ep):
        s = self.sessions.get(ep["sid"])
        return None if s is None else s["types"].get(self.key("role", ep["role"]))

    def lookup_type(self, ep):
        entry = self.entry(ep)
        return None if entry is None else entry["current"]

    def original_type(self, ep):
        entry = self.entry(ep)
        return None if entry is None else entry["original"]

    def update_type(self, ep, new_type):
        entry = self.entry(ep)
        if entry is not None:
            self.become_current(ep["sid"], entry, new_type)

    def become_current(self, sid, entry, lt):
        """Store a type as the current one; its first labels count (§18)."""
        s = self.sessions[sid]
        labels = s["labels"] | self.first_labels(lt)
        within("labels", len(labels))
        s["labels"], entry["current"] = labels, lt

    def first_labels(self, lt):
        return {label["name"] for label, _, _ in lt[head(lt)]["branches"]} if head(lt) in ("Send", "Recv") else set()

    def update_original(self, ep, new_original):
        entry = self.entry(ep)
        if entry is not None:
            entry["original"] = new_original

    def remove_type(self, ep):
        if self.entry(ep) is not None:
            del self.sessions[ep["sid"]]["types"][self.key("role", ep["role"])]

    def branch(self, lt, label):
        """Return the last branch of that label, or None."""
        found = None
        if head(lt) in ("Send", "Recv"):
            for branch in lt[head(lt)]["branches"]:
                if self.key("label", branch[0]["name"]) == self.key("label", label):
                    found = branch
        return found

    def lookup_branch_resolution(self, ep, label):
        entry = self.entry(ep)
        found = None if entry is None else self.branch(entry["current"], label)
        if found is None:
            return None
        kind = head(entry["current"])
        partner = entry["current"][kind]["partner"]
        return {"direction": kind, "partner": partner, "expected_type": found[1], "continuation": found[2]}

    def advance(self, ep, label):
        step = self.lookup_branch_resolution(ep, label)
        if step is None:
            raise Refused({"NoBranch": {"ep": ep, "label": label}})
        entry, cont = self.entry(ep), step.pop("continuation")
        if self.hardened:
            current, scope = self.fully_unfolded(cont), None
        else:
            current, scope = self.unfold_if_var_with_scope(cont, entry["original"])
        self.become_current(ep["sid"], entry, current)
        if scope is not None:
            entry["original"] = scope
        return {**step, "current": current}
