"""Generated cases: the program generator against the state machine, a judged run against a bare loop, the graph."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import partial
from itertools import islice
from typing import Any

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from telltale_conformance.generators.graph import DEFAULT_BOUND, explore
from telltale_conformance.generators.hypothesis_profiles import settings_of
from telltale_conformance.generators.machine import SessionStoreMachine
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.tours import tours
from telltale_conformance.oracle.adapters import Request, SubprocessAdapter
from telltale_conformance.oracle.adapters.protocol import request_line
from telltale_conformance.oracle.reference.judging import Asked, judge_cases
from telltale_conformance.oracle.verdict.compare import Level

ADAPTER = [sys.executable, "-m", "telltale_conformance.adapters.reference"]
PROGRAMS = 150
ROUNDS = 3


def generated_steps(first: int, count: int) -> int:
    """Generate programs with reference stepping; return how many steps."""
    return sum(1 for index in range(first, first + count) for _ in Generator(0, index).steps())


def machine_steps(examples: int) -> int:
    """Run the state machine on the reference alone; return how many operations were carried out."""
    taken = 0

    class Counting(SessionStoreMachine):
        def teardown(self) -> None:
            nonlocal taken
            super().teardown()
            taken += self.steps

    amount = settings_of(max_examples=examples, stateful_step_count=40)
    run_state_machine_as_test(seed(0)(Counting), settings=amount)
    return taken


def bench_generator_against_machine(benchmark: Any) -> None:
    benchmark.pedantic(generated_steps, (0, PROGRAMS), rounds=3, warmup_rounds=1)
    machine_steps(10)
    best = {"generator": 0.0, "machine": 0.0}
    for number in range(ROUNDS):
        for name, work in (
            ("generator", partial(generated_steps, number * 100, 100)),
            ("machine", partial(machine_steps, 20)),
        ):
            before = time.process_time()
            steps = work()
            best[name] = max(best[name], steps / (time.process_time() - before))
    ratio = best["generator"] / best["machine"]
    benchmark.extra_info["times the machine"] = round(ratio, 1)
    print(f"\ngenerator {best['generator']:,.0f} steps/s, machine {best['machine']:,.0f}: {ratio:.0f} times")
    assert ratio >= 15


def asked(index: int) -> list[Asked]:
    """Return the steps of a program with what the reference answers."""
    return [
        Asked(step.seq, step.operation.name, step.args, step.outcome, step.cell) for step in Generator(0, index).steps()
    ]


def judged_seconds(first: int) -> tuple[int, float]:
    """Generate, step, send and judge programs over a process; return answers and seconds."""
    with SubprocessAdapter(ADAPTER) as adapter:
        started = time.perf_counter()
        results = list(
            judge_cases(adapter, [partial(asked, index) for index in range(first, first + PROGRAMS)], Level.state)
        )
        seconds = time.perf_counter() - started
    assert all(result.divergence is None and result.fault is None for result in results)
    return sum(result.judged for result in results), seconds


def bare_seconds(first: int) -> tuple[int, float]:
    """Write a line, read a line, decode it: the same requests, already printed, to the same adapter."""
    lines = []
    for index in range(first, first + PROGRAMS):
        lines.append(request_line(0, Request("reset", b"{}")))
        lines.extend(request_line(0, Request(one.op, one.args)) for one in asked(index))
    with subprocess.Popen(ADAPTER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in islice(lines, 50):  # until it has started
            process.stdin.write(line)
            process.stdin.flush()
            process.stdout.readline()
        started = time.perf_counter()
        for line in lines:
            process.stdin.write(line)
            process.stdin.flush()
            json.loads(process.stdout.readline())
        seconds = time.perf_counter() - started
        process.stdin.write(request_line(0, Request("bye", b"{}")))
        process.stdin.close()
    return len(lines), seconds


def bench_judged_run_against_bare_loop(benchmark: Any) -> None:
    benchmark.pedantic(judged_seconds, (0,), rounds=1, warmup_rounds=1)
    rates = {"judged": 0.0, "bare": 0.0}
    for number in range(ROUNDS):
        for name, work in (("judged", judged_seconds), ("bare", bare_seconds)):
            count, seconds = work(number * PROGRAMS)
            rates[name] = max(rates[name], count / seconds)
    ratio = rates["judged"] / rates["bare"]
    benchmark.extra_info["of the bare loop"] = round(ratio, 2)
    print(f"\njudged {rates['judged']:,.0f} answers/s, bare loop {rates['bare']:,.0f}: {ratio:.2f} of it")
    assert ratio >= 0.5


def bench_exploration(benchmark: Any) -> None:
    graph = benchmark.pedantic(explore, (DEFAULT_BOUND,), rounds=3)
    started = time.process_time()
    steps = sum(len(tour) for tour in tours(graph))
    seconds = time.process_time() - started
    print(f"\n{len(graph.states):,} states, {graph.edges:,} edges; tours of {steps:,} steps in {seconds:.2f} s")
    assert graph.edges >= 50_000
