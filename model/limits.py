"""How much a session must be able to hold (contract §18); what is beyond is refused, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.plan import MOST_ROLES
from telltale_conformance.model.state import Session
from telltale_conformance.model.types.local_types import Choice, LocalType
from telltale_conformance.model.types.trees import document_of, noted
from telltale_conformance.model.values import BufferConfig

MOST: Final = MOST_ROLES
"""The greatest number of distinct handler names and of distinct labels of a session, and the greatest capacity that a
buffer opens with."""


def small_buffers(config: BufferConfig, buffers: int) -> None:
    """Refuse buffers that open with too great a capacity; without buffers any capacity is good."""
    if buffers and config.initial_capacity > MOST:
        raise StringError(table.SMALL_BUFFERS, "capacity")


def count_handler(session: Session, handler: str) -> None:
    """Count a handler that is named; refuse one that is one name too many."""
    if handler not in session.handler_names:
        if len(session.handler_names) >= MOST:
            raise StringError(table.FEW_HANDLERS, "handlers")
        session.handler_names.add(handler)


def count_labels(session: Session, current: LocalType) -> None:
    """Count the labels of a type that becomes current; refuse one with which they are too many."""
    labels = first_labels(current)
    if not labels <= session.labels:
        session.labels = few_labels((*session.labels, *labels))


def labels_of(types: Iterable[LocalType]) -> set[str]:
    """Return the labels of the types that a session opens with; refuse too many."""
    return few_labels(chain.from_iterable(map(first_labels, types)))


def few_labels(labels: Iterable[str]) -> set[str]:
    """Return the distinct ones; refuse too many."""
    distinct = set(labels)
    if len(distinct) > MOST:
        raise StringError(table.FEW_LABELS, "labels")
    return distinct


def count_anew(session: Session) -> None:
    """Count the names that are in use, as after a reload."""
    default = {session.default_handler} if session.default_handler else set()
    session.handler_names = default | set(session.pair_handlers.values())
    session.labels = {label for entry in session.types.values() for label in first_labels(entry.current)}


@noted
def first_labels(local_type: LocalType) -> frozenset[str]:
    """Return the labels of a type's first branches; of anything but a choice there are none."""
    document = document_of(local_type)
    if document is not None:
        return document.first_labels()
    return frozenset(branch.label.name for branch in local_type.branches) if isinstance(local_type, Choice) else _NONE


_NONE: Final[frozenset[str]] = frozenset()
