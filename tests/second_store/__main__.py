"""The adapter of the second store: requests on stdin, answers on stdout."""

import sys

from .forms import BadRequest
from .store import OPERATIONS, Store


def hello(contract):
    """Return what the adapter says of itself."""
    ops, observed = list(OPERATIONS), ["audit"]
    named = {"name": "second store", "version": "1", "language": "python", "contract": contract}
    return {"protocol": 1, **named, "ops": ops, "observes": observed}


def serve(make, contract):
    """Answer requests with the store that ``make`` makes."""
    store = make(contract)
    for line in sys.stdin.buffer:
        request = store.parsed(line)
        op = request["op"]
        if op == "bye":
            return
        if op == "hello":
            members = {"ok": hello(contract)}
        elif op == "reset":
            store, members = make(contract), {"ok": None}
        else:
            try:
                kind, payload, records = store.answer(op, request["args"])
                members = {kind: payload, "audit": records}
            except BadRequest as error:
                members = {"bad_request": str(error)}
            except Exception as error:
                members = {"panic": f"{type(error).__name__}: {error}"}
        sys.stdout.buffer.write(store.printed({"id": request["id"], **members}) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    serve(Store, *(sys.argv[1:] or ["telltale-17"]))
