"""The reference store behind the adapter protocol: ``python -m telltale_conformance.adapters.reference``.

It is an implementation like any other, so that ``check --sut`` can be tried at once. Whatever requests have
come are read together and answered together.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.adapters.answers import HelloAnswer
from telltale_conformance.oracle.adapters.protocol import PROTOCOL_VERSION
from telltale_conformance.oracle.adapters.reference import REFERENCE_NAME, ReferenceStore, reference_hello

_CHUNK: Final = 256 * 1024


class _Request(Struct):
    id: int
    op: str
    args: Raw


class ReferenceServer:
    """Answers request lines from a reference store."""

    def __init__(self, contract: str, name: str = REFERENCE_NAME) -> None:
        self._reference = ReferenceStore(contract)
        self._name = name
        self._decode = msgspec.json.Decoder(_Request).decode
        self.ended = False
        """Whether bye was asked for."""

    def answer(self, line: bytes) -> bytes:
        """Return the answer to one request line, with its line end; nothing for bye."""
        try:
            request = self._decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            return b'{"id":0,"bad_request":%b}\n' % msgspec.json.encode(f"not a request: {error}")
        if request.op in ("hello", "reset", "bye"):
            return self._control(request)
        try:
            members = self._reference.members(request.op, bytes(request.args))
        except ArgumentError as error:
            return b'{"id":%d,"bad_request":%b}\n' % (request.id, msgspec.json.encode(str(error)))
        return b'{"id":%d,%b\n' % (request.id, members[1:])

    def _control(self, request: _Request) -> bytes:
        if request.op == "bye":
            self.ended = True
            return b""
        if request.op == "reset":
            self._reference.reset()
            return b'{"id":%d,"ok":null}\n' % request.id
        hello = reference_hello(self._reference.contract)
        answer = HelloAnswer(
            protocol=PROTOCOL_VERSION,
            name=self._name,
            version=hello.version,
            language=hello.language,
            contract=hello.contract,
            ops=sorted(hello.ops),
            observes=["audit"],
            clients=hello.clients,
        )
        return b'{"id":%d,"ok":%b}\n' % (request.id, msgspec.json.encode(answer))


def serve(server: ReferenceServer, source: int, target: int) -> None:
    """Answer what comes on one file descriptor on another, until bye or the end of the input."""
    rest: list[bytes] = []
    while not server.ended and (data := os.read(source, _CHUNK)):
        lines = data.split(b"\n")
        rest.append(lines[0])
        if len(lines) == 1:
            continue
        lines[0] = b"".join(rest)
        rest = [lines.pop()]
        answers = bytearray()
        for line in lines:
            answers += server.answer(line)
            if server.ended:
                break
            if len(answers) > _CHUNK:
                _write(target, answers)
        _write(target, answers)


def _write(target: int, answers: bytearray) -> None:
    while answers:
        del answers[: os.write(target, answers)]


def main(arguments: Sequence[str] | None = None, name: str = REFERENCE_NAME) -> None:
    """Serve stdin and stdout.

    Args:
        arguments: of the command line; those of the process without it.
        name: what the hello says.
    """
    parser = argparse.ArgumentParser(prog="python -m telltale_conformance.adapters.reference", description=__doc__)
    parser.add_argument("--contract", choices=sorted(CONTRACTS), default="telltale-17")
    chosen = parser.parse_args(arguments)
    serve(ReferenceServer(chosen.contract, name), sys.stdin.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    main()
