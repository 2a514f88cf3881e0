"""Which wrong stores need not be asked yet: those that so far in a case cannot have answered otherwise.

A store made from the second one answers as the right one does until a method that it changes is called. So the right
store runs with its calls watched, and a wrong one joins the case when one of its own methods is called. It then gets
what was asked before. A class may say more: ``wakes_at`` names the methods before which nothing differs, and
``answers_alike`` says of a call that its own method gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from telltale_conformance.oracle.adapters import Request
from tests.second_store.in_process import InThisProcess
from tests.second_store.store import Store
from tests.wrong_stores.changed import ChangedReference

Call = tuple[str, tuple[Any, ...], Any]
"""A call of a method: its name, its arguments, its result."""


class Watched(Store):
    """The right store; ``calls`` are those of the last request."""

    def __init__(self, contract: str = "telltale-17") -> None:
        super().__init__(contract)
        self.calls: list[Call] = []


def _watching(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def watched(self: Watched, *arguments: Any, **named: Any) -> Any:
        place = len(self.calls)
        self.calls.append((name, arguments, None))
        result = method(self, *arguments, **named)
        self.calls[place] = (name, arguments, result)
        return result

    return watched


for _name in dir(Store):
    if not _name.startswith("_") and callable(getattr(Store, _name)):
        setattr(Watched, _name, _watching(_name, getattr(Store, _name)))


def changed_methods(make: type[Store]) -> frozenset[str]:
    """Return the methods of the second store that a class made from it changes."""
    own = [vars(each) for each in make.__mro__ if issubclass(each, Store) and each is not Store]
    return frozenset(name for names in own for name in names if not name.startswith("_") and hasattr(Store, name))


class Sleeper:
    """A wrong store and what wakes it."""

    def __init__(self, adapter: InThisProcess | ChangedReference, *, may_sleep: bool = True) -> None:
        self.adapter = adapter
        self.awake = False
        self._operations = frozenset[str]()
        self._methods = frozenset[str]()
        self._same: Callable[[str, tuple[Any, ...], Any], bool] | None = None
        if isinstance(adapter, InThisProcess):
            self._always = not (may_sleep and adapter.reads_as_usual)
            self._methods = getattr(adapter.make, "wakes_at", None) or changed_methods(adapter.make)
            self._same = getattr(adapter.make, "answers_alike", None)
        else:
            self._operations = adapter.changed_operations
            self._always = not (may_sleep and self._operations)

    def reset(self) -> None:
        """Begin a case."""
        self.adapter.reset()
        self.awake = self._always

    def wakes(self, request: Request, names: frozenset[str], calls: list[Call]) -> bool:
        """Say whether the store may answer this request otherwise than the right one."""
        if self._operations:
            return request.op in self._operations
        mine = self._methods & names
        if not mine or self._same is None:
            return bool(mine)
        return not all(self._same(*call) for call in calls if call[0] in mine)
