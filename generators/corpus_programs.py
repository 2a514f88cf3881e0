"""The programs that the Lean model's corpus of traces is made of, under both contracts.

Seeded programs over all operations; the programs that reach every reachable cell of coverage; those that break the
claims; one that fills and empties a buffer of every kind, each value another; one at the top of the session ids,
where no generated program gets; one that sets the clock; and those that walk through the surface of contract §13 to
§19.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from telltale_conformance.generators.claim_programs import claim_programs, coverage_program
from telltale_conformance.generators.corpus_surface import host_calls, plan_calls, signed_calls
from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.lean_program import in_lean
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.values import U64_MAX

SEED: Final = 20_260_000
PROGRAMS: Final = {"telltale-17": 300, "hardened": 100}
"""How many seeded programs each contract has in the corpus."""
STEPS: Final = 40
"""Steps of a seeded program before its last look."""

_OPENED: Final[dict[str, Any]] = {"initial_types": {}, "roles": ["A"]}
_KINDS: Final[tuple[dict[str, Any], ...]] = tuple(
    {"initial_capacity": capacity, "mode": mode, "policy": policy}
    for mode in ("Fifo", "LatestValue")
    for policy in ("Block", "Drop", "Error", {"Resize": {"max_capacity": 3}}, {"Resize": {"max_capacity": 4}})
    for capacity in (0, 2)
)
_SENT: Final = 5
"""Values sent into each buffer: more than any of them holds."""


def _with_numbers(operations: Iterable[tuple[str, dict[str, Any]]], contract: str) -> Program:
    steps = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(operations))
    return Program(contract=contract, meta={}, steps=steps)


def buffers_program(contract: str) -> Program:
    """Return the program that fills and empties a buffer of every kind (contract §8)."""
    return _with_numbers(_buffers(), contract)


def _buffers() -> Iterator[tuple[str, dict[str, Any]]]:
    sends = {"Send": {"branches": [[{"name": "m", "sort": "Unit"}, None, "End"]], "partner": "B"}}
    for sid, kind in enumerate(_KINDS):
        edge = {"from": "A", "sid": sid, "to": "B"}
        yield "open", {"buffer_config": kind, "initial_types": {"A": sends}, "roles": ["A", "B"]}
        for number in range(_SENT):
            yield "send", {**edge, "val": {"Nat": number}}
        yield "observe", {"sid": sid}
        for _ in range(_SENT):
            yield "recv", edge
        yield "has_message", edge
        yield "send", {**edge, "val": {"Nat": _SENT}}
        yield "recv", edge


def _top() -> Iterator[tuple[str, dict[str, Any]]]:
    """Open at the top of the session ids (contract §5)."""
    yield "open_with_sid", {**_OPENED, "sid": U64_MAX - 1}
    for _ in range(2):
        yield "next_session_id", {}
        yield "open", _OPENED
    yield "open_with_sid", {**_OPENED, "sid": U64_MAX}
    yield "session_ids", {}


def _clock() -> Iterator[tuple[str, dict[str, Any]]]:
    """Let a timeout witness be replaced and expire, and try to set the clock back (contract §9)."""
    for until in (3, 2):
        yield "issue_timeout_witness", {"site": "s", "until_tick": until}
    for tick in (2, 1):
        yield "advance_clock", {"tick": tick}
    yield "runtime_audit_log", {}


def corpus_programs() -> Iterator[tuple[str, Program]]:
    """Yield every program of the corpus with the name that its trace has."""
    for contract, count in PROGRAMS.items():
        for index in range(count):
            program = in_lean(generate_program(SEED, index, steps=STEPS, contract=contract))
            yield f"{contract}-{index:03d}-{PROFILES[index % len(PROFILES)].name}", program
        yield f"{contract}-cells", in_lean(coverage_program(contract))
        for claim, program in claim_programs():
            yield f"{contract}-claim-{claim}", msgspec.structs.replace(in_lean(program), contract=contract)
        yield f"{contract}-buffers", buffers_program(contract)
        yield f"{contract}-top-ids", _with_numbers(_top(), contract)
        yield f"{contract}-clock", _with_numbers(_clock(), contract)
        for name, calls in (("signed", signed_calls), ("hosts", host_calls), ("plans", plan_calls)):
            yield f"{contract}-{name}", _with_numbers(calls(), contract)
