"""One event as a monitor sees it, with what the events before it told of its session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import variant_of_text
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import ACCEPTS_CAPABILITY, Ledger
from telltale_conformance.oracle.claims.type_events import TypeWatch

if TYPE_CHECKING:
    from telltale_conformance.oracle.claims.persistence import Answers
    from telltale_conformance.oracle.claims.plans import Plans
    from telltale_conformance.oracle.claims.proofs import Trees

Event = Mapping[str, Any]
"""``seq``, ``op``, ``args``, one of ``ok`` and ``err``, and ``audit`` where the log is observed."""


OPENS: Final = those(lambda operation: operation.gives == "session")
"""Operations that open a session of roles with types."""


def opened_from(args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what holds the roles and types of an operation that opens a session, or plans one."""
    held: Mapping[str, Any] = args.get("plan", args)
    return held


class Judgement(NamedTuple):
    """An occasion and its result."""

    broken: bool
    why: str
    """How the claim was broken; of no meaning where it was not."""


class Seen(NamedTuple):
    """An event beside the life of the session that it names."""

    op: str
    args: Mapping[str, Any]
    ok: bool
    answer: Any
    """The result, or the error."""
    audit: list[Any] | None
    """The records that the operation appended; None where they are not observed."""
    ledger: Ledger | None
    """The session that the operation names, as it was before; None where its life is not known."""
    used: Set[int]
    """The ids of all sessions that were opened before."""
    types: TypeWatch
    """Where the roles of all sessions stand in their types."""
    answers: Answers
    """What was answered since the last change of the store."""
    plans: Plans
    """The sessions that were opened from plans."""
    trees: Trees
    """The auth trees of which roots were given."""

    @property
    def capability(self) -> Mapping[str, Any] | None:
        """The capability that the operation is given, if it takes one."""
        return self.args["capability"] if self.op in ACCEPTS_CAPABILITY else None

    @property
    def refusal(self) -> str | None:
        """Which error the operation is refused with; None where it is not refused, or the error is none there is."""
        if self.ok:
            return None
        if isinstance(self.answer, str):
            return variant_of_text(self.answer)
        return str(next(iter(self.answer))) if isinstance(self.answer, Mapping) and len(self.answer) == 1 else None

    @property
    def by_live_owner(self) -> bool:
        """Whether the live owner asks, in a session that is open for it, so that only the claim's rule can refuse."""
        ledger, capability = self.ledger, self.capability
        if ledger is None or capability is None or ledger.terminal or ledger.closed or ledger.live is None:
            return False
        live = ledger.live
        return bool((capability["owner_id"], capability["generation"]) == (live["owner_id"], live["generation"]))


class Monitor(NamedTuple):
    """Watches one claim."""

    ops: Set[str]
    """The operations that may be an occasion; it is shown no others."""
    look: Callable[[Seen], Judgement | None]
    """Says whether an event is an occasion of the claim, and whether it breaks it; None when it says nothing."""
    kept_by: Set[str] | None = frozenset()
    """The errors of which a refusal shows that the claim is kept. Another refusal is no evidence: something else
    was in the way, and the claim's own rule was never asked. None where ``look`` judges refusals itself."""
    after: bool = False
    """It looks at the session as the event leaves it, not as it was before."""


def refused_by(*guards: Guard) -> Set[str]:
    """Return the errors of guards, as a monitor names those that keep its claim."""
    return frozenset(guard.error for guard in guards)
