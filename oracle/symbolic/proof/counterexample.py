"""From a violating run to a program: the plainest model of the shortest length, with results as references."""

from __future__ import annotations

from typing import Any

import z3

from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS
from telltale_conformance.oracle.symbolic.proof.bounded import Frame, Shortest
from telltale_conformance.oracle.symbolic.proof.solving import satisfiable
from telltale_conformance.oracle.symbolic.statement.operations import HOST_CALLS, OPERATIONS
from telltale_conformance.oracle.symbolic.statement.records import Artifact
from telltale_conformance.oracle.symbolic.statement.state import Cap, Mutation, Receipt, Witness
from telltale_conformance.oracle.symbolic.statement.terms import FRAGMENT_BITS, SESSION_SCOPE_BITS, leaves, same

Step = dict[str, Any]

_STATED = OPERATIONS | HOST_CALLS
_PLAINEST_VALUES = {
    "scope": (SESSION_SCOPE_BITS, 1, 2, 3, 0),
    "mutation": (1, 0, 2),
    "sid": (0, 1),
    "edge_sid": (1, 0),
    "receiver": (2, 1, 3),
}


class _Plainest:
    """Fixes one choice after the other, each to the plainest value that still violates the claim."""

    def __init__(self, shortest: Shortest) -> None:
        self.run = shortest.run
        self.solver = shortest.run.solver

    def holds(self, wanted: z3.BoolRef) -> bool:
        """Fix ``wanted`` if the run can still be completed with it."""
        if not satisfiable(self.solver, wanted):
            return False
        self.solver.add(wanted)
        return True

    def first(self, term: z3.ExprRef, values: tuple[int, ...]) -> None:
        """Fix a term to the first possible of these values, if any."""
        for value in values:
            if self.holds(term == value):
                return

    def operations(self) -> list[str]:
        """Fix the operations, plainest first."""
        ops, stated = self.run.ops, self.run.claim.operations
        plainest = sorted(ops, key=lambda op: stated[op].plain)
        return [next(op for op in plainest if self.holds(frame.op == ops.index(op))) for frame in self.run.frames]


def _numbers(plain: _Plainest, record: Artifact) -> None:
    for path, term in leaves(record).items():
        if path == "scope":
            plain.first(term, _PLAINEST_VALUES["scope"])
        else:
            plain.first(term, (0, 1, 2, 3) if path in ("sid", "from_generation", "generation") else (1, 2, 3))


def _refer(plain: _Plainest, given: Artifact, earlier: list[tuple[int, Artifact]]) -> Step | None:
    """Return the reference (if need be with fields replaced) that gives this argument."""
    kin = [(seq, result) for seq, result in earlier if type(result) is type(given)]
    for seq, result in kin:
        if plain.holds(same(given, result)):
            return {"$ref": seq}
    for seq, result in kin:
        for field in leaves(result):
            others = [leaves(given)[key] == value for key, value in leaves(result).items() if key != field]
            if plain.holds(z3.And(*others)):
                _numbers(plain, given)
                return {"$ref": seq, "forged": result}
    _numbers(plain, given)
    return None


def _step_args(plain: _Plainest, op: str, frame: Frame, earlier: list[tuple[int, Artifact]]) -> dict[str, Any]:
    """Fix the arguments that the operation reads; references in place of equal results."""
    args, refs = frame.args, {}
    for field in _STATED[op].reads:
        term = getattr(args, field)
        if isinstance(term, Cap | Receipt | Witness):
            refs[field] = _refer(plain, term, earlier)
        else:
            plain.first(term, _PLAINEST_VALUES.get(field, (1, 2, 3)))
    return refs


def program(shortest: Shortest) -> dict[str, Any]:
    """Return the program of the shortest violating run."""
    plain = _Plainest(shortest)
    ops = plain.operations()
    claim = shortest.run.claim
    earlier: list[tuple[int, Artifact]] = []
    refs: list[dict[str, Any]] = []
    for seq, (op, frame) in enumerate(zip(ops, shortest.run.frames, strict=True), 1):
        order = earlier if claim.prefers_oldest and seq == len(ops) else earlier[::-1]
        refs.append(_step_args(plain, op, frame, order))
        result = frame.results[op]
        if result is not None:
            earlier.append((seq, result))
    satisfiable(plain.solver)
    reader = Reader(plain.solver.model())
    steps: list[Step] = [{"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": {}}}]
    for seq, (op, frame) in enumerate(zip(ops, shortest.run.frames, strict=True), 1):
        steps.append({"seq": seq, "op": op, "args": _wire_args(op, frame, reader, refs[seq - 1])})
    if claim.shown_by:
        last = shortest.run.frames[-1].args
        edge = {
            "sender": text("role", reader.number(last.sender)),
            "receiver": text("role", reader.number(last.receiver)),
        }
        shown = {"observe": {"sid": {"$ref": 0}}, "lookup_handler": {"edge": {"sid": {"$ref": 0}, **edge}}}
        steps.append({"seq": len(steps), "op": claim.shown_by, "args": shown[claim.shown_by]})
    return {"contract": shortest.run.contract.value, "meta": _meta(shortest), "steps": steps}


