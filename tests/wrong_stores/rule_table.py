"""The table of wrong rules, and what they are made with: each changes the model of its own process and nothing else."""

import functools
from collections.abc import Callable
from typing import Any

from telltale_conformance.model import operations

LISTED: dict[str, Callable[[], None]] = {}
"""The rules that were listed so far, by name."""


def wrong(change: Callable[[], None]) -> Callable[[], None]:
    """List a change under its name."""
    LISTED[change.__name__] = change
    return change


def correct() -> None:
    """Change nothing."""


def replace(name: str, wrapper: Callable[..., Any]) -> None:
    """Put ``wrapper(original, store, *arguments)`` in the place of an operation."""
    operation = operations.OPERATIONS[name]
    original = operation.function

    @functools.wraps(original)  # codecs read its annotations
    def changed(store: Any, *arguments: Any) -> Any:
        return wrapper(original, store, *arguments)

    operations.OPERATIONS[name] = operation._replace(function=changed)


class OfAStore:
    """What a fault remembers of the store that is asked now; of any other it remembers nothing."""

    def __init__(self) -> None:
        self._store: Any = None
        self._kept: dict[Any, Any] = {}

    def of(self, store: Any) -> dict[Any, Any]:
        if self._store is not store:
            self._store, self._kept = store, {}
        return self._kept
