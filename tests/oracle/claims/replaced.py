"""Operations of the reference replaced by wrong ones, which change the store after they answered, or answer twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from telltale_conformance.model.errors import Refused
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.state import Ownership
from telltale_conformance.model.store import Store

Operation = Callable[..., Any]
Replaced = dict[str, Operation]
set_in = msgspec.structs.replace


def after(op: str, change: Operation) -> Replaced:
    """Change the store once an operation has succeeded; ``change`` is given its result first."""
    right = OPERATIONS[op].function

    def wrong_one(store: Store, *given: Any) -> Any:
        result = right(store, *given)
        change(store, result, *given)
        return result

    return {op: wrong_one}


def refused_after(op: str, change: Operation) -> Replaced:
    """Refuse as it should be, and change the store."""
    right = OPERATIONS[op].function

    def wrong_one(store: Store, *given: Any) -> Any:
        try:
            return right(store, *given)
        except Refused:
            change(store, *given)
            raise

    return {op: wrong_one}


def owned(store: Store, given: Any) -> Ownership:
    session = store.sessions.get(given if isinstance(given, int) else given.session_id)
    return Ownership() if session is None else session.ownership


def twice(op: str) -> Replaced:
    """Hand out the last message of an edge once more."""
    handed_out: dict[Any, Any] = {}
    right = OPERATIONS[op].function

    def receives(store: Store, sid: int, from_: str, to: str) -> Any:
        key = store, sid, from_, to
        session = store.sessions.get(sid)
        buffer = session.buffers.get((from_, to)) if session is not None and session.status == "Active" else None
        if buffer is not None and not buffer.messages and key in handed_out:
            return handed_out.pop(key)
        message = right(store, sid, from_, to)
        if message is not None:
            handed_out[key] = message
        return message

    return {op: receives}