def _meta(shortest: Shortest) -> dict[str, Any]:
    name = shortest.run.claim.id
    part = PARTS.get(name)
    of, title = (part.claim, part.name) if part is not None else (name, CLAIMS[name].name)
    return {"claim": of, "name": title, "shortest": shortest.length}


def _wire_args(op: str, frame: Frame, reader: Reader, refs: dict[str, Any]) -> dict[str, Any]:
    args = frame.args
    wire: dict[str, Any] = {}
    for field in _STATED[op].reads:
        term = getattr(args, field)
        if isinstance(term, Cap | Receipt | Witness):
            wire[{"cap": "capability"}.get(field, field)] = _artifact(reader, term, refs[field])
        elif field == "sid":
            sid = reader.number(term)
            named: Any = {"$ref": 0} if sid == 0 else sid
            wire |= {"session_ids": [named]} if op == "reap_sessions" else {"sid": named}
        elif field == "owner":
            wire["new_owner_id" if "cap" in _STATED[op].reads else "owner_id"] = reader.owner(term)
        elif field == "scope":
            wire["new_scope" if "cap" in _STATED[op].reads else "scope"] = scope_json(reader.number(term))
    edge = {
        "sid": reader.number(args.edge_sid),
        "sender": text("role", reader.number(args.sender)),
        "receiver": text("role", reader.number(args.receiver)),
    }
    if op in HOST_CALLS:
        wire |= {"edge": edge} if "edge_sid" in _STATED[op].reads else {}
        code = reader.number(args.text)
        return wire | ({"trace": ["Nat"] * code} if op == "update_trace" else {"handler": text("handler", code)})
    if op == "issue_readiness_witness":
        wire["predicate_ref"] = text("predicate", reader.number(args.text))
    elif op == "fault_failed_transfer_commit":
        wire["reason"] = text("reason", reader.number(args.text))
    elif op == "apply_owned_session_mutation":
        wire["mutation"] = mutation_json(reader.number(args.mutation), edge, reader.number(args.text))
    return wire


def _artifact(reader: Reader, term: Cap | Receipt | Witness, ref: dict[str, Any] | None) -> Any:
    value = reader.record(term)
    if ref is None:
        return value
    if "forged" not in ref:
        return ref
    original = reader.record(ref["forged"])
    changed = {key: value[key] for key in value if value[key] != original[key]}
    return {"$ref": ref["$ref"], "set": changed}


OWNERS = ("alice", "bob", "carol", "dave")
ROLES = ("A", "B", "C", "D")
FRAGMENTS = "mnopqrstuvwxyzabcdefghij"
"""A name for each fragment of a scope."""


def text(kind: str, code: int) -> str:
    """Return the text of a name code: owners and roles have names, the other kinds are numbered."""
    known = {"owner": OWNERS, "role": ROLES}.get(kind, ())
    return known[code - 1] if 0 < code <= len(known) else f"{kind}-{code}"


def scope_json(bits: int) -> Any:
    """Return the wire form of a scope."""
    if bits == SESSION_SCOPE_BITS:
        return "Session"
    return {"Fragments": sorted(FRAGMENTS[bit] for bit in range(FRAGMENT_BITS) if bits >> bit & 1)}


class Reader:
    """Reads records out of a model, as JSON."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._model = model

    def number(self, term: z3.ExprRef) -> int:
        """Return the value of a bit vector."""
        return int(self._model.eval(term, True).as_long())

    def truth(self, term: z3.ExprRef) -> bool:
        """Return the value of a condition."""
        return bool(z3.is_true(self._model.eval(term, True)))

    def owner(self, term: z3.ExprRef) -> str:
        """Return an owner."""
        return text("owner", self.number(term))

    def record(self, value: Cap | Receipt | Witness) -> dict[str, Any]:
        """Return a capability, receipt or witness in wire form."""
        common = {"session_id": self.number(value.sid), "scope": scope_json(self.number(value.scope))}
        if isinstance(value, Receipt):
            return {
                **common,
                "claim_id": self.number(value.claim_id),
                "from_owner_id": self.owner(value.from_owner),
                "from_generation": self.number(value.from_generation),
                "to_owner_id": self.owner(value.to_owner),
                "to_generation": self.number(value.to_generation),
            }
        common |= {"owner_id": self.owner(value.owner), "generation": self.number(value.generation)}
        if isinstance(value, Witness):
            predicate = text("predicate", self.number(value.predicate))
            return {**common, "witness_id": self.number(value.id), "predicate_ref": predicate}
        return common


def mutation_json(kind: int, edge: dict[str, Any], code: int) -> dict[str, Any]:
    """Return the wire form of a host mutation; a trace's code is the number of its value types."""
    if kind == Mutation.TRACE:
        return {"UpdateTrace": {"edge": edge, "trace": ["Nat"] * code}}
    handler = text("handler", code)
    if kind == Mutation.DEFAULT_HANDLER:
        return {"SetDefaultHandler": {"handler": handler}}
    return {"UpdateEdgeHandler": {"edge": edge, "handler": handler}}
