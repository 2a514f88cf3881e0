"""Rules of the state machine for signed messages, kept plans, reload and host calls (contract §13 to §16, §19)."""

from __future__ import annotations

from typing import Any, Final, get_args

from hypothesis import strategies as st
from hypothesis.stateful import rule

from telltale_conformance.generators import strategies as values
from telltale_conformance.generators.driven import DrivenMachine, Maybe, taking
from telltale_conformance.generators.graph_labels import TYPES
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.signatures import SignatureKind
from telltale_conformance.model.types.local_types import Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label
from telltale_conformance.model.values import U64_MAX, AuditEvent, BufferConfig, Edge

_ASK: Final = Send("A", (Branch(Label("n"), None, END),))
_PLANS: Final = (
    PlanInput(TYPES, ("A", "B")),
    PlanInput(TYPES, ("B", "A")),
    PlanInput({"B": _ASK}, ("A", "B")),
    PlanInput({"A": Recv("B", (Branch(Label("n"), None, END),)), "B": _ASK}, ("A", "B")),
    PlanInput(TYPES, ("A", "B", "C")),
)
"""Plans that share roles or types, so that a store may take one for another."""
_HANDLERS: Final = st.sampled_from(["h", "k", "", "default_handler"])
_PAIRS: Final = st.sampled_from([("A", "B"), ("A", "B"), ("B", "A"), ("A", "Z")])


class SurfaceRules(DrivenMachine):
    """What the store offers beside the operations that ownership and sessions need."""

    sessions = DrivenMachine.sessions

    @rule(
        target=sessions,
        ahead=st.integers(0, 3),
        live=st.none() | sessions,
        plan=st.sampled_from(_PLANS),
        config=st.none() | values.buffer_configs(),
    )
    def open_from_plan(self, ahead: int, live: int | None, plan: PlanInput, config: BufferConfig | None) -> Maybe:
        """Open from one of few plans, under a fresh id or one that was used."""
        sid = min(self.store.next_sid + ahead, U64_MAX) if live is None else live
        return self.given("open_with_sid_from_plan", sid, plan, config)

    @rule()
    def reload(self) -> None:
        """Read the store back."""
        self.done("reload", "binary")

    @rule(
        sid=sessions,
        signature=st.sampled_from(get_args(SignatureKind)),
        number=st.sampled_from([None, None, 0, 1, U64_MAX]),
        val=values.values(),
    )
    def sign(self, sid: int, signature: str, number: int | None, val: Any) -> None:
        """Send a message signed in one of the six ways on an edge that the session has."""
        self.done("send_signed", sid, *self._edge(sid), val, signature, number)

    @rule(sid=sessions, off=st.sampled_from([0, 0, 1, 5]), val=values.values())
    def number(self, sid: int, off: int, val: Any) -> None:
        """Send a message with the number of its leaf, or another."""
        pair = self._edge(sid)
        session = self.store.sessions.get(sid)
        following = 0 if session is None else len(session.auth.get(pair, ()))
        self.done("send_with_sequence", sid, *pair, val, following + off)

    @rule(sid=sessions, how=st.sampled_from(taking("sid", "from_", "to")), val=values.values())
    def sign_and_receive(self, sid: int, how: str, val: Any) -> None:
        """Send a signed message, perhaps the first of its edge, and receive the oldest."""
        pair = self._edge(sid)
        self.done("send_signed", sid, *pair, val, "valid", None)
        self.done(how, sid, *pair)

    def _edge(self, sid: int) -> tuple[str, str]:
        session = self.store.sessions.get(sid)
        return next(iter(session.buffers), ("A", "B")) if session is not None else ("A", "B")

    @rule(sid=sessions, pair=_PAIRS, handler=_HANDLERS)
    def update_handler(self, sid: int, pair: tuple[str, str], handler: str) -> None:
        """Bind a handler as the host, and look it up."""
        edge = Edge(receiver=pair[1], sender=pair[0], sid=sid)
        self.done("update_handler", edge, handler)
        self.done("lookup_handler", edge)

    @rule(sid=sessions, handler=_HANDLERS)
    def set_default_handler(self, sid: int, handler: str) -> None:
        """Name the default handler as the host, and ask whether there is a handler."""
        self.done("set_default_handler_for_session", sid, handler)
        self.done("has_bound_handler", sid)

    @rule(sid=sessions, pair=_PAIRS, trace=st.sampled_from([(), ("Nat",), ("Bool", "Unit")]))
    def update_trace(self, sid: int, pair: tuple[str, str], trace: tuple[Any, ...]) -> None:
        """Store a trace as the host, and look it up."""
        edge = Edge(receiver=pair[1], sender=pair[0], sid=sid)
        self.done("update_trace", edge, trace)
        self.done("lookup_trace", edge)

    @rule(event=st.sampled_from(get_args(AuditEvent)))
    def lifecycle_state(self, event: AuditEvent) -> None:
        """Ask for the state that an event of the log stands for."""
        self.done("lifecycle_state", event)
