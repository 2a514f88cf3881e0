"""Random domain values for programs: names, role lists, types, messages, buffer configurations, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final, TypeVar

from telltale_conformance.generators.doubles import PLAIN, Cast, doubles_of
from telltale_conformance.lean_traces.strict_json import SpelledNumber
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import (
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
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    BufferConfig,
    Fragments,
    Resize,
    ResizeBounds,
    Scope,
    successor,
)

T = TypeVar("T")

ODD_NAMES: Final = (
    "",
    "a ",
    "`a`",
    "<b>&amp;</b>",
    "é",
    "e\u0301",
    "名前",
    "😀",
    "\u202e",
    "A→B",
    'q"\\',
    "a\nb",
    "__proto__",
    "constructor",
    "toString",
)
_ATTRIBUTES: Final = ("__proto__", "constructor", "toString")
"""Names that an object has by itself in some languages."""
_ODD: Final = (*ODD_NAMES, *_ATTRIBUTES)
VARIABLES: Final = ("t", "u", "t", "x")
REASONS: Final = ("broken", "", "link `down` → retry")
NUMBERS: Final = (0, 1, 2, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, U64_MAX - 1, U64_MAX)
_BITS: Final = (7, 8, 15, 16, 31, 32, 52, 53, 63)
"""A number that differs in one of these bits alone is the same to who looks at fewer, or at the sign."""

_ROLE_LISTS: Final = (
    (),
    ("A",),
    ("A", "B", "A"),
    ("B", "A", "B", "C"),
    ("A", "A"),
    ("", "B"),
    ("é", "e\u0301"),
    ("A", "<b>", "B"),
    ("C", "😀", "A"),
)


class Drawing:
    """Draws values from one source of randomness.

    Args:
        rng: the source; the same state gives the same values.
        oddness: how often a value is other than ordinary, 0 to 1.
        cast: the ordinary names.
    """

    def __init__(self, rng: Random, oddness: float, cast: Cast = PLAIN) -> None:
        self.random = rng.random
        self.oddness = oddness
        self.cast = cast
        self._doubled = bool(cast.doubles)

    def one_of(self, values: Sequence[T]) -> T:
        """Return one of the values, each as likely."""
        return values[int(self.random() * len(values))]

    def mixed(self, values: list[T]) -> list[T]:
        """Put a list in any order, in place, and return it."""
        for place in range(len(values) - 1, 0, -1):
            other = self.below(place + 1)
            values[place], values[other] = values[other], values[place]
        return values

    def odd(self) -> bool:
        """Say whether the next value is to be an odd one."""
        return self.random() < self.oddness

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound - 1``."""
        return int(self.random() * bound)

    def number(self) -> int:
        """Return a u64, often at a bound."""
        return self.one_of(NUMBERS) if self.odd() else self.below(5)

    def near_number(self, number: int) -> int:
        """Return a u64 near another: one more or less, or the same in its low bits; or any."""
        chance = self.random()
        if chance < 0.35:
            return successor(number)
        if chance < 0.7:
            return max(0, number - 1)
        return number ^ 1 << self.one_of(_BITS) if chance < 0.85 else self.number()

    def name(self, ordinary: Sequence[str]) -> str:
        """Return an ordinary name, or sometimes an odd one."""
        return self.one_of(_ODD) if self.random() < self.oddness * 0.3 else self.one_of(ordinary)

    def double(self, name: str, chance: float) -> str:
        """Return the name, or, as often as ``chance`` says where the program has doubles, a double of it."""
        return self._double(name) if self._doubled and self.random() < chance else name

    def _double(self, name: str) -> str:
        """Return a double that the program uses, if the name has one, or one by any kind."""
        known = self.cast.doubles.get(name)
        return self.one_of(known if known and self.random() < 0.5 else doubles_of(name))

    def scope(self) -> Scope:
        """Return a scope; the whole session most often."""
        if self.random() < 0.65:
            return SESSION
        count = self.below(5 if self._doubled else 3)
        return Fragments(tuple(self.name(self.cast.fragment) for _ in range(count)))

    def near_scope(self, scope: Scope) -> Scope:
        """Return a scope near one of fragments: itself, one less or more, or what looks like it; or any scope."""
        chance = self.random()
        if not isinstance(scope, Fragments) or chance < 0.25:
            return self.scope()
        names = scope.Fragments
        if chance < 0.35:
            return scope
        if chance < 0.5:
            return Fragments((*names, self.name(self.cast.fragment)))
        if chance < 0.65:
            left_out = self.below(len(names)) if names else 0
            return Fragments((*names[:left_out], *names[left_out + 1 :]))
        return self.like_scope(scope) if self._doubled else self.scope()

    def like_scope(self, scope: Scope) -> Scope:
        """Return a scope that looks like another: one fragment under its double's name, or both, or all as one."""
        if not isinstance(scope, Fragments) or not scope.Fragments:
            return Fragments(()) if scope == SESSION else SESSION
        names = list(scope.Fragments)
        place, chance = self.below(len(names)), self.random()
        if chance < 0.2 and len(names) > 1:
            return Fragments((self.one_of((",", ", ", " ", "|")).join(names),))
        double = self._double(names[place])
        if chance < 0.6:
            names[place] = double
        elif double in names:
            names.remove(double)
        else:
            names.append(double)
        return Fragments(tuple(names))

    def roles(self) -> tuple[str, ...]:
        """Return a role list; odd ones are empty, repeat a name or have odd names."""
        if self.random() < self.oddness * 0.5:
            return self.one_of(_ROLE_LISTS)
        names = self.cast.role
        if not self._doubled:
            return names[: 2 + self.below(2)]
        turned = self.below(len(names))
        return (names[turned:] + names[:turned])[: 2 + self.below(3)]

    def types(self, roles: Sequence[str]) -> dict[str, LocalType]:
        """Return types for most of the roles and, seldom, for one that is not listed."""
        types = {role: self.local_type(roles) for role in dict.fromkeys(roles) if self.random() < 0.9}
        if self.random() < self.oddness * 0.2:
            types[self.name(("Z",))] = self.local_type(roles)
        return types

    def local_type(self, roles: Sequence[str], depth: int = 4) -> LocalType:
        """Return a type; recursion nests, and variables are mostly bound."""
        if self.random() < 0.08:
            return self._capturing(roles or self.cast.role)
        return self._type(roles or self.cast.role, depth, ())

    def _capturing(self, roles: Sequence[str]) -> LocalType:
        """Return a recursion around a second one that binds what is free in the first, or what a renaming may take.

        So unfolding the outer one has to rename the inner binder, to a name that is neither free nor bound there.
        """
        outer, inner = self.mixed(["t", "u"])
        taken = self.one_of(_FRESH).replace("t", inner)
        names = self.mixed([outer, taken, inner, outer][: 2 + self.below(3)])
        bound: LocalType = Mu(inner, self._choice(roles, [Var(name) for name in names]))
        if self.random() < 0.3:
            bound = Mu(taken, self._choice(roles, (bound, Var(inner))))
        return Mu(outer, self._choice(roles, (Var(inner), bound)))

    def _choice(self, roles: Sequence[str], continuations: Sequence[LocalType]) -> LocalType:
        branches = tuple(Branch(Label(f"m{place}"), None, following) for place, following in enumerate(continuations))
        return (Send if self.random() < 0.5 else Recv)(self.one_of(roles), branches)

    def _type(self, roles: Sequence[str], depth: int, bound: tuple[str, ...]) -> LocalType:
        chance = self.random()
        if depth <= 0 or chance < 0.1:
            if bound and self.random() < 0.7:
                return Var(self.one_of(bound))
            return END if self.random() < 0.95 else Var(self.one_of(_FREE))
        if chance < 0.35:
            var = self.one_of(("t", "u", "t"))
            return Mu(var, self._type(roles, depth - 1, (*bound, var)))
        partner = self.double(self.name(roles), 0.1)
        count = int(self.random() * 2.9) or (0 if self.random() < 0.1 else 1)
        branches = tuple(
            Branch(self.label(), self._annotation(), self._type(roles, depth - 1, bound)) for _ in range(count)
        )
        return Send(partner, branches) if self.random() < 0.5 else Recv(partner, branches)

    def label(self) -> Label:
        """Return a label; of few names, so that some repeat within a choice."""
        name = self.name(self.cast.label)
        return Label(name) if self.random() < 0.6 else Label(name, self._sort(2))

    def _annotation(self) -> ValType | None:
        return None if self.random() < 0.6 else self.val_type()

    def _sort(self, depth: int) -> PayloadSort:
        chance = self.random()
        if depth and chance < 0.2:
            return ProdSort(self._sort(depth - 1), self._sort(depth - 1))
        if chance < 0.35:
            return Vector(self.number())
        return self.one_of(("Unit", "Nat", "Bool", "String", "Real"))

    def val_type(self, depth: int = 2) -> ValType:
        """Return a value type."""
        chance = self.random()
        if depth and chance < 0.2:
            return ProdType(self.val_type(depth - 1), self.val_type(depth - 1))
        if chance < 0.35:
            return Chan(self.number(), self.name(self.cast.role))
        return self.one_of(("Unit", "Bool", "Nat", "String"))

    def value(self, depth: int = 2) -> Value:
        """Return a message."""
        chance = self.random()
        if chance < 0.45:
            return Nat(self.number())
        if chance < 0.55:
            return UNIT
        if chance < 0.65:
            return Bool(chance < 0.6)
        if chance < 0.8:
            return Str(self.name(self.cast.owner))
        if depth and chance < 0.93:
            return ProdValue(self.value(depth - 1), self.value(depth - 1))
        return EndpointValue(self.number(), self.name(self.cast.role))

    def buffer_config(self) -> BufferConfig | None:
        """Return a buffer configuration, mostly a small one so that buffers fill; None for the default."""
        if self.random() < 0.25:
            return None
        chance = self.random()
        policy: Any = "Block" if chance < 0.2 else "Drop" if chance < 0.4 else "Error" if chance < 0.6 else None
        if policy is None:
            maximum = U64_MAX if self.random() < self.oddness * 0.2 else self.one_of((0, 1, 2, 3, 5, 8))
            policy = Resize(ResizeBounds(maximum))
        mode: Any = "LatestValue" if self.random() < 0.25 else "Fifo"
        return BufferConfig(initial_capacity=self.below(4), mode=mode, policy=policy)

    def edge_json(self) -> object:
        """Return JSON that is an edge, or nearly."""
        sid: object = SpelledNumber(self.one_of(SPELLINGS)) if self.random() < 0.4 else self.number()
        chance = self.random()
        if chance < 0.3:
            return {"sid": sid, "sender": "A", "receiver": "B"}
        if chance < 0.4:
            return {"sender": self.name(self.cast.role), "receiver": "B", "more": [1, {"x": None}]}
        if chance < 0.5:
            return [sid, "A", self.name(self.cast.role)]
        if chance < 0.6:
            return {"sid": None, "sender": "A", "receiver": "B"}
        if chance < 0.65:
            return [None, "A", "B"]
        return self.one_of(_NO_EDGES)


