"""How large the numbers must be with which the contract refuses the last step: several answers in one run.

A step that is refused changes nothing, so it is asked again and again with its numbers growing from 0. The first answer
that departs names the smallest numbers that may do; what was asked before it is known to agree where it came first.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.oracle.minimise.trying import Attempt, Trials
from telltale_conformance.oracle.minimise.values import Path, put, simplifications
from telltale_conformance.oracle.reference.run import on_reference


def climbed(trials: Trials, program: Program) -> Attempt:
    """Try a program whose last step the contract refuses, with the smallest numbers of that step that may do.

    What departs in a climb is tried alone too, for the steps before it are none of the divergence. Where that does not
    show it, the program is tried as it is.
    """
    rungs = list(_rungs(trials, program))
    *before, last = program.steps
    asked = [msgspec.structs.replace(rung, seq=last.seq + place) for place, rung in enumerate(rungs)]
    attempt = trials.attempt(msgspec.structs.replace(program, steps=(*before, *asked)))
    if attempt.verdict == "reproduces":
        rung = rungs[attempt.program.steps[-1].seq - last.seq]
        attempt = trials.attempt(msgspec.structs.replace(program, steps=(*before, rung)))
    if attempt.verdict in ("reproduces", "agrees") and len(rungs) > 1:
        return attempt
    return trials.attempt(program)


def _rungs(trials: Trials, program: Program) -> Iterator[Step]:
    """Yield the last step with smaller numbers that leave its divergence possible, then as it is."""
    assert trials.target is not None
    last = program.steps[-1]
    smaller: dict[Path, list[int]] = {}
    for change in simplifications(program):
        if change.seq == last.seq and type(change.value) is int:
            smaller.setdefault(change.path, []).append(change.value)
    for place in range(max(map(len, smaller.values()), default=0)):
        changed = program
        for path, values in smaller.items():
            if place < len(values):
                changed = put(changed, last.seq, path, values[place])
        answered = on_reference(changed).steps[-1]
        refused = answered.step.seq == last.seq and answered.outcome.error is not None
        if refused and trials.target.allows(answered.step.op, answered.outcome):
            yield changed.steps[-1]
    yield last
