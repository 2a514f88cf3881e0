"""Histories for tests: made of a right order, with calls moved earlier and returns later; and judged by brute force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations
from random import Random
from typing import Any, NamedTuple

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.steps import encode_arguments
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent, Return
from telltale_conformance.lean_traces.printing import as_json, decode
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import Operation, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.budget import CONFIGURATIONS
from telltale_conformance.oracle.histories.checker import Checker, Refused, check
from telltale_conformance.oracle.histories.foresight import WINDOW, foreseen
from telltale_conformance.oracle.verdict.compare import Level, compare


class Performed(NamedTuple):
    """An operation with its answer."""

    operation: Operation
    arguments: tuple[Any, ...]
    args: dict[str, Any]
    answer: Answer


def answer_of(outcome: Outcome, *, audited: bool) -> Answer:
    result = outcome.ok if outcome.error is None else outcome.error.to_json()
    return Answer(outcome.error is None, as_json(result), as_json(list(outcome.audit)) if audited else None)


def performed(
    seed: int, index: int, count: int, *, contract: str = "telltale-17", audited: bool = True
) -> Iterator[Performed]:
    """The first operations of a generated program, with the answers of the contract."""
    for made, _ in zip(Generator(seed, index, contract=contract).steps(count), range(count), strict=False):
        args = decode(encode_arguments(made.operation, made.arguments))
        yield Performed(made.operation, made.arguments, args, answer_of(made.outcome, audited=audited))


def perform(store: Store, op: str, **args: Any) -> Performed:
    """Carry out one operation on a store."""
    codec = CODECS[op]
    arguments = codec.from_json(args)
    outcome = step(store, codec.operation, arguments)
    return Performed(codec.operation, arguments, args, answer_of(outcome, audited=False))


def one_after_the_other(order: Iterable[Performed]) -> list[HistoryEvent]:
    """The history of one client."""
    events: list[HistoryEvent] = []
    for number, done in enumerate(order):
        events.append(Call(len(events), 0, number, done.operation, done.arguments, done.args))
        events.append(Return(len(events), 0, number, done.answer))
    return events


def overlapping(
    rng: Random, order: Sequence[Performed], clients: int, crashes: float = 0.0, most: int = 2
) -> list[HistoryEvent]:
    """A history that the given order is right for: calls come before their place in it, returns after."""
    events: list[HistoryEvent] = []
    free = list(range(clients))
    called: dict[int, int] = {}
    happened: set[int] = set()
    due, left = 0, list(range(len(order)))
    while left or called:
        choices = []
        near = [number for number in left[:clients] if number == due or len(free) > 1 or due in called]
        if near and free and (left[0] == due or due in called or len(free) > 1):
            choices.append("call")
        if due in called:
            choices.append("happen")
        if happened:
            choices.append("return")
        if not choices:
            near, choices = [due], ["call"]
        match rng.choice(choices):
            case "call":
                number = rng.choice(near)
                client = free.pop(rng.randrange(len(free)))
                done = order[number]
                events.append(Call(len(events), client, number, done.operation, done.arguments, done.args))
                called[number] = client
                left.remove(number)
            case "happen":
                happened.add(due)
                due += 1
            case "return":
                number = rng.choice(sorted(happened))
                happened.remove(number)
                client = called.pop(number)
                free.append(client)
                if most and rng.random() < crashes:
                    most -= 1
                    events.append(Crash(len(events), client, number))
                else:
                    events.append(Return(len(events), client, number, order[number].answer))
    return events


MANY = 8
"""From how many messages on one edge on at most two clients overlap."""


def followed(order: Iterable[Performed], clients: int) -> int:
    """How many of the clients may overlap so that the checker can follow all orders of the messages on an edge."""
    edges = Counter(
        (done.args["sid"], done.args["from"], done.args["to"])
        for done in order
        if done.operation.name in ("send", "send_signed") and done.answer.is_ok
    )
    return min(clients, 2) if max(edges.values(), default=0) > MANY else clients


def shifted(events: Iterable[HistoryEvent], by: int) -> list[HistoryEvent]:
    """The events with other ids, to be put after a history that has used the lower ones."""
    from msgspec.structs import replace

    return [replace(event, number=event.number + by) for event in events]


def accepts(
    events: Sequence[HistoryEvent],
    contract: str = "telltale-17",
    *,
    window: int = WINDOW,
    budget: int = CONFIGURATIONS,
    level: Level = Level.state,
    keep_order: bool = False,
) -> Checker | None:
    """The checker that took all events; None when it refused one."""
    checker = Checker(contract, budget=budget, level=level, keep_order=keep_order)
    try:
        for _ in check(foreseen(events, window), checker):
            pass
    except Refused:
        return None
    return checker


class Interval(NamedTuple):
    """An operation of a history: from when to when, with its answer; None for a crash."""

    call: Call
    start: int
    end: int
    answer: Answer | None


def intervals(events: Sequence[HistoryEvent]) -> list[Interval]:
    calls = {event.number: (event, place) for place, event in enumerate(events) if isinstance(event, Call)}
    ends = {
        event.number: (place, event.answer if isinstance(event, Return) else None)
        for place, event in enumerate(events)
        if not isinstance(event, Call)
    }
    never = len(events)
    found = []
    for number, (call, start) in calls.items():
        end, answer = ends.get(number, (never, None))
        found.append(Interval(call, start, never if answer is None else end, answer))
    return found


def brute_force(events: Sequence[HistoryEvent], contract: str = "telltale-17") -> bool:
    """Whether some permutation of the operations, with or without each crashed one, gives every answer.

    Operations that overlap no other are taken as they come, so that they may be many.
    """
    whole = intervals(events)
    answered = [one for one in whole if one.answer is not None]
    crashed = [one for one in whole if one.answer is None]
    prefix = []
    while answered and all(answered[0].end < other.start for other in (*answered[1:], *crashed)):
        prefix.append(answered.pop(0))
    for count in range(len(crashed) + 1):
        for chosen in combinations(crashed, count):
            for order in permutations([*answered, *chosen]):
                if _keeps_time(order) and _is_right([*prefix, *order], contract):
                    return True
    return False


def _keeps_time(order: Sequence[Interval]) -> bool:
    return not any(later.end < earlier.start for place, earlier in enumerate(order) for later in order[place + 1 :])


def _is_right(order: Iterable[Interval], contract: str) -> bool:
    store = Store(contract)
    for one in order:
        outcome = step(store, one.call.operation, one.call.arguments)
        if one.answer is not None and compare(one.call.operation.name, outcome, one.answer, Level.state) is not None:
            return False
    return True


def replayed(order: Iterable[Any], contract: str) -> bool:
    """Whether an order that a checker found gives every answer."""
    store = Store(contract)
    for operation in order:
        outcome = step(store, operation.call.operation, operation.call.arguments)
        answer = operation.answer
        if answer is not None and compare(operation.call.operation.name, outcome, answer, Level.state) is not None:
            return False
    return True
