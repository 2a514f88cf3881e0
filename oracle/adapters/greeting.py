"""The greeting: what an adapter answers to hello."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from oracle.adapters.faults import HelloRefused, MalformedHello, WrongProtocol
from oracle.adapters.protocol import PROTOCOL_VERSION, Answer, Hello


class HelloAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The hello as it comes over the wire."""

    protocol: int
    name: str
    version: str
    language: str
    contract: str
    ops: list[str]
    observes: list[Literal["audit"]]

    def checked(self) -> Hello:
        """Return what the harness keeps of it."""
        return Hello(
            name=self.name,
            version=self.version,
            language=self.language,
            contract=self.contract,
            ops=frozenset(self.ops),
            observes=frozenset(self.observes),
        )


class _ProtocolOnly(Struct, frozen=True):
    """The part of a hello that is read before all else, so that another version is named as such."""

    protocol: Raw


def read_hello(answer: Answer) -> Hello:
    """Return what an adapter said of its implementation.

    Raises:
        HelloRefused: it answered anything but ok.
        WrongProtocol: it speaks another version.
        MalformedHello: a field is missing, unknown, or of another kind.
    """
    if answer.kind != "ok":
        said = answer.payload.decode(errors="replace")[:200]
        raise HelloRefused(f"hello was answered with {answer.kind}", said)
    try:
        version = bytes(msgspec.json.decode(answer.payload, type=_ProtocolOnly).protocol)
        if version != b"%d" % PROTOCOL_VERSION:
            said = version.decode(errors="replace")[:40]
            raise WrongProtocol(f"the adapter speaks protocol {said}, not {PROTOCOL_VERSION}")
        return msgspec.json.decode(answer.payload, type=HelloAnswer).checked()
    except msgspec.ValidationError as error:
        raise MalformedHello("hello was answered with something else", str(error)) from None
    except RecursionError:
        raise MalformedHello("hello was answered with something else", "it nests too deep") from None
