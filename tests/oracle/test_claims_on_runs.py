"""Claims watched on runs: K15, K16 and K18, with their occasions, as far as a document shows what was answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.schemas import validator
from tests.installed import run_here
from tests.oracle.run_world import NAMES, RUNS, copy, document, slim


def claims(*arguments: Any) -> dict[str, Any]:
    """Return the claims of the row that ``replay`` prints."""
    (line,) = run_here("replay", *arguments, "--claims", "--json").stdout.splitlines()
    row = json.loads(line)
    validator("report", "traceVerdict").validate(row)
    found: dict[str, Any] = row["claims"]
    return found


def stands(found: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {claim: (stand["status"], stand["occasions"]) for claim, stand in found["verdicts"].items()}


def given(folder: Path, output: Any, name: str) -> Path:
    path = folder / "run.output.json"
    path.write_text(json.dumps(output))
    (folder / "run.input.json").write_text(json.dumps(document(name, "input")))
    return path


def test_recorded_runs_keep_and_break_what_is_known_of_them() -> None:
    done = run_here("replay", RUNS, "--claims", "--json")
    rows = {Path(row["trace"]).name: row["claims"] for row in map(json.loads, done.stdout.splitlines())}
    assert len(rows) == 2 * len(NAMES)
    broken = {
        (name, claim)
        for name, found in rows.items()
        for claim, (status, _) in stands(found).items()
        if status == "broken"
    }
    nested = ("nested_exit_first.output.json.gz", "nested_exit_first.raw.json.gz")
    assert broken == {(name, "K16") for name in nested}
    (violation,) = rows[nested[0]]["violations"]
    assert violation["why"].endswith("($.trace[3])")
    assert stands(rows["golden_recursive_loop.output.json.gz"]) == {
        "K15": ("not judged", 0),  # a run does not say which edges there are
        "K16": ("kept", 30),
        "K18": ("kept", 15),
    }


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_claims_do_not_hang_on_the_contract(contract: str) -> None:
    found = claims(RUNS / "nested_exit_first.output.json.gz", "--contract", contract)
    assert stands(found) == {"K15": ("not judged", 0), "K16": ("broken", 4), "K18": ("kept", 2)}


def test_a_step_whose_result_nothing_shows_is_no_occasion() -> None:
    whole = stands(claims(RUNS / "golden_recursive_loop.output.json.gz"))["K16"]
    raw = stands(claims(RUNS / "golden_recursive_loop.raw.json.gz"))["K16"]
    assert (whole, raw) == (("kept", 30), ("kept", 28))  # the last step of each role has nothing after it


def test_a_message_that_is_lost_breaks_k18(tmp_path: Path) -> None:
    output = {**slim("golden_ping_pong"), "step_states": []}
    received = next(event for event in output["trace"] if event["kind"] == "received")
    received["label"] = "pang"
    output["sessions"] = copy(output["sessions"])
    local = {"schema_version": "lean_bridge.v1", "choreographies": []}
    for choreography in document("golden_ping_pong", "input")["choreographies"]:
        branches = choreography["global_type"]["branches"]
        branches.append({"label": {"name": "pang", "sort": "unit"}, "continuation": branches[0]["continuation"]})
        local["choreographies"].append(choreography)
    path = given(tmp_path, output, "golden_ping_pong")
    (tmp_path / "run.input.json").write_text(json.dumps(local))
    found = claims(path)
    assert stands(found)["K18"] == ("broken", 1)


def test_a_missing_edge_breaks_k15(tmp_path: Path) -> None:
    output = slim("golden_three_party_ring")
    for step in output["step_states"]:
        for state in (step["pre_state"], step["post_state"]):
            state["sessions"][0]["buffer_edges"] = 2
    found = claims(given(tmp_path, output, "golden_three_party_ring"))
    assert stands(found)["K15"] == ("broken", 1)


def test_without_a_protocol_types_and_edges_are_no_occasion(tmp_path: Path) -> None:
    path = given(tmp_path, slim("golden_recursive_loop"), "golden_recursive_loop")
    (tmp_path / "run.input.json").unlink()
    assert stands(claims(path)) == {"K15": ("not judged", 0), "K16": ("not judged", 0), "K18": ("kept", 15)}
