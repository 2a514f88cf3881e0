"""The lifecycle state that an audit event puts its artifact in (contract §11, §19)."""

from __future__ import annotations

from telltale_conformance.model.store import Store
from telltale_conformance.model.values import LIFECYCLE_STATES, AuditEvent


def lifecycle_state(store: Store, event: AuditEvent) -> str:
    """Return the name of the state."""
    return LIFECYCLE_STATES[event]
