"""``python -m tests.concurrent_stores.serve WAY``: an adapter with clients that does one thing in its own way."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.oracle.adapters.freshness import PROBES
from telltale_conformance.oracle.adapters.reference import ReferenceStore, reference_hello

WAYS = (
    "backwards",
    "one client",
    "silent",
    "twice",
    "panics",
    "unknown client",
    "no clients",
    "unsupported",
    "double consume",
)


def hello(way: str) -> dict[str, Any]:
    said = reference_hello(ReferenceStore("telltale-17").contract)
    document: dict[str, Any] = {
        "protocol": 1,
        "name": "ways",
        "version": "1",
        "language": "python",
        "contract": "telltale-17",
        "ops": sorted(said.ops),
        "observes": ["audit"],
        "clients": 3,
    }
    if way == "one client":
        del document["clients"]
    if way == "no clients":
        document["clients"] = 0
    return document


def main(way: str) -> None:
    store = ReferenceStore("telltale-17")
    out = sys.stdout.buffer
    rest = b""
    while data := os.read(0, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        answers = []
        for line in lines:
            request = json.loads(line)
            op, number = request["op"], request["id"]
            if op == "bye":
                out.flush()
                return
            if op == "hello":
                answers.append({"id": number, "ok": hello(way)})
                continue
            if op == "reset":
                store.reset()
                answers.append({"id": number, "ok": None})
                continue
            racing = "client" in request
            assert racing or way == "one client" or op in PROBES, "requests of the lane name their client"
            if way == "panics" and op == "claim_ownership":
                answers.append({"id": number, "panic": "index out of bounds"})
            elif way == "unsupported" and op == "recv":
                answers.append({"id": number, "unsupported": "no buffers"})
            elif way == "double consume" and op == "consume_readiness_witness":
                store.members(op, json.dumps(request["args"]).encode())
                answers.append({"id": number, "ok": None, "audit": []})
            elif way == "silent" and op == "consume_readiness_witness":
                continue
            else:
                try:
                    members = json.loads(store.members(op, json.dumps(request["args"]).encode()))
                except ArgumentError as error:
                    members = {"bad_request": str(error)}
                answers.append({"id": number + (way == "unknown client" and op == "reap_closed") * 1000, **members})
                if way == "twice" and op == "recv":
                    answers.append(answers[-1])
        if way == "backwards":
            answers.reverse()
        out.write(b"".join(json.dumps(answer).encode() + b"\n" for answer in answers))
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
