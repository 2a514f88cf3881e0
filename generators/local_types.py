"""Hypothesis strategies for names, payloads, local types and protocols.

Well-formed types are built downwards with the variables in scope, so that nothing is filtered; a near miss
is a well-formed type with exactly one fault planted in it. Names are mostly ordinary and sometimes odd:
empty, keywords of the text syntax, quotes, control characters, characters beyond the BMP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from model.json_shape import U64_MAX
from model.local_types import END, Branch, Choice, Label, LocalType, Mu, Recv, Send, Var
from model.payloads import (
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
from model.theory import dual
from model.wellformed import ProblemKind

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

ROLES: Final = ("A", "B", "C")

Expectation: TypeAlias = Literal["Send", "Recv"]


def unicode_text(max_size: int = 8) -> SearchStrategy[str]:
    """Any text of Unicode scalar values."""
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)


def names() -> SearchStrategy[str]:
    """Names for roles, labels and variables: ordinary, odd, arbitrary."""
    return st.one_of(st.sampled_from(["A", "B", "m", "t", "msg_1"]), st.sampled_from(ODD_NAMES), unicode_text())


def u64s() -> SearchStrategy[int]:
    """Integers of 0..2^64-1, the bounds often."""
    return st.one_of(st.sampled_from([0, 1, U64_MAX - 1, U64_MAX]), st.integers(0, U64_MAX))


def sorts() -> SearchStrategy[PayloadSort]:
    """Payload sorts, pairs and vectors included."""
    leaves: SearchStrategy[PayloadSort] = st.one_of(st.sampled_from(BASIC_SORTS), st.builds(Vector, u64s()))
    return st.recursive(leaves, lambda inner: st.builds(ProdSort, inner, inner), max_leaves=4)


def val_types() -> SearchStrategy[ValType]:
    """Value types, pairs and channel ends included."""
    leaves: SearchStrategy[ValType] = st.one_of(st.sampled_from(BASIC_VAL_TYPES), st.builds(Chan, u64s(), names()))
    return st.recursive(leaves, lambda inner: st.builds(ProdType, inner, inner), max_leaves=4)


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
    """Labels with any name (or one of `label_names`) and any sort."""
    return st.builds(Label, names() if label_names is None else label_names, sorts())


@st.composite
def any_local_types(draw: DrawFn, max_depth: int = 5) -> LocalType:
    """Any trees: unbound and unguarded variables, empty choices, repeated labels and odd names included."""
    return _grown(draw, max_depth, names(), names(), lambda var, scope: True, unique=False, least=0)


@st.composite
def local_types(
    draw: DrawFn,
    max_depth: int = 5,
    partners: SearchStrategy[str] | None = None,
    label_names: SearchStrategy[str] | None = None,
) -> LocalType:
    """Well-formed types: closed, guarded, every choice with at least one branch and distinct labels."""
    partner = names() if partners is None else partners
    label = names() if label_names is None else label_names
    return _grown(draw, max_depth, partner, label, lambda var, scope: scope.get(var, False), unique=True, least=1)


@st.composite
def dual_pairs(draw: DrawFn, first: str = "A", second: str = "B", max_depth: int = 5) -> tuple[LocalType, LocalType]:
    """Two types that fit: what `first` does towards `second`, and the dual of it."""
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


def _grown(
    draw: DrawFn,
    depth: int,
    partners: SearchStrategy[str],
    label_names: SearchStrategy[str],
    usable: Callable[[str, dict[str, bool]], bool],
    *,
    unique: bool,
    least: int,
    scope: dict[str, bool] | None = None,
) -> LocalType:
    """A type of at most `depth` levels; `scope` says of each variable in scope whether it is guarded."""
    scope = {} if scope is None else scope
    usables = [var for var in scope if usable(var, scope)]
    forms = ["end"] + ["var"] * bool(usables or not unique)
    if depth > 0:
        forms += ["send", "recv", "send", "recv", "mu"]
    form = draw(st.sampled_from(forms))
    if form == "end":
        return END
    if form == "var":
        return Var(draw(st.sampled_from(usables) if usables and (unique or draw(st.booleans())) else names()))
    if form == "mu":
        var = draw(names())
        inner = {**scope, var: False}
        body = _grown(draw, depth - 1, partners, label_names, usable, unique=unique, least=least, scope=inner)
        return Mu(var, body)
    guarded = dict.fromkeys(scope, True)
    heads = draw(
        st.lists(
            st.tuples(labels(label_names), st.none() | val_types()),
            min_size=least,
            max_size=3,
            unique_by=(lambda head: head[0].name) if unique else None,
        )
    )
    branches = tuple(
        Branch(
            label,
            value_type,
            _grown(draw, depth - 1, partners, label_names, usable, unique=unique, least=least, scope=guarded),
        )
        for label, value_type in heads
    )
    return (Send if form == "send" else Recv)(draw(partners), branches)


def _planted(draw: DrawFn, sound: LocalType, faulty: LocalType) -> LocalType:
    """`sound` with the part at some place replaced by `faulty`."""
    if isinstance(sound, Mu) and draw(st.booleans()):
        return Mu(sound.var, _planted(draw, sound.body, faulty))
    if isinstance(sound, Choice) and sound.branches and draw(st.booleans()):
        index = draw(st.integers(0, len(sound.branches) - 1))
        branches = list(sound.branches)
        old = branches[index]
        branches[index] = Branch(old.label, old.value_type, _planted(draw, old.continuation, faulty))
        return type(sound)(sound.partner, tuple(branches))
    return faulty
