"""The slices of a run compared with the store: what each step says of the sessions, their types and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from telltale_conformance.lean_traces.telltale.runs import SessionSlice, StepState
from telltale_conformance.model.state import Session
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.values import Faulted, FaultedFields, Status
from telltale_conformance.oracle.telltale.run_replay import Diverged, RunReplay, status_text
from telltale_conformance.oracle.telltale.selected_types import bare, printed

_TAKEN_OVER: Final[dict[str, Status]] = {
    "closed": "Closed",
    "cancelled": "Cancelled",
    "faulted": Faulted(Faulted=FaultedFields(reason="not told by the document")),
}


class Slices:
    """Judges the slices of a run, one step after the other."""

    def __init__(self, replay: RunReplay) -> None:
        self._replay = replay
        self._before: list[SessionSlice] | None = None
        self.judged = 0
        self.not_explained: list[str] = []
        self._seen: dict[int, SessionSlice] = {}
        """The last slice of each session that agreed; the same again agrees as long as nothing happened."""
        self._at = -1
        self._texts: dict[int, tuple[LocalType, str]] = {}

    def start(self, step: StepState) -> None:
        """Judge what a step found, where that is not what the step before left."""
        if step.pre_state is None:
            return
        if step.pre_state.sessions != self._before:
            self._sessions(step.pre_state.sessions)

    def end(self, step: StepState) -> None:
        """Judge what a step left."""
        self._before = None
        if step.post_state is not None:
            self._before = step.post_state.sessions
            self._sessions(step.post_state.sessions)
        replay = self._replay
        for counts, count in (
            (step.session_type_counts, lambda session: len(session.types)),
            (step.buffered_message_counts, Session.buffered_messages),
        ):
            if counts is not None:
                expected = {str(sid): count(session) for sid, session in replay.store.sessions.items()}
                if counts != expected and (replay.run.protocol is not None or count is Session.buffered_messages):
                    raise Diverged("state", "observe", expected, counts, "what the store holds after the step")
                self.judged += 1
        if step.selected_coro is not None and replay.run.dialect != "raw":
            self._selected(step)

    def _sessions(self, slices: Sequence[SessionSlice]) -> None:
        store, changes = self._replay.store, len(self._replay.told)
        if {entry.sid for entry in slices} != store.sessions.keys():
            shown = sorted(entry.sid for entry in slices)
            raise Diverged("state", "observe", sorted(store.sessions), shown, "the sessions that are open")
        for entry in slices:
            if self._at != changes or self._seen.get(entry.sid) != entry:
                self._session(store.sessions[entry.sid], entry)
                if self._replay.observing and self._replay.run.protocol is not None and entry.sid not in self._seen:
                    self._replay.observe_whole(entry.sid)
                self._seen[entry.sid] = entry
            self.judged += 1
        self._at = changes

    def _session(self, session: Session, entry: SessionSlice) -> None:
        self._status(session, entry.status)
        typed = self._replay.run.protocol is not None
        expected: dict[str, Any] = {
            "role_count": len(session.roles),
            "local_type_entries": len(session.types),
            "buffer_edges": len(session.buffers),
            "buffered_messages": session.buffered_messages(),
            "epoch": session.epoch,
        }
        for name, value in expected.items():
            given = getattr(entry, name)
            if given != value and (typed or name not in ("buffer_edges", "local_type_entries")):
                self._replay.observe(session.sid, name, given)
                raise Diverged("state", "observe", {name: value}, {name: given}, "what the store holds")

    def _status(self, session: Session, told: str) -> None:
        expected = status_text(session)
        if told == expected:
            return
        if self._replay.run.dialect == "lean" and told == "draining":
            self._replay.not_judged["status draining, of a Lean run"] += 1
        elif expected == "active" and told in _TAKEN_OVER:
            self.take_over(session, told)
        else:
            self._replay.observe(session.sid, "status", told)
            raise Diverged("state", "observe", {"status": expected}, {"status": told}, "contract §5: the status")

    def take_over(self, session: Session, told: str) -> None:
        """Go on from a status that the document does not explain."""
        self._replay.store.set_status(session, _TAKEN_OVER[told])
        if session.sid in self._replay.explained:
            return
        place = ", ".join(f"{name} {value}" for name, value in self._replay.place.items())
        self.not_explained.append(
            f"session {session.sid} is {told} at {place}: nothing in the document says why (a call of the host?)"
        )

    def _printed(self, local_type: LocalType) -> str:
        """Return a type as runs print it; kept by identity, for a type is seen again and again."""
        known = self._texts.get(id(local_type))
        if known is None:
            known = self._texts[id(local_type)] = (local_type, printed(local_type))
        return known[1]

    def _selected(self, step: StepState) -> None:
        replay = self._replay
        role = replay.role_of(step.selected_coro or 0)
        if role is None or replay.run.protocol is None:
            replay.not_judged["selected types, for want of a protocol"] += 1
            return
        replay.place["coroutine"] = step.selected_coro or 0
        entry = replay.entry(role)
        current = None if entry is None else entry.current
        if current is not None and replay.run.dialect == "lean":
            current = replay.folded(role)
        expected = None if current is None else self._printed(current)
        given = None if step.selected_type is None else bare(step.selected_type)
        if given != expected:
            replay.look_up(role, step.selected_type)
            reason = "contract §7 (K16, H14): the type of the selected coroutine after the step"
            raise Diverged("state", "lookup_type", expected, step.selected_type, reason)
        replay.show(role)
        self.judged += 1
