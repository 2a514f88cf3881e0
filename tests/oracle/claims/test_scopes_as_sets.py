"""A scope is a set: however its fragments are written, the monitors take it for the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.claims.scopes import fragments, same_artifact, within
from telltale_conformance.oracle.reference.run import run

SORTED, OTHERWISE = {"Fragments": ["x", "y"]}, {"Fragments": ["y", "x", "y"]}


def rewritten(value: Any) -> Any:
    """The same JSON with every scope of x and y written in another way."""
    if value == SORTED:
        return OTHERWISE
    if isinstance(value, dict):
        return {name: rewritten(item) for name, item in value.items()}
    return [rewritten(item) for item in value] if isinstance(value, list) else value


def ref(step: int, **changed: Any) -> dict[str, Any]:
    return {"$ref": step, "set": changed} if changed else {"$ref": step}


PROGRAMS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "granted": [
        ("open", {"roles": ["A"], "initial_types": {}}),
        ("claim_ownership", {"sid": ref(0), "owner_id": "a", "scope": SORTED}),
        ("validate_ownership_capability", {"capability": ref(1)}),
        ("attenuate_ownership_scope", {"capability": ref(1), "new_scope": SORTED}),
        ("begin_ownership_transfer", {"capability": ref(3), "new_owner_id": "b", "new_scope": SORTED}),
        ("observe", {"sid": ref(0)}),
        ("commit_ownership_transfer", {"receipt": ref(4, claim_id=7)}),
        ("cancel_abandoned_transfer", {"receipt": ref(4, to_generation=7)}),
        ("commit_ownership_transfer", {"receipt": ref(4)}),
        ("observe", {"sid": ref(0)}),
        ("release_ownership", {"capability": ref(8)}),
    ],
    "witnessed": [
        ("open", {"roles": ["A"], "initial_types": {}}),
        ("claim_ownership", {"sid": ref(0), "owner_id": "a", "scope": "Session"}),
        ("issue_readiness_witness", {"capability": ref(1), "predicate_ref": "p"}),
        ("consume_readiness_witness", {"capability": ref(1), "witness": ref(2, scope=SORTED)}),
        ("begin_ownership_transfer", {"capability": ref(1), "new_owner_id": "b", "new_scope": SORTED}),
        ("rollback_ownership_transfer", {"receipt": ref(4)}),
        ("rollback_ownership_transfer", {"receipt": ref(4)}),
    ],
}


def events(name: str) -> list[dict[str, Any]]:
    steps = [{"seq": seq, "op": op, "args": args} for seq, (op, args) in enumerate(PROGRAMS[name])]
    return run(steps, "hardened")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("part", ["args", "ok", "audit"])
def test_one_side_written_otherwise_changes_no_verdict(name: str, part: str) -> None:
    plain = events(name)
    told = {claim: (found.verdict, found.occasions) for claim, found in watch(plain).items()}
    assert "broken" not in {verdict for verdict, _ in told.values()}
    changed = [{**event, part: rewritten(event[part])} if part in event else event for event in plain]
    assert changed != plain or (name, part) == ("witnessed", "ok")
    assert {claim: (found.verdict, found.occasions) for claim, found in watch(changed).items()} == told


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("part", ["args", "ok", "audit"])
def test_written_otherwise_from_some_event_on(name: str, part: str) -> None:
    plain = events(name)
    told = {claim: (found.verdict, found.occasions) for claim, found in watch(plain).items()}
    for start in range(len(plain)):
        changed = [
            {**event, part: rewritten(event[part])} if part in event and event["seq"] >= start else event
            for event in plain
        ]
        assert {claim: (found.verdict, found.occasions) for claim, found in watch(changed).items()} == told


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_record_with_another_set_is_another_record(name: str) -> None:
    plain = events(name)
    text = json.dumps([event["audit"] for event in plain])
    assert '["x", "y"]' in text
    audits = json.loads(text.replace('["x", "y"]', '["x", "z"]'))
    changed = [{**event, "audit": audit} for event, audit in zip(plain, audits, strict=True)]
    verdicts = watch(changed)
    assert verdicts["K13"].verdict == "broken"
    assert verdicts["K12"].verdict == "broken"


def test_the_unsorted_receipt_that_was_refused_is_the_one_in_the_log() -> None:
    receipt = {
        "session_id": 0,
        "claim_id": 7,
        "from_owner_id": "a",
        "from_generation": 0,
        "to_owner_id": "b",
        "to_generation": 1,
        "scope": {"Fragments": ["y", "x"]},
    }
    steps = [
        {"seq": 0, "op": "open", "args": {"roles": ["A"], "initial_types": {}}},
        {"seq": 1, "op": "rollback_ownership_transfer", "args": {"receipt": receipt}},
    ]
    verdict = watch(run(steps, "hardened"))["K13"]
    assert (verdict.verdict, verdict.occasions) == ("kept", 1)


def test_the_parts_compare_sets() -> None:
    assert fragments("Session") is None
    assert fragments(OTHERWISE) == fragments(SORTED)
    assert within(OTHERWISE, SORTED)
    assert not within("Session", SORTED)
    assert same_artifact({"a": 1, "scope": OTHERWISE}, {"a": 1, "scope": SORTED})
    assert not same_artifact({"a": 2, "scope": OTHERWISE}, {"a": 1, "scope": SORTED})
    assert not same_artifact(None, {"scope": SORTED})
    assert same_artifact(None, None)
    for strange in ({"Fragments": "xy"}, {"Fragments": [["x"]]}, 7, {}):
        with pytest.raises((ValueError, TypeError, KeyError)):
            fragments(strange)
