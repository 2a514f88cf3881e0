"""Hypothesis strategies for names, payloads, local types and protocols.

Well-formed types are built downwards with the variables in scope, so that nothing is filtered; a near miss
is a well-formed type with exactly one fault planted in it. Names are mostly ordinary and sometimes odd:
empty, keywords of the text syntax, quotes, control characters, characters beyond the BMP.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from telltale_conformance.model.types.json_shape import U64_MAX
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
    BASIC_SORTS,
    BASIC_VAL_TYPES,
    UNIT,
    Bool,
    Chan,
    EndpointValue,
    Nat,
    PayloadSort,
    ProdSort,
    ProdType,
    ProdValue,
    Str,
    ValType,
    Value,
    Vector,
)
from telltale_conformance.model.types.theory import dual
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, SessionType, Var
from telltale_conformance.model.types.wellformed import ProblemKind

ODD_NAMES: Final = (
    "",
    " ",
    "end",
    "mu",
    "rec",
    "roles",
    "μ",
    "μt",
    "µx",
    "Nat",
    "Vector",
    "a b",
    "a-b",
    "--",
    "#",
    "1a",
    "²",
    '"',
    "\\",
    'q"\\"',
    "\n",
    "\r\n",
    "\t",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\ufffe",
    "{}",
    "!",
    "?B",
    "a.b",
    "ö",
    "o\u0308",
    "हिन्दी",
    "ﬁ",
    "𝔸",
    "😀",
    "a" * 300,
)
"""Names that a parser, a printer or a terminal may stumble over; all are Unicode text."""


def unicode_text(max_size: int = 8) -> SearchStrategy[str]:
    """Any text of Unicode scalar values."""
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)


@cache
def names() -> SearchStrategy[str]:
    """Names for roles, labels and variables: ordinary, odd, arbitrary."""
    return st.one_of(st.sampled_from(["A", "B", "m", "t", "msg_1"]), st.sampled_from(ODD_NAMES), unicode_text())


@cache
def u64s() -> SearchStrategy[int]:
    """Integers of 0..2^64-1, the bounds often."""
    return st.one_of(st.sampled_from([0, 1, U64_MAX - 1, U64_MAX]), st.integers(0, U64_MAX))


@cache
def sorts() -> SearchStrategy[PayloadSort]:
    """Payload sorts, pairs and vectors included."""
    leaves: SearchStrategy[PayloadSort] = st.one_of(st.sampled_from(BASIC_SORTS), st.builds(Vector, u64s()))
    return st.recursive(leaves, lambda inner: st.builds(ProdSort, inner, inner), max_leaves=4)


@cache
def val_types() -> SearchStrategy[ValType]:
    """Value types, pairs and channel ends included."""
    leaves: SearchStrategy[ValType] = st.one_of(st.sampled_from(BASIC_VAL_TYPES), st.builds(Chan, u64s(), names()))
    return st.recursive(leaves, lambda inner: st.builds(ProdType, inner, inner), max_leaves=4)


@cache
def values() -> SearchStrategy[Value]:
    """Values of every kind."""
    leaves: SearchStrategy[Value] = st.one_of(
        st.just(UNIT),
        st.builds(Nat, u64s()),
        st.builds(Bool, st.booleans()),
        st.builds(Str, unicode_text()),
        st.builds(EndpointValue, u64s(), names()),
    )
    return st.recursive(leaves, lambda inner: st.builds(ProdValue, inner, inner), max_leaves=4)


def labels(label_names: SearchStrategy[str] | None = None) -> SearchStrategy[Label]:
    """Labels with any name (or one of ``label_names``) and any sort."""
    return st.builds(Label, names() if label_names is None else label_names, sorts())


@st.composite
def any_local_types(draw: DrawFn, max_depth: int = 5) -> LocalType:
    """Any trees: unbound and unguarded variables, empty choices, repeated labels and odd names included."""
    return Growth(draw, names(), heads(None, sound=False), sound=False).grown(max_depth, {})


@st.composite
def local_types(
    draw: DrawFn,
    max_depth: int = 5,
    partners: SearchStrategy[str] | None = None,
    label_names: SearchStrategy[str] | None = None,
) -> LocalType:
    """Well-formed types: closed, guarded, every choice with at least one branch and distinct labels."""
    partner = names() if partners is None else partners
    return Growth(draw, partner, heads(label_names, sound=True), sound=True).grown(max_depth, {})


@st.composite
def dual_pairs(draw: DrawFn, first: str = "A", second: str = "B", max_depth: int = 5) -> tuple[LocalType, LocalType]:
    """Two types that fit: what ``first`` does towards ``second``, and the dual of it."""
    mine = draw(local_types(max_depth, st.just(second)))
    return mine, dual(mine, partner=first)


class NearMiss(NamedTuple):
    """A type with one planted fault, the kind of it, and the well-formed type it was made from."""

    local_type: LocalType
    fault: ProblemKind
    sound: LocalType


@st.composite
def near_misses(draw: DrawFn, max_depth: int = 4) -> NearMiss:
    """Well-formed types with one fault planted at some place; no other kind of problem arises from it."""
    sound = draw(local_types(max_depth))
    fault: ProblemKind = draw(
        st.sampled_from(["unbound variable", "unguarded variable", "empty choice", "repeated label"])
    )
    unused = "never bound"
    faulty: LocalType
    match fault:
        case "unbound variable":
            faulty = Var(unused)
        case "unguarded variable":
            faulty = Mu(unused, Var(unused))
        case "empty choice":
            faulty = draw(st.sampled_from([Send, Recv]))("B", ())
        case "repeated label":
            faulty = Recv("A", (Branch(Label("m"), None, END), Branch(Label("m", "Nat"), None, END)))
    return NearMiss(_planted(draw, sound, faulty), fault, sound)


@st.composite
def protocols(draw: DrawFn, max_depth: int = 4) -> tuple[tuple[str, ...], dict[str, LocalType]]:
    """Roles with types whose partners are mostly among them; the edges need not fit."""
    roles = tuple(draw(st.lists(names(), min_size=1, max_size=4, unique=True)))
    partner = st.one_of(st.sampled_from(roles), st.sampled_from(roles), names())
    typed = [role for role in roles if draw(st.integers(0, 9))]
    return roles, {role: draw(local_types(max_depth, partner)) for role in typed}


Heads: TypeAlias = "list[tuple[Label, ValType | None]]"
"""What the branches of a choice begin with."""


@cache
def heads(label_names: SearchStrategy[str] | None, *, sound: bool) -> SearchStrategy[Heads]:
    """Return what the branches of a choice begin with; distinct labels and at least one where ``sound``."""
    return st.lists(
        st.tuples(labels(label_names), st.none() | val_types()),
        min_size=1 if sound else 0,
        max_size=3,
        unique_by=(lambda head: head[0].name) if sound else None,
    )


@cache
def _forms(*, variable: bool, deeper: bool) -> SearchStrategy[str]:
    return st.sampled_from(
        ["end"] + ["var"] * variable + ["send", "recv", "send", "recv", "mu"] * deeper,
    )


class Growth:
    """Draws a type downwards, with the variables in scope and whether each is guarded by now."""

    def __init__(
        self, draw: DrawFn, partners: SearchStrategy[str], heads: SearchStrategy[Heads], *, sound: bool
    ) -> None:
        self.draw, self.partners, self.heads, self.sound = draw, partners, heads, sound

    def grown(self, depth: int, scope: dict[str, bool]) -> SessionType:
        """Return a type of at most ``depth`` levels of choice and recursion."""
        usable = [var for var, guarded in scope.items() if guarded or not self.sound]
        form = self.draw(_forms(variable=bool(usable) or not self.sound, deeper=depth > 0))
        if form == "end":
            return END
        if form == "var":
            known = usable and (self.sound or self.draw(st.booleans()))
            return Var(self.draw(st.sampled_from(usable) if known else names()))
        if form == "mu":
            var = self.draw(names())
            return Mu(var, self.grown(depth - 1, {**scope, var: False}))
        guarded = dict.fromkeys(scope, True)
        branches = tuple(
            Branch(label, value_type, self.grown(depth - 1, guarded)) for label, value_type in self.draw(self.heads)
        )
        return self.branching(form, branches)

    def branching(self, form: str, branches: tuple[Branch, ...]) -> SessionType:
        """Return a choice with these branches."""
        return (Send if form == "send" else Recv)(self.draw(self.partners), branches)


def _planted(draw: DrawFn, sound: LocalType, faulty: LocalType) -> LocalType:
    """``sound`` with the part at some place replaced by ``faulty``."""
    if isinstance(sound, Mu) and draw(st.booleans()):
        return Mu(sound.var, _planted(draw, sound.body, faulty))
    if isinstance(sound, Choice) and sound.branches and draw(st.booleans()):
        index = draw(st.integers(0, len(sound.branches) - 1))
        branches = list(sound.branches)
        old = branches[index]
        branches[index] = Branch(old.label, old.value_type, _planted(draw, old.continuation, faulty))
        return type(sound)(sound.partner, tuple(branches))
    return faulty
