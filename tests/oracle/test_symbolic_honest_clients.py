"""What hardened changes for honest clients: nothing but generations."""

from __future__ import annotations

from collections import Counter
from typing import Any

from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.reference.run import run
from tests.generators.honest_clients import honest_program

PROGRAMS = 150


def without_generations(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_generations(inner) for key, inner in value.items() if "generation" not in key}
    return [without_generations(inner) for inner in value] if isinstance(value, list) else value


def events_of(seed: int, contract: str) -> list[dict[str, Any]]:
    program = honest_program(seed)
    return run([{"seq": step.seq, "op": step.op, "args": step.args} for step in program.steps], contract)


def answer(event: dict[str, Any]) -> dict[str, Any]:
    return {key: without_generations(event[key]) for key in ("ok", "err") if key in event}


def test_well_behaved_programs_give_the_same_outcomes_under_both_contracts() -> None:
    for seed in range(PROGRAMS):
        old, new = events_of(seed, "telltale-17"), events_of(seed, "hardened")
        assert [answer(event) for event in old] == [answer(event) for event in new], seed


def test_they_do_all_that_owners_do_and_nothing_is_refused_them() -> None:
    done: Counter[str] = Counter()
    for seed in range(PROGRAMS):
        for event in events_of(seed, "hardened"):
            done[event["op"]] += 1
            assert "ok" in event or event["op"] == "advance", event
    assert min(done.values()) >= 20
    assert len(done) >= 20


def test_they_keep_every_claim_under_hardened() -> None:
    for seed in range(PROGRAMS):
        broken = {key for key, verdict in watch(events_of(seed, "hardened")).items() if verdict.violations}
        assert not broken, seed
