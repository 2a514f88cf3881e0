"""The state of a runtime's timeouts (contract §9)."""

from __future__ import annotations

from telltale_conformance.model.values import AuditRecord, TimeoutWitness


class Timeouts:
    """The runtime's clock, the live witness of each site, and the runtime's audit log."""

    __slots__ = ("clock", "horizon", "live", "log", "next_witness_id")

    def __init__(self) -> None:
        self.clock = 0
        self.next_witness_id = 0
        self.live: dict[str, TimeoutWitness] = {}
        self.horizon: list[tuple[int, str]] = []
        """A heap of (until_tick, site); an entry whose site now waits for a later tick is passed over."""
        self.log: list[AuditRecord] = []
