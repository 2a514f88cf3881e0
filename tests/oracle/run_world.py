"""The recorded runs, documents made from them, and a judge of traces that shares nothing with the one under test."""

from __future__ import annotations

import gzip
import json
from collections import deque
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.oracle.telltale.judging import judge_document
from telltale_conformance.oracle.telltale.results import DocumentResult
from telltale_conformance.oracle.verdict.compare import Level

RUNS = Path(__file__).parents[1] / "data" / "runs" / "telltale-machine-17.0.0"
NAMES = sorted(path.name.removesuffix(".output.json.gz") for path in RUNS.glob("*.output.json.gz"))
AGREEING = [name for name in NAMES if not name.startswith(("owned_", "two_sessions"))]


def document(name: str, part: str = "output") -> Any:
    """Return one part of a recorded run."""
    return json.loads(gzip.decompress((RUNS / f"{name}.{part}.json.gz").read_bytes()))


def slim(name: str) -> Any:
    """Return a run's output without what no store has to do with, as a Lean-like document."""
    output = document(name)
    return {key: output[key] for key in ("schema_version", "trace", "step_states", "sessions", "status", "concurrency")}


def judged(
    folder: Path, output: Any, given: Any = None, contract: str = "telltale-17", level: Level = Level.state
) -> DocumentResult:
    """Judge a document, with an input beside it where one is given."""
    path = folder / "run.output.json"
    path.write_text(output if isinstance(output, str) else json.dumps(output))
    beside = folder / "run.input.json"
    beside.unlink(missing_ok=True)
    if given is not None:
        beside.write_text(json.dumps(given))
    result, _ = judge_document(path, recognise(path, DEFAULT_LIMITS), contract=contract, level=level)
    return result


class _Place:
    """A role's place in its local type (the Lean form), with the binders around it."""

    def __init__(self, node: Any) -> None:
        self.node, self.binders = node, {}
        self._settle()

    def _settle(self) -> None:
        while self.node["kind"] in ("rec", "var"):
            if self.node["kind"] == "rec":
                self.binders = {**self.binders, self.node["var"]: (self.node, self.binders)}
                self.node = self.node["body"]
            else:
                self.node, self.binders = self.binders[self.node["name"]]

    def go(self, kind: str, partner: str, label: str) -> bool:
        if self.node["kind"] != kind or self.node["partner"] != partner:
            return False
        for branch in self.node["branches"]:
            if branch["label"]["name"] == label:
                self.node = branch["continuation"]
                self._settle()
                return True
        return False


def is_a_run(trace: list[Any], local_types: list[Any], roles: list[list[str]]) -> bool:
    """Say whether a trace is a run of its protocols: types by substitution, one queue an edge, nothing left over."""
    places = {(sid, role): _Place(types[role]) for sid, types in enumerate(local_types) for role in types}
    coroutines = [(sid, role) for sid, listed in enumerate(roles) for role in sorted(listed)]
    queues: dict[tuple[int, str, str], deque[str]] = {}
    opened = 0
    for event in trace:
        if event["kind"] == "opened":
            if event["session"] != opened or event["role"] != ",".join(roles[opened]):
                return False
            opened += 1
        elif event["kind"] == "halted":
            key = coroutines[int(event["target"])]
            if key not in places or places[key].node["kind"] != "end" or key[0] >= opened:
                return False
            del places[key]
        else:
            sid, sender, receiver, label = (event[name] for name in ("session", "sender", "receiver", "label"))
            queue = queues.setdefault((sid, sender, receiver), deque())
            if event["kind"] == "sent":
                ok = (sid, sender) in places and places[sid, sender].go("send", receiver, label)
                queue.append(label)
            else:
                ok = bool(queue) and queue.popleft() == label
                ok = ok and (sid, receiver) in places and places[sid, receiver].go("recv", sender, label)
            if not ok or sid >= opened:
                return False
    return bool(places) or not any(queues.values())


def mutants(trace: list[Any], rng: Random) -> Iterator[tuple[str, list[Any]]]:
    """Yield traces with one thing changed at a random place; the clock's ticks stay where they were."""
    ticks = [event["tick"] for event in trace]

    def ticked(changed: list[Any]) -> list[Any]:
        padded = [*ticks, *ticks[-1:]]
        return [{**event, "tick": tick} for event, tick in zip(changed, padded, strict=False)]

    exchanges = [n for n, event in enumerate(trace) if event["kind"] in ("sent", "received")]
    places = range(1, len(trace))
    for place in rng.sample(places, min(6, len(places))):
        yield "drop", ticked(trace[:place] + trace[place + 1 :])
        yield "repeat", ticked(trace[: place + 1] + trace[place:])
        if place + 1 < len(trace):
            yield "swap", ticked([*trace[:place], trace[place + 1], trace[place], *trace[place + 2 :]])
    for place in rng.sample(exchanges, min(6, len(exchanges))):
        event = trace[place]
        turned = {**event, "sender": event["receiver"], "receiver": event["sender"]}
        yield "turn", [*trace[:place], turned, *trace[place + 1 :]]
        yield "label", [*trace[:place], {**event, "label": event["label"] + "'"}, *trace[place + 1 :]]
        same = ("session", "sender", "receiver", "label")
        partner = next(
            (
                n
                for n in exchanges
                if n > place and trace[n]["kind"] == "received" and all(trace[n][k] == event[k] for k in same)
            ),
            None,
        )
        if event["kind"] == "sent" and partner is not None:
            yield "drop an exchange", ticked([e for n, e in enumerate(trace) if n not in (place, partner)])
    halts = [n for n, event in enumerate(trace) if event["kind"] == "halted"]
    for place in halts:
        earlier = rng.randrange(1, place) if place > 1 else 1
        rest = trace[:place] + trace[place + 1 :]
        yield "halt early", ticked([*rest[:earlier], trace[place], *rest[earlier:]])


def copy(output: Any) -> Any:
    """Return a copy to be changed."""
    return deepcopy(output)
