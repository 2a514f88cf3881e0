"""Single-rule changes, generated from the rows: a guard dropped or shut, a field swapped or kept, one off, a record.

Each change is of one operation and one place. They are made from what the rows hold, so a new rule brings its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import z3

from telltale_conformance.oracle.symbolic.statement.guards import Code
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.records import EndedWitnesses, Event, Record
from telltale_conformance.oracle.symbolic.statement.state import Cap, Contract, Receipt
from telltale_conformance.oracle.symbolic.statement.terms import COUNTER, FALSE, U64, leaves
from tools.claims_completeness.rows import Edit, Row, changed_leaves, leaf, replaced, row_of, with_leaf

NUMBERS = (U64, COUNTER)


@dataclass(frozen=True)
class Change:
    """One changed rule: of which operation, what was done to which part, and how."""

    op: str
    kind: str
    place: str
    edit: Edit

    @property
    def name(self) -> str:
        """One line that says what is changed."""
        return f"{self.op}: {self.kind}: {self.place}"


def changes(contract: Contract) -> list[Change]:
    """Return every change of every operation's row under a contract; a guard's error is changed in one of its rows."""
    rows = {op: row_of(op, contract) for op in OPERATIONS}
    last = {guard.name: op for op, row in rows.items() for guard in row.guards}
    return [change for op, row in rows.items() for change in _of(op, row, {name for name in last if last[name] == op})]


def _of(op: str, row: Row, errors: set[str]) -> Iterator[Change]:
    for make in (_guards, _effects, _results, _records):
        yield from make(op, row)
    yield from _errors(op, row, errors)


def _guards(op: str, row: Row) -> Iterator[Change]:
    for at, guard in enumerate(row.guards):
        yield Change(op, "guard dropped", guard.name, partial(_without_guard, at))


def _without_guard(at: int, row: Row) -> Row:
    return replace(row, guards=row.guards[:at] + row.guards[at + 1 :])


def _shut(at: int, row: Row) -> Row:
    return _with_guard(at, row, passes=FALSE)


def _with_guard(at: int, row: Row, **changed: object) -> Row:
    guard = replace(row.guards[at], **changed)  # type: ignore[arg-type]  # fields of a guard
    return replace(row, guards=(*row.guards[:at], guard, *row.guards[at + 1 :]))


def _errors(op: str, row: Row, names: set[str]) -> Iterator[Change]:
    """Yield guards that are too strict, or tell of something else."""
    for at, guard in enumerate(row.guards):
        if guard.name not in names:
            continue
        other = Code.UNCLAIMED if guard.code is not Code.UNCLAIMED else Code.TRANSFER_NOT_PENDING
        yield Change(op, "guard never passes", guard.name, partial(_shut, at))
        yield Change(op, "another error", guard.name, partial(_with_code, at, other))
        for field, term in guard.fields.items():
            if isinstance(term, z3.ExprRef):
                yield Change(op, "error's field wrong", f"{guard.name} {field}", partial(_with_field, at, field))


def _with_code(at: int, code: Code, row: Row) -> Row:
    return _with_guard(at, row, code=code, fields={"session_id": row.guards[at].fields["session_id"]})


def _with_field(at: int, field: str, row: Row) -> Row:
    fields = row.guards[at].fields
    term = fields[field]
    assert isinstance(term, z3.ExprRef)
    wrong = term + 1 if term.sort() in NUMBERS else _other(term, row)
    return _with_guard(at, row, fields={**fields, field: wrong})


def _other(term: z3.ExprRef, row: Row) -> z3.ExprRef:
    """Return another term of the same sort: the first of the arguments, or of the state, that is not it."""
    pool = [*leaves(row.args).values(), *leaves(row.pre).values()]
    return next(other for other in pool if other.sort() == term.sort() and not other.eq(term))


def _effects(op: str, row: Row) -> Iterator[Change]:
    """Yield parts of the state that are not set, or set to something else; what is given is changed as a result."""
    for path in changed_leaves(row):
        record = getattr(row.post, path.split(".")[0])
        if "." in path and record is row.result:
            continue
        yield Change(op, "field kept", f"state's {path}", partial(_kept, path))
        if leaf(row.post, path).sort() in NUMBERS:
            yield Change(op, "off by one", f"state's {path}", partial(_one_more, path))
    for part in ("live", "pending"):
        if row.result is not None and getattr(row.post, part) is row.result:
            yield Change(op, "field kept", f"state's {part}", partial(_kept, part))


def _kept(path: str, row: Row) -> Row:
    return replace(row, post=with_leaf(row.post, path, leaf(row.pre, path)))


def _one_more(path: str, row: Row) -> Row:
    return replace(row, post=with_leaf(row.post, path, leaf(row.post, path) + 1))


def _results(op: str, row: Row) -> Iterator[Change]:
    """Yield results that are wrong wherever they stand: given, stored and logged."""
    if row.result is None:
        return
    for path, term in leaves(row.result).items():
        yield Change(op, "field swapped", f"result's {path}", partial(_other_result, path))
        if term.sort() in NUMBERS and path != "sid":
            yield Change(op, "off by one", f"result's {path}", partial(_next_result, path))


def _other_result(path: str, row: Row) -> Row:
    assert row.result is not None
    return replaced(row, row.result, with_leaf(row.result, path, _other(leaf(row.result, path), row)))


def _next_result(path: str, row: Row) -> Row:
    assert row.result is not None
    return replaced(row, row.result, with_leaf(row.result, path, leaf(row.result, path) + 1))


def _records(op: str, row: Row) -> Iterator[Change]:
    for at, entry in enumerate(row.log):
        if isinstance(entry, EndedWitnesses):
            yield Change(op, "record dropped", "ended witnesses", partial(_without_record, at))
            continue
        told = f"{type(entry.artifact).__name__} {entry.event}"
        yield Change(op, "record dropped", told, partial(_without_record, at))
        yield Change(op, "other event", told, partial(_other_event, at))
        if isinstance(entry.artifact, Cap | Receipt):
            yield Change(op, "other record", told, partial(_other_record, at))


def _without_record(at: int, row: Row) -> Row:
    return replace(row, log=row.log[:at] + row.log[at + 1 :])


def _with_record(at: int, row: Row, record: Record) -> Row:
    return replace(row, log=(*row.log[:at], record, *row.log[at + 1 :]))


def _other_event(at: int, row: Row) -> Row:
    entry = row.log[at]
    assert isinstance(entry, Record)
    event = Event.INVALIDATED if entry.event is Event.ISSUED else Event.ISSUED
    return _with_record(at, row, replace(entry, event=event))


def _other_record(at: int, row: Row) -> Row:
    """Return the row with the record's artifact one off: of another generation, or another claim id."""
    entry = row.log[at]
    assert isinstance(entry, Record)
    path = "generation" if isinstance(entry.artifact, Cap) else "claim_id"
    artifact = with_leaf(entry.artifact, path, leaf(entry.artifact, path) + 1)
    return _with_record(at, row, replace(entry, artifact=artifact))
