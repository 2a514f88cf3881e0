"""The slices of a run compared with the store: what each step says of the sessions, their types and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from telltale_conformance.lean_traces.telltale.runs import SessionSlice, StepState
from telltale_conformance.model.state import Session
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.values import Faulted, FaultedFields, Status
from telltale_conformance.oracle.telltale.departures import Diverged
from telltale_conformance.oracle.telltale.run_replay import RunReplay, status_text
from telltale_conformance.oracle.telltale.selected_types import bare, printed

_TAKEN_OVER: Final[dict[str, Status]] = {
    "closed": "Closed",
    "cancelled": "Cancelled",
    "faulted": Faulted(Faulted=FaultedFields(reason="not told by the document")),
}


_Counts = tuple[dict[str, int], dict[str, int]]
_HELD: Final = "what the store holds after the step"


class Slices:
    """Judges the slices of a run, one step after the other."""

    def __init__(self, replay: RunReplay) -> None:
        self._replay = replay
        self.judged = 0
        self.not_explained: list[str] = []
        self._agreed: Sequence[SessionSlice] = ()
        """The slices that agreed last; the same again agree as long as nothing happened."""
        self._agreed_after = -1
        """How many operations had happened then."""
        self._counts: _Counts = {}, {}
        self._counted_after = -1
        self._observed: set[int] = set()
        self._texts: dict[int, tuple[LocalType, str]] = {}

    def start(self, step: StepState) -> None:
        """Judge what a step found, where that is not what the step before left."""
        if step.pre_state is not None and step.pre_state.sessions != self._agreed:
            self._sessions(step.pre_state.sessions)

    def end(self, step: StepState) -> None:
        """Judge what a step left."""
        replay = self._replay
        if step.post_state is not None:
            self._sessions(step.post_state.sessions)
        types, messages = self._expected_counts()
        if step.session_type_counts is not None:
            if step.session_type_counts != types and replay.run.protocol is not None:
                raise Diverged("state", "observe", types, step.session_type_counts, _HELD)
            self.judged += 1
        if step.buffered_message_counts is not None:
            if step.buffered_message_counts != messages:
                raise Diverged("state", "observe", messages, step.buffered_message_counts, _HELD)
            self.judged += 1
        if step.selected_coro is not None and replay.run.dialect != "raw":
            self._selected(step, step.selected_coro)

    def _expected_counts(self) -> _Counts:
        """Return what the store holds by session, type entries and messages; counted again where something happened."""
        happened = len(self._replay.told)
        if self._counted_after != happened:
            sessions = self._replay.store.sessions.items()
            self._counts = (
                {str(sid): len(session.types) for sid, session in sessions},
                {str(sid): session.buffered_messages() for sid, session in sessions},
            )
            self._counted_after = happened
        return self._counts

    def _sessions(self, slices: Sequence[SessionSlice]) -> None:
        happened = len(self._replay.told)
        if self._agreed_after != happened or slices != self._agreed:
            store = self._replay.store
            if {entry.sid for entry in slices} != store.sessions.keys():
                shown = sorted(entry.sid for entry in slices)
                raise Diverged("state", "observe", sorted(store.sessions), shown, "the sessions that are open")
            for entry in slices:
                self._session(store.sessions[entry.sid], entry)
                if self._replay.observing and self._replay.run.protocol is not None and entry.sid not in self._observed:
                    self._replay.observe_whole(entry.sid)
                    self._observed.add(entry.sid)
            self._agreed, self._agreed_after = slices, happened
        self.judged += len(slices)

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
                raise Diverged("state", "observe", {name: value}, {name: given}, _HELD)

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

    def _selected(self, step: StepState, coroutine: int) -> None:
        replay = self._replay
        role = replay.role_of(coroutine)
        if role is None or replay.run.protocol is None:
            replay.not_judged["selected types, for want of a protocol"] += 1
            return
        replay.place["coroutine"] = coroutine
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
