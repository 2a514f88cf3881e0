"""What tests of the schemas share: lines of a trace, and whether a schema takes a document."""

from __future__ import annotations

from typing import Any

from telltale_conformance.lean_traces.schemas import validator

CAP = {"generation": 0, "owner_id": "a", "scope": "Session", "session_id": 0}
CLAIM = {
    "seq": 0,
    "op": "claim_ownership",
    "args": {"sid": 0, "owner_id": "a", "scope": "Session"},
    "ok": CAP,
    "audit": [],
}
OPEN = {"seq": 0, "op": "open", "args": {"roles": ["A"], "initial_types": {"A": "End"}}, "ok": 0}
STEP = {"seq": 4, "op": "release_ownership", "args": {"capability": CAP}}
HEADER = {
    "schema": "telltale-conformance/trace",
    "version": 1,
    "source": {"kind": "reference", "name": "n", "version": "v"},
    "contract": "telltale-17",
    "observes": ["audit"],
    "meta": {},
}
END = {"end": True, "events": 0, "digest": "sha256:" + "0" * 64}
NOT_INTEGERS: list[Any] = [1.0, -1, 2**64, float(2**64), True, "1", None, [1], {}]


def accepts(name: str, document: Any, definition: str | None = None) -> bool:
    return bool(validator(name, definition).is_valid(document))


def with_args(**args: Any) -> dict[str, Any]:
    return {**CLAIM, "args": {**CLAIM["args"], **args}}
