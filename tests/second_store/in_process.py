"""The second store, or one made from it, as an implementation in this process."""

import msgspec

from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Answer, Hello

from .__main__ import hello
from .forms import BadRequest, Forms
from .store import Store


class InThisProcess(DirectAdapter):
    """A store class of this process as an adapter."""

    def __init__(self, contract="telltale-17", make=Store):
        said = hello(contract)
        names = ("name", "version", "language", "contract")
        sets = {name: frozenset(said[name]) for name in ("ops", "observes")}
        super().__init__(Hello(**{name: said[name] for name in names}, **sets))
        self.make, self._contract = make, contract
        self._store = make(contract)
        names = [*vars(Forms), "arguments", "answer"]
        self.reads_as_usual = all(getattr(make, name) is getattr(Store, name) for name in names if name[0] != "_")

    def _fresh(self):
        self._store = self.make(self._contract)

    def agrees(self, request, values, expected):
        """Carry out an operation; return None when all is as expected, else the answer.

        Args:
            request: the operation.
            values: its arguments as the right store reads them; not looked at by a store that reads otherwise.
            expected: outcome, payload and records.
        """
        store = self._store
        try:
            if self.reads_as_usual:
                answer = store.carried_out(request.op, values)
            else:
                answer = store.answer(request.op, store.parsed(request.args))
            if answer == expected:
                return None
            kind, payload, records = answer
            return Answer(kind, store.printed(payload), store.printed(records))
        except BadRequest as error:
            return Answer("bad_request", msgspec.json.encode(str(error)), None)
        except Exception as error:
            return Answer("panic", msgspec.json.encode(f"{type(error).__name__}: {error}"), None)

    def _answer(self, request):
        store = self._store
        values = store.arguments(request.op, store.parsed(request.args)) if self.reads_as_usual else None
        return self.agrees(request, values, None)
