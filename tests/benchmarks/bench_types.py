"""Projection and compatibility of protocols (``make bench``): textbook ones in milliseconds, 10^5 states in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from pytest_benchmark.fixture import BenchmarkFixture

from telltale_conformance.lean_traces.protocol_files import read_protocol_file
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import project
from telltale_conformance.model.types.protocol import Protocol
from telltale_conformance.model.types.syntax import parse_protocol
from telltale_conformance.oracle.compatibility.buffer_text import parse_buffer
from telltale_conformance.oracle.compatibility.judging import judge
from telltale_conformance.oracle.compatibility.product import Product
from telltale_conformance.oracle.compatibility.search import every_interleaving, in_rounds
from tests.oracle.test_compatibility_literature import FILES, types_of


def cpu_seconds(function: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    before = time.process_time()
    function()
    return time.process_time() - before


def projected(protocol: Protocol) -> None:
    """Project on every role, where there is a global type."""
    if protocol.global_type is not None:
        for role in protocol.roles:
            project(protocol.global_type, role)


def judged(protocol: Protocol, types: dict[str, LocalType]) -> None:
    """Look whether the roles fit, with the default buffers."""
    judge(protocol.roles, types)


def bench_textbook_protocols(benchmark: BenchmarkFixture) -> None:
    worst = {"projection": 0.0, "compatibility": 0.0}
    protocols = [read_protocol_file(path).protocol for path in FILES]
    for protocol in protocols:
        for name, function in (
            ("projection", partial(projected, protocol)),
            ("compatibility", partial(judged, protocol, types_of(protocol))),
        ):
            worst[name] = max(worst[name], min(cpu_seconds(function) for _ in range(5)))
    benchmark.pedantic(lambda: [judged(one, types_of(one)) for one in protocols], rounds=3)
    print({name: f"{1000 * seconds:.1f} ms" for name, seconds in worst.items()}, f"worst of {len(FILES)} protocols")
    assert max(worst.values()) < 0.05


def bench_a_hundred_thousand_states(benchmark: BenchmarkFixture) -> None:
    """Three streams with 46 slots each: 47^3 states, all reached, one move at a time."""
    pairs = "\n".join(f"{a} = μt. {b}!m. t\n{b} = μt. {a}?m. t" for a, b in ("AB", "CD", "EF"))
    protocol = parse_protocol(f"roles A, B, C, D, E, F\n{pairs}")
    product = Product(protocol.roles, protocol.types, parse_buffer("Fifo:46:Block"), TELLTALE_17)
    found = []
    seconds = cpu_seconds(lambda: found.append(every_interleaving(product, 200_000)))
    benchmark.pedantic(lambda: in_rounds(product, 200_000), rounds=3)
    print(f"{found[0].states} states in {seconds:.2f} s of CPU; in rounds {in_rounds(product, 200_000).states} states")
    assert found[0].complete
    assert found[0].states == 47**3
    assert seconds < 10
