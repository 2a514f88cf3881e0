"""How stores are made that lose, keep or rebuild something wrongly when they are read back (contract §15, H17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.second_store.store import Store
from tests.wrong_stores.steps import Script
from tests.wrong_stores.wrong import second

KIND = "reload"


def again(s: Script) -> None:
    s.reload(form="binary")


def looked_at(s: Script, sid: Any = 0) -> None:
    s.observe(sid=sid)
    s.authority_audit_log(sid=sid)


class Makers(NamedTuple):
    """What lists stores as of a module, in whose place the catalogue has them."""

    module: str

    def session(
        self, name: str, sentence: str, change: Callable[[Store, dict], Any], *plays, contract: str = "telltale-17"
    ) -> None:
        """List a store in which a session that was read back is changed."""

        def read_back(self, s):
            s = Store.read_back(self, s)
            change(self, s)
            return s

        self._listed(name, sentence, {"read_back": read_back}, plays, contract)

    def store(
        self, name: str, sentence: str, change: Callable[[Store], Any], *plays, contract: str = "telltale-17"
    ) -> None:
        """List a store that is changed after it was read back."""

        def reload(self, form):
            Store.reload(self, form)
            change(self)

        self._listed(name, sentence, {"reload": reload}, plays, contract)

    def _listed(self, name: str, sentence: str, methods: dict[str, Any], plays: tuple, contract: str) -> None:
        kind = KIND if contract == "telltale-17" else contract
        made = type(name.replace(" ", "_"), (Store,), {**methods, "__module__": self.module})
        second(kind, sentence, *plays, contract=contract, name=name)(made)


def set_to(part: str, value: Any) -> Callable[[Store, dict], None]:
    return lambda store, s: s.__setitem__(part, value() if callable(value) else value)


def each_message(**fields: Any) -> Callable[[Store, dict], None]:
    def change(store: Store, s: dict) -> None:
        for buffer in s["buffers"].values():
            for message in buffer["values"]:
                message.update(fields)

    return change


def each_buffer(change: Callable[[dict], Any]) -> Callable[[Store, dict], None]:
    return lambda store, s: [change(buffer) for buffer in s["buffers"].values()]
