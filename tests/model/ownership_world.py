"""What tests of ownership share: what an operation changes, answers and logs."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.store import Store
from tests.model.store_world import (
    BOTH,
    Answer,
    run,
    snapshot,
)

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


def ownership_of(store: Store, sid: int = 0) -> Any:
    return run(store, "observe", sid).ok["ownership"]


def changed(before: Any, after: Any, path: str = "") -> set[str]:
    """The paths at which two snapshots differ, to two levels below a session."""
    if isinstance(before, dict) and isinstance(after, dict) and path.count(".") < 4:
        keys = before.keys() | after.keys()
        return {hit for key in keys for hit in changed(before.get(key), after.get(key), f"{path}.{key}")}
    return set() if before == after else {path.removeprefix(".")}


class Effects:
    """Carries out one operation and says which parts of the store it changed."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __call__(self, name: str, *arguments: object) -> tuple[Answer, set[str]]:
        before = snapshot(self.store)
        answer = run(self.store, name, *arguments)
        assert answer.err is None, answer.err
        return answer, {path.removeprefix("sessions.0.") for path in changed(before, snapshot(self.store))}
