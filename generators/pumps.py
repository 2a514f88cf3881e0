"""Pumps: small cycles of operations that, repeated, drive a counter or a collection of the store far up.

What a pump drives follows from the operations table (``Operation.grows``): whatever an operation of the cycle makes
greater. Every operation that makes something greater is in a cycle; a test sees to it that a new one is too, and that
everything that grows comes as far as a pump is repeated.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import U64_MAX, BufferConfig, Resize, ResizeBounds

Change = Literal["default handler", "new edge", "same edge", "trace"]
"""What a host mutation of a pump changes."""

DEPTHS: Final = (17, 65, 257, 1_025)
"""How often a cycle is repeated: once more than a counter of 4, 6, 8 and 10 bits holds."""
FAR: Final = 65_537
"""Once more than 16 bits hold."""
_BRIEF: Final = 257
_ROUND: Final = 1_025


class Pump(NamedTuple):
    """One cycle, and what it starts from."""

    name: str
    cycle: tuple[str, ...]
    before: tuple[str, ...] = ("open", "claim_ownership")
    most: int = _ROUND
    """The greatest depth; what grows a store in time or in the length of its answers is not driven as far."""
    change: Change = "same edge"
    buffers: BufferConfig | None = None
    roomy: bool = False
    """Buffers hold as many messages as there are turns."""
    crowded: bool = False
    """A session has so many roles that every turn has a pair of them to itself."""
    one_sid: bool = False
    """What is opened under a chosen sid is always opened under the same."""
    doubles: bool = False
    """Turn n works with the number 2^n: what it names is 2^n, what it gives back is off by 2^n."""

    @property
    def operations(self) -> frozenset[str]:
        """The operations that it cannot do without."""
        return frozenset((*self.before, *self.cycle))

    @property
    def drives(self) -> frozenset[str]:
        """What the operations of its cycle make greater."""
        return frozenset().union(*(OPERATIONS[name].grows for name in self.cycle))

    def depth(self, wanted: int) -> int:
        """Return how often the cycle is repeated where it is wanted so often; a doubling has 64 turns always."""
        return 64 if self.doubles else wanted


def _fifo(capacity: int, policy: Literal["Block", "Drop", "Error"]) -> BufferConfig:
    return BufferConfig(initial_capacity=capacity, mode="Fifo", policy=policy)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_OPEN: Final = ("open",)
_BEGUN: Final = _words("open claim_ownership begin_ownership_transfer")

PUMPS: Final = (
    Pump("attenuate", _words("attenuate_ownership_scope"), most=FAR),
    Pump("transfer", _words("begin_ownership_transfer commit_ownership_transfer"), most=FAR),
    Pump("roll back", _words("begin_ownership_transfer rollback_ownership_transfer"), most=FAR),
    Pump("claim and release", _words("claim_ownership release_ownership"), _OPEN),
    Pump("issue", _words("issue_readiness_witness"), most=FAR),
    Pump("issue and consume", _words("issue_readiness_witness consume_readiness_witness"), most=FAR),
    Pump("issue and outlive", _words("issue_readiness_witness attenuate_ownership_scope")),
    Pump("reject a receipt", _words("commit_ownership_transfer"), (*_BEGUN, "rollback_ownership_transfer")),
    Pump(
        "reject a witness",
        _words("consume_readiness_witness"),
        _words("open claim_ownership issue_readiness_witness consume_readiness_witness"),
    ),
    Pump("close again", _words("close"), most=FAR),
    Pump("open", _words("open"), ()),
    Pump("open ahead", _words("open_with_sid"), ()),
    Pump("open and close", _words("open close"), ()),
    Pump("replace", _words("open_with_sid claim_ownership issue_readiness_witness"), _OPEN, _BRIEF, one_sid=True),
    Pump(
        "reap and reopen",
        _words(
            "open_with_sid claim_ownership begin_ownership_transfer commit_ownership_transfer issue_readiness_witness"
            " apply_owned_session_mutation send close reap_sessions"
        ),
        (),
        _BRIEF,
        one_sid=True,
    ),
    Pump(
        "live and reap",
        _words(
            "open claim_ownership begin_ownership_transfer commit_ownership_transfer issue_readiness_witness send"
            " close reap_sessions"
        ),
        (),
        _BRIEF,
    ),
    Pump("reap", _words("open close reap_closed"), ()),
    Pump("die", _words("open claim_ownership mark_owner_died"), (), _BRIEF),
    Pump(
        "abandon",
        _words("open claim_ownership begin_ownership_transfer cancel_abandoned_transfer reap_sessions"),
        (),
        _BRIEF,
    ),
    Pump("fail", _words("open claim_ownership begin_ownership_transfer fault_failed_transfer_commit"), (), _BRIEF),
    Pump("send", _words("send"), _OPEN, roomy=True),
    Pump("send to a full buffer", _words("send"), _OPEN, _BRIEF),
    Pump("send and drop", _words("send"), _OPEN, _BRIEF, buffers=_fifo(64, "Drop")),
    Pump("send and fail", _words("send"), _OPEN, _BRIEF, buffers=_fifo(64, "Error")),
    Pump(
        "send and resize",
        _words("send"),
        _OPEN,
        buffers=BufferConfig(initial_capacity=1, mode="Fifo", policy=Resize(ResizeBounds(U64_MAX))),
    ),
    Pump("overwrite", _words("send"), _OPEN, buffers=BufferConfig(64, "LatestValue", "Block")),
    Pump("send and receive", _words("send recv"), _OPEN),
    Pump("send on another edge", _words("send"), _OPEN, crowded=True),
    Pump("bind another edge", _words("apply_owned_session_mutation"), change="new edge", crowded=True),
    Pump("bind anew", _words("apply_owned_session_mutation"), most=_BRIEF),
    Pump("default anew", _words("apply_owned_session_mutation"), most=_BRIEF, change="default handler"),
    Pump("trace another edge", _words("apply_owned_session_mutation"), change="trace", crowded=True),
    Pump("advance", _words("advance"), _OPEN),
    Pump("set types", _words("update_type update_original"), _OPEN, _BRIEF),
    Pump("time another site", _words("issue_timeout_witness"), ()),
    Pump("time a site anew", _words("issue_timeout_witness advance_clock"), ()),
    Pump(
        "double",
        _words(
            "validate_ownership_capability commit_ownership_transfer consume_readiness_witness open_with_sid close"
            " reap_sessions issue_timeout_witness advance_clock"
        ),
        (*_BEGUN, "issue_readiness_witness"),
        _BRIEF,
        doubles=True,
    ),
)


class Pumped(NamedTuple):
    """One case: a pump, and how often its cycle is repeated."""

    pump: Pump
    depth: int

    def __str__(self) -> str:
        return f"{self.pump.name}, {self.depth:,} times"


def pumped(depths: tuple[int, ...], offered: frozenset[str]) -> list[Pumped]:
    """Return the cases for these depths, the shallow ones first, as far as the operations are offered."""
    able = [pump for pump in PUMPS if pump.operations <= offered]
    cases = (Pumped(pump, pump.depth(depth)) for depth in depths for pump in able if depth <= pump.most)
    return list(dict.fromkeys(cases))
