"""One run on its way through the reference store: every event an operation, every slice an observation.

Beside the store the true place of each role is kept, by substitution: where the store's type offers something else,
claim K16 is broken, and a machine whose programs follow the protocol cannot go on there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.telltale.run_protocols import SessionProtocol
from telltale_conformance.lean_traces.telltale.runs import Run, TraceEvent
from telltale_conformance.model.advance import lookup_branch_resolution
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.state import Session, TypeEntry
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.payloads import Str
from telltale_conformance.model.types.theory import unfold_fully
from telltale_conformance.model.types.trees import END, Branch, Label
from telltale_conformance.model.values import Endpoint
from telltale_conformance.oracle.claims.catalogue import title_of
from telltale_conformance.oracle.telltale.departures import Class, Diverged, NotFollowed, exchange, needed
from telltale_conformance.oracle.telltale.results import DocumentDivergence, Told
from telltale_conformance.oracle.telltale.run_answers import advancing, observing, type_of
from telltale_conformance.oracle.telltale.selected_types import lean_step
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.decision import decided_by

STATUS: Final[Mapping[str, str]] = {
    "Active": "active",
    "Draining": "draining",
    "Closed": "closed",
    "Cancelled": "cancelled",
}


class Role(NamedTuple):
    """A role of a session."""

    sid: int
    name: str


class RunReplay:
    """The reference store alongside a run.

    Args:
        run: the run.
        contract: the contract's name.
        level: how strictly it is judged.
    """

    def __init__(self, run: Run, contract: str, level: Level) -> None:
        self.store = Store(contract)
        self.run = run
        self.level = level
        self.told: list[Told] = []
        self.judged = 0
        self.not_judged: Counter[str] = Counter()
        self.notes: list[str] = []
        self.observing = False
        """Tell of the first slice of each session too, as an observation."""
        self.explained: set[int] = set()
        """Sessions whose status the document changes in words."""
        self.sent = 0
        self.received = 0
        self.place: dict[str, int] = {}
        """Where in the document: trace index, step, coroutine."""
        self._true: dict[Role, LocalType] = {}
        self._folded: dict[Role, LocalType] = {}
        self._known: dict[int, tuple[LocalType, LocalType]] = {}
        """What was unfolded, by identity, with the result."""
        self._k16: set[Role] = set()
        self._last_step: dict[Role, int] = {}
        self.shown: set[int] = set()
        """Which of the operations told are typed steps whose result the document shows."""
        self._coroutines: dict[int, Role] = {}
        self._typed = run.protocol is not None

    # --- events

    def event(self, event: TraceEvent) -> None:
        """Take one event of the trace.

        Raises:
            Diverged: the contract does not have it there.
            NotFollowed: it cannot be followed.
        """
        rule = _RULES.get(event.kind)
        if rule is None:
            self.not_judged[event.kind] += 1
            return
        rule(self, event)

    def _opened(self, event: TraceEvent) -> None:
        sid = needed(event.session, "session")
        joined = event.role if event.role is not None else ",".join(event.roles or ())
        if sid in self.store.sessions or sid != self.store.next_sid:
            raise Diverged("outcome", "open", self.store.next_sid, sid, "contract §5: sessions get ids 0, 1, 2, …")
        protocol = self._protocol(sid, joined)
        listed = {",".join(protocol.roles), ",".join(sorted(protocol.roles))}
        if joined not in listed:
            self._perform("open_with_sid", (sid, protocol.roles, protocol.types, None))
            self.observe(sid, "roles", joined.split(","))
            self._diverge("payload", "observe", {"roles": ",".join(protocol.roles)}, {"roles": joined}, _INPUT)
        outcome = self._perform("open_with_sid", (sid, protocol.roles, protocol.types, None))
        if outcome.error is not None:
            self._diverge("outcome", "open_with_sid", None, sid, decided_by(outcome).reason)
        for role, local_type in protocol.types.items():
            self._true[Role(sid, role)] = unfold_fully(local_type)
            self._folded[Role(sid, role)] = local_type
        ordered = protocol.roles if self.run.dialect == "lean" else sorted(protocol.roles)
        first = len(self._coroutines)
        self._coroutines.update((first + number, Role(sid, role)) for number, role in enumerate(ordered))
        self.judged += 1

    def _protocol(self, sid: int, joined: str) -> SessionProtocol:
        protocols = self.run.protocol
        if protocols is not None:
            if sid >= len(protocols):
                raise Diverged("outcome", "open", len(protocols), sid + 1, "the input has no such choreography")
            return protocols[sid]
        roles = tuple(joined.split(",")) if joined else ()
        edges: dict[str, LocalType] = dict.fromkeys(roles, END)
        for event in self.run.output.trace:  # enough of types to have the edges that the run uses
            if event.kind == "sent" and event.session == sid and event.sender in edges and event.receiver:
                edges[event.sender] = Send(event.receiver, (Branch(Label(""), None, edges[event.sender]),))
        return SessionProtocol(roles, edges)

    def _sent(self, event: TraceEvent) -> None:
        sid, sender, receiver, label = exchange(event)
        self._enabled(sid, sender, receiver, label, Send)
        outcome = self._perform("send", (sid, sender, receiver, Str(label)))
        if outcome.ok != "Ok":
            self._diverge("outcome", "send", _answer(outcome), "Ok", decided_by(outcome).reason)
        self._advance(sid, sender, label)
        self.sent += 1
        self.judged += 1

    def _received(self, event: TraceEvent) -> None:
        sid, sender, receiver, label = exchange(event)
        self._enabled(sid, receiver, sender, label, Recv)
        outcome = self._perform("recv", (sid, sender, receiver))
        if outcome.ok is None:
            refused = outcome.error is not None
            reason = decided_by(outcome).reason if refused else "contract §8: nothing is buffered there"
            self._diverge("outcome", "recv", _answer(outcome), label, reason, Answer(True, {"Str": label}, []))
        value = outcome.ok
        if value != Str(label):
            self._diverge(
                "payload", "recv", value, label, "contract §8: the oldest value", Answer(True, {"Str": label}, [])
            )
        self._advance(sid, receiver, label)
        self.received += 1
        self.judged += 1

    def _enabled(self, sid: int, role: str, partner: str, label: str, form: type[Choice]) -> None:
        """Check that a role's current type has a step."""
        session = self._session(sid)
        if not self._typed:
            self.not_judged["types, for want of a protocol"] += 1
            return
        entry = session.types.get(role)
        current = None if entry is None else entry.current
        said = {"direction": form.__name__, "partner": partner, "label": label}
        if not isinstance(current, form) or current.partner != partner:
            self._no_step("outcome", sid, role, label, _offer(current), said)
        elif lookup_branch_resolution(self.store, Endpoint(role=role, sid=sid), label) is None:
            self._no_step("payload", sid, role, label, _offer(current), said)

    def _no_step(self, kind: Class, sid: int, role: str, label: str, expected: Any, said: dict[str, str]) -> None:
        self._perform("advance", (Endpoint(role=role, sid=sid), label))
        self.told[-1] = advancing(self.told[-1], said["direction"], said["partner"])
        self._diverge(kind, "advance", expected, said, f"contract §7: the current type of {role} is another one")

    def _advance(self, sid: int, role: str, label: str) -> None:
        if not self._typed:
            return
        endpoint, key = Endpoint(role=role, sid=sid), Role(sid, role)
        self.show(key)
        self._perform("advance", (endpoint, label))
        self._last_step[key] = len(self.told) - 1
        true = self._true.get(key)
        if isinstance(true, Choice):
            after = [branch.continuation for branch in true.branches if branch.label.name == label]
            if after:
                self._true[key] = self._unfolded(after[-1])
        if self.run.dialect == "lean" and (folded := lean_step(self._folded[key], label)) is not None:
            self._folded[key] = folded
        entry = self.store.sessions[sid].types.get(role)
        if entry is not None and key not in self._k16 and _offer(entry.current) != _offer(self._true.get(key)):
            self._k16.add(key)
            place = ", ".join(f"{name} {value}" for name, value in self.place.items())
            self.notes.append(
                f"claim {title_of('K16')} broken at {place}: {role} of session {sid} goes on with "
                f"{_offer(entry.current)}, its protocol with {_offer(self._true.get(key))}"
            )

    def show(self, role: Role) -> None:
        """Note that the document shows where a role stands: by its next step, its end, or a printed type."""
        step_ = self._last_step.get(role)
        if step_ is not None:
            self.shown.add(step_)

    def _unfolded(self, continuation: LocalType) -> LocalType:
        """Return a continuation fully unfolded; each is unfolded once, so that a loop leads back to the same types."""
        known = self._known.get(id(continuation))
        if known is None:
            known = self._known[id(continuation)] = (continuation, unfold_fully(continuation))
        return known[1]

    def _halted(self, event: TraceEvent) -> None:
        key = self._coroutine(event)
        session = self._session(key.sid)
        entry = session.types.get(key.name)
        if entry is None:
            self._diverge("outcome", "lookup_type", None, "End", f"{key.name} has halted before")
        elif self._typed and entry.current != END:
            self._perform("lookup_type", (Endpoint(role=key.name, sid=key.sid),))
            reason = f"contract §7: {key.name} is not at its end"
            self._diverge("outcome", "lookup_type", _offer(entry.current), "End", reason, Answer(True, "End", []))
        self.show(key)
        self._perform("remove_type", (Endpoint(role=key.name, sid=key.sid),))
        self.judged += 1

    def _faulted(self, event: TraceEvent) -> None:
        key = self._coroutine(event)
        entry = self._session(key.sid).types.get(key.name)
        if self._typed and entry is not None and _offer(entry.current) != _offer(self._true.get(key)):
            self.show(key)
            self.judged += 1
            self.notes.append(
                f"{key.name} of session {key.sid} faults: its next step is not enabled in the contract either"
            )
            return
        self.not_judged["faulted"] += 1

    def _closed(self, event: TraceEvent) -> None:
        sid = needed(event.session, "session")
        self._session(sid)
        self._perform("close", (sid,))
        self.judged += 1

    def _epoch_advanced(self, event: TraceEvent) -> None:
        session = self._session(needed(event.session, "session"))
        told = self.run.dialect == "lean" and session.status == "Active"  # Lean tells it before the close
        expected = session.epoch + 1 if told else session.epoch
        if event.epoch != expected:
            self._diverge(
                "payload", "observe", {"epoch": expected}, {"epoch": event.epoch}, "contract §5: close adds one"
            )
        self.judged += 1

    def _session_terminal(self, event: TraceEvent) -> None:
        self.explained.add(needed(event.session, "session"))
        self.not_judged["session_terminal: what the host did is not told"] += 1

    def _timeout_issued(self, event: TraceEvent) -> None:
        if event.site is None or event.until_tick is None or event.witness_id is None:
            self.not_judged["timeout_issued without its fields"] += 1
            return
        if event.tick > self.store.timeouts.clock:
            self._perform("advance_clock", (event.tick,))
        outcome = self._perform("issue_timeout_witness", (event.site, event.until_tick))
        if outcome.ok.witness_id != event.witness_id:
            numbers = outcome.ok.witness_id, event.witness_id
            self._diverge(
                "payload", "issue_timeout_witness", *numbers, "contract §9: witnesses are numbered 0, 1, 2, …"
            )
        self.judged += 1

    def _session(self, sid: int) -> Session:
        session = self.store.sessions.get(sid)
        if session is None:
            self._diverge("outcome", "observe", f"session {sid} not found", sid, "contract §8: the session is not open")
            raise AssertionError
        return session

    def _coroutine(self, event: TraceEvent) -> Role:
        target = event.target
        if target is None or not target.isdigit() or int(target) not in self._coroutines:
            raise Diverged("payload", "lookup_type", len(self._coroutines), target, "there is no such coroutine")
        self.place["coroutine"] = int(target)
        return self._coroutines[int(target)]

    def role_of(self, coroutine: int) -> Role | None:
        """Return the role that a coroutine plays."""
        return self._coroutines.get(coroutine)

    def folded(self, role: Role) -> LocalType | None:
        """Return the type that the Lean runner keeps for a role."""
        return self._folded.get(role)

    def entry(self, role: Role) -> TypeEntry | None:
        """Return where a role stands in the store."""
        session = self.store.sessions.get(role.sid)
        return None if session is None else session.types.get(role.name)

    # --- the store

    def observe(self, sid: int, name: str, value: Any) -> None:
        """Tell of a session's state, one thing in it being as the run says."""
        self._perform("observe", (sid,))
        self.told[-1] = observing(self.told[-1], name, value)

    def observe_whole(self, sid: int) -> None:
        """Tell of a session's state, being as the reference has it."""
        self._perform("observe", (sid,))

    def look_up(self, role: Role, text: str | None) -> None:
        """Tell of a role's type, being as the run prints it."""
        self._perform("lookup_type", (Endpoint(role=role.name, sid=role.sid),))
        given = None if text is None else type_of(text)
        if text is None or given is not None:
            self.told[-1] = self.told[-1]._replace(answer=Answer(True, given, []))

    def _perform(self, op: str, arguments: tuple[Any, ...]) -> Outcome:
        outcome = step(self.store, OPERATIONS[op], arguments)
        self.told.append(Told(op, arguments, outcome, trace=self.place.get("trace")))
        return outcome

    def _diverge(
        self,
        kind: Class,
        op: str,
        expected: Any,
        actual: Any,
        reason: str,
        answer: Answer | None = None,
    ) -> None:
        """Raise a divergence if the level looks at its class; else the run cannot be followed further."""
        if Level[kind] > self.level:
            raise NotFollowed(reason)
        if answer is not None and self.told and self.told[-1].op == op:
            self.told[-1] = self.told[-1]._replace(answer=answer)
        diverged = Diverged(kind, op, expected, actual, reason)
        diverged.arguments = self.told[-1].args() if self.told and self.told[-1].op == op else {}
        raise diverged

    def divergence(self, diverged: Diverged, path: str) -> DocumentDivergence:
        """Return a divergence in the document's own terms and in ours."""
        return DocumentDivergence(
            seq=max(0, len(self.told) - 1),
            op=diverged.op,
            kind=diverged.kind,
            expected=diverged.expected,
            actual=diverged.actual,
            reason=diverged.reason,
            place={"path": path, **self.place},
            args=diverged.arguments,
        )


_INPUT: Final = "the roles are those of the run's input"


def status_text(session: Session) -> str:
    """Return a status as runs print it."""
    return STATUS[session.status] if isinstance(session.status, str) else "faulted"


def _offer(local_type: LocalType | None) -> str:
    """Return what a type offers next, in words: two types that offer the same allow the same step."""
    if isinstance(local_type, Choice):
        labels = ", ".join(branch.label.name for branch in local_type.branches)
        return f"{type(local_type).__name__} {local_type.partner} {{{labels}}}"
    return "nothing" if local_type is None else type(local_type).__name__


def _answer(outcome: Outcome) -> Any:
    return outcome.ok if outcome.error is None else outcome.error.to_json()


_RULES: Final = {
    "opened": RunReplay._opened,
    "sent": RunReplay._sent,
    "received": RunReplay._received,
    "halted": RunReplay._halted,
    "faulted": RunReplay._faulted,
    "closed": RunReplay._closed,
    "epoch_advanced": RunReplay._epoch_advanced,
    "session_terminal": RunReplay._session_terminal,
    "timeout_issued": RunReplay._timeout_issued,
}
