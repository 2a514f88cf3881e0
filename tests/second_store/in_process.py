"""The second store, or one made from it, as an implementation in this process."""

import msgspec

from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Answer, Hello

from .__main__ import hello
from .forms import BadRequest
from .store import Store


class InThisProcess(DirectAdapter):
    """A store class of this process as an adapter."""

    def __init__(self, contract="telltale-17", make=Store):
        said = hello(contract)
        names = ("name", "version", "language", "contract")
        sets = {name: frozenset(said[name]) for name in ("ops", "observes")}
        super().__init__(Hello(**{name: said[name] for name in names}, **sets))
        self._make, self._contract = make, contract
        self._store = make(contract)

    def _fresh(self):
        self._store = self._make(self._contract)

    def _answer(self, request):
        store = self._store
        try:
            kind, payload, records = store.answer(request.op, store.parsed(request.args))
            return Answer(kind, store.printed(payload), store.printed(records))
        except BadRequest as error:
            return Answer("bad_request", msgspec.json.encode(str(error)), None)
        except Exception as error:
            return Answer("panic", msgspec.json.encode(f"{type(error).__name__}: {error}"), None)

    def close(self):
        """Leave it open: a lane may start its subject more than once."""
