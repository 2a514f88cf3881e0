"""A demonstration: the reference, except that a consumed witness is accepted again (contract §3.1).

``python -m telltale_conformance.adapters.wrong_store`` speaks the adapter protocol like any implementation. It has a
name of its own, so that no report says that the reference departs from the contract.
"""

from __future__ import annotations

import functools

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import OwnershipCapability, ReadinessWitness


def accept_consumed_witnesses() -> None:
    """Change the reference of this process: consuming puts the witness back among the issued ones."""
    operation = OPERATIONS["consume_readiness_witness"]

    @functools.wraps(operation.function)  # codecs read its annotations
    def consume(store: Store, capability: OwnershipCapability, witness: ReadinessWitness) -> None:
        operation.function(store, capability, witness)
        ownership = store.sessions[capability.session_id].ownership
        ownership.consumed.discard(witness.witness_id)
        ownership.issued[witness.witness_id] = witness

    OPERATIONS[operation.name] = operation._replace(function=consume)


def main() -> None:
    """Change the rule, then serve: what serves keeps the operations that it finds when it is imported."""
    accept_consumed_witnesses()
    from telltale_conformance.oracle.adapters.serve_reference import main as serve

    serve(name="store with a wrong rule")


if __name__ == "__main__":
    main()
