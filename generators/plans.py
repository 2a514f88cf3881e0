"""Plans of a program: new ones, used again, and such as a store may confuse with those used before (contract §13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var

KEPT: Final = 6
"""How many plans of a program are remembered; the oldest go first."""
AGAIN: Final = "plan again"
"""The relation of a plan that a session was opened from before; then of one that shares its roles, or its types."""
SAME_ROLES: Final = "same roles"
SAME_TYPES: Final = "same types"
NEW: Final = "new plan"


class Plans:
    """Draws plans and remembers them.

    Args:
        draw: the source of values.
    """

    def __init__(self, draw: Drawing) -> None:
        self._draw = draw
        self._kept: list[PlanInput] = []

    def drawn(self) -> PlanInput:
        """Return a plan: one used before, one that is nearly the same, or a new one."""
        draw, kept = self._draw, self._kept
        chance = draw.random()
        if not kept or chance < 0.2:
            roles = draw.roles()
            return PlanInput(draw.types(roles), roles)
        plan = draw.one_of(kept)
        return plan if chance < 0.55 else self._near(plan)

    def use(self, plan: PlanInput) -> str:
        """Remember a plan; return how it stands to those used before."""
        relation = self._relation(plan)
        if relation != AGAIN:
            self._kept.append(plan)
            del self._kept[:-KEPT]
        return relation

    def _relation(self, plan: PlanInput) -> str:
        if plan in self._kept:
            return AGAIN
        if any(tuple(plan.roles) == tuple(other.roles) for other in self._kept):
            return SAME_ROLES
        return SAME_TYPES if any(plan.initial_types == other.initial_types for other in self._kept) else NEW

    def _near(self, plan: PlanInput) -> PlanInput:
        """Return a plan with the same roles or the same types, and little else changed."""
        draw = self._draw
        roles, types = tuple(plan.roles), dict(plan.initial_types)
        if draw.random() < 0.35:
            return PlanInput(types, self._other_roles(roles))
        typed = [role for role in roles if role in types]
        chance = draw.random()
        if not typed or chance < 0.2:
            return PlanInput(draw.types(roles), roles)
        role = draw.one_of(typed)
        if chance < 0.3:
            del types[role]
        elif chance < 0.4:
            types["unlisted"] = types[role]
        elif chance < 0.5 and len(typed) > 1:
            other = draw.one_of(typed)
            types[role], types[other] = types[other], types[role]
        else:
            types[role] = near_type(draw, types[role], roles)
        return PlanInput(types, roles)

    def _other_roles(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        draw = self._draw
        chance = draw.random()
        if chance < 0.35 and len(roles) > 1:
            return (*roles[1:], roles[0])
        if chance < 0.55 and len(roles) > 1:
            return roles[:-1]
        if chance < 0.7 and draw.odd() and roles:
            return (*roles, draw.one_of(roles))
        if chance < 0.8 and len(roles) > 1:
            return (",".join(roles[:2]), *roles[2:])
        changed = draw.double(draw.name(draw.cast.role), 0.5)
        return (*roles, changed) if changed not in roles else roles[::-1]


def near_type(draw: Drawing, lt: LocalType, roles: Sequence[str]) -> LocalType:
    """Return a type with one thing changed: a label, a sort, a partner, a direction, a binder, what follows."""
    match lt:
        case Mu(var=var, body=body):
            if draw.random() < 0.25:
                return Mu(f"{var}'", _renamed(body, {var: f"{var}'"}))
            return Mu(var, near_type(draw, body, roles))
        case Var():
            return END
        case Choice():
            return _near_choice(draw, lt, roles)
    return Send(draw.one_of(roles or ("A",)), (Branch(Label("m"), None, END),))


def _near_choice(draw: Drawing, lt: Choice, roles: Sequence[str]) -> LocalType:
    chance = draw.random()
    if chance < 0.15 or not lt.branches:
        return (Recv if isinstance(lt, Send) else Send)(lt.partner, lt.branches)
    if chance < 0.25 and roles:
        return type(lt)(draw.one_of(roles), lt.branches)
    place = draw.below(len(lt.branches))
    branches, branch = [*lt.branches], lt.branches[place]
    label, annotation, rest = branch.label, branch.value_type, branch.continuation
    if chance < 0.35 and len(branches) > 1:
        del branches[place]
        return type(lt)(lt.partner, tuple(branches))
    if chance < 0.5:
        label = draw.label()
    elif chance < 0.6:
        label = Label(label.name, "Nat" if label.sort != "Nat" else "Unit")
    elif chance < 0.7:
        annotation = draw.val_type()
    else:
        rest = near_type(draw, rest, roles)
    branches[place] = Branch(label, annotation, rest)
    return type(lt)(lt.partner, tuple(branches))


def _renamed(lt: LocalType, names: Mapping[str, str]) -> LocalType:
    """Rename free variables; what is bound further in keeps its name."""
    match lt:
        case Var(name=name):
            return Var(names.get(name, name))
        case Mu(var=var, body=body):
            return Mu(var, _renamed(body, {name: new for name, new in names.items() if name != var}))
        case Choice(partner=partner, branches=branches):
            renamed = (Branch(one.label, one.value_type, _renamed(one.continuation, names)) for one in branches)
            return type(lt)(partner, tuple(renamed))
    return lt
