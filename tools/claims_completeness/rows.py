"""An operation's row as data: its guards, its effect, its result and its records, read from the statement itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import z3

from telltale_conformance.oracle.symbolic.statement import mutations, ownership, sessions, witnesses
from telltale_conformance.oracle.symbolic.statement.guards import Guard
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.records import Artifact, EndedWitnesses, Entry, Record
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import fresh, leaves

_ROOMS = (ownership, witnesses, mutations, sessions)


@dataclass(frozen=True)
class Row:
    """What a row of the contract comes to on a state and arguments."""

    pre: Session
    args: Args
    guards: tuple[Guard, ...]
    post: Session
    result: Artifact | None
    log: tuple[Entry, ...]


Edit = Callable[[Row], Row]


@contextmanager
def _walking(instead: Callable[..., Step]) -> Iterator[None]:
    for room in _ROOMS:
        room.walk = instead  # type: ignore[attr-defined]  # the rules call it by this name
    try:
        yield
    finally:
        for room in _ROOMS:
            room.walk = walk  # type: ignore[attr-defined]  # as above


def row_of(op: str, contract: Contract) -> Row:
    """Return the row of an operation on an arbitrary state and arbitrary arguments."""
    found: list[Row] = []
    pre, args = fresh(Session, "pre"), fresh(Args, "args")

    def note(s: Session, guards: Sequence[Guard], post: Session, *rest: Any) -> Step:
        result, log = rest[:2] if len(rest) > 1 else (None, ())
        found.append(Row(pre, args, tuple(guards), post, result, tuple(log)))
        return walk(s, guards, post, *rest)

    with _walking(note):
        OPERATIONS[op].step(contract, pre, args)
    (row,) = found
    return row


@contextmanager
def changed(op: str, edit: Edit) -> Iterator[None]:
    """Let one operation follow an edited row, in this process, for as long as the context lasts."""
    right = OPERATIONS[op]

    def wrong(contract: Contract, s: Session, a: Args) -> Step:
        def edited(
            pre: Session,
            guards: Sequence[Guard],
            post: Session,
            result: Artifact | None = None,
            log: Sequence[Entry] = (),
            refused: Artifact | None = None,
            every_refusal: bool = False,
        ) -> Step:
            row = edit(Row(pre, a, tuple(guards), post, result, tuple(log)))
            return walk(pre, row.guards, row.post, row.result, row.log, refused, every_refusal)

        with _walking(edited):
            return right.step(contract, s, a)

    OPERATIONS[op] = right._replace(step=wrong)
    try:
        yield
    finally:
        OPERATIONS[op] = right


def with_leaf(record: Any, path: str, value: z3.ExprRef) -> Any:
    """Return a record with the term at a dotted path replaced."""
    first, _, rest = path.partition(".")
    if not rest:
        return replace(record, **{first: value})
    return replace(record, **{first: with_leaf(getattr(record, first), rest, value)})


def leaf(record: Any, path: str) -> z3.ExprRef:
    """Return the term at a dotted path."""
    for name in path.split("."):
        record = getattr(record, name)
    return record


def changed_leaves(row: Row) -> list[str]:
    """Return the paths of the state that the row's effect sets, without what stands for nothing there.

    Where nobody is the owner, the live capability stands for nothing, and so does the receipt where none is pending.
    """
    before, after = leaves(row.pre), leaves(row.post)
    nothing = [kind for kind, held in (("live.", row.post.owned), ("pending.", row.post.staged)) if z3.is_false(held)]
    return [path for path in after if not after[path].eq(before[path]) and not path.startswith(tuple(nothing))]


def replaced(row: Row, old: Artifact, new: Artifact) -> Row:
    """Return the row with one artifact replaced wherever it stands: in the result, the state and the log."""
    return replace(
        row,
        result=new if row.result is old else row.result,
        post=_replaced(row.post, old, new),
        log=tuple(_replaced(entry, old, new) if not isinstance(entry, EndedWitnesses) else entry for entry in row.log),
    )


def _replaced(record: Any, old: Any, new: Any) -> Any:
    swapped = {
        field.name: new
        for field in fields(record)
        if is_dataclass(getattr(record, field.name)) and getattr(record, field.name) is old
    }
    return replace(record, **swapped) if swapped else record


__all__ = ["Edit", "Record", "Row", "changed", "changed_leaves", "leaf", "replaced", "row_of", "with_leaf"]
