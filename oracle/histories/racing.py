"""Running a race: the prefix step by step, the suffixes at once, the look at what is left; recorded as a history."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.histories import HistoryWriter
from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent, HistoryHeader, Return
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Step, UnresolvedReference, resolve
from telltale_conformance.lean_traces.races import Race
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import Source
from telltale_conformance.oracle.adapters import Answer as Given
from telltale_conformance.oracle.adapters import Request
from telltale_conformance.oracle.adapters.clients import Clients

_PAUSES: Final = (0, 0, 0, 1, 3, 10, 30)
"""How many turns a client lets pass before its next request, one of these."""


class Run:
    """One race as it was run.

    Args:
        race: what is asked.
        clients: whom.
        seed: of the pauses between requests, of who is asked first, and of what the clients' adapter may decide.
        ended: a client that is ended while its first request is under way; None for none.
    """

    def __init__(self, race: Race, clients: Clients, seed: str, ended: int | None = None) -> None:
        self.race = race
        self.events: list[HistoryEvent] = []
        self.skipped = 0
        """Steps whose references had no result."""
        self.panic: tuple[Step, Given] | None = None
        """The first panic, with its step."""
        self.unsupported: set[str] = set()
        self.bad_request: str | None = None
        self.died = 0
        """Clients that ended of themselves before they answered."""
        self.numbers: dict[int, int] = {}
        """The id of the call of each step that was asked."""
        self._clients = clients
        self._rng = Random(seed)
        self._ended = ended
        self._gone: set[int] = set()
        self._results: dict[int, Any] = {}
        self._under_way: dict[int, Step] = {}
        clients.reset(self._rng.randrange(2**32))

    def perform(self) -> None:
        """Run the race to its end, or to what ends it early.

        Raises:
            AdapterFault: the adapter failed.
        """
        for client, step in self.race.prefix:
            self._alone(client, step)
        self._at_once()
        for client, step in self.race.last:
            self._alone(client, step)

    @property
    def over(self) -> bool:
        """Whether nothing more can be learnt from it."""
        if len(self._gone) == self._clients.count:
            return True
        return self.panic is not None or self.bad_request is not None or bool(self.unsupported)

    def _alone(self, client: int, step: Step) -> None:
        if client in self._gone:
            client = next(one for one in range(self._clients.count) if one not in self._gone)
        if not self.over and self._send([(client, step)]):
            self._receive()

    def _at_once(self) -> None:
        """Start all clients together, and give each its next step when it has answered."""
        left = {client: list(steps) for client, steps in enumerate(self.race.suffixes) if steps}
        if self.over or not left:
            return
        first = list(left)
        self._rng.shuffle(first)
        while first:
            asked = [(client, left[client].pop(0)) for client in first if left[client]]
            skipped = {client for client, _ in asked} - {client for client, _ in self._send(asked)}
            first = [client for client in first if client in skipped and left[client]]
        self._end_one()
        while self._under_way:
            client = self._receive()
            while left[client] and client not in self._gone and not self.over:
                for _ in range(self._rng.choice(_PAUSES)):
                    time.sleep(0)
                if self._send([(client, left[client].pop(0))]):
                    break

    def _end_one(self) -> None:
        client = self._ended
        if client is None or client not in self._under_way:
            return
        for _ in range(self._rng.choice(_PAUSES)):
            time.sleep(0)
        self._clients.end_client(client)
        self._crash(client)

    def _send(self, asked: Sequence[tuple[int, Step]]) -> list[tuple[int, Step]]:
        """Send steps of different clients together; return those that could be sent."""
        sent, requests = [], []
        for client, step in asked:
            codec = CODECS[step.op]
            try:
                args = resolve(step.args, self._results)
                arguments = codec.from_json(args)
            except (UnresolvedReference, ArgumentError):
                self.skipped += 1
                continue
            number = len(self.numbers)
            self.numbers[step.seq] = number
            self.events.append(Call(len(self.events), client, number, codec.operation, arguments, args))
            self._under_way[client] = step
            sent.append((client, step))
            requests.append((client, Request(step.op, encode(args))))
        if requests:
            self._clients.send(requests)
        return sent

    def _receive(self) -> int:
        client, given = self._clients.receive()
        step = self._under_way[client]
        if given is None:
            self.died += 1
            self._crash(client)
            return client
        if given.kind in ("ok", "err"):
            answer = _read(given)
            if answer.is_ok:
                self._results[step.seq] = answer.result
            self.events.append(Return(len(self.events), client, self.numbers[step.seq], answer))
            del self._under_way[client]
            return client
        if given.kind == "panic":
            self.panic = self.panic or (step, given)
        elif given.kind == "unsupported":
            self.unsupported.add(step.op)
        else:
            self.bad_request = f"the adapter answered {step.op} with bad_request: {given.text()[:500]}"
        self.events.append(Crash(len(self.events), client, self.numbers[step.seq]))
        del self._under_way[client]
        return client

    def _crash(self, client: int) -> None:
        self._gone.add(client)
        step = self._under_way.pop(client)
        self.events.append(Crash(len(self.events), client, self.numbers[step.seq]))

    def met(self) -> bool:
        """Say whether the two steps of the pair were under way at the same time."""
        calls = [self.numbers.get(number) for number in self.race.racing]
        if None in calls:
            return False
        spans = [[event.seq for event in self.events if event.number == number] for number in calls]
        return max(span[0] for span in spans) < min(span[-1] for span in spans)

    def interleaving(self) -> tuple[Any, ...]:
        """Return what makes the order of calls and returns: which client, in which order, did what."""
        return self.race.pair, tuple((event.client, type(event).__name__) for event in self.events)


def _read(given: Given) -> Answer:
    return Answer(given.kind == "ok", _parsed(given.payload), None if given.audit is None else _parsed(given.audit))


def _parsed(text: bytes) -> Any:
    """Parse a part of an answer; what is no strict JSON agrees with nothing."""
    try:
        return parse(text, DEFAULT_LIMITS.nesting)
    except StrictJsonError as error:
        return {"malformed": f"{error}: {text[:200].decode(errors='replace')}"}


def history_bytes(program: Race, events: Sequence[HistoryEvent]) -> bytes:
    """Return a history of a race as its file holds it."""
    header = HistoryHeader(
        clients=len(program.suffixes),
        contract=program.contract,
        meta={"race": program.pair},
        observes=["audit"],
        source=Source(kind="implementation", name="the implementation under test", version=""),
    )
    file = io.BytesIO()
    writer = HistoryWriter(file, header)
    for event in events:
        writer.event(event)
    writer.end()
    return file.getvalue()
