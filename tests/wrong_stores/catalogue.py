"""All wrong stores, with kind, sentence, contract, patch and trigger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.second_store.in_process import InThisProcess
from tests.wrong_stores import (
    at_edges,
    depth,
    free_texts,
    host_calls,
    host_calls_hardened,
    json_numbers,
    later_turns,
    later_turns_many,
    life_after_life,
    look_alike,
    mechanisms,
    near_values,
    plans,
    raw_forms,
    reference_surface,  # noqa: F401 # it lists its stores
    reload_edges,
    reload_states,
    second_hardened,
    second_messages,
    second_orders,
    second_ownership,
    second_sessions,
    several,
    signatures,
    signed_messages,
    sizes,
    unlisted,
)
from tests.wrong_stores.changed import ChangedReference
from tests.wrong_stores.minimised import former, triggers
from tests.wrong_stores.reference_forms import REFERENCE
from tests.wrong_stores.steps import Script, played
from tests.wrong_stores.unsteady import every_third_store_lets_a_witness_be_consumed_twice, reset_keeps_the_clock
from tests.wrong_stores.wrong import SECOND, Wrong

MADE_FROM_SECOND = (
    depth,
    free_texts,
    host_calls,
    host_calls_hardened,
    json_numbers,
    later_turns,
    later_turns_many,
    life_after_life,
    look_alike,
    near_values,
    plans,
    raw_forms,
    second_hardened,
    second_sessions,
    second_messages,
    second_ownership,
    second_orders,
    sizes,
    signatures,
    signed_messages,
    reload_edges,
    reload_states,
    unlisted,
    mechanisms,
    several,
    at_edges,
)
"""The modules with stores made from the second store, in the order of the catalogue."""
UNSTEADY_AFTER = 3
"""How often the trigger of an unsteady store is played, each time after a reset, until it tells."""


def consumed_twice(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.consume_readiness_witness(capability=cap, witness=witness)
    s.consume_readiness_witness(capability=cap, witness=witness)


def clock_moved(s: Script) -> None:
    s.issue_timeout_witness(site="s", until_tick=2)
    s.advance_clock(tick=1)


def unsteady() -> Iterator[Wrong]:
    """Yield the stores that answer by more than what was asked since the last reset."""
    for change, sentence, play in (
        (
            every_third_store_lets_a_witness_be_consumed_twice,
            "After every third reset a witness can be consumed twice.",
            consumed_twice,
        ),
        (reset_keeps_the_clock, "A reset leaves the clock as it was.", clock_moved),
    ):
        name = change.__name__.replace("_", " ")
        yield Wrong(name, "unsteady", sentence, "telltale-17", "reference", change, played(play))


def _former() -> Iterator[Wrong]:
    for name, kind, contract, change in former():
        sentence = name[0].upper() + name[1:] + "."
        yield Wrong(name, kind, sentence, contract, "reference", change, triggers()[name])


def in_order(listed: Iterable[Wrong]) -> list[Wrong]:
    """Sort stores made from the second store by module, since a test may import one of the modules before others."""
    names = [module.__name__ for module in MADE_FROM_SECOND]
    return sorted(listed, key=lambda wrong: names.index(wrong.change.__module__))


CATALOGUE: tuple[Wrong, ...] = (*_former(), *REFERENCE, *unsteady(), *in_order(SECOND))
BY_NAME = {wrong.name: wrong for wrong in CATALOGUE}


def adapter(wrong: Wrong) -> InThisProcess | ChangedReference:
    """Return a wrong store as an implementation in this process."""
    if wrong.made_from == "reference":
        return ChangedReference(wrong.contract, wrong.change)
    return InThisProcess(wrong.contract, wrong.change)
