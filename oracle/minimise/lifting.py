"""Lifting a recorded trace to a program: values equal to earlier results become references.

A session id refers to the step that opened the session, a capability, receipt or witness to the step that gave it,
with ``set`` where fields differ. What no earlier step gave stays as it is, and so does an artifact whose members are
written in another order than a result's: the order is part of what is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.printing import encode, encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step, is_reference, references, resolve
from telltale_conformance.model.operations import OPERATIONS, those
from telltale_conformance.model.values import OwnershipCapability, OwnershipReceipt, ReadinessWitness

SID_FIELDS: Final = frozenset({"sid", "session_id"})
"""Fields that hold a session id, in arguments and results."""
ARTIFACTS: Final[Mapping[str, frozenset[str]]] = {
    "capability": frozenset(OwnershipCapability.__struct_fields__),
    "receipt": frozenset(OwnershipReceipt.__struct_fields__),
    "witness": frozenset(ReadinessWitness.__struct_fields__),
}
"""Arguments that are an earlier result, with the fields that such a result has."""
OPENING: Final = those(lambda operation: operation.gives == "session")
_FREE: Final = frozenset({"value", "session_hint"})
"""Arguments in which nothing is a reference: edges as free JSON."""
_DATA: Final = frozenset({"initial_types", "new_type", "new_original", "lt", "cont", "original", "trace", "val"})
"""Fields that hold types or messages: a session id within is carried along, and means no session to the store."""
_MOST_CHANGED: Final = 2
"""How many fields may differ from an earlier result for it to be referred to."""


class NotLiftable(HarnessError):
    """Thrown when a recorded argument has the shape of a reference, which a program cannot say otherwise."""


def in_our_order(value: Any) -> bool:
    """Say whether members stand in the order in which results have them, which a reference gives them."""
    return encode_as_written(value) == encode(value)


class Results:
    """The results of the steps so far, found again by their values; the last step that gave a value is taken."""

    def __init__(self) -> None:
        self.sids: dict[int, int] = {}
        self._exact: dict[bytes, int] = {}
        self._by_kind: dict[str, list[tuple[int, dict[str, Any]]]] = {kind: [] for kind in ARTIFACTS}

    def add(self, seq: int, op: str, result: Any) -> None:
        """Keep what a step gave, if later steps can refer to it."""
        if op in OPENING and type(result) is int:
            self.sids[result] = seq
        elif isinstance(result, dict):
            for kind, fields in ARTIFACTS.items():
                if result.keys() == fields and OPERATIONS[op].gives == kind:
                    self._exact[encode(result)] = seq
                    self._by_kind[kind].append((seq, result))

    def lift(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments with references where earlier steps gave the values."""
        return {name: self._argument(name, value) for name, value in args.items()}

    def _argument(self, name: str, value: Any) -> Any:
        if name in _FREE:
            return value
        if name == "session_ids" and isinstance(value, list):
            return [self._sid(element) for element in value]
        if name in ARTIFACTS and isinstance(value, dict):
            return self._artifact(name, value)
        return self._within(name, value)

    def _artifact(self, kind: str, value: dict[str, Any]) -> Any:
        if not in_our_order(value):
            return self._within(kind, value)
        seq = self._exact.get(encode(value))
        if seq is not None:
            return {"$ref": seq}
        nearest: tuple[int, dict[str, Any]] | None = None
        fewest = _MOST_CHANGED + 1
        for seq, result in reversed(self._by_kind[kind]):
            changed = {name: field for name, field in value.items() if result.get(name) != field}
            if result["session_id"] == value.get("session_id") and len(changed) < fewest:
                nearest, fewest = (seq, changed), len(changed)
        if nearest is None:
            return self._within(kind, value)
        return {"$ref": nearest[0], "set": self._within(kind, nearest[1])}

    def _within(self, name: str, value: Any) -> Any:
        return rebuilt(value, self._referring, name)

    def _referring(self, name: str, value: Any) -> Any:
        if name in _DATA:
            return value
        return self._sid(value) if name in SID_FIELDS else DESCEND

    def _sid(self, value: Any) -> Any:
        seq = self.sids.get(value) if type(value) is int else None
        return value if seq is None else {"$ref": seq}


def lift(events: Iterable[tuple[str, dict[str, Any], Any]], contract: str, meta: dict[str, Any]) -> Program:
    """Return the program of recorded operations.

    Args:
        events: operation, arguments and ok result (None of a refusal) of each event.
        contract: what the program is judged by.
        meta: kept with the program.

    Raises:
        NotLiftable: an argument has the shape of a reference.
    """
    results = Results()
    steps = []
    for seq, (op, args, result) in enumerate(events):
        if references(args):
            raise NotLiftable(f'event {seq}: an argument of {op} has the shape of a reference, {{"$ref": n}}')
        steps.append(Step(args=results.lift(args), op=op, seq=seq))
        results.add(seq, op, result)
    return Program(contract=contract, meta=meta, steps=tuple(steps))


def without_references_in_data(program: Program, results: Mapping[int, Any]) -> Program:
    """Return the program with the results written out that its types and messages refer to.

    Args:
        program: a program none of whose steps is skipped.
        results: the ok result of each step that has one.
    """
    steps = tuple(
        msgspec.structs.replace(step, args=_plain_data("", step.args, results)) if references(step.args) else step
        for step in program.steps
    )
    return msgspec.structs.replace(program, steps=steps)


def _plain_data(name: str, value: Any, results: Mapping[int, Any]) -> Any:
    return rebuilt(value, lambda field, part: resolve(part, results) if field in _DATA else DESCEND, name)


def lift_again(program: Program, results: Mapping[int, Any]) -> Program:
    """Return the program with references also where its steps write out what earlier ones give.

    Args:
        program: a program none of whose steps is skipped.
        results: the ok result of each step that has one.
    """
    known = Results()
    steps = []
    for step in program.steps:
        args = {}
        for name, value in step.args.items():
            written_out = not is_reference(value) and references(value) <= results.keys()
            args[name] = known.lift({name: resolve(value, results)})[name] if written_out else value
        steps.append(msgspec.structs.replace(step, args=args))
        if step.seq in results:
            known.add(step.seq, step.op, results[step.seq])
    return msgspec.structs.replace(program, steps=tuple(steps))