_FRESH: Final = ("t_1", "t1", "t'", "t0", "t_0", "t2", "t_", "_t", "tt", "t_2", "x", "v", "t'1", "t__1")
"""What a renaming may call a variable t."""
_FREE: Final = ("x", "x", "t", "u")
"""Variables that nothing need bind."""
SPELLINGS: Final = (
    "1.0",
    "0.0",
    "1e0",
    "1E2",
    "0e0",
    "10e-1",
    "-0",
    "-0.0",
    "1.5",
    "18446744073709551616",
    "1e19",
    "1e300",
)
"""Numbers that are no session ids, however much they look it (wire format: integers)."""
_NO_EDGES: Final[tuple[object, ...]] = (
    None,
    7,
    "A→B",
    True,
    [],
    {},
    [0, "A"],
    [0, "A", "B", "C"],
    [-1, "A", "B"],
    [True, "A", "B"],
    [0, "A", 1],
    ["0", "A", "B"],
    {"sid": 0, "sender": "A"},
    {"sid": "0", "sender": "A", "receiver": "B"},
    {"sid": -1, "sender": "A", "receiver": "B"},
    {"sid": 1.5, "sender": "A", "receiver": "B"},
    {"sid": True, "sender": "A", "receiver": "B"},
    {"sid": 0, "sender": None, "receiver": "B"},
    {"Sid": 0, "sender": "A", "receiver": "B"},
    {"sid": 0, "Sender": "A", "receiver": "B"},
)
