"""One program per contract that reaches every cell found, each path in a session of its own, results as references."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot, read
from telltale_conformance.oracle.symbolic.map.cells import Cell, cell_of
from telltale_conformance.oracle.symbolic.map.reachable import Settled

Path = tuple[tuple[str, Json], ...]
ABSENT_SID = 1 << 40
"""A session id that is never opened."""
_ARTIFACTS = ("capability", "receipt", "witness")


class Weaver:
    """Builds the program step by step, running it on the reference as it grows."""

    def __init__(self, contract: str) -> None:
        self.run = ReferenceRun(contract)
        self.steps: list[dict[str, Any]] = []
        self.cells: set[Cell] = set()

    def open(self) -> None:
        """Begin another session."""
        self._opened = len(self.steps)
        self._results: list[tuple[int, Json]] = []
        self._sid = self._perform("open", {"roles": ["A", "B"], "initial_types": {}}, {})["ok"]

    def state(self) -> Snapshot:
        """Return the current session as the reference has it."""
        return read(self.run.store, self._sid)

    def perform(self, op: str, args: Json) -> None:
        """Add an operation given for session 0, rebased to the current one."""
        concrete = {key: self._rebased(value, key) for key, value in args.items()}
        before = self.state()
        event = self._perform(op, {key: self._lifted(key, value) for key, value in concrete.items()}, concrete)
        outcome = {"ok": event["ok"]} if "ok" in event else {"err": event["err"]}
        self.cells.add(cell_of(before, op, concrete, outcome))

    def _perform(self, op: str, args: Json, concrete: Json) -> Json:
        seq = len(self.steps)
        self.steps.append({"seq": seq, "op": op, "args": args})
        event = self.run.perform(seq, op, concrete or args)
        if isinstance(event.get("ok"), dict):
            self._results.append((seq, event["ok"]))
        return event

    def _rebased(self, value: Json, key: str = "") -> Json:
        if isinstance(value, dict):
            return {inner: self._rebased(item, inner) for inner, item in value.items()}
        if key in ("sid", "session_id"):
            return self._sid if value == 0 else ABSENT_SID
        if key == "session_ids":
            return [self._rebased(item, "sid") for item in value]
        return value

    def _named(self, sid: int) -> Json:
        return {"$ref": self._opened} if sid == self._sid else sid

    def _lifted(self, key: str, value: Json) -> Json:
        if key == "sid":
            return self._named(value)
        if key == "session_ids":
            return [self._named(sid) for sid in value]
        if key not in _ARTIFACTS:
            return value
        kin = [(seq, result) for seq, result in reversed(self._results) if result.keys() == value.keys()]
        for seq, result in kin:
            if result == value:
                return {"$ref": seq}
        if kin:
            seq, result = kin[0]
            return {"$ref": seq, "set": {name: value[name] for name in sorted(value) if value[name] != result[name]}}
        return {**value, "session_id": self._named(value["session_id"])}


def woven(contract: str, settled: Iterable[Settled]) -> Weaver:
    """Return the program through every reached cell."""
    weaver = Weaver(contract)
    by_path: dict[str, tuple[Path, list[tuple[str, Json]]]] = {}
    for item in settled:
        if item.program is not None:
            path, last = item.program[:-1], item.program[-1]
            by_path.setdefault(repr(path), (path, []))[1].append(last)
    for path, lasts in sorted(by_path.values(), key=lambda entry: len(entry[0]), reverse=True):
        waiting = [(op, args) for op, args in lasts if _new(weaver, path, op, args, contract)]
        while waiting:
            weaver.open()
            for op, args in path:
                weaver.perform(op, args)
            before = weaver.state().key()
            while waiting and weaver.state().key() == before:
                weaver.perform(*waiting.pop(0))
    return weaver


def _new(weaver: Weaver, path: Path, op: str, args: Json, contract: str) -> bool:
    """Whether the program does not reach this cell yet."""
    trial = Weaver(contract)
    trial.open()
    for earlier, given in path:
        trial.perform(earlier, given)
    trial.cells.clear()
    trial.perform(op, args)
    return not trial.cells <= weaver.cells
