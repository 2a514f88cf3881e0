"""Timeout witnesses: one clock and one registry per runtime (contract §9)."""

from __future__ import annotations

import heapq

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord, TimeoutArtifact, TimeoutWitness, successor


def issue_timeout_witness(store: Store, site: str, until_tick: int) -> TimeoutWitness:
    """Issue a site's timeout witness, which replaces an earlier one of that site."""
    state = store.timeouts
    earlier = state.live.get(site)
    if earlier is not None:
        state.log.append(
            AuditRecord(TimeoutArtifact(earlier), "Invalidated", "replaced by newer timeout witness", state.clock)
        )
    witness = TimeoutWitness(
        issued_at_tick=state.clock, site=site, until_tick=until_tick, witness_id=state.next_witness_id
    )
    state.next_witness_id = successor(state.next_witness_id)
    state.live[site] = witness
    heapq.heappush(state.horizon, (until_tick, site))
    state.log.append(AuditRecord(TimeoutArtifact(witness), "Issued", None, state.clock))
    return witness


def advance_clock(store: Store, tick: int) -> tuple[TimeoutWitness, ...]:
    """Set the clock and expire every witness whose horizon it reached, in site order; return those.

    Raises:
        StringError: the clock would go backwards.
    """
    state = store.timeouts
    if tick < state.clock:
        raise StringError(table.CLOCK, state.clock, tick)
    state.clock = tick
    expired: list[TimeoutWitness] = []
    while state.horizon and state.horizon[0][0] <= tick:
        _, site = heapq.heappop(state.horizon)
        witness = state.live.get(site)
        if witness is not None and witness.until_tick <= tick:
            expired.append(state.live.pop(site))
    expired.sort(key=lambda witness: witness.site)
    state.log.extend(
        AuditRecord(TimeoutArtifact(witness), "Expired", "timeout horizon elapsed", tick) for witness in expired
    )
    return tuple(expired)


def runtime_audit_log(store: Store) -> tuple[AuditRecord, ...]:
    """Return the runtime's audit log."""
    return tuple(store.timeouts.log)
