"""How fast the resident Lean model answers: at least 10,000 steps per second once started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.lean_program import LeanRequest, encode_request
from telltale_conformance.lean_traces.lean_toolchain import install, native_toolchain
from telltale_conformance.lean_traces.programs import Program, Step


@pytest.fixture(scope="module")
def model() -> Iterator[LeanModel]:
    with LeanModel.start(native_toolchain() or install()) as started:
        yield started


def ownership_program(rounds: int) -> Program:
    """Claim, then again and again: issue, consume, attenuate, transfer, commit, validate."""
    steps: list[Step] = []

    def add(op: str, **args: Any) -> dict[str, Any]:
        steps.append(Step(seq=len(steps), op=op, args=args))
        return {"$ref": len(steps) - 1}

    sid = add("open", roles=["A", "B"], initial_types={})
    cap = add("claim_ownership", sid=sid, owner_id="owner/a", scope="Session")
    for _ in range(rounds):
        witness = add("issue_readiness_witness", capability=cap, predicate_ref="ready")
        add("consume_readiness_witness", capability=cap, witness=witness)
        cap = add("attenuate_ownership_scope", capability=cap, new_scope="Session")
        receipt = add("begin_ownership_transfer", capability=cap, new_owner_id="owner/b", new_scope="Session")
        cap = add("commit_ownership_transfer", receipt=receipt)
        add("validate_ownership_capability", capability=cap)
    return Program(steps=tuple(steps))


def measure(benchmark: BenchmarkFixture, model: LeanModel, programs: list[Program]) -> float:
    """Steps per second of the best of five rounds, from request written to answer read."""
    request: LeanRequest = encode_request(programs)
    benchmark.pedantic(model.ask, args=(request.text,), rounds=5, warmup_rounds=1)
    steps = sum(len(program.steps) for program in programs)
    rate = steps / float(benchmark.stats["min"])
    benchmark.extra_info["steps per second"] = round(rate)
    print(f"\n{steps} steps, {rate:,.0f} steps/s; the start took {model.seconds:.1f} s")
    return rate


def bench_lean_ownership(benchmark: BenchmarkFixture, model: LeanModel) -> None:
    assert measure(benchmark, model, [ownership_program(6) for _ in range(500)]) >= 10_000


def bench_lean_all_operations(benchmark: BenchmarkFixture, model: LeanModel) -> None:
    """Generated programs over all operations, with whole logs and states at their ends."""
    programs = [generate_program(1, index, steps=40) for index in range(300)]
    assert measure(benchmark, model, programs) >= 10_000
