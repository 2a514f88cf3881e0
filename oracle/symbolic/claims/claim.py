"""What a claim about one session's ownership is: a ghost that remembers, and a step that must not happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import z3

from telltale_conformance.oracle.symbolic.statement.operations import (
    ENDS_TENURE,
    OPERATIONS,
    OWNERSHIP,
    USES_CAPABILITY,
    Operation,
)
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step


@dataclass(frozen=True)
class NoGhost:
    """The ghost of a claim about single steps."""

    SORTS: ClassVar[dict[str, Any]] = {}


@dataclass(frozen=True)
class View:
    """One step as a claim sees it: which operation, on what, with which effect, and what the ghost remembers."""

    contract: Contract
    op: str
    pre: Session
    args: Args
    step: Step
    ghost: Any

    @property
    def post(self) -> Session:
        """The state after the step."""
        return self.step.post

    def succeeds(self, *ops: str) -> z3.BoolRef:
        """State that the step is one of these operations and succeeds."""
        return self.step.ok() if self.op in ops else z3.BoolVal(False)

    def exercises_authority(self) -> z3.BoolRef:
        """State that an ownership operation succeeds."""
        return self.succeeds(*OWNERSHIP)

    def accepts_capability(self) -> z3.BoolRef:
        """State that an operation that was given a capability succeeds."""
        return self.succeeds(*USES_CAPABILITY)

    def ends_tenure(self) -> z3.BoolRef:
        """State that the capability that was live before the step is not (or is only by a new grant) after it."""
        dropped = z3.Not(self.post.owned) if self.op == "close" else self.succeeds(*ENDS_TENURE)
        return z3.And(self.pre.owned, self.step.ok(), dropped)


@dataclass(frozen=True)
class Invariant:
    """A named fact about every reachable state, itself proved together with the claim that needs it."""

    name: str
    sentence: str
    holds: Callable[[Session, Any], z3.BoolRef]


@dataclass(frozen=True)
class Claim:
    """A claim about the ownership state of one session, or a part of one, as the catalogue names it."""

    id: str
    violated: Callable[[View], z3.BoolRef]
    ghost: type[Any] = NoGhost
    start: Callable[[Session], Any] = lambda _: NoGhost()
    follow: Callable[[View], Any] = lambda view: view.ghost
    invariants: Mapping[Contract, tuple[Invariant, ...]] | None = None
    horizon: Mapping[Contract, int] | None = None
    """Where the claim holds only below a counter's bound: the length up to which no run violates it."""
    operations: Mapping[str, Operation] = field(default_factory=lambda: OPERATIONS)
    """What can be done to the session; the host calls too, where the claim is about what they change."""
    prefers_oldest: bool = False
    """In programs the last step uses the oldest of equal results (a stale capability, not its double)."""
    shown_by: Literal["", "observe", "lookup_handler"] = ""
    """The violation is in the state: a program ends with this operation to make it visible."""

    def supported_by(self, contract: Contract) -> tuple[Invariant, ...]:
        """Return the strengthening invariants of the proof under this contract."""
        return (self.invariants or {}).get(contract, ())
