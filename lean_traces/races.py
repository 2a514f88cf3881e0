"""Races: programs of several clients, as one JSON document (race format)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Step, references
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse

RACE_SCHEMA: Final = "telltale-conformance/race"
VERSION: Final = 1


class MalformedRace(HarnessError):
    """Thrown when a document is no race; the message says what is wrong."""


class Race(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program of several clients."""

    pair: str
    """What races, by name."""
    racing: tuple[int, int]
    """The numbers of the two steps that race."""
    prefix: tuple[tuple[int, Step], ...]
    """Steps one after the other, each with the client that takes it."""
    suffixes: tuple[tuple[Step, ...], ...]
    """The steps of each client; all clients begin at once. They refer to the prefix and to their own steps."""
    last: tuple[tuple[int, Step], ...]
    """The look at what is left, one step after the other."""
    contract: str = "telltale-17"
    ended: int | None = None
    """The client that is ended while its first request is under way; None for none."""
    schema: str = RACE_SCHEMA
    version: int = VERSION

    def steps(self) -> Iterator[Step]:
        """Yield all steps, by their numbers."""
        yield from (step for _, step in self.prefix)
        yield from (step for suffix in self.suffixes for step in suffix)
        yield from (step for _, step in self.last)

    @property
    def clients(self) -> int:
        """How many clients have steps in it."""
        return sum(bool(suffix) for suffix in self.suffixes)


def race_bytes(race: Race) -> bytes:
    """Return a race as its file holds it."""
    return encode(race) + b"\n"


def race_of(data: bytes) -> Race:
    """Return the race that the bytes of a file are.

    Raises:
        MalformedRace: they are none.
    """
    try:
        race = msgspec.convert(parse(data, DEFAULT_LIMITS.nesting), Race)
    except (StrictJsonError, msgspec.ValidationError) as error:
        raise MalformedRace(str(error)) from None
    if (race.schema, race.version) != (RACE_SCHEMA, VERSION):
        raise MalformedRace(f"this harness reads {RACE_SCHEMA}, version {VERSION}")
    seen: set[int] = set()
    for step in race.steps():
        if step.op not in CODECS:
            raise MalformedRace(f"step {step.seq}: unknown operation {step.op!r}")
        unknown = references(step.args) - seen
        if unknown:
            raise MalformedRace(f"step {step.seq} refers to {min(unknown)}, which is no earlier step")
        if step.seq in seen:
            raise MalformedRace(f"two steps have the number {step.seq}")
        seen.add(step.seq)
    clients = len(race.suffixes)
    for client, step in (*race.prefix, *race.last):
        if not 0 <= client < clients:
            raise MalformedRace(f"step {step.seq}: there is no client {client}")
    return race


def without_step(race: Race, number: int) -> Race:
    """Return the race without a step; what refers to it is skipped when it is run."""

    def kept(steps: tuple[tuple[int, Step], ...]) -> tuple[tuple[int, Step], ...]:
        return tuple(item for item in steps if item[1].seq != number)

    return msgspec.structs.replace(
        race,
        prefix=kept(race.prefix),
        suffixes=tuple(tuple(step for step in suffix if step.seq != number) for suffix in race.suffixes),
        last=kept(race.last),
    )


def with_args(race: Race, number: int, args: dict[str, Any]) -> Race:
    """Return the race with other arguments of a step."""

    def changed(step: Step) -> Step:
        return msgspec.structs.replace(step, args=args) if step.seq == number else step

    return msgspec.structs.replace(
        race,
        prefix=tuple((client, changed(step)) for client, step in race.prefix),
        suffixes=tuple(tuple(map(changed, suffix)) for suffix in race.suffixes),
        last=tuple((client, changed(step)) for client, step in race.last),
    )
