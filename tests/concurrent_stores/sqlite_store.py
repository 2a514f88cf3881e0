"""An example of a store that several processes share: sessions in a table of SQLite, one process for each client.

``python -m tests.concurrent_stores.sqlite_store FOLDER [WAY]`` serves one client. Each operation reads the session's
row, works on it, and writes it back. Without WAY that is one transaction, which is right. Each WAY leaves something of
it out, as real stores do; where a race would be rare it waits for another client to come, so that tests need no luck.
"""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters.reference import ReferenceStore, read_arguments, reference_hello
from telltale_conformance.oracle.histories.parts import NEXT_SID, footprint, part_of, put_part

WAYS = ("right", "claim race", "double consume", "lost generation", "stale replica", "no transactions")
TURNS = 400
"""How often a window looks whether another client has come, before it goes on."""


class SharedStore:
    """The sessions of a store, in a file that several processes open."""

    def __init__(self, folder: Path, way: str) -> None:
        self._way = way
        self._file = sqlite3.connect(folder / "sessions.db", timeout=30, isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE IF NOT EXISTS parts (name TEXT PRIMARY KEY, body BLOB)")
        self._file.execute("CREATE TABLE IF NOT EXISTS meetings (number INTEGER)")
        self._replica: dict[str, Any] = {}
        self.contract = ReferenceStore("telltale-17").contract

    def reset(self) -> None:
        with self._transaction():
            self._file.execute("DELETE FROM parts")
        self._replica.clear()

    def carry_out(self, op: str, args: bytes) -> bytes:
        operation, arguments = OPERATIONS[op], read_arguments(op, args)
        if self._way == "stale replica" and operation.reads_only and operation.reach == "session":
            return self._from_replica(operation, arguments)
        if self._is_apart(op):
            outcome = self._in_two_halves(operation, arguments)
        else:
            with self._transaction():
                outcome = self._at_once(operation, arguments)
        return encode_answer(outcome, audited=False)

    def _is_apart(self, op: str) -> bool:
        way = self._way
        if way == "no transactions":
            return not OPERATIONS[op].reads_only
        racing = {"claim race": "claim", "double consume": "consume", "lost generation": "attenuate"}.get(way)
        return racing is not None and op.startswith(racing)

    def _at_once(self, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
        store = self._read(operation, arguments)
        outcome = step(store, operation, arguments)
        if not operation.reads_only:
            self._write(store)
        return outcome

    def _in_two_halves(self, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
        """Read, let another client come in, and write what was made of what was read."""
        store = self._read(operation, arguments)
        outcome = step(store, operation, arguments)
        self._meet()
        with self._transaction():
            self._write(store)
        return outcome

    def _meet(self) -> None:
        """Wait, for some turns at most, until another client is here too."""
        with self._transaction():
            self._file.execute("INSERT INTO meetings VALUES (1)")
            before = self._meetings()
        for _ in range(TURNS):
            if self._meetings() != before:
                return
            time.sleep(0)

    def _meetings(self) -> int:
        (count,) = self._file.execute("SELECT COUNT(*) FROM meetings").fetchone()
        return int(count)

    def _from_replica(self, operation: Operation, arguments: tuple[Any, ...]) -> bytes:
        """Answer from what this client saw last, and look again for the next time."""
        seen = self._replica.get("store")
        with self._transaction():
            self._replica["store"] = self._read(operation, arguments, everything=True)
        store = self._replica["store"] if seen is None else seen
        return encode_answer(step(store, operation, arguments), audited=False)

    def _read(self, operation: Operation, arguments: tuple[Any, ...], *, everything: bool = False) -> Store:
        names = None if everything or operation.name == "open" else footprint(operation, arguments, None).names
        store = Store(self.contract)
        if names is None:
            rows = self._file.execute("SELECT name, body FROM parts").fetchall()
        else:
            marks = ",".join("?" * len(names))
            rows = self._file.execute(
                f"SELECT name, body FROM parts WHERE name IN ({marks})", [str(name) for name in names]
            ).fetchall()
        for name, body in rows:
            put_part(store, int(name) if name.isdigit() else name, pickle.loads(body))
        self._had = {name for name, _ in rows}
        return store

    def _write(self, store: Store) -> None:
        live = {str(sid) for sid in store.sessions}
        for name in self._had - live:
            if name.isdigit():
                self._file.execute("DELETE FROM parts WHERE name = ?", [name])
        for name in (*store.sessions, NEXT_SID, "archive", "runtime"):
            part = part_of(store, name)
            if isinstance(name, int) or str(name) in self._had or part != part_of(Store(self.contract), name):
                self._file.execute("REPLACE INTO parts VALUES (?, ?)", [str(name), pickle.dumps(part)])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")


def main(folder: str, way: str = "right") -> None:
    store = SharedStore(Path(folder), way)
    said = reference_hello(store.contract)
    hello = {
        "protocol": 1,
        "name": "sessions in SQLite",
        "version": "1",
        "language": "python",
        "contract": said.contract,
        "ops": sorted(said.ops),
        "observes": [],
    }
    rest = b""
    while data := os.read(0, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            op = request["op"]
            if op == "bye":
                return
            if op == "hello":
                members = json.dumps({"ok": hello}).encode()
            elif op == "reset":
                store.reset()
                members = b'{"ok":null}'
            else:
                members = store.carry_out(op, json.dumps(request["args"]).encode())
            os.write(1, b'{"id":%d,%b\n' % (request["id"], members[1:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
