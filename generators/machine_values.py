"""What the state machine draws beside its bundles, and how it forges an artifact."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from hypothesis import strategies as st

from telltale_conformance.generators import strategies as values
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.values import (
    Endpoint,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    successor,
)

Artifact = TypeVar("Artifact", OwnershipCapability, OwnershipReceipt, ReadinessWitness)
ENDINGS, LAST_ENDINGS = (
    tuple(
        (operation.name, *(["broken"] if "reason" in operation.parameters else []))
        for operation in OPERATIONS.values()
        if "receipt" in operation.parameters and operation.terminal is terminal
    )
    for terminal in (False, True)
)
"""How a transfer may end, without its session and with it: the operation with what it is given besides the receipt."""
SMALL: Final = st.integers(0, 3)
OWNERS: Final = st.sampled_from(values.OWNERS)
ENDPOINTS: Final = st.builds(Endpoint, role=st.sampled_from(["A", "A", "B", "C"]), sid=st.integers(0, 2))
LOCAL_TYPES: Final = values.any_local_types(3)
_WHOLE_EDGES: Final = st.builds(lambda sid, name: {"sid": sid, "sender": name, "receiver": "B"}, SMALL, values.names())
EDGE_JSON: Final = st.one_of(
    _WHOLE_EDGES,
    _WHOLE_EDGES,
    _WHOLE_EDGES,
    st.none(),
    st.just([0, "A"]),
)
_FORGED: Final[dict[str, Any]] = {
    "session_id": SMALL,
    "scope": values.scopes(),
    "predicate_ref": st.sampled_from(["p", "q"]),
    **dict.fromkeys(("owner_id", "from_owner_id", "to_owner_id"), OWNERS),
}


def forged(artifact: Artifact, data: st.DataObject) -> Artifact:
    """Return the artifact with one field drawn anew; numbers move by one."""
    field = data.draw(st.sampled_from(artifact.__struct_fields__))
    drawn = _FORGED.get(field)
    old = getattr(artifact, field)
    value = data.draw(drawn) if drawn is not None else data.draw(st.sampled_from([successor(old), max(0, old - 1)]))
    return msgspec.structs.replace(artifact, **{field: value})
