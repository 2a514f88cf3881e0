"""Edges from JSON of any origin (contract §10)."""

from __future__ import annotations

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import U64_MAX, Edge


def decode_edge_json(store: Store, value: object, session_hint: int | None = None) -> Edge:
    """Read an edge from parsed JSON, an object or an array of three, taking the hint for a missing sid.

    Raises:
        StringError: ``invalid edge json: …`` or ``missing sid in edge json``.
    """
    match value:
        case {"sender": str(sender), "receiver": str(receiver), **others}:
            sid = others.get("sid")
        case [sid, str(sender), str(receiver)]:
            pass
        case dict() | [_, _, _]:
            raise StringError(table.EDGE_ROLES, "sender and receiver must be text")
        case _:
            raise StringError(table.EDGE_FORM, "an object or an array of three is needed")
    if sid is None:
        sid = session_hint
    elif type(sid) is not int or not 0 <= sid <= U64_MAX:
        raise StringError(table.EDGE_SID, "sid must be an unsigned 64-bit integer")
    if sid is None:
        raise StringError(table.EDGE_SID_GIVEN)
    return Edge(receiver=receiver, sender=sender, sid=sid)
