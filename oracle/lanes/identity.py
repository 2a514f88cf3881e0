"""Who answers and who judges: one version of harness and implementation, in all commands and on all workers."""

from __future__ import annotations

from msgspec import Struct

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.lanes.environment import harness_hash
from telltale_conformance.readable import json_line, one_line
from telltale_conformance.version import HARNESS_VERSION


class OtherVersion(InconclusiveError):
    """Thrown when a campaign meets another harness or implementation than it began with."""


class Identity(Struct, frozen=True, kw_only=True):
    """A harness and an implementation."""

    harness: str
    harness_hash: str
    """Of its files, for one version may be installed with changes."""
    implementation: str
    version: str
    contract: str

    def differs(self, other: Identity) -> str:
        """Say in what another one is another; empty where it is the same."""
        if (self.harness, self.harness_hash) != (other.harness, other.harness_hash):
            mine, its = (f"{one.harness} ({one.harness_hash[7:19]})" for one in (self, other))
            return f"harness {its} instead of {mine}"
        if (self.implementation, self.version) != (other.implementation, other.version):
            mine, its = (one_line(f"{one.implementation} {one.version}", 100) for one in (self, other))
            return f"implementation {its} instead of {mine}"
        if self.contract != other.contract:
            return f"contract {one_line(other.contract, 40)} instead of {self.contract}"
        return ""


def identity_of(hello: Hello) -> Identity:
    """Return this harness with an implementation."""
    return Identity(
        harness=HARNESS_VERSION,
        harness_hash=harness_hash(),
        implementation=hello.name,
        version=hello.version,
        contract=hello.contract,
    )


def contract_of(hello: Hello, wanted: str | None) -> str:
    """Return the contract that an implementation is judged by: the one that it says it follows.

    Args:
        hello: what the implementation says of itself.
        wanted: the contract that was asked for; None for whichever it follows.

    Raises:
        InconclusiveError: it follows another contract than was asked for, or one that this harness does not state.
    """
    if hello.contract not in CONTRACTS:
        raise InconclusiveError(
            f"the adapter follows contract {json_line(hello.contract, 80)}",
            remedy=f"this harness states {', '.join(CONTRACTS)}",
        )
    if wanted not in (None, hello.contract):
        raise InconclusiveError(
            f"the adapter follows contract {hello.contract}, and {wanted} was asked for",
            remedy="leave --contract out to judge it by its own",
        )
    return hello.contract


def refuse_others(hello: Hello, clients: Hello, command: str | None) -> None:
    """Let several clients be judged only where they are of the implementation that is judged.

    Args:
        hello: what the implementation says of itself.
        clients: what one of its clients says.
        command: of one of the clients.

    Raises:
        InconclusiveError: they are of another implementation, another version of it, or another contract.
    """
    other = identity_of(hello).differs(identity_of(clients))
    if other:
        raise InconclusiveError(
            f"--sut-clients is not what --sut is: {other}",
            place=command,
            remedy="give the clients of the same implementation, with the name, version and contract of --sut",
        )
