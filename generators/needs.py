"""What the guards of the contract want of a session (contract §1), as the steps that bring it about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telltale_conformance.generators.arguments import Arguments
from telltale_conformance.generators.drawing import Drawing
from telltale_conformance.generators.lives import opening
from telltale_conformance.generators.pool import Pool
from telltale_conformance.generators.steps import Act
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.state import Ownership, RolePair, Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, BufferConfig, Resize, ResizeBounds, Scope

_OWNERS: Final = 2
"""So few names have owners, so that the same one is met again."""
_POLICIES: Final = ("Block", "Drop", "Error", Resize(ResizeBounds(4)))
SETTLING: Final = ("commit_ownership_transfer", "rollback_ownership_transfer")


class Needs:
    """Yields what is still lacking of what operations want of the session in mind.

    Args:
        draw: the source of values.
        pool: what the program was given so far.
        store: the reference store that the program runs on, which has carried out a step when the next is asked for.
        arguments: draws those for which nothing is wanted.
    """

    def __init__(self, draw: Drawing, pool: Pool, store: Store, arguments: Arguments) -> None:
        self._draw = draw
        self._pool = pool
        self._store = store
        self._arguments = arguments
        self._opened: tuple[Any, ...] = ()
        """The roles and types that sessions are opened with."""
        self.sid = 0
        """Of the session in mind."""

    def look_round(self, often: float) -> None:
        """Turn to another live session now and then, and mostly where the one in mind is gone."""
        live, draw = self._store.sessions, self._draw
        if live and draw.random() < (often if self.sid in live else 0.7):
            self.sid = draw.one_of(tuple(live))

    # The session in mind

    @property
    def _session(self) -> Session | None:
        return self._store.sessions.get(self.sid)

    @property
    def _ownership(self) -> Ownership:
        """The ownership of the session in mind; a fresh one where there is none."""
        session = self._session
        return Ownership() if session is None else session.ownership

    def _name(self) -> str:
        return self._draw.one_of(self._draw.cast.owner[:_OWNERS])

    def _scope(self) -> Scope:
        return SESSION if self._draw.random() < 0.65 else self._draw.scope()

    def _to_open(self) -> tuple[Any, ...]:
        """Return roles, types and buffers: mostly the roles and types that were opened before."""
        draw = self._draw
        if not self._opened or draw.random() < 0.15:
            roles, types, _ = opening(draw)
            self._opened = (roles, types if draw.random() < 0.7 else draw.types(roles))
        if draw.random() < 0.4:
            return (*self._opened, draw.buffer_config())
        mode: Any = "LatestValue" if draw.random() < 0.3 else "Fifo"
        return (*self._opened, BufferConfig(1 + draw.below(2), mode, draw.one_of(_POLICIES)))

    def _opening(self, sid: int, name: str = "") -> Act:
        """Return how a session is opened under a sid; where no operation is named, from its plan or without one."""
        roles, types, buffers = self._to_open()
        name = name or self._draw.one_of(("open_with_sid", "open_with_sid_from_plan"))
        plan = (PlanInput(types, roles),) if name == "open_with_sid_from_plan" else (roles, types)
        return Act(name, (sid, *plan, buffers))

    def _anew(self) -> Iterator[Act]:
        """Begin another life: under the sid in mind, or under the next one."""
        draw = self._draw
        yield from self._last_seen()
        if self._session is not None and draw.random() < 0.3:
            yield from self._reaped()
        if draw.random() < 0.3 or not self._pool.sids:
            sid = self._store.next_sid
            yield Act("open", self._to_open())
            self.sid = sid if sid in self._store.sessions else self.sid
        else:
            yield self._opening(self.sid)

    def _last_seen(self) -> Iterator[Act]:
        """Look at the session in mind before it is gone, as what went wrong in it shows no more then."""
        if self._session is not None:
            yield Act("observe", (self.sid,))

    def _reaped(self) -> Iterator[Act]:
        session = self._session
        if session is not None and session.status == "Active":
            yield Act("close", (self.sid,))
        yield Act("reap_closed", ()) if self._draw.random() < 0.5 else Act("reap_sessions", ([self.sid],))

    # What operations want of it

    def _there(self) -> Iterator[Act]:
        if self._session is None:
            yield from self._anew()

    def _live(self) -> Iterator[Act]:
        """Let it be found and open (contract §1)."""
        if self._session is None or self._ownership.terminal is not None:
            yield from self._anew()

    def _owner(self, *, whole: bool = False) -> Iterator[Act]:
        """Let it be owned, and where ``whole`` with the whole session as scope."""
        yield from self._live()
        if self._ownership.current is None:
            yield Act("claim_ownership", (self.sid, self._name(), SESSION if whole else self._scope()))
        if whole and self._narrow():
            yield from self._settled()
            live = self._ownership.current
            if live is not None and self._narrow():
                yield Act("attenuate_ownership_scope", (live, SESSION))

    def _narrow(self) -> bool:
        live = self._ownership.current
        return live is not None and live.scope != SESSION

    def _settled(self) -> Iterator[Act]:
        """Let no transfer be pending."""
        pending = self._ownership.pending
        if pending is not None:
            yield Act(self._draw.one_of(SETTLING), (pending,))

    def _idle(self) -> Iterator[Act]:
        """Let it be owned, and no transfer be pending."""
        yield from self._owner()
        yield from self._settled()

    def _pending(self) -> Iterator[Act]:
        """Let a transfer be pending."""
        yield from self._owner()
        live = self._ownership.current
        if live is not None and self._ownership.pending is None:
            yield Act("begin_ownership_transfer", (live, self._name(), self._scope()))

    def _edge(self) -> RolePair | None:
        """Return an edge that takes messages, mostly the first."""
        session = self._session
        pairs = () if session is None else tuple(session.buffers)
        return None if not pairs else pairs[0] if self._draw.random() < 0.7 else self._draw.one_of(pairs)

    def _buffered(self) -> Iterator[Act]:
        session = self._session
        if session is None or not session.buffers:
            yield from self._anew()
