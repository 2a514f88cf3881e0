"""Pumps: small cycles of operations that, repeated, drive a counter or a collection of the store far up.

The cycles are data, in ``data/pumps.toml``. What a pump drives follows from the operations table (``Operation.grows``):
whatever an operation of the cycle makes greater. Every operation that makes something greater is in a cycle. A test
sees to it that a new one is too, and that all that grows comes as far as a pump is repeated.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.files import packaged
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import BufferConfig

Change = Literal["default handler", "new edge", "same edge", "trace"]
"""What a host mutation of a pump changes."""

DEPTHS: Final = (17, 65, 257, 1_025)
"""How often a cycle is repeated: once more than a counter of 4, 6, 8 and 10 bits holds."""
FAR: Final = 65_537
"""Once more than 16 bits hold."""


class Pump(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cycle, and what it starts from."""

    name: str
    before: tuple[str, ...]
    """The operations before the first turn."""
    cycle: tuple[str, ...]
    """The operations of every turn."""
    most: int = DEPTHS[-1]
    """The greatest depth; what grows a store in time or in the length of its answers is not driven as far."""
    change: Change = "same edge"
    buffers: BufferConfig | None = None
    roomy: bool = False
    """Buffers hold as many messages as there are turns."""
    crowded: bool = False
    """A session has so many roles that every turn has a pair of them to itself."""
    new_plans: bool = False
    """Every turn opens from a plan of its own; at the end some of them are used again."""
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


class _Stated(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    pumps: tuple[Pump, ...]


PUMPS: Final = msgspec.toml.decode(
    packaged("telltale_conformance.generators", "data", "pumps.toml"), type=_Stated
).pumps


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
