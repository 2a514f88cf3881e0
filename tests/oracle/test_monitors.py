"""Live claims, from the events of a trace alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from telltale_conformance.oracle.claims.monitors import WATCHED, Monitors, watch
from telltale_conformance.oracle.reference.run import ReferenceRun, run
from tests.trace_files import RECORDINGS

NEVER_BROKEN = ("K3", "K7", "K8", "K9", "K18", "K19", "K20", "K21", "K22", "K24")
"""What the recorded implementation keeps in every recording."""
NOT_RECORDED = ("K25", "K26", "K27", "K28", "K29", "K30")
"""What those recordings have no operations for; those of them that do are of the whole surface."""

OPEN = {"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": {}}, "ok": 0, "audit": []}


def cap(generation: int = 0, owner: str = "a", scope: Any = "Session") -> dict[str, Any]:
    return {"session_id": 0, "owner_id": owner, "generation": generation, "scope": scope}


def receipt(generation: int = 0, after: int = 1) -> dict[str, Any]:
    return {
        "session_id": 0,
        "claim_id": 1,
        "from_owner_id": "a",
        "from_generation": generation,
        "to_owner_id": "b",
        "to_generation": after,
        "scope": "Session",
    }


def witness(key: int) -> dict[str, Any]:
    return {**cap(), "witness_id": key, "predicate_ref": "p"}


CLAIM = ("claim_ownership", {"sid": 0, "owner_id": "a", "scope": "Session"}, cap())
DIED = (
    "mark_owner_died",
    {"sid": 0, "owner_id": "a"},
    {
        "witness_id": 1,
        "session_id": 0,
        "owner_id": "a",
        "generation": 0,
        "reason": {"OwnerDied": {"owner_id": "a"}},
    },
)
BEGIN = ("begin_ownership_transfer", {"capability": cap(), "new_owner_id": "b", "new_scope": "Session"}, receipt())
ISSUE = ("issue_readiness_witness", {"capability": cap(), "predicate_ref": "p"}, witness(1))
CONSUME = ("consume_readiness_witness", {"capability": cap(), "witness": witness(1)}, None)


def events(*made: tuple[str, Any, Any]) -> list[dict[str, Any]]:
    return [OPEN, *({"seq": seq, "op": op, "args": args, "ok": ok} for seq, (op, args, ok) in enumerate(made, 1))]


BROKEN = {
    "K3": events(CLAIM, ISSUE, CONSUME, CONSUME),
    "K7": events(CLAIM, BEGIN, BEGIN),
    "K8": events(CLAIM, BEGIN, ("commit_ownership_transfer", {"receipt": receipt()}, cap(2, "b"))),
    "K9": events(CLAIM, DIED, CLAIM),
    "K18": [
        OPEN,
        {"seq": 1, "op": "send", "args": {"sid": 0, "from": "A", "to": "B", "val": {"Nat": 1}}, "ok": "Ok"},
        {"seq": 2, "op": "recv", "args": {"sid": 0, "from": "A", "to": "B"}, "ok": None},
    ],
}
"""Answers that no store of either contract gives."""


@pytest.mark.parametrize("claim", BROKEN)
def test_a_claim_broken_by_the_last_event(claim: str) -> None:
    verdict = watch(BROKEN[claim])[claim]
    assert verdict.verdict == "broken"
    assert [violation.seq for violation in verdict.violations] == [BROKEN[claim][-1]["seq"]]
    assert watch(BROKEN[claim][:-1])[claim].verdict != "broken"


def test_witness_ids_given_out_twice() -> None:
    assert watch(events(CLAIM, ISSUE, ISSUE))["K3"].verdict == "broken"


def test_a_record_left_out_breaks_the_audit() -> None:
    whole = run(
        [
            {"seq": 0, "op": "open", "args": OPEN["args"]},
            {"seq": 1, "op": "claim_ownership", "args": CLAIM[1]},
            {"seq": 2, "op": "release_ownership", "args": {"capability": {"$ref": 1}}},
        ],
        "telltale-17",
    )
    assert watch(whole)["K12"].verdict == "kept"
    cut = [*whole[:-1], {**whole[-1], "audit": []}]
    assert watch(cut)["K12"].verdict == "broken"


def test_without_audit_the_log_is_not_judged() -> None:
    verdicts = watch(events(CLAIM, BEGIN))
    assert verdicts["K12"].verdict == "not judged"
    assert verdicts["K13"].verdict == "not judged"
    assert watch(events(CLAIM, BEGIN, BEGIN))["K7"].verdict == "broken"


def test_an_empty_trace_judges_nothing() -> None:
    assert {verdict.verdict for verdict in watch([]).values()} == {"not judged"}
    assert set(watch([])) == set(WATCHED)


def test_a_session_opened_again_is_another_life() -> None:
    release = ("release_ownership", {"capability": cap()}, None)
    again = {"seq": 3, "op": "open_with_sid", "args": {**OPEN["args"], "sid": 0}, "ok": 0}
    use = ("validate_ownership_capability", {"capability": cap()}, None)
    later = [{"seq": 4 + n, "op": op, "args": args, "ok": ok} for n, (op, args, ok) in enumerate((CLAIM, use))]
    verdicts = watch([*events(CLAIM, release), again, *later])
    assert verdicts["K10"].verdict == "broken"
    assert verdicts["K1"].verdict == "not judged"


def test_an_answer_of_no_readable_shape_ends_judging_its_sessions() -> None:
    monitors = Monitors()
    for event in [*events(CLAIM, BEGIN), {"seq": 3, "op": "issue_readiness_witness", "args": ISSUE[1], "ok": 7}]:
        monitors.feed(event)
    assert monitors.unreadable == [3]
    assert monitors.feed({"seq": 4, "op": BEGIN[0], "args": BEGIN[1], "ok": BEGIN[2]}) == []


def test_a_variable_leads_to_its_own_binder() -> None:
    inner = {"Mu": {"var": "t", "body": {"Recv": {"partner": "B", "branches": [[{"name": "b"}, None, {"Var": "s"}]]}}}}
    outer = {"Mu": {"var": "s", "body": {"Send": {"partner": "B", "branches": [[{"name": "a"}, None, inner]]}}}}
    for contract, verdict in (("telltale-17", "broken"), ("hardened", "kept")):
        reference = ReferenceRun(contract)
        reference.perform(0, "open", {"roles": ["A", "B"], "initial_types": {"A": outer}})
        for seq, label in enumerate(("a", "b"), 1):
            reference.perform(seq, "advance", {"ep": {"sid": 0, "role": "A"}, "label": label})
        assert watch(reference.events)["K16"].verdict == verdict


def recorded() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for path in sorted(RECORDINGS.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield path.name, [event for event in map(json.loads, lines) if "seq" in event]


def test_the_recordings_break_exactly_the_claims_that_are_refuted() -> None:
    broken, traces = set(), 0
    for name, trace in recorded():
        monitors = Monitors()
        for event in trace:
            monitors.feed(event)
        assert not monitors.unreadable, name
        broken |= {key for key, verdict in monitors.verdicts.items() if verdict.violations}
        traces += 1
    assert traces >= 140
    assert broken == {*WATCHED} - {*NEVER_BROKEN} - {*NOT_RECORDED}
