"""Hypothesis strategies for global types: well-formed ones, any trees, and ones with a projection on every role."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from telltale_conformance.generators.local_types import Growth, Heads, names
from telltale_conformance.generators.local_types import heads as any_heads
from telltale_conformance.model.types.global_types import Comm, GlobalType
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import Merging, NotProjectable, project_all
from telltale_conformance.model.types.trees import Branch, SessionType


class _GlobalGrowth(Growth):
    """Draws communications where a local type has choices."""

    def branching(self, form: str, branches: tuple[Branch, ...]) -> SessionType:
        """Return a communication with these branches; between two different roles where ``sound``."""
        sender = self.draw(self.partners)
        receivers = self.partners.filter(lambda role: role != sender) if self.sound else self.partners
        return Comm(sender, self.draw(receivers), branches)


@st.composite
def any_global_types(draw: DrawFn, max_depth: int = 5) -> GlobalType:
    """Any trees: unbound variables, repeated labels, roles that send to themselves and odd names included."""
    return _GlobalGrowth(draw, names(), any_heads(None, sound=False), sound=False).grown(max_depth, {})


@st.composite
def global_types(
    draw: DrawFn,
    max_depth: int = 5,
    roles: Sequence[str] = ("A", "B", "C"),
    heads: SearchStrategy[Heads] | None = None,
) -> GlobalType:
    """Well-formed types between ``roles``: closed, guarded, distinct labels (``heads``), nobody sends to itself."""
    begin = any_heads(None, sound=True) if heads is None else heads
    return _GlobalGrowth(draw, st.sampled_from(roles), begin, sound=True).grown(max_depth, {})


@st.composite
def projectable_global_types(
    draw: DrawFn,
    max_depth: int = 4,
    roles: Sequence[str] = ("A", "B", "C"),
    merging: Merging = "full",
    heads: SearchStrategy[Heads] | None = None,
) -> tuple[GlobalType, dict[str, LocalType]]:
    """Well-formed types that have a projection on every role, with the projections."""
    global_type = draw(global_types(max_depth, roles, heads))
    projections = project_all(global_type, roles, merging)
    assume(not any(isinstance(one, NotProjectable) for one in projections.values()))
    return global_type, {role: one for role, one in projections.items() if not isinstance(one, NotProjectable)}
