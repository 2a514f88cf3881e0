"""Programs on the reference: what each step comes to, and what is skipped."""

from __future__ import annotations

from typing import Any

from telltale_conformance.oracle.reference.run import run

OPEN = {"args": {"initial_types": {"A": "End"}, "roles": ["A"]}, "op": "open", "seq": 2}
CLAIM = {"args": {"owner_id": "a", "scope": "Session", "sid": {"$ref": 2}}, "op": "claim_ownership", "seq": 5}
LOST: dict[str, Any] = {"args": {"capability": {"$ref": 4}}, "op": "release_ownership", "seq": 6}
RELEASE = {"args": {"capability": {"$ref": 5}}, "op": "release_ownership", "seq": 9}


def test_steps_keep_their_numbers_and_those_without_a_result_to_refer_to_are_skipped() -> None:
    events = run([OPEN, CLAIM, LOST, RELEASE], "telltale-17")
    assert [(event["seq"], event["op"]) for event in events] == [
        (2, "open"),
        (5, "claim_ownership"),
        (9, "release_ownership"),
    ]
    assert events[0]["ok"] == 0
    assert events[1]["args"] == {"owner_id": "a", "scope": "Session", "sid": 0}
    assert events[2]["args"]["capability"] == events[1]["ok"]
    assert "ok" in events[2]
    assert [record["event"] for event in events[1:] for record in event["audit"]] == ["Issued", "Invalidated"]


def test_a_refused_step_gives_nothing_to_refer_to() -> None:
    again = {**CLAIM, "seq": 6}
    events = run([OPEN, CLAIM, again, {**RELEASE, "args": {"capability": {"$ref": 6}}}], "telltale-17")
    assert [event["seq"] for event in events] == [2, 5, 6]
    assert "err" in events[2]
