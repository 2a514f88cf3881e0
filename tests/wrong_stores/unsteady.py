"""Stores that answer by more than what was asked since the last reset: by how often they were reset, or by before."""

from collections.abc import Callable

from telltale_conformance.oracle.adapters import reference
from tests.wrong_stores.rule_table import replace

UNSTEADY: dict[str, Callable[[], None]] = {}


def unsteady(change: Callable[[], None]) -> Callable[[], None]:
    """List a change under its name."""
    UNSTEADY[change.__name__] = change
    return change


@unsteady
def every_third_store_lets_a_witness_be_consumed_twice() -> None:
    resets = [0]
    reset = reference.ReferenceStore.reset

    def counted(self):
        resets[0] += 1
        reset(self)

    def consume(original, store, capability, witness):
        original(store, capability, witness)
        if resets[0] % 3 == 0:
            ownership = store.sessions[capability.session_id].ownership
            ownership.consumed.discard(witness.witness_id)
            ownership.issued[witness.witness_id] = witness

    reference.ReferenceStore.reset = counted
    replace("consume_readiness_witness", consume)


@unsteady
def reset_keeps_the_clock() -> None:
    reset = reference.ReferenceStore.reset

    def kept(self):
        tick = self._store.timeouts.clock
        reset(self)
        self._store.timeouts.clock = tick

    reference.ReferenceStore.reset = kept
