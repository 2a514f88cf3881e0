"""Runs of telltale's machine: the verdicts on the recorded ones, mutants of them, dialects, levels, bad input."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.oracle.reference.replay import replay_file
from telltale_conformance.oracle.reports.document_text import document_text
from telltale_conformance.oracle.telltale.as_trace import trace_of
from telltale_conformance.oracle.verdict.compare import Level
from tests.installed import run_here
from tests.oracle.run_world import AGREEING, NAMES, RUNS, copy, document, is_a_run, judged, mutants, slim

VERDICTS = {
    "closed_by_host": ("agree", "agree"),
    "fixture_binary_choice": ("agree", "agree"),
    "fixture_ping_pong": ("agree", "agree"),
    "fixture_recursive_heartbeat": ("agree", "diverge"),
    "fixture_singleton": ("agree", "agree"),
    "fixture_three_party_ack": ("agree", "agree"),
    "golden_async_independent": ("agree", "agree"),
    "golden_choice_protocol": ("agree", "agree"),
    "golden_multi_branch": ("agree", "agree"),
    "golden_ping_pong": ("agree", "agree"),
    "golden_recursive_loop": ("agree", "diverge"),
    "golden_three_party_ring": ("agree", "agree"),
    "nested_exit_first": ("agree", "diverge"),
    "owned_commit_failed": ("inconclusive", "diverge"),
    "owned_owner_died": ("inconclusive", "diverge"),
    "two_sessions_same_address": ("diverge", "diverge"),
}
"""By run, under telltale-17 and under hardened."""


def rows(*arguments: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run_here("replay", *arguments, "--json").stdout.splitlines()]


@pytest.mark.parametrize(("number", "contract"), [(0, "telltale-17"), (1, "hardened")])
def test_the_recorded_runs_get_the_verdicts_of_the_table(number: int, contract: str) -> None:
    found = rows(*(RUNS / f"{name}.output.json.gz" for name in NAMES), "--contract", contract)
    assert {Path(row["trace"]).name.removesuffix(".output.json.gz"): row["verdict"] for row in found} == {
        name: verdicts[number] for name, verdicts in VERDICTS.items()
    }
    for row in found:
        validator("report", "traceVerdict").validate(row)
        assert row["kind"] == "bridge-run"
        if contract == "hardened" and row["verdict"] == "diverge" and "two_sessions" not in row["trace"]:
            assert row["first_divergence"]["op"] == "lookup_type"
            assert "K16" in row["first_divergence"]["reason"]


def test_a_session_opened_with_another_protocol_s_roles_diverges_at_opened() -> None:
    (row,) = rows(RUNS / "two_sessions_same_address.output.json.gz")
    first = row["first_divergence"]
    assert first["place"] == {"path": "$.trace[1]", "trace": 1}
    assert (first["expected"], first["actual"]) == ({"roles": "A,B,C"}, {"roles": "A,B"})


def test_nested_recursion_agrees_and_reports_k16_with_its_step() -> None:
    (row,) = rows(RUNS / "nested_exit_first.output.json.gz")
    assert any(note.startswith("claim K16 unfolding broken at step 3, trace 3: B") for note in row["notes"])
    assert any("faults: its next step is not enabled" in note for note in row["notes"])


@pytest.mark.parametrize("name", ["owned_owner_died", "owned_commit_failed"])
def test_a_status_that_nothing_explains_is_inconclusive(name: str) -> None:
    done = run_here("replay", RUNS / f"{name}.output.json.gz", "--json")
    row = json.loads(done.stdout)
    assert (done.returncode, row["not_explained"], row["first_divergence"]) == (3, 1, None)
    assert "session 0 is faulted at step 4" in row["error"]


@pytest.mark.parametrize("name", NAMES)
def test_raw_events_are_judged_too(name: str) -> None:
    (row,) = rows(RUNS / f"{name}.raw.json.gz")
    assert row["verdict"] == ("diverge" if name == "two_sessions_same_address" else "agree")
    if row["verdict"] == "diverge":
        assert row["first_divergence"]["place"]["path"] == "$.obs_trace[1]"


@pytest.mark.parametrize("name", ["owned_owner_died", "owned_commit_failed"])
def test_the_audit_logs_beside_raw_events_are_judged_too(tmp_path: Path, name: str) -> None:
    raw = document(name, "raw")
    result = judged(tmp_path, raw)
    assert result.verdict == "agree"
    alone = judged(tmp_path, {key: raw[key] for key in ("obs_trace", "local_types")})
    records = len(raw["capability_lifecycle"])
    authority = sum("Authority" in entry for entry in raw["semantic_audit_log"])
    assert result.judged == alone.judged + records + authority
    assert not {"capability_lifecycle", "semantic_audit_log"} & result.not_judged.keys()
    assert result.not_judged["Publication"] > 0


def test_a_wrong_log_beside_raw_events_diverges_at_its_record(tmp_path: Path) -> None:
    raw = document("owned_commit_failed", "raw")
    (capability,) = raw["capability_lifecycle"][0]["artifact"].values()
    capability["generation"] = 4
    result = judged(tmp_path, raw)
    assert result.verdict == "diverge"
    assert result.first_divergence is not None
    assert result.first_divergence.place["path"] == "$.capability_lifecycle[0]"
    low = judged(tmp_path, raw, level=Level.payload)
    assert (low.verdict, low.not_judged["capability_lifecycle"]) == ("agree", len(raw["capability_lifecycle"]))
    path, trace = tmp_path / "run.output.json", tmp_path / "trace.jsonl"
    assert trace_of(path, recognise(path), trace).verdict == "diverge"
    assert replay_file(trace).verdict == "diverge"


def test_what_of_the_semantic_objects_has_no_rule_is_counted_by_kind(tmp_path: Path) -> None:
    output = document("owned_owner_died")
    output["semantic_objects"]["semantic_handoffs"] = [{"handoff_id": "h"}]
    output["semantic_objects"]["regions"] = [{}, {}]
    counted = judged(tmp_path, output, document("owned_owner_died", "input")).not_judged
    others = ("schema_version", "authoritative_reads", "semantic_handoffs")
    assert counted["semantic_handoffs"] == 1
    assert counted["other semantic objects"] == sum(
        len(part) for name, part in output["semantic_objects"].items() if name not in others
    )
    effects = ("effect_trace", "effect_exchanges", "output_condition_trace")
    assert counted["effects and output conditions"] == sum(len(output[name]) for name in effects)
    assert counted["authoritative reads (output_condition)"] == 14


def test_a_bare_list_of_raw_events_is_a_run(tmp_path: Path) -> None:
    raw = document("golden_choice_protocol", "raw")["obs_trace"]
    assert judged(tmp_path, raw, document("golden_choice_protocol", "input")).verdict == "agree"
    wrong = [event for event in raw if "Sent" not in event]
    first = judged(tmp_path, wrong, document("golden_choice_protocol", "input")).first_divergence
    assert first is not None
    assert (first.op, first.place["path"].startswith("$[")) == ("recv", True)


def test_every_unchanged_run_is_accepted_and_mutants_that_are_no_runs_are_refused(tmp_path: Path) -> None:
    refused: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for name in AGREEING:
        if name == "nested_exit_first":  # the contract's own rule departs from the protocol there
            continue
        given, types = document(name, "input"), document(name, "raw")["local_types"]
        roles = [choreography["roles"] for choreography in given["choreographies"]]
        output = {
            **slim(name),
            "step_states": [],
            "sessions": [{**e, "terminal": False} for e in slim(name)["sessions"]],
        }
        assert judged(tmp_path, output, given).verdict == "agree"
        for what, trace in mutants(output["trace"], Random(name)):
            verdict = judged(tmp_path, {**output, "trace": trace}, given).verdict
            if is_a_run(trace, types, roles):
                assert verdict == "agree", (name, what)
            else:
                (refused if verdict == "diverge" else missed)[what] += 1
    total = refused.total() + missed.total()
    print(f"{refused.total()} of {total} mutants that are no runs are refused: {dict(refused)}, missed {dict(missed)}")
    assert total > 250
    assert refused.total() >= 0.95 * total


STEP_CHANGES = {
    "role_count": lambda step: step["post_state"]["sessions"][0].update(role_count=9),
    "local_type_entries": lambda step: step["post_state"]["sessions"][0].update(local_type_entries=9),
    "buffer_edges": lambda step: step["post_state"]["sessions"][0].update(buffer_edges=9),
    "buffered_messages": lambda step: step["post_state"]["sessions"][0].update(buffered_messages=9),
    "epoch": lambda step: step["post_state"]["sessions"][0].update(epoch=1),
    "pre epoch": lambda step: step["pre_state"]["sessions"][0].update(epoch=1),
    "session_type_counts": lambda step: step["session_type_counts"].update({"0": 9}),
    "buffered_message_counts": lambda step: step["buffered_message_counts"].update({"0": 9}),
    "selected_type": lambda step: step.update(selected_type='LocalType.select "X" []'),
    "no selected_type": lambda step: step.update(selected_type=None),
    "another event": lambda step: step["event"].update(label="other"),
    "no event": lambda step: step.update(event=None),
    "step_index": lambda step: step.update(step_index=7),
}


@pytest.mark.parametrize("change", STEP_CHANGES)
def test_a_wrong_slice_diverges_at_its_step(tmp_path: Path, change: str) -> None:
    output, given = slim("golden_ping_pong"), document("golden_ping_pong", "input")
    STEP_CHANGES[change](output["step_states"][1])
    result = judged(tmp_path, output, given)
    assert result.verdict == "diverge"
    assert result.first_divergence is not None
    assert result.first_divergence.place.get("step", 1) == 1 or change == "no event"
    if change not in ("another event", "no event"):
        assert judged(tmp_path, output, given, level=Level.audit).verdict == "agree"


def test_the_end_of_a_run_is_judged(tmp_path: Path) -> None:
    output, given = slim("golden_ping_pong"), document("golden_ping_pong", "input")
    assert judged(tmp_path, {**output, "sessions": []}, given).verdict == "diverge"
    stuck = slim("fixture_recursive_heartbeat")
    stuck["sessions"][0]["terminal"] = True
    assert judged(tmp_path, stuck, document("fixture_recursive_heartbeat", "input")).verdict == "inconclusive"


LEVEL_CHANGES = {
    "outcome": lambda output: output["trace"][1].update(sender="Bob", receiver="Alice"),
    "payload": lambda output: output["trace"][1].update(label="pang"),
    "audit": lambda output: output["semantic_objects"]["authoritative_reads"].append(
        {"read_id": "readiness:1:Consumed", "kind": "readiness", "lifecycle": "consumed", "session": 0, "witness_id": 1}
    ),
    "state": lambda output: output["step_states"][2]["post_state"]["sessions"][0].update(epoch=4),
}


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("change", LEVEL_CHANGES)
def test_levels_judge_more_and_more(tmp_path: Path, change: str, level: Level) -> None:
    output, given = document("golden_ping_pong"), document("golden_ping_pong", "input")
    LEVEL_CHANGES[change](output)
    if change in ("outcome", "payload"):
        output["step_states"] = []
    result = judged(tmp_path, output, given, level=level)
    assert (result.verdict == "diverge") == (Level[change] <= level)
    if result.first_divergence is not None:
        assert result.first_divergence.kind == change


def test_without_its_protocol_a_run_is_judged_by_counts_and_order(tmp_path: Path) -> None:
    output = slim("golden_three_party_ring")
    result = judged(tmp_path, output)
    assert result.verdict == "agree"
    assert any("no protocol is at hand" in note for note in result.notes)
    assert result.not_judged["selected types, for want of a protocol"] > 0
    wrong = copy(output)
    sent = next(n for n, event in enumerate(wrong["trace"]) if event["kind"] == "sent")
    del wrong["trace"][sent]
    assert judged(tmp_path, wrong).verdict == "diverge"


def test_the_protocol_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "alone.json"
    path.write_text(json.dumps(slim("golden_ping_pong")))
    given = RUNS / "golden_ping_pong.input.json.gz"
    assert "no protocol is at hand" in run_here("replay", path).stdout
    assert "no protocol is at hand" not in run_here("replay", path, "--protocol", given).stdout


@pytest.mark.parametrize("form", ["global", "local", "bundle"])
def test_the_protocol_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    output = tmp_path / "alone.json"
    output.write_text(json.dumps(slim("golden_ping_pong")))
    place = tmp_path / ("p.json" if form == "bundle" else "p.session")
    texts = {
        "global": "roles Alice, Bob\nglobal = Alice -> Bob : {ping. Bob -> Alice : {pong. end}}\n",
        "local": "roles Alice, Bob\nAlice = !Bob{ping. ?Bob{pong. end}}\nBob = ?Alice{ping. !Alice{pong. end}}\n",
    }
    (types,) = document("golden_ping_pong", "raw")["local_types"]
    whole = document("golden_ping_pong", "input")["choreographies"][0]["global_type"]
    bundle = {"schema_version": "protocol_bundle.v1", "global_type": whole, "local_types": types, "claims": []}
    place.write_text(texts.get(form) or json.dumps(bundle))
    done = run_here("replay", output, "--protocol", place, "--json")
    row = json.loads(done.stdout)
    assert (done.returncode, row["verdict"], row["not_judged"]) == (0, "agree", {}), row
    place.write_text(place.read_text().replace("pong", "gong"))
    assert run_here("replay", output, "--protocol", place).returncode == 1
    place.write_text("roles")
    assert run_here("replay", output, "--protocol", place).returncode == 2


def test_what_a_document_says_does_not_act_on_the_terminal(tmp_path: Path) -> None:
    output = {**slim("golden_ping_pong"), "step_states": []}
    output["trace"][0]["role"] = "Alice,\x1b[2JBob"
    result = judged(tmp_path, output, document("golden_ping_pong", "input"))
    output["trace"][1]["kind"] = "\x1b[2J"
    assert "\x1b" not in document_text(result)
    assert "\x1b" not in document_text(judged(tmp_path, output))


def lean_like(name: str) -> Any:
    """A run as the Lean runner would print it, as far as its printer was read."""
    output = slim(name)
    output["status"] = "completed"
    output["step_states"] = []
    return output


def test_a_lean_run_is_judged_by_the_rules_of_its_dialect(tmp_path: Path) -> None:
    name = "fixture_recursive_heartbeat"
    output, given = {**slim(name), "status": "stuck"}, document(name, "input")
    folded = 'LocalType.mu (LocalType.{} "{}" [("hb", LocalType.var 0)])'
    for step in output["step_states"]:
        form, partner = ("select", "B") if step["selected_coro"] == 0 else ("branch", "A")
        step["selected_type"] = folded.format(form, partner)
        step["pre_state"]["sessions"][0]["status"] = "draining"
    result = judged(tmp_path, output, given)
    assert result.verdict == "agree", result
    assert result.not_judged["status draining, of a Lean run"] > 0
    closing = lean_like("golden_ping_pong")
    closing["trace"] += [
        {"kind": kind, "schema_version": "lean_bridge.v1", "session": 0, "tick": 20, **more}
        for kind, more in (("epoch_advanced", {"epoch": 1}), ("closed", {}))
    ]
    closing["sessions"][0]["terminal"] = True
    assert judged(tmp_path, closing, document("golden_ping_pong", "input")).verdict == "agree"


MALFORMED = {
    "another schema version": (
        lambda o: o.update(schema_version="lean_bridge.v2"),
        "$.schema_version: it is `lean_bridge.v2`",
    ),
    "an event without version": (
        lambda o: o["trace"][1].pop("schema_version"),
        "$.trace[1].schema_version: it is missing",
    ),
    "a step's event of another version": (
        lambda o: o["step_states"][0]["event"].update(schema_version="lean_bridge.v0"),
        "$.step_states[0].event.schema_version: it is `lean_bridge.v0`",
    ),
    "semantic objects of another version": (
        lambda o: o.update(semantic_objects={"schema_version": "protocol_machine.semantic_objects.v2"}),
        "$.semantic_objects.schema_version: it is `protocol_machine.semantic_objects.v2`",
    ),
    "an unknown root key": (lambda o: o.update(extra=1), "$: Object contains unknown field `extra`"),
    "a text for a number": (lambda o: o["trace"][2].update(tick="2"), "$.trace[2].tick: Expected `int`, got `str`"),
    "a missing field": (
        lambda o: o["sessions"][0].pop("terminal"),
        "$.sessions[0]: Object missing required field `terminal`",
    ),
    "a list that is none": (lambda o: o.update(trace={}), "$.trace: Expected `array`, got `object`"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_run_exits_2_with_file_path_and_remedy(tmp_path: Path, case: str) -> None:
    change, problem = MALFORMED[case]
    output = slim("golden_ping_pong")
    change(output)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(output))
    done = run_here("replay", path)
    assert (done.returncode, "Traceback" in done.stdout + done.stderr) == (2, False)
    assert done.stdout.startswith(f"malformed  {path}: {problem}")
    assert "; " in done.stdout.splitlines()[0]


def test_an_input_alone_and_a_broken_input_exit_2(tmp_path: Path) -> None:
    done = run_here("replay", RUNS / "golden_ping_pong.input.json.gz")
    assert (done.returncode, "replay the output" in done.stdout) == (2, True)
    given = document("golden_ping_pong", "input")
    given["choreographies"][0]["global_type"]["kind"] = "talk"
    result = judged(tmp_path, slim("golden_ping_pong"), given)
    assert result.verdict == "malformed"
    assert "$.choreographies[0].global_type" in str(result.error)


def test_unknown_fields_below_the_root_are_counted(tmp_path: Path) -> None:
    output = slim("golden_ping_pong")
    output["trace"][1]["colour"] = "red"
    output["step_states"][0]["post_state"]["sessions"][0]["mood"] = "good"
    result = judged(tmp_path, output, document("golden_ping_pong", "input"))
    assert result.verdict == "agree"
    assert result.not_judged == {"unknown fields in trace": 1, "unknown fields in step_states": 1}


def test_kinds_without_a_rule_are_counted(tmp_path: Path) -> None:
    output = {**slim("golden_ping_pong"), "step_states": []}
    output["trace"].insert(1, {**output["trace"][0], "kind": "tagged"})
    assert judged(tmp_path, output, document("golden_ping_pong", "input")).not_judged == {"tagged": 1}


@pytest.mark.parametrize("kind", ["sent", "received", "halted"])
def test_an_event_after_the_last_step_that_a_step_would_tell_is_refused(kind: str, tmp_path: Path) -> None:
    output, given = slim("golden_ping_pong"), document("golden_ping_pong", "input")
    last = next(event for event in reversed(output["trace"]) if event["kind"] == kind)
    output["trace"].append({**last, "tick": output["trace"][-1]["tick"]})
    first = judged(tmp_path, output, given).first_divergence
    assert first is not None
    assert (first.op, first.reason) == (kind, "trace and steps tell the same events")


def test_timeouts_are_numbered_in_their_order(tmp_path: Path) -> None:
    output, given = {**slim("golden_ping_pong"), "step_states": []}, document("golden_ping_pong", "input")
    issued = {"kind": "timeout_issued", "schema_version": "lean_bridge.v1", "tick": 0, "site": "s", "until_tick": 9}
    without = judged(tmp_path, output, given)
    output["trace"][1:1] = [{**issued, "witness_id": 0}, {**issued, "witness_id": 1}, issued]
    result = judged(tmp_path, output, given)
    assert (result.judged, result.events) == (without.judged + 2, without.events + 3)
    assert (result.verdict, result.not_judged) == ("agree", {"timeout_issued without its fields": 1})
    output["trace"][2]["witness_id"] = 2
    first = judged(tmp_path, output, given).first_divergence
    assert first is not None
    assert (first.op, first.expected, first.actual) == ("issue_timeout_witness", 1, 2)


def test_a_folder_of_runs_leaves_out_their_inputs() -> None:
    found = rows(RUNS)
    assert len(found) == 2 * len(NAMES)
