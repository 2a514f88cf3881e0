"""The reference store of this project as an implementation under test."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model.contract import Contract, contract_named
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import CLIENTS, Answer, Hello, Request
from telltale_conformance.version import HARNESS_VERSION

REFERENCE_NAME: Final = "telltale-conformance reference"
"""By it a check sees that it is given the harness's own store in the place of an implementation."""


def reference_hello(contract: Contract) -> Hello:
    """Return what the reference says of itself."""
    return Hello(
        name=REFERENCE_NAME,
        version=HARNESS_VERSION,
        language="python",
        contract=contract.name,
        ops=frozenset(OPERATIONS),
        observes=frozenset({"audit"}),
        clients=CLIENTS,
    )


def read_arguments(op: str, args: bytes) -> tuple[Any, ...]:
    """Return the model's arguments of an operation.

    Raises:
        ArgumentError: an unknown operation, no JSON, or a wrong shape.
    """
    codec = CODECS.get(op)
    if codec is None:
        raise ArgumentError(f"unknown operation {op!r}")
    return codec.read(args, DEFAULT_LIMITS.nesting)


class ReferenceStore:
    """A reference store that takes and gives JSON.

    Args:
        contract: the contract to follow, itself or by name.

    Raises:
        UnknownContract: there is none of that name.
    """

    def __init__(self, contract: Contract | str) -> None:
        self.contract = contract_named(contract) if isinstance(contract, str) else contract
        self._store = Store(self.contract)

    def reset(self) -> None:
        """Forget everything."""
        self._store = Store(self.contract)

    def members(self, op: str, args: bytes) -> bytes:
        """Carry out an operation and return its answer, ``{"audit":…,"ok":…}`` or with ``err``.

        Raises:
            ArgumentError: the arguments have not the shape that the contract gives them.
        """
        return encode_answer(step(self._store, OPERATIONS[op], read_arguments(op, args)), audited=True)


class ReferenceAdapter(DirectAdapter):
    """The reference store in this process; arguments and answers are JSON as with any other adapter.

    Args:
        contract: the contract to follow, itself or by name.
    """

    def __init__(self, contract: Contract | str = "telltale-17") -> None:
        self._reference = ReferenceStore(contract)
        super().__init__(reference_hello(self._reference.contract))

    def _fresh(self) -> None:
        self._reference.reset()

    def _answer(self, request: Request) -> Answer:
        try:
            members = self._reference.members(request.op, request.args)
        except ArgumentError as error:
            return Answer("bad_request", msgspec.json.encode(str(error)), None)
        return _cut(members)


class _Members(msgspec.Struct):
    audit: msgspec.Raw
    ok: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    err: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_MEMBERS: Final = msgspec.json.Decoder(_Members)


def _cut(members: bytes) -> Answer:
    parts = _MEMBERS.decode(members)
    if parts.ok is not msgspec.UNSET:
        return Answer("ok", bytes(parts.ok), bytes(parts.audit))
    assert parts.err is not msgspec.UNSET
    return Answer("err", bytes(parts.err), bytes(parts.audit))
