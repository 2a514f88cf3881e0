"""Taking steps out of a program so that what is left still means something.

What referred to a removed step either goes with it or, where the value itself is what matters, gets the value
written out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.programs import Program, Step, is_reference, references
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.minimise.lifting import OPENING, SID_FIELDS
from telltale_conformance.oracle.reference.run import on_reference, refers_to

GIVES: Final = {op: operation.gives for op, operation in OPERATIONS.items() if operation.gives is not None}
"""What a step gives that later ones refer to."""


def numbers(program: Program) -> list[int]:
    """Return the numbers of the steps."""
    return [step.seq for step in program.steps]


def only(program: Program, kept: Collection[int]) -> Program:
    """Return the program with these steps only, without those of them that refer to a step that is not there."""
    there: set[int] = set()
    steps = []
    for step in program.steps:
        if step.seq in kept and refers_to(step) <= there:
            steps.append(step)
            there.add(step.seq)
    return msgspec.structs.replace(program, steps=tuple(steps))


def with_needed(program: Program, wanted: Collection[int]) -> set[int]:
    """Return these steps and all that they refer to, directly or not."""
    by_number = {step.seq: step for step in program.steps}
    found: set[int] = set()
    waiting = list(wanted)
    while waiting:
        number = waiting.pop()
        if number not in found and number in by_number:
            found.add(number)
            waiting.extend(refers_to(by_number[number]))
    return found


def written_out(program: Program, removed: Collection[int], results: Mapping[int, Any]) -> Program:
    """Return the program without these steps; what refers to one of them has the result written out.

    Args:
        program: the steps.
        removed: the numbers of those to take out.
        results: the ok results of the whole program; a reference to a step without one stays dangling.
    """
    sids = {
        results[step.seq]: step.seq
        for step in program.steps
        if step.op in OPENING and step.seq not in removed and step.seq in results
    }
    steps = tuple(
        msgspec.structs.replace(step, args=_written(step.args, removed, results, sids, step))
        for step in program.steps
        if step.seq not in removed
    )
    return msgspec.structs.replace(program, steps=steps)


def last_written_out(program: Program, results: Mapping[int, Any]) -> Program:
    """Return the program with the artifacts written out that its last step is given, so that it holds no step."""
    last = program.steps[-1]
    opening = {step.seq for step in program.steps if step.op in OPENING}
    sids = {results[seq]: seq for seq in opening if seq in results}
    args = _written(last.args, results.keys() - opening, results, sids, last)
    return msgspec.structs.replace(program, steps=(*program.steps[:-1], msgspec.structs.replace(last, args=args)))


def retargeted(program: Program, removed: int) -> Program | None:
    """Return the program without a step, what referred to its result referring to the last one of its kind before.

    Steps whose results only the removed one took go too. None when the step gives no session, capability, receipt
    or witness, or no earlier one is there.
    """
    kinds = {step.seq: GIVES.get(step.op) for step in program.steps}
    kind = kinds[removed]
    earlier = [step.seq for step in program.steps if step.seq < removed and kinds[step.seq] == kind]
    if kind is None or not earlier:
        return None
    steps = tuple(
        msgspec.structs.replace(step, args=_pointed(step.args, removed, earlier[-1]))
        for step in program.steps
        if step.seq != removed
    )
    return _without_idle(program, removed, msgspec.structs.replace(program, steps=steps))


def scope_from_the_start(program: Program, removed: int) -> Program | None:
    """Return the program without an attenuation, its scope granted by the step that gave the capability before.

    None when the step is no attenuation, or no claim or attenuation is before it.
    """
    step = next(step for step in program.steps if step.seq == removed)
    moved = retargeted(program, removed)
    if step.op != "attenuate_ownership_scope" or moved is None:
        return None
    before = [other for other in moved.steps if other.seq < removed and GIVES.get(other.op) == "capability"]
    field = {"claim_ownership": "scope", "attenuate_ownership_scope": "new_scope"}.get(before[-1].op)
    if field is None:
        return None
    return _replaced(moved, before[-1].seq, before[-1].op, {**before[-1].args, field: step.args["new_scope"]})


def attenuated(program: Program, commit: int) -> Program | None:
    """Return the program with a transfer made an attenuation, which is a step less and gives as good a generation.

    So is a release with the claim after it. None when the step commits no receipt that a transfer gave and claims no
    session after a release.
    """
    by_number = {step.seq: step for step in program.steps}
    step = by_number[commit]
    if step.op == "claim_ownership":
        return _attenuated_claim(program, step)
    receipt: Any = step.args.get("receipt")
    if step.op != "commit_ownership_transfer" or not is_reference(receipt) or "set" in receipt:
        return None
    begin = by_number.get(receipt["$ref"])
    if begin is None or begin.op != "begin_ownership_transfer":
        return None
    args = {"capability": begin.args["capability"], "new_scope": begin.args["new_scope"]}
    return _without_idle(program, commit, _replaced(program, commit, "attenuate_ownership_scope", args))


def _attenuated_claim(program: Program, claim: Step) -> Program | None:
    released = [step for step in program.steps if step.seq < claim.seq and step.op == "release_ownership"]
    if not released:
        return None
    args = {"capability": released[-1].args["capability"], "new_scope": claim.args["scope"]}
    steps = tuple(step for step in program.steps if step.seq != released[-1].seq)
    return _replaced(msgspec.structs.replace(program, steps=steps), claim.seq, "attenuate_ownership_scope", args)


def forged(program: Program, removed: int) -> Iterator[Program]:
    """Yield the program without a step, its last step given an artifact that is not the live one in another way.

    What was given may have been stale because of the removed step; a forged one is refused as well. What else referred
    to the removed step refers to the last of its kind before.
    """
    last = program.steps[-1]
    kinds = {step.seq: GIVES.get(step.op) for step in program.steps}
    for kind, changes in _FORGERIES.items():
        if kind not in last.args or kinds.get(removed) != kind:
            continue
        moved = retargeted(program, removed) or program
        kept = [step for step in moved.steps if step.seq not in (removed, last.seq)]
        before = _without_idle(program, removed, msgspec.structs.replace(program, steps=tuple(kept)))
        before = only(before, set(numbers(before)))
        givers = [step.seq for step in before.steps if kinds[step.seq] == kind]
        results = on_reference(before).results
        if not givers or givers[-1] not in results:
            continue
        given = results[givers[-1]]
        for fields in changes:
            forgery = {name: given[name] + 1 if name in _NUMBERS else _other(given[name]) for name in fields}
            args = {**last.args, kind: {"$ref": givers[-1], "set": forgery}}
            if references(args) <= set(numbers(before)):
                changed = msgspec.structs.replace(last, args=args)
                yield msgspec.structs.replace(before, steps=(*before.steps, changed))


_FORGERIES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "capability": (("generation",), ("owner_id",), ("generation", "owner_id"), ("scope",)),
    "receipt": (("claim_id",), ("to_generation",)),
    "witness": (("witness_id",), ("generation",), ("owner_id",)),
}
"""Which fields of an artifact are made other ones."""
_NUMBERS: Final = frozenset({"generation", "claim_id", "to_generation", "witness_id"})


def _other(value: Any) -> Any:
    if isinstance(value, dict) or value == "Session":
        return {"Fragments": []} if value == "Session" else "Session"
    return "b" if value != "b" else "a"


def plainer_endings(program: Program, ending: int, results: Mapping[int, Any]) -> Iterator[tuple[Program, str]]:
    """Yield the program with the end of an owner or a transfer made a plainer one, which needs less before it.

    Nothing when the step ends nothing, or its session was not opened by a step.
    """
    step = next(step for step in program.steps if step.seq == ending)
    if not OPERATIONS[step.op].terminal:
        return
    opened = {other.seq for other in program.steps if other.op in OPENING}
    sessions = sorted(with_needed(program, {ending}) & opened)
    if len(sessions) != 1:
        return
    session = {"$ref": sessions[0]}
    receipt: Any = step.args.get("receipt")
    if is_reference(receipt) and receipt["$ref"] in results:
        owner = results[receipt["$ref"]]["from_owner_id"]
        changed = _replaced(program, ending, "mark_owner_died", {"owner_id": owner, "sid": session})
        begun = {receipt["$ref"]} - set().union(*(references(other.args) for other in changed.steps))
        yield only(changed, set(numbers(changed)) - begun), "made an owner's death"
    changed = _replaced(program, ending, "close", {"sid": session})
    changed = _without_idle(program, ending, changed, claims=True)
    wanted = set().union(*(references(other.args) for other in changed.steps))
    claims = {other.seq for other in changed.steps if other.op == "claim_ownership" and other.args["sid"] == session}
    yield only(changed, set(numbers(changed)) - (claims - wanted)), "made a close"


def host_call(program: Program, mutation: int) -> Program | None:
    """Return the program with an owner's mutation made the call of the host that does the same without an owner.

    None when the step is no such mutation, or its session was not opened by a step.
    """
    step = next(step for step in program.steps if step.seq == mutation)
    opened = {other.seq for other in program.steps if other.op in OPENING}
    sessions = sorted(with_needed(program, {mutation}) & opened)
    if step.op != "apply_owned_session_mutation" or len(sessions) != 1:
        return None
    (fields,) = step.args["mutation"].values()
    args = dict(fields) if "edge" in fields else {**fields, "sid": {"$ref": sessions[0]}}
    call = _HOST_CALLS.get(frozenset(args))
    if call is None:
        return None
    return _without_idle(program, mutation, _replaced(program, mutation, call, args), claims=True)


_HOST_CALLS: Final = {
    frozenset(operation.parameters): name for name, operation in OPERATIONS.items() if operation.result == "nothing"
}
"""Operations that only change something, by what they are given."""


def _replaced(program: Program, seq: int, op: str, args: dict[str, Any]) -> Program:
    steps = tuple(
        msgspec.structs.replace(step, op=op, args=args) if step.seq == seq else step for step in program.steps
    )
    return msgspec.structs.replace(program, steps=steps)


def _without_idle(before: Program, seq: int, after: Program, *, claims: bool = False) -> Program:
    """Return a changed program without the transfers (and claims) whose results only the changed step took."""
    served = with_needed(before, {seq}) - {seq}
    idle_ops = {"begin_ownership_transfer", "claim_ownership"} if claims else {"begin_ownership_transfer"}
    served = {step.seq for step in before.steps if step.seq in served and step.op in idle_ops}
    while True:
        wanted = set().union(*(references(step.args) for step in after.steps)) if after.steps else set()
        idle = {step.seq for step in after.steps} & served - wanted
        if not idle:
            return after
        after = msgspec.structs.replace(after, steps=tuple(step for step in after.steps if step.seq not in idle))


def _pointed(value: Any, old: int, new: int) -> Any:
    if isinstance(value, list):
        return [_pointed(element, old, new) for element in value]
    if not isinstance(value, dict):
        return value
    if is_reference(value) and value["$ref"] == old:
        value = {**value, "$ref": new}
    return {name: member if name == "$ref" else _pointed(member, old, new) for name, member in value.items()}


def _written(
    value: Any, removed: Collection[int], results: Mapping[int, Any], sids: Mapping[int, int], step: Step
) -> Any:
    if isinstance(value, list):
        return [_written(element, removed, results, sids, step) for element in value]
    if not isinstance(value, dict):
        return value
    changed = value
    if is_reference(value):
        number = value["$ref"]
        if number in removed and number in results:
            result = results[number]
            if not isinstance(result, dict):
                return result
            changed = {**_sessions_referred(result, sids, step), **value.get("set", {})}
    return {name: _written(member, removed, results, sids, step) for name, member in changed.items()}


def _sessions_referred(result: dict[str, Any], sids: Mapping[int, int], step: Step) -> dict[str, Any]:
    return {
        name: {"$ref": sids[member]}
        if name in SID_FIELDS and type(member) is int and sids.get(member, step.seq) < step.seq
        else member
        for name, member in result.items()
    }


def renumbered(program: Program) -> Program:
    """Return the program with its steps numbered from 0."""
    new = {step.seq: number for number, step in enumerate(program.steps)}
    steps = tuple(Step(args=_renumber(step.args, new), op=step.op, seq=new[step.seq]) for step in program.steps)
    return msgspec.structs.replace(program, steps=steps)


def _renumber(value: Any, new: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [_renumber(element, new) for element in value]
    if not isinstance(value, dict):
        return value
    if is_reference(value):
        value = {**value, "$ref": new[value["$ref"]]}
    return {name: member if name == "$ref" else _renumber(member, new) for name, member in value.items()}
