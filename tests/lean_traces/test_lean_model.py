"""The real Lean model: the recordings, what a program may hold, and the reference."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.generators.profiles import PROFILES
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces import shipped
from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.lean_answer import LeanRun
from telltale_conformance.lean_traces.lean_errors import LeanProgramRefused
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.lean_program import LEAN_OPERATIONS, FirstCounters
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.oracle.lanes.lean import compare_run, observed_at_the_end
from telltale_conformance.oracle.reference.run import ReferenceRun, ReferenceStep
from telltale_conformance.oracle.verdict.compare import Level
from tests.trace_files import recorded_events


def ran(model: LeanModel, *steps: tuple[str, dict[str, Any]], contract: str = "telltale-17") -> LeanRun:
    asked = tuple(Step(seq=n, op=op, args=args) for n, (op, args) in enumerate(steps))
    (run,) = model.run([Program(contract=contract, steps=asked)])
    return run


def as_program(events: list[dict[str, Any]]) -> Program:
    return Program(steps=tuple(Step(seq=n, op=e["op"], args=e["args"]) for n, e in enumerate(events)))


def comparable(op: str, kind: str, value: Any, audit: list[Any]) -> Any:
    """The answer without what the contract leaves to the implementation."""
    if op == "memory_usage":
        value = {name: count for name, count in value.items() if name != "retained_bytes"}
    if kind == "err" and isinstance(value, str) and value.startswith("invalid edge json: "):
        value = "invalid edge json: "
    return kind, value, audit


def test_the_model_answers_every_recording_as_the_implementation_did(lean_model: LeanModel) -> None:
    paths = sorted(shipped.RECORDINGS.glob("telltale-machine-17.0.0*/*.jsonl.gz"))
    names = [path.name for path in paths]
    recorded = [[event for event in recorded_events(path) if event["op"] in LEAN_OPERATIONS] for path in paths]
    runs = lean_model.run([as_program(events) for events in recorded])
    for name, events, run in zip(names, recorded, runs, strict=True):
        for number, (event, step) in enumerate(zip(events, run.steps, strict=True)):
            kind = "ok" if "ok" in event else "err"
            expected = comparable(event["op"], kind, event[kind], event["audit"])
            assert comparable(step.op, step.kind, step.value, step.audit) == expected, f"{name}, event {number}"
    assert sum(map(len, recorded)) > 8_000


def test_texts_of_any_characters_come_back(lean_model: LeanModel) -> None:
    roles = ["", "é→𝄞", 'a"b', "a\\nb", "a\nb\r\t", "\x00\x01\x1f\x7f\x80", "\u2028", "'", "$ref"]
    plan = ran(lean_model, ("plan", {"roles": roles, "initial_types": {}})).steps[0].value
    assert plan["roles"] == roles
    assert list(plan["role_ids"]) == sorted(roles, key=lambda role: role.encode())


def test_numbers_up_to_the_top_are_exact(lean_model: LeanModel) -> None:
    top = 2**64 - 1
    run = ran(
        lean_model,
        ("open_with_sid", {"sid": top, "roles": [], "initial_types": {}}),
        ("open", {"roles": ["A"], "initial_types": {}}),
        ("observe", {"sid": top}),
        ("decode_edge_json", {"value": [top + 1, "A", "B"]}),
        ("decode_edge_json", {"value": [-1, "A", "B"]}),
        ("decode_edge_json", {"value": [1.0, "A", "B"]}),
        ("decode_edge_json", {"value": [top, "A", "B"]}),
    )
    assert [step.kind for step in run.steps] == ["ok", "ok", "ok", "err", "err", "err", "ok"]
    assert run.steps[1].value == top
    assert run.steps[2].value["roles"] == ["A"]


def test_references_are_resolved_or_the_step_is_skipped(lean_model: LeanModel) -> None:
    claim = {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"}
    forged = {"$ref": 1, "set": {"scope": {"Fragments": ["z", "a", "z"]}}}
    steps = (
        Step(seq=0, op="open", args={"roles": [], "initial_types": {}}),
        Step(seq=1, op="claim_ownership", args=claim),
        Step(seq=2, op="claim_ownership", args=claim),
        Step(seq=3, op="release_ownership", args={"capability": {"$ref": 2}}),
        Step(seq=5, op="release_ownership", args={"capability": {"$ref": 4}}),
        Step(seq=6, op="attenuate_ownership_scope", args={"capability": forged, "new_scope": "Session"}),
        Step(seq=7, op="validate_ownership_capability", args={"capability": {"$ref": 3}}),
        Step(seq=8, op="validate_ownership_capability", args={"capability": {"$ref": 0}}),
        Step(seq=9, op="validate_ownership_capability", args={"capability": {"$ref": 6, "set": {"no": 1}}}),
        Step(seq=10, op="validate_ownership_capability", args={"capability": {"$ref": 6}}),
    )
    (run,) = lean_model.run([Program(steps=steps)])
    kinds = ["ok", "ok", "err", "skipped", "skipped", "ok", "skipped", "skipped", "skipped", "ok"]
    assert [step.kind for step in run.steps] == kinds
    assert run.skipped == 5
    assert run.steps[5].audit[0]["artifact"]["OwnershipCapability"]["scope"] == {"Fragments": ["a", "z"]}
    events = list(run.events())
    assert [op for op, _, _ in events][-1] == "validate_ownership_capability"
    assert events[3][1]["capability"]["scope"] == {"Fragments": ["z", "a", "z"]}


def test_any_result_may_be_referred_to(lean_model: LeanModel) -> None:
    """Results that the model does not keep as arguments of later steps are read back from their text."""
    text = 'a"\\b\n\t\x01é\x7f'
    label = {"name": text, "sort": {"Prod": ["Nat", {"Vector": 3}]}}
    loop = {"Mu": {"var": text, "body": {"Send": {"partner": "B", "branches": [[label, "Bool", {"Var": text}]]}}}}
    endpoint = {"sid": {"$ref": 0}, "role": text}
    edge = {"sid": {"$ref": 0}, "sender": text, "receiver": "B"}

    def with_edge(step: int, **fields: Any) -> dict[str, Any]:
        return {"value": {"$ref": step, "set": {"sender": "A", "receiver": text, **fields}}}

    run = ran(
        lean_model,
        ("open", {"roles": [text, "B"], "initial_types": {text: loop, "B": "End"}}),  # 0
        ("observe", {"sid": {"$ref": 0}}),
        ("decode_edge_json", with_edge(1)),  # 2
        ("memory_usage", {}),
        ("decode_edge_json", with_edge(3)),  # 4
        ("decode_edge_json", {**with_edge(3), "session_hint": {"$ref": 0}}),
        ("original_type", {"ep": endpoint}),  # 6
        ("update_type", {"ep": {**endpoint, "role": "B"}, "new_type": {"$ref": 6}}),
        ("lookup_type", {"ep": {**endpoint, "role": "B"}}),  # 8
        ("decode_edge_json", {"value": edge}),
        ("lookup_handler", {"edge": {"$ref": 9}}),  # 10
        ("plan", {"roles": ["A"], "initial_types": {"A": {"$ref": 6, "set": {}}}}),
        ("claim_ownership", {"sid": 0, "owner_id": text, "scope": {"Fragments": ["a", text]}}),  # 12
        ("decode_edge_json", with_edge(12, sid={"$ref": 0})),
        ("validate_ownership_capability", {"capability": {"$ref": 12, "set": {}}}),  # 14
        ("authority_audit_log", {"sid": 0}),
        ("decode_edge_json", {"value": {"$ref": 15}}),  # 16
        ("original_type", {"ep": {**endpoint, "role": "B"}}),
        ("claim_ownership", {"sid": 0, "owner_id": {"$ref": 17}, "scope": "Session"}),  # 18
        ("unfold_mu", {"lt": {"$ref": 1}}),
    )
    assert [n for n, step in enumerate(run.steps) if step.kind == "err"] == [4, 16, 18]
    assert [n for n, step in enumerate(run.steps) if step.kind == "skipped"] == [19]
    assert run.steps[2].value == {"sid": 0, "sender": "A", "receiver": text}
    assert run.steps[4].value == "missing sid in edge json"
    assert run.steps[8].value == loop
    assert run.steps[11].value["initial_types"][0]["original"] == loop
    assert compare_run(run, "program", Level.state).divergence is None


def test_what_the_model_cannot_read_is_refused_by_name(lean_model: LeanModel) -> None:
    with pytest.raises(LeanProgramRefused, match="step 1, operation claim_ownership: no scope"):
        ran(lean_model, ("live_count", {}), ("claim_ownership", {"sid": 0, "owner_id": "a", "scope": "All"}))
    assert ran(lean_model, ("live_count", {})).steps[0].value == 0
    wrong = [[{"name": "m", "sort": "Int"}, None, "End"]]
    nested = {"Mu": {"var": "t", "body": {"Send": {"partner": "B", "branches": [*wrong, *wrong]}}}}
    with pytest.raises(LeanProgramRefused, match="step 0, operation unfold_mu: no payload sort"):
        ran(lean_model, ("unfold_mu", {"lt": nested}))
    with pytest.raises(LeanProgramRefused, match="step 0, operation unfold_mu: no local type"):
        ran(lean_model, ("unfold_mu", {"lt": {"Mu": {"var": "t"}, "Var": "t"}}))


def test_timeout_witnesses_of_the_runtime(lean_model: LeanModel) -> None:
    run = ran(
        lean_model,
        ("issue_timeout_witness", {"site": "b", "until_tick": 3}),
        ("issue_timeout_witness", {"site": "a", "until_tick": 3}),
        ("issue_timeout_witness", {"site": "b", "until_tick": 2}),
        ("advance_clock", {"tick": 3}),
        ("advance_clock", {"tick": 2}),
        ("runtime_audit_log", {}),
    )
    assert [w["site"] for w in run.steps[3].value] == ["a", "b"]
    assert run.steps[4].value == "clock cannot go back from 3 to 2"
    events = [(r["event"], r["tick"], r["artifact"]["Timeout"]["witness_id"]) for r in run.steps[5].value]
    assert events == [
        ("Issued", 0, 0),
        ("Issued", 0, 1),
        ("Invalidated", 0, 0),
        ("Issued", 0, 2),
        ("Expired", 3, 1),
        ("Expired", 3, 2),
    ]


def test_types_that_nest_deep(lean_model: LeanModel) -> None:
    deep: Any = "End"
    for _ in range(480):
        deep = {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, None, deep]]}}
    run = ran(lean_model, ("unfold_mu", {"lt": {"Mu": {"var": "t", "body": deep}}}))
    assert same_json(deep, run.steps[0].value)


def test_the_unfolding_of_hardened_substitutes_and_captures_nothing(lean_model: LeanModel) -> None:
    def send(label: str, cont: Any) -> Any:
        return {"Send": {"partner": "B", "branches": [[{"name": label, "sort": "Unit"}, None, cont]]}}

    inner = {"Mu": {"var": "u", "body": send("n", {"Var": "t"})}}
    outer = {"Mu": {"var": "t", "body": send("m", inner)}}
    loop = {"Mu": {"var": "t", "body": {"Mu": {"var": "u", "body": {"Var": "t"}}}}}
    run = ran(
        lean_model,
        ("open", {"roles": ["A", "B"], "initial_types": {"A": outer, "B": loop}}),
        ("advance", {"ep": {"sid": 0, "role": "A"}, "label": "m"}),
        ("advance", {"ep": {"sid": 0, "role": "A"}, "label": "n"}),
        ("lookup_type", {"ep": {"sid": 0, "role": "B"}}),
        contract="hardened",
    )
    unfolded = send("m", {"Mu": {"var": "u", "body": send("n", outer)}})
    assert run.steps[1].value["current"] == send("n", outer)
    assert run.steps[2].value["current"] == unfolded
    assert run.steps[3].value == loop


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_too_many_roles_are_refused_as_the_reference_refuses_them(lean_model: LeanModel, contract: str) -> None:
    many = {"initial_types": {}, "roles": ["A"] * 65_537}
    run = ran(lean_model, ("plan", many), ("open", many), ("open_with_sid", {**many, "sid": 3}), contract=contract)
    assert [step.value for step in run.steps] == ["limit exceeded: roles"] * 3
    assert compare_run(run, "many roles", Level.state).divergence is None


class NearTheBound(ReferenceRun):
    """A reference whose fresh sessions count from near 2^64-1, where no sequence of operations gets."""

    def __init__(self, contract: str, first: FirstCounters) -> None:
        super().__init__(contract)
        self._first = first

    def step(self, step_: Step) -> ReferenceStep:
        done = super().step(step_)
        if step_.op in {"open", "open_with_sid"} and done.outcome is not None and done.outcome.error is None:
            ownership = self.store.sessions[self.results[step_.seq]].ownership
            ownership.next_generation, ownership.next_claim_id, ownership.next_witness_id = self._first
        return done


NEAR_THE_BOUND = (
    FirstCounters(U64_MAX - 1, U64_MAX - 1, U64_MAX - 2),
    FirstCounters(0, U64_MAX, U64_MAX),
    FirstCounters(U64_MAX - 2, 1, U64_MAX - 1),
)
CANCELLED_WITHOUT_A_WITNESS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("open", {"initial_types": {}, "roles": ["A"]}),
    ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": 0}),
    ("issue_readiness_witness", {"capability": {"$ref": 1}, "predicate_ref": "p"}),
    ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"}),
    ("cancel_abandoned_transfer", {"receipt": {"$ref": 3}}),
    ("observe", {"sid": 0}),
)
"""The last witness id is given before the transfer is cancelled, which seldom happens by chance."""
EXHAUSTED = {
    ("attenuate_ownership_scope", "generation"),
    ("begin_ownership_transfer", "claim_id"),
    ("begin_ownership_transfer", "generation"),
    ("cancel_abandoned_transfer", "witness_id"),
    ("claim_ownership", "generation"),
    ("issue_readiness_witness", "witness_id"),
    ("mark_owner_died", "witness_id"),
}
"""Every operation that gives a number, with the counter that it can find exhausted (H2); a commit cannot, since its
transfer would not have begun."""


@pytest.mark.parametrize("rounds", [6, pytest.param(20, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_model_and_reference_agree_where_counters_end(lean_model: LeanModel, contract: str, rounds: int) -> None:
    about = {"endings", "forged", "ownership", "witnesses"}
    made = [
        observed_at_the_end(generate_program(64, index, steps=60, contract=contract))
        for index in range(rounds * len(PROFILES))
        if PROFILES[index % len(PROFILES)].name in about
    ]
    named = enumerate(CANCELLED_WITHOUT_A_WITNESS)
    made.append(Program(contract=contract, steps=tuple(Step(seq=n, op=op, args=args) for n, (op, args) in named)))
    steps = []
    for first in NEAR_THE_BOUND:
        for run in lean_model.run(made, first=first):
            divergence = compare_run(run, "near the bound", Level.state, NearTheBound(contract, first)).divergence
            assert divergence is None, divergence
            steps += run.steps
    refused = {(step.op, *_counter(step.value)) for step in steps if step.kind == "err"}
    assert {step for step in refused if len(step) > 1} == (EXHAUSTED if contract == "hardened" else set())
    issued = {step.value["witness_id"] for step in steps if (step.op, step.kind) == ("issue_readiness_witness", "ok")}
    assert max(issued) == U64_MAX


def _counter(error: Any) -> tuple[str, ...]:
    return (error["CounterExhausted"]["counter"],) if "CounterExhausted" in error else ()
