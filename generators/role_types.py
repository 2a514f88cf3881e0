"""Hypothesis strategies for the local types of a few roles together: some fit, some nearly, most do not.

Small, so that everything they can do can be tried out: at most three roles, few labels, shallow types.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from telltale_conformance.generators.global_types import projectable_global_types
from telltale_conformance.generators.local_types import Growth, Heads
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var

RoleTypes = dict[str, LocalType]


def small_heads() -> SearchStrategy[Heads]:
    """Return what branches begin with: one or two of two labels, seldom with a payload sort."""
    label = st.builds(Label, st.sampled_from(["m", "n"]), st.sampled_from(["Unit", "Unit", "Nat"]))
    return st.lists(st.tuples(label, st.none()), min_size=1, max_size=2, unique_by=lambda head: head[0].name)


@st.composite
def unrelated_types(draw: DrawFn, max_depth: int = 3) -> RoleTypes:
    """Types drawn for each role by itself; they rarely fit."""
    roles = draw(st.sampled_from(["AB", "AB", "ABC"]))
    return {
        role: Growth(
            draw, st.sampled_from([other for other in roles if other != role]), small_heads(), sound=True
        ).grown(max_depth, {})
        for role in roles
    }


@st.composite
def nearly_fitting_types(draw: DrawFn, max_depth: int = 3) -> RoleTypes:
    """Return the projections of a global type, mostly with one place of one role changed."""
    _, types = draw(projectable_global_types(max_depth, draw(st.sampled_from(["AB", "ABC"])), heads=small_heads()))
    role = draw(st.sampled_from(sorted(types)))
    return {**types, role: _changed(draw, types[role])} if draw(st.integers(0, 3)) else types


@st.composite
def looping_types(draw: DrawFn) -> RoleTypes:
    """Two roles that go on for ever, before or between it with something for a third, who does as it likes."""
    third = draw(st.sampled_from([Send, Recv]))("C", (Branch(Label("n"), None, END),))
    exchange = Send("B", (Branch(Label("m"), None, Var("t")),))
    where = draw(st.sampled_from(["nowhere", "before", "between"]))
    first: LocalType = Mu("t", _before(third, exchange) if where == "between" else exchange)
    if where == "before":
        first = _before(third, first)
    second = Mu("t", Recv("A", (Branch(Label("m"), None, Var("t")),)))
    unasked = Send("B", (Branch(Label("n"), None, END),))
    anything = Growth(draw, st.sampled_from("AB"), small_heads(), sound=True).grown(3, {})
    return {"A": first, "B": second, "C": draw(st.sampled_from([unasked, anything, anything]))}


def _before(step: Choice, local_type: LocalType) -> LocalType:
    (branch,) = step.branches
    return step.with_branches((Branch(branch.label, branch.value_type, local_type),))


def role_types() -> SearchStrategy[RoleTypes]:
    """Types of two or three roles."""
    return st.one_of(nearly_fitting_types(), unrelated_types(), looping_types())


def _changed(draw: DrawFn, local_type: LocalType) -> LocalType:
    """Return the type with one place changed: cut off, reversed, another label or sort, or two steps exchanged."""
    if isinstance(local_type, Mu):
        return Mu(local_type.var, _changed(draw, local_type.body))
    if not isinstance(local_type, Choice):
        return local_type
    branches = list(local_type.branches)
    index = draw(st.integers(0, len(branches) - 1))
    label, value_type, continuation = branches[index].label, branches[index].value_type, branches[index].continuation
    match draw(st.sampled_from(["below", "below", "cut", "turn", "label", "sort", "sort", "branch", "exchange"])):
        case "below":
            branches[index] = Branch(label, value_type, _changed(draw, continuation))
        case "cut":
            return END
        case "turn":
            return (Recv if isinstance(local_type, Send) else Send)(local_type.partner, local_type.branches)
        case "label":
            branches[index] = Branch(Label("x", label.sort), value_type, continuation)
        case "sort":
            branches[index] = Branch(Label(label.name, "Bool"), value_type, continuation)
        case "branch":
            del branches[index]
        case "exchange":
            if isinstance(continuation, Choice) and len(continuation.branches) == 1:
                (after,) = continuation.branches
                inner = local_type.with_branches((Branch(label, value_type, after.continuation),))
                return continuation.with_branches((Branch(after.label, after.value_type, inner),))
    return local_type.with_branches(tuple(branches)) if branches else END
