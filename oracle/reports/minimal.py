"""Programs of a report made as small as they get, each in its share of a time, on one adapter for all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from generators.steps import encode_arguments
from lean_traces.codec import CODECS
from lean_traces.programs import Program
from oracle.adapters import Adapter, AdapterFault
from oracle.compare import Level
from oracle.fingerprints import fingerprint_of
from oracle.judging import Asked, judge_cases
from oracle.lanes import LaneDivergence, Subject
from oracle.lanes.describing import described
from oracle.reports.report import Minimal, Minimiser, Reproducer
from oracle.run_program import run_on_reference

SHARE: Final = 0.4
"""The part of the time left that one divergence may take, so that something is left for those after it."""


@contextmanager
def minimising(subject: Subject, level: Level, seconds: float) -> Iterator[Minimiser]:
    """Give a minimiser of the divergences of an implementation, for all of them together ``seconds``.

    It answers None for a divergence that cannot be made smaller: a recorded one, where no implementation is at hand;
    one that does not come back, or not always; and every one after a fault of the adapter.
    """
    until = time.monotonic() + seconds
    adapters: list[Adapter] = []

    def minimise(divergence: LaneDivergence) -> Minimal | None:
        left = until - time.monotonic()
        if subject.command is None or divergence.program is None or left <= 0:
            return None
        try:
            if not adapters:
                adapters.append(subject.start())
            return _minimal(adapters[0], divergence, subject, level, left * SHARE)
        except AdapterFault:
            return None

    try:
        yield minimise
    finally:
        for adapter in adapters:
            with suppress(AdapterFault):
                adapter.close()


def _minimal(
    adapter: Adapter, divergence: LaneDivergence, subject: Subject, level: Level, seconds: float
) -> Minimal | None:
    from oracle.minimise import minimise
    from oracle.minimise.explaining import why_needed
    from oracle.minimise.pytest_file import pytest_text

    assert divergence.program is not None
    result = minimise(adapter, divergence.program, level=level, seconds=seconds)
    if not result.minimal or result.fingerprint is None:
        return None
    seen = _seen(adapter, result.program, divergence, level)
    if seen is None:
        return None
    text = pytest_text(result.program, result.fingerprint, level, "test_reproducer.py", subject.command)
    return Minimal(
        program=result.program,
        divergence=seen,
        notes=why_needed(result),
        reproducers=(Reproducer(title="pytest", text=text),),
    )


def _seen(adapter: Adapter, program: Program, former: LaneDivergence, level: Level) -> LaneDivergence | None:
    """Run a program and describe its divergence; None where it has none, or another one than before."""
    asked = []
    for step in run_on_reference(program):
        if step.outcome is None or step.args is None:
            continue
        codec = CODECS[step.step.op]
        args = encode_arguments(codec.operation, codec.from_json(step.args))
        asked.append(Asked(step.step.seq, step.step.op, args, step.outcome))
    for result in judge_cases(adapter, [lambda: asked], level):
        if result.divergence is not None and result.diverged_at is not None:
            found = described(former.case, result, program)
            if fingerprint_of(found) == fingerprint_of(former):
                return msgspec.structs.replace(found, path=None)
    return None
