"""Every program of sends, receives and typed steps of a few roles, tried out on the reference store itself.

Knows nothing of the search that it is compared with: where a role stands, what a buffer holds and what a send comes
to is read from the store's answers. Types are stepped under ``hardened``, whose rule for recursion is the theory's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.type_json import encode_type
from telltale_conformance.model.values import BufferConfig
from telltale_conformance.oracle.reference.run import ReferenceRun


class TooMany(Exception):
    """Thrown when there are more configurations than the limit."""


class Explored(NamedTuple):
    """The kinds of the nearest problems, and how many moves away they are."""

    problems: set[str]
    moves: int


Operation = tuple[str, dict[str, Any]]
Programme = tuple[Operation, ...]


class _Configuration(NamedTuple):
    depth: int
    ended: set[str]
    filled: set[tuple[str, str]]
    problems: set[str]
    successors: list[tuple[set[Any], str]]
    """By move: who moved and, for a receive, on which edge; and the configuration afterwards."""


def explored(types: dict[str, LocalType], buffers: BufferConfig, limit: int) -> Explored:
    """Try every order of moves out."""
    opening = {
        "roles": list(types),
        "initial_types": {role: msgspec.json.decode(encode_type(one)) for role, one in types.items()},
        "buffer_config": msgspec.to_builtins(buffers),
    }
    found: dict[str, _Configuration] = {}
    waiting: list[tuple[Programme, int]] = [((("open", opening),), 0)]
    for programme, depth in waiting:
        key = _key(programme, types)
        if key in found:
            continue
        if len(found) >= limit:
            raise TooMany
        found[key] = here = _looked_at(programme, types, depth)
        if here.problems:
            return Explored(_kinds_at(found, depth) | _problems_of(waiting, depth, types), depth)
        for moved, after in _moves(programme, types):
            here.successors.append((moved, _key(after, types)))
            waiting.append((after, depth + 1))
    return _in_vain(found, types)


def _problems_of(waiting: list[tuple[Programme, int]], depth: int, types: dict[str, LocalType]) -> set[str]:
    """The problems of everything else that is as near."""
    return set().union(*(_looked_at(one, types, depth).problems for one, at in waiting if at == depth))


def _kinds_at(found: dict[str, _Configuration], depth: int) -> set[str]:
    return set().union(*(one.problems for one in found.values() if one.depth == depth))


def _in_vain(found: dict[str, _Configuration], types: dict[str, LocalType]) -> Explored:
    """What can never happen any more: followed from each configuration along everything that can be reached."""
    nearest: dict[int, set[str]] = {}
    for key, here in found.items():
        reach, stack, happens = {key}, [key], set()
        while stack:
            for moved, after in found[stack.pop()].successors:
                happens |= moved
                if after not in reach:
                    reach.add(after)
                    stack.append(after)
        if any(role not in here.ended and role not in happens for role in types):
            nearest.setdefault(here.depth, set()).add("stuck role")
        if any(edge not in happens for edge in here.filled):
            nearest.setdefault(here.depth, set()).add("orphan message")
    return Explored(nearest[min(nearest)], min(nearest)) if nearest else Explored(set(), 0)


# --- asking the store


def _performed(programme: Programme) -> ReferenceRun:
    run = ReferenceRun("hardened")
    for seq, (op, args) in enumerate(programme):
        run.perform(seq, op, args)
    return run


def _ask(run: ReferenceRun, op: str, **args: Any) -> Any:
    event = run.perform(len(run.events), op, args)
    return event.get("ok", "refused")


def _edges(run: ReferenceRun) -> list[tuple[str, str]]:
    return [(one["edge"]["sender"], one["edge"]["receiver"]) for one in _ask(run, "observe", sid=0)["buffers"]]


def _key(programme: Programme, types: dict[str, LocalType]) -> str:
    """Where every role stands and what every buffer holds, the buffers emptied to see it."""
    run = _performed(programme)
    stands = [_ask(run, "lookup_type", ep={"sid": 0, "role": role}) for role in types]
    capacities = [one["capacity"] for one in _ask(run, "observe", sid=0)["buffers"]]
    held: list[Any] = []
    for sender, receiver in _edges(run):
        while _ask(run, "has_message", sid=0, **{"from": sender, "to": receiver}):
            held.append((sender, receiver, _ask(run, "recv", sid=0, **{"from": sender, "to": receiver})))
    return json.dumps([stands, capacities, held], sort_keys=True)


def _choice(current: Any) -> tuple[str, str, list[Any]]:
    """Direction, partner and branches of a current type in JSON; nothing for one that is no choice."""
    if isinstance(current, dict) and ("Send" in current or "Recv" in current):
        ((direction, content),) = current.items()
        return direction, content["partner"], content["branches"]
    return "", "", []


def _moves(programme: Programme, types: dict[str, LocalType]) -> Iterator[tuple[set[Any], Programme]]:
    for role in types:
        run = _performed(programme)
        direction, partner, branches = _choice(_ask(run, "lookup_type", ep={"sid": 0, "role": role}))
        if direction == "Send":
            for label, _, _ in branches:
                ends = {"from": role, "to": partner}
                send = ("send", {"sid": 0, "val": {"Str": json.dumps(label)}, **ends})
                answer = _ask(_performed(programme), "send", **send[1])
                if answer in ("Ok", "Dropped"):
                    advance = ("advance", {"ep": {"sid": 0, "role": role}, "label": label["name"]})
                    yield {role}, (*programme, send, advance)
        elif direction == "Recv":
            ends = {"from": partner, "to": role}
            received = _ask(run, "recv", sid=0, **ends)
            if received is not None:
                label = json.loads(received["Str"])
                advance = ("advance", {"ep": {"sid": 0, "role": role}, "label": label["name"]})
                yield {role, (partner, role)}, (*programme, ("recv", {"sid": 0, **ends}), advance)


def _looked_at(programme: Programme, types: dict[str, LocalType], depth: int) -> _Configuration:
    """What is wrong with a configuration by itself."""
    run = _performed(programme)
    problems: set[str] = set()
    ended: set[str] = set()
    waits: dict[str, str] = {}
    filled = {ends for ends in _edges(run) if _ask(run, "has_message", sid=0, **{"from": ends[0], "to": ends[1]})}
    for role in types:
        current = _ask(run, "lookup_type", ep={"sid": 0, "role": role})
        direction, partner, branches = _choice(current)
        if direction == "Send":
            answers = {
                _ask(_performed(programme), "send", sid=0, val="Unit", **{"from": role, "to": partner})
                for _ in branches[:1]
            }
            if "Full" in answers:
                problems.add("stuck role")
            waits[role] = partner
        elif direction == "Recv":
            received = _ask(_performed(programme), "recv", sid=0, **{"from": partner, "to": role})
            waits[role] = partner
            if received is not None:
                label = json.loads(received["Str"])
                awaited = {one["name"]: one["sort"] for one, _, _ in branches}
                if label["name"] not in awaited:
                    problems.add("unexpected message")
                elif awaited[label["name"]] != label["sort"]:
                    problems.add("sort mismatch")
        elif current == "End":
            ended.add(role)
            if any(receiver == role for _, receiver in filled):
                problems.add("orphan message")
    if not problems:
        movers = {one for moved, _ in _moves(programme, types) for one in moved}
        waits = {role: partner for role, partner in waits.items() if role not in movers}
        if any(_waits_for_itself(role, waits) for role in waits):
            problems.add("deadlock")
        elif any(partner in ended for partner in waits.values()):
            problems.add("stuck role")
        else:
            assert movers or len(ended) == len(types), "nobody moves, and nobody waits for one that never comes"
    return _Configuration(depth, ended, filled, problems, [])


def _waits_for_itself(role: str, waits: dict[str, str]) -> bool:
    partner = waits.get(role)
    for _ in waits:
        if partner == role:
            return True
        partner = waits.get(partner) if partner is not None else None
    return False
