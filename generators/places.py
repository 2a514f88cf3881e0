"""Where something is asked for: sessions, roles, edges, labels and types, drawn near what a program has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from telltale_conformance.generators.drawing import VARIABLES, Drawing
from telltale_conformance.generators.pool import Pool
from telltale_conformance.generators.steps import Written
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.types.trees import Mu, Var
from telltale_conformance.model.values import Edge, Endpoint

Given: TypeAlias = tuple[Any, Written]
"""An argument, and how a program writes it."""


class Places:
    """Draws sessions and what is in them.

    Args:
        draw: the source of values.
        pool: what the program was given so far.
        store: the reference store that the program runs on.
    """

    def __init__(self, draw: Drawing, pool: Pool, store: Store) -> None:
        self._draw = draw
        self._pool = pool
        self._store = store

    def sid(self, focus: int) -> Given:
        """Return the focus, or seldom another session, or none that is live."""
        draw = self._draw
        if draw.random() < draw.oddness * 0.2:
            odd = draw.odd() or not self._pool.sids
            focus = draw.near_number(focus) if odd else draw.one_of(tuple(self._pool.sids))
        return focus, self._pool.write_sid(focus)

    def _session(self, sid: int) -> Session | None:
        return self._store.sessions.get(sid)

    def _role(self, sid: int) -> str:
        return self._draw.double(self._draw.name(self._roles(sid)), 0.12)

    def _roles(self, sid: int) -> Sequence[str]:
        session = self._session(sid)
        return (session.roles if session is not None else ()) or self._draw.cast.role

    def endpoint(self, focus: int) -> Given:
        """Return a role of the focus, mostly."""
        sid, written = self.sid(focus)
        endpoint = Endpoint(role=self._role(sid), sid=sid)
        return endpoint, None if written is None else {"role": endpoint.role, "sid": written}

    def _pair(self, sid: int) -> tuple[str, str]:
        session = self._session(sid)
        if session is not None and session.blueprint and self._draw.random() < 0.85:
            busy = self._draw.random() < 0.65  # the same edge again and again, so that it fills
            _, sender, receiver = session.blueprint[0] if busy else self._draw.one_of(session.blueprint)
            return sender, receiver
        return self._role(sid), self._role(sid)

    def edge(self, focus: int) -> Given:
        """Return an edge of the focus, mostly; else of another session, or between any roles."""
        sid, _ = self.sid(focus)
        sender, receiver = self._pair(sid)
        return self._edge(sender, receiver, sid)

    def _edge(self, sender: str, receiver: str, sid: int) -> Given:
        written = self._pool.write_sid(sid)
        edge = Edge(receiver=receiver, sender=sender, sid=sid)
        return edge, None if written is None else {"receiver": receiver, "sender": sender, "sid": written}

    def known_edge(self, focus: int) -> Given:
        """Return an edge that a handler or a trace was given for, where there is one; else any."""
        session = self._session(focus)
        if session is not None and self._draw.random() < 0.6:
            known = (*session.edge_handlers, *session.edge_traces)
            if known:
                edge = self._draw.one_of(known)
                sid = edge.sid if self._draw.random() < 0.5 else focus
                return self._edge(self._draw.double(edge.sender, 0.1), self._draw.double(edge.receiver, 0.1), sid)
        return self.edge(focus)

    def message_edge(self, focus: int) -> list[Given]:
        """Return the sid, sender and receiver of a message."""
        sid = self.sid(focus)
        sender, receiver = self._pair(sid[0])
        return [sid, (sender, None), (receiver, None)]

    def label(self, focus: int, endpoint: Endpoint) -> Given:
        """Return a label of the endpoint's current type, mostly."""
        session = self._session(endpoint.sid)
        entry = session.types.get(endpoint.role) if session is not None else None
        branches = entry.current.branches if entry is not None and isinstance(entry.current, Choice) else ()
        if branches and self._draw.random() < 0.85:
            return self._draw.double(self._draw.one_of(branches).label.name, 0.2), None
        return self._draw.name(self._draw.cast.label), None

    def local_type(self, focus: int) -> Given:
        """Return a type with partners among the roles of the focus."""
        return self._draw.local_type(self._roles(focus), 3), None

    def unfolding(self, focus: int) -> list[Given]:
        """Return a continuation, often a bare variable or a recursion, and the type that it belongs to."""
        draw = self._draw
        chance = draw.random()
        cont = draw.local_type(draw.cast.role, 3)
        if chance < 0.35:
            cont = Var(draw.one_of(VARIABLES))
        elif chance < 0.6:
            cont = Mu(draw.one_of(VARIABLES), cont)
        original = draw.local_type(draw.cast.role, 3)
        return [(cont, None), (Mu(draw.one_of(VARIABLES), original) if draw.random() < 0.5 else original, None)]
