"""A judged run over a subprocess against a bare loop over the same adapter: steps per second (``make bench``).

The bare loop writes a line, flushes, reads a line and decodes it, with the same requests and no judging. Both are
measured in turns, by the clock, since two processes share the work.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.oracle.adapters import Adapter, ReferenceAdapter, SubprocessAdapter
from telltale_conformance.oracle.reference.judging import Asked, Case, judge_cases
from telltale_conformance.oracle.verdict.compare import Level

REFERENCE = [sys.executable, "-m", "telltale_conformance.adapters.reference"]
LINE_BY_LINE = [
    sys.executable,
    "-c",
    """
import sys
from telltale_conformance.oracle.adapters.serve_reference import ReferenceServer
server = ReferenceServer("telltale-17")
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(server.answer(line))
    sys.stdout.buffer.flush()
    if server.ended:
        break
""",
]
ADAPTERS = {"reference": REFERENCE, "reference, line by line": LINE_BY_LINE}
ROUNDS = 5
PROGRAMS = 200


def generated(index: int) -> list[Asked]:
    """Return the steps of a program of the seeded generator, with the reference's answers."""
    return [
        Asked(
            step.seq,
            step.operation.name,
            step.args,
            step.outcome,
            step.cell,
        )
        for step in Generator(1, index).steps()
    ]


def bare_rate(command: list[str], lines: list[bytes]) -> float:
    """Return the answers per second of a bare loop."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        _exchange(process, b'{"id":0,"op":"hello","args":{"protocol":1}}\n')
        began = time.perf_counter()
        for line in lines:
            process.stdin.write(line)
            process.stdin.flush()
            json.loads(process.stdout.readline())
        seconds = time.perf_counter() - began
        process.stdin.write(b'{"id":0,"op":"bye","args":{}}\n')
        process.stdin.close()
    return len(lines) / seconds


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(line)
    process.stdin.flush()
    process.stdout.readline()


def judged_rate(adapter: Adapter, cases: list[Case], steps: int) -> float:
    """Return the judged steps per second."""
    began = time.perf_counter()
    judged = sum(result.judged for result in judge_cases(adapter, cases, Level.state))
    seconds = time.perf_counter() - began
    assert judged == steps
    return steps / seconds


@pytest.fixture(scope="module")
def programs() -> list[list[Asked]]:
    return [generated(index) for index in range(PROGRAMS)]


def request_lines(programs: list[list[Asked]]) -> list[bytes]:
    lines = []
    for program in programs:
        lines.append(b'{"id":1,"op":"reset","args":{}}\n')
        lines.extend(b'{"id":1,"op":"%b","args":%b}\n' % (asked.op.encode(), asked.args) for asked in program)
    return lines


@pytest.mark.parametrize("name", ADAPTERS)
def bench_judged_run_to_bare_loop(benchmark: Any, programs: list[list[Asked]], name: str) -> None:
    steps = sum(map(len, programs))
    lines = request_lines(programs)
    ready: list[Case] = [partial(iter, program) for program in programs]
    made: list[Case] = [partial(generated, index) for index in range(PROGRAMS)]
    rates: dict[str, list[float]] = {"bare": [], "judged": [], "generated and judged": []}
    with SubprocessAdapter(ADAPTERS[name]) as adapter:
        for _ in range(ROUNDS):
            rates["bare"].append(bare_rate(ADAPTERS[name], lines))
            rates["judged"].append(judged_rate(adapter, ready, steps))
            rates["generated and judged"].append(judged_rate(adapter, made, steps))
        benchmark.pedantic(judged_rate, (adapter, ready, steps), rounds=1)
    best = {what: max(found) for what, found in rates.items()}
    for what, rate in best.items():
        print(f"\n{name}: {what}: {rate:,.0f} steps/s, {rate / best['bare']:.2f} x the bare loop")
    benchmark.extra_info["ratio to the bare loop"] = round(best["judged"] / best["bare"], 2)
    assert best["judged"] >= best["bare"] / 2


def bench_start_and_close(benchmark: Any) -> None:
    def start() -> None:
        with SubprocessAdapter(REFERENCE):
            pass

    benchmark.pedantic(start, rounds=10, warmup_rounds=1)
    print(f"\nstart, hello and close of the reference: {benchmark.stats['min'] * 1000:.0f} ms")


def bench_reference_within_this_process(benchmark: Any, programs: list[list[Asked]]) -> None:
    steps = sum(map(len, programs))
    ready: list[Case] = [partial(iter, program) for program in programs]
    rate: Callable[[], float] = partial(judged_rate, ReferenceAdapter(), ready, steps)
    print(f"\nwithin this process: {max(rate() for _ in range(ROUNDS)):,.0f} steps/s")
    benchmark.pedantic(rate, rounds=1)
