"""What hardened changes for honest clients: nothing but generations."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

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


ENDINGS = {("Readiness", "Invalidated", "ownership generation ended"), ("OwnershipReceipt", "RolledBack", "owner died")}
"""The records that hardened alone writes (H9, H10)."""


def moved(value: Any, offset: int) -> Any:
    if isinstance(value, dict):
        return {
            key: inner + offset if key.endswith("generation") else moved(inner, offset) for key, inner in value.items()
        }
    return value


def offsets_of(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[int]:
    """The offset of each tenure of a session, once its two logs are the same apart from offsets and endings."""
    new = [r for r in new if (next(iter(r["artifact"])), r["event"], r["reason"]) not in ENDINGS]
    assert len(old) == len(new)
    offsets: list[int] = []
    for before, after in zip(old, new, strict=True):
        cap, capital = (record["artifact"].get("OwnershipCapability", {}) for record in (before, after))
        if before["event"] == "Issued" and cap.get("generation") == 0:
            offsets.append(capital["generation"])
        assert after == moved(before, offsets[-1])
    return offsets


def test_their_logs_are_the_same_but_for_an_offset_of_each_tenure_and_for_endings() -> None:
    offsets = []
    for seed in range(PROGRAMS):
        program = honest_program(seed)
        steps = [{"seq": step.seq, "op": step.op, "args": step.args} for step in program.steps]
        sids = [step.seq for step in program.steps if step.op == "open"]
        asked = [
            {"seq": len(steps) + n, "op": "authority_audit_log", "args": {"sid": {"$ref": seq}}}
            for n, seq in enumerate(sids)
        ]
        old, new = (run([*steps, *asked], contract)[-len(sids) :] for contract in ("telltale-17", "hardened"))
        offsets += [offsets_of(o["ok"], n["ok"]) for o, n in zip(old, new, strict=True) if o["ok"] is not None]
    assert all(found == sorted(set(found)) for found in offsets)
    assert sum(len(found) > 1 for found in offsets) >= 20


LOOP = {
    "Mu": {
        "var": "t",
        "body": {"Send": {"partner": "B", "branches": [[{"name": "a", "sort": "Unit"}, None, {"Var": "t"}]]}},
    }
}
_EP = {"sid": 0, "role": "A"}
_TO_B = {"sid": 0, "from": "A", "to": "B"}


@pytest.mark.parametrize(
    ("types", "steps"),
    [
        (LOOP, [("lookup_type", {"ep": _EP})]),
        (LOOP, [("advance", {"ep": _EP, "label": "a"})]),
        (LOOP, [("plan", {"roles": ["A", "B"], "initial_types": {"A": LOOP}})]),
        (
            LOOP,
            [
                ("send", {**_TO_B, "val": "Unit"}),
                ("send", {**_TO_B, "val": "Unit"}),
                ("recv", _TO_B),
                ("recv_signed", _TO_B),
            ],
        ),
    ],
    ids=["a type is shown", "a branch is followed", "a plan is made", "a number that was not asked for is shown"],
)
def test_what_the_description_of_honest_clients_leaves_out_is_answered_differently(
    types: Any, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    opened = ("open", {"roles": ["A", "B"], "initial_types": {"A": types}})
    program = [{"seq": seq, "op": op, "args": args} for seq, (op, args) in enumerate([opened, *steps])]
    old, new = (run(program, contract) for contract in ("telltale-17", "hardened"))
    assert [answer(event) for event in old[:-1]] == [answer(event) for event in new[:-1]]
    assert answer(old[-1]) != answer(new[-1])
