"""Monitor of reloads: K27."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen

QUESTIONS: Final = those(lambda operation: operation.reads_only and operation.reach != "nothing")
"""What asks the store something and changes nothing."""
RELOAD: Final = "reload"
RELOAD_CLAIM: Final = "K27"
_ESTIMATES: Final = "retained_bytes"
Answered = list[Any]
"""Whether an operation succeeded, and its result or error: JSON, so that it is compared as such."""


class Answers:
    """The answers since the last change of the store, a reload not being one."""

    def __init__(self) -> None:
        self._given: dict[bytes, Any] = {}
        self._before: set[bytes] = set()

    def before_reload(self, seen: Seen) -> tuple[Any] | None:
        """Return the answer to the same question before the last reload; None where nothing is known of it."""
        key = _question(seen)
        return (self._given[key],) if key in self._before else None

    def follow(self, seen: Seen) -> None:
        """Take an event in."""
        if seen.op in QUESTIONS:
            key = _question(seen)
            self._given[key] = _answer(seen)
            self._before.discard(key)
        elif seen.op == RELOAD and seen.ok:
            self._before = set(self._given)
        else:
            self._given.clear()
            self._before.clear()


def _question(seen: Seen) -> bytes:
    return encode([seen.op, seen.args])


def _answer(seen: Seen) -> Answered:
    return _compared(seen.op, seen.ok, seen.answer)


def answered(op: str, answer: Mapping[str, Any]) -> Answered:
    """Return what is compared of an answer, ``{"ok"|"err": …}``: estimates are not."""
    return _compared(op, "ok" in answer, answer["ok" if "ok" in answer else "err"])


def _compared(op: str, ok: bool, answer: Any) -> Answered:
    if op == "memory_usage" and isinstance(answer, dict):
        answer = {key: value for key, value in answer.items() if key != _ESTIMATES}
    return [ok, answer]


def persistence(seen: Seen) -> Judgement | None:
    """K27: a question has the same answer before and after a reload."""
    before = seen.answers.before_reload(seen)
    if before is None:
        return None
    return Judgement(not same_json(before[0], _answer(seen)), f"a reload changes the answer of {seen.op}")


MONITORS: Final[Mapping[str, Monitor]] = {RELOAD_CLAIM: Monitor(QUESTIONS, persistence, kept_by=None)}
