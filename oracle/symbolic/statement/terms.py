"""Records of z3 terms: how a state, an argument or a log record is built, chosen and compared.

A *record* is a frozen dataclass whose fields are z3 terms or records; its class variable ``SORTS`` names the
sort (or record class) of each field.  Unsigned 64-bit counters are bit vectors, so overflow is real and
saturation has to be written out where the contract says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

import z3

R = TypeVar("R")

U64 = z3.BitVecSort(64)
NAME_BITS = 8
"""Owners, roles, handlers, predicates and reasons are opaque: only equality is asked of them."""
NAME = z3.BitVecSort(NAME_BITS)
FRAGMENT_BITS = 24
SCOPE_BITS = FRAGMENT_BITS + 1
"""A scope: the top bit alone is ``Session``; otherwise a set of up to 24 fragments.

The rules ask only whether two scopes are equal or one contains the other, at most four times a step, and each such
question that fails is shown by one fragment.  So a run of six operations needs no more fragments than these.
"""
SCOPE = z3.BitVecSort(SCOPE_BITS)
BOOL = z3.BoolSort()
EDGE_BITS = 64 + 2 * NAME_BITS
EDGE = z3.BitVecSort(EDGE_BITS)
PAIR = z3.BitVecSort(2 * NAME_BITS)
LAST = 2**64 - 1
COUNTER = z3.BitVecSort(65)
"""The next id of a counter.  The 65th bit says "used up" (rule H2); under ``telltale-17`` it is never set."""
SESSION_SCOPE_BITS = 1 << FRAGMENT_BITS

TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)
_literal = lru_cache(maxsize=4096)
"""Literals are kept: z3 takes longer to make one than to use it."""


def _fields_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


fields_of: Callable[[type], tuple[str, ...]] = cache(_fields_of)
"""The names of the fields of a kind of record; none of anything else."""


@_literal
def u64(value: int) -> z3.BitVecRef:
    """Return an unsigned 64-bit literal."""
    return z3.BitVecVal(value, U64)


@_literal
def counter(value: int) -> z3.BitVecRef:
    """Return a counter literal."""
    return z3.BitVecVal(value, COUNTER)


def identifier(value: z3.BitVecRef) -> z3.BitVecRef:
    """Return the 64-bit id that a counter gives next."""
    return z3.Extract(63, 0, value)


def wide(value: z3.BitVecRef) -> z3.BitVecRef:
    """Return an unsigned 64-bit value where 2^64 must be sayable too."""
    return z3.ZeroExt(1, value)


@_literal
def name(code: int) -> z3.BitVecRef:
    """Return the opaque name with this code; code 0 stands for "no entry" in tables and is no text."""
    return z3.BitVecVal(code, NAME)


@_literal
def scope(bits: int) -> z3.BitVecRef:
    """Return a scope literal: ``SESSION_SCOPE_BITS`` or a set of fragments."""
    return z3.BitVecVal(bits, SCOPE)


def succ(counter: z3.BitVecRef) -> z3.BitVecRef:
    """One more, saturating at 2^64-1 (contract, first paragraph)."""
    return z3.If(counter == u64(LAST), counter, counter + 1)


def is_session(value: z3.BitVecRef) -> z3.BoolRef:
    """State that the scope is ``Session``."""
    return z3.Extract(FRAGMENT_BITS, FRAGMENT_BITS, value) == 1


def well_formed_scope(value: z3.BitVecRef) -> z3.BoolRef:
    """State that a scope value has one representation: ``Session`` carries no fragments."""
    return z3.Implies(is_session(value), value == scope(SESSION_SCOPE_BITS))


def within(inner: z3.BitVecRef, outer: z3.BitVecRef) -> z3.BoolRef:
    """Scope inclusion: ``Session`` contains all, fragments contain their subsets."""
    subset = (inner & ~outer) == scope(0)
    return z3.Or(is_session(outer), z3.And(z3.Not(is_session(inner)), subset))


def edge_key(sid: z3.BitVecRef, sender: z3.BitVecRef, receiver: z3.BitVecRef) -> z3.BitVecRef:
    """Return an edge as one key: sid, sender, receiver."""
    return z3.Concat(sid, sender, receiver)


def pair_key(sender: z3.BitVecRef, receiver: z3.BitVecRef) -> z3.BitVecRef:
    """Return a role pair as one key."""
    return z3.Concat(sender, receiver)


def choose(condition: z3.BoolRef, yes: R, no: R) -> R:
    """If-then-else of two records (or terms) of the same shape."""
    if yes is no:
        return yes
    if names := fields_of(type(yes)):
        return type(yes)(**{name: choose(condition, getattr(yes, name), getattr(no, name)) for name in names})
    return z3.If(condition, yes, no)  # type: ignore[no-any-return]  # a z3 term, untyped


def same(left: object, right: object) -> z3.BoolRef:
    """Equality of two records (or terms), field by field."""
    if names := fields_of(type(left)):
        return z3.And(*(same(getattr(left, name), getattr(right, name)) for name in names))
    return left == right


def fresh(kind: type[R], prefix: str) -> R:
    """Return a record of unconstrained constants, named ``prefix.field``."""
    sorts: dict[str, Any] = kind.SORTS  # type: ignore[attr-defined]  # every record class has it
    made = {
        key: fresh(sort, f"{prefix}.{key}") if isinstance(sort, type) else z3.Const(f"{prefix}.{key}", sort)
        for key, sort in sorts.items()
    }
    return kind(**made)


def leaves(record: object, prefix: str = "") -> dict[str, z3.ExprRef]:
    """All terms of a record by dotted path."""
    found: dict[str, z3.ExprRef] = {}
    _put(found, record, prefix)
    return found


def _put(found: dict[str, z3.ExprRef], record: object, path: str) -> None:
    names = fields_of(type(record))
    if not names:
        found[path] = record
    for name in names:
        _put(found, getattr(record, name), f"{path}.{name}" if path else name)
