"""Types are remembered in a number that does not grow: what is kept, every search for garbage looks through."""

from __future__ import annotations

import gc

from telltale_conformance.lean_traces.printed_values import TYPES, TYPES_BY_ROLE
from telltale_conformance.model.types.local_types import Recv, Send
from telltale_conformance.uncollected import uncollected

MANY = 3_000


def printed(number: int) -> bytes:
    """Return a type that no other number has, as our writer prints it."""
    return b'{"Send":{"branches":[[{"name":"m%d","sort":"Nat"},null,"End"]],"partner":"B"}}' % number


def read_types(numbers: range) -> None:
    for number in numbers:
        assert type(TYPES[printed(number)]) is Send
        by_role = TYPES_BY_ROLE[b'{"A":%s}' % printed(number).replace(b"Send", b"Recv")]
        assert type(by_role["A"]) is Recv


def test_many_types_leave_few_objects_behind() -> None:
    read_types(range(MANY))  # whatever other tests left in memory is forgotten
    gc.collect()
    with uncollected():
        before = len(gc.get_objects())
        read_types(range(MANY, 2 * MANY))
        assert len(gc.get_objects()) - before < MANY


def test_a_type_that_was_just_read_is_not_read_again() -> None:
    assert TYPES[printed(0)] is TYPES[printed(0)]
    assert TYPES_BY_ROLE[b'{"A":%s}' % printed(0)] is TYPES_BY_ROLE[b'{"A":%s}' % printed(0)]
