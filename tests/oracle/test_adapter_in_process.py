"""Python objects and the reference store as implementations under test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.model.errors import OwnershipError
from telltale_conformance.model.guard_table import G_FOUND
from telltale_conformance.model.values import OwnershipCapability
from telltale_conformance.oracle.adapters import RESET, InProcessAdapter, ReferenceAdapter, Request, ask, faults
from telltale_conformance.oracle.adapters import serve_reference as adapter_reference
from telltale_conformance.oracle.adapters.protocol import request_line
from telltale_conformance.oracle.adapters.serve_reference import ReferenceServer, serve
from tests.oracle.adapter_world import NEXT, OPEN, PROGRAM, SESSIONS, judge


class Sessions:
    """A store of three operations."""

    def __init__(self) -> None:
        self.opened: list[int] = []

    def open(self, roles: list[str], initial_types: dict[str, Any]) -> int:
        self.opened.append(len(self.opened))
        return self.opened[-1]

    def session_ids(self) -> list[int]:
        return self.opened

    def next_session_id(self) -> int:
        return len(self.opened)


class Audited(Sessions):
    """One that observes the log, refuses, gives model values, and fails."""

    def audit_of_last_step(self) -> list[Any]:
        return [{"opened": len(self.opened)}]

    def close(self, sid: int) -> None:
        raise OwnershipError(G_FOUND, {"session_id": sid})

    def claim_ownership(self, sid: int, owner_id: str, scope: Any) -> OwnershipCapability:
        return OwnershipCapability(session_id=sid, owner_id=owner_id, generation=0, scope=scope)

    def reap_closed(self) -> None:
        raise NotImplementedError("not yet")

    def live_count(self) -> int:
        return self.opened[99]

    def send(self, sid: int, from_: str, to: str, val: Any) -> list[Any]:
        return [sid, from_, to, val]

    def observe(self, sid: int) -> object:
        return object()


def test_an_object_is_driven_by_its_methods() -> None:
    adapter = InProcessAdapter(Sessions, version="3")
    assert (adapter.hello.name, adapter.hello.version) == ("Sessions", "3")
    assert adapter.hello.ops == {"open", "session_ids", "next_session_id"}
    assert not adapter.hello.audited
    assert judge(adapter) == "agree"
    assert judge(adapter, [NEXT]) == "diverge"  # nothing was reset
    adapter.reset()
    assert judge(adapter, [NEXT]) == "agree"


@pytest.mark.parametrize(
    ("request_", "kind", "payload"),
    [
        (Request("close", b'{"sid":4}'), "err", {"SessionNotFound": {"session_id": 4}}),
        (
            Request("claim_ownership", b'{"sid":1,"owner_id":"a","scope":"Session"}'),
            "ok",
            {"session_id": 1, "owner_id": "a", "generation": 0, "scope": "Session"},
        ),
        (Request("send", b'{"sid":1,"from":"A","to":"B","val":"Unit"}'), "ok", [1, "A", "B", "Unit"]),
        (Request("reap_closed", b"{}"), "unsupported", "not yet"),
        (Request("live_count", b"{}"), "panic", "IndexError: list index out of range"),
        (Request("close", b"{}"), "panic", None),
        (Request("observe", b'{"sid":1}'), "panic", None),
        (Request("close", b'{"sid":'), "bad_request", "args: not JSON at column 8: Expecting value"),
        (
            Request("archived_closed", b"{}"),
            "unsupported",
            "archived_closed is not among the ops of the hello",
        ),
    ],
)
def test_what_a_method_does_is_the_answer(request_: Request, kind: str, payload: Any) -> None:
    answer = ask(InProcessAdapter(Audited), request_)
    assert answer.kind == kind
    assert payload is None or json.loads(answer.payload) == payload
    assert answer.audit == (b'[{"opened":0}]' if kind in ("ok", "err") else None)


@pytest.mark.parametrize("make", [lambda: InProcessAdapter(Sessions), ReferenceAdapter])
def test_a_direct_adapter_ends_one_submit_with_the_next(make: Any) -> None:
    with make() as adapter:
        first = adapter.submit([OPEN, OPEN, OPEN])
        assert next(first).payload == b"0"
        assert [answer.payload for answer in adapter.submit([SESSIONS])] == [b"[0]"]
        assert list(first) == []
        again = adapter.submit([OPEN, OPEN])
        next(again)
        adapter.reset()
        assert list(again) == []
        assert ask(adapter, NEXT).payload == b"0"
    with pytest.raises(faults.Closed):
        adapter.submit([OPEN])
    with pytest.raises(faults.Closed):
        adapter.reset()


def test_the_reference_follows_the_contract_that_is_named() -> None:
    twice = [Request("open", encode({"roles": ["A", "A"], "initial_types": {}}))]
    kinds = [next(ReferenceAdapter(contract).submit(twice)).kind for contract in ("telltale-17", "hardened")]
    assert kinds == ["ok", "err"]
    assert ReferenceAdapter("hardened").hello.contract == "hardened"
    with pytest.raises(UnknownContract):
        ReferenceAdapter("telltale-18")


@pytest.mark.parametrize(
    "args",
    [b"", b"[]", b'{"sid":0}', b'{"sid":-1,"owner_id":"a","scope":"Session"}', b'{"sid":1.0}', b"\xff"],
)
def test_the_reference_answers_a_wrong_shape_with_bad_request(args: bytes) -> None:
    assert ask(ReferenceAdapter(), Request("claim_ownership", args)).kind == "bad_request"


@pytest.mark.parametrize("size", [1, 10, 1 << 16])
def test_the_served_reference_answers_however_the_requests_are_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_reference, "_CHUNK", size)
    lines = [request_line(n, request) for n, request in enumerate([r for r in PROGRAM if r is not RESET], 1)]
    lines.append(b"nonsense\n")
    lines.append(request_line(99, Request("bye", b"{}")))
    lines.append(request_line(100, NEXT))
    answers = b"".join(served(b"".join(lines)))
    documents = [json.loads(line) for line in answers.splitlines()]
    assert [document["id"] for document in documents] == [*range(1, 10), 0]
    assert [document.get("ok") for document in documents] == [0, [0], 1, 2, 2, 2, [0, 1, 2], 3, 4, None]
    assert "bad_request" in documents[-1]


def served(stream: bytes) -> Iterator[bytes]:
    source, ours = os.pipe()
    result, target = os.pipe()
    os.write(ours, stream)
    os.close(ours)
    serve(ReferenceServer("telltale-17"), source, target)
    os.close(source)
    os.close(target)
    with open(result, "rb") as file:
        yield from file
