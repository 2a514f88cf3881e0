"""Replay: the recordings agree, and one changed answer is found at exactly its event."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reference.replay import judge, replay_file
from telltale_conformance.oracle.verdict.compare import Level
from tests.trace_files import CAP, CLAIM, CLOSE, HEADER, OPEN, RECORDINGS, recording, trace_bytes

NAMES = sorted(path.name.removesuffix(".jsonl.gz") for path in RECORDINGS.glob("*.jsonl.gz"))


def test_there_are_146_recordings() -> None:
    assert len(NAMES) == 146


@pytest.mark.parametrize("level", [Level.audit, Level.state])
def test_every_recording_agrees(level: Level) -> None:
    results = [replay_file(path, level=level) for path in sorted(RECORDINGS.glob("*.jsonl.gz"))]
    assert [result for result in results if result.verdict != "agree"] == []
    assert sum(result.judged for result in results) == 8668


@pytest.mark.parametrize(
    ("folder", "traces", "events"),
    [("telltale-machine-17.0.0-surface", 55, 5136), ("telltale-machine-hardened-17.0.0", 52, 5746)],
)
def test_the_recordings_of_the_whole_surface_and_of_hardened_agree(folder: str, traces: int, events: int) -> None:
    results = [replay_file(path) for path in sorted((RECORDINGS.parent / folder).glob("*.jsonl.gz"))]
    assert [result for result in results if result.verdict != "agree"] == []
    assert (len(results), sum(result.judged for result in results)) == (traces, events)


def test_the_recordings_ask_for_every_operation() -> None:
    used = {
        json.loads(line).get("op")
        for path in RECORDINGS.parent.rglob("*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    }
    assert used - {None} == OPERATIONS.keys()


@cache
def _events(name: str) -> list[dict[str, Any]]:
    return recording(name)


def _places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Every place within a JSON value, itself included."""
    places = [path]
    if isinstance(value, dict):
        for name, item in value.items():
            places += _places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            places += _places(item, (*path, index))
    return places


def _changes(value: Any) -> list[Any]:
    """Other values for a place: of the same kind, of other kinds, or none (``...``)."""
    if isinstance(value, bool):
        return [not value, int(value), None]
    if isinstance(value, int):
        return [value + 1, max(value - 1, 0) if value else 2, float(value), str(value), None, bool(value), -1, 2**64]
    if isinstance(value, str):
        return [value + "x", value[:-1] if value else "y", None, {value: None}, [value]]
    if value is None:
        return [0, "", [], {}, False]
    if isinstance(value, list):
        return [[*value, None], value[:-1] if value else [0], {}, None, list(reversed(value)), [*value, *value[-1:]]]
    return [{**value, "unknown": 0}, None, [], dict(list(value.items())[1:])]


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right and repr(left) == repr(right)


def _reads_the_same(op: str, place: tuple[Any, ...], old: Any, new: Any) -> bool:
    """Say whether the format makes no difference between two answers."""
    if op == "decode_edge_json" and place == ("err",) and isinstance(new, str):
        return new.startswith("invalid edge json: ") and str(old).startswith("invalid edge json: ")
    is_unit_label = isinstance(old, dict) and old.keys() == {"name", "sort"} and old["sort"] == "Unit"
    return is_unit_label and new == {"name": old["name"]}


@given(st.data())
@settings(max_examples=400)
def test_one_changed_answer_is_found_at_its_event(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    events = _events(data.draw(st.sampled_from(NAMES), label="recording"))
    seq = data.draw(st.integers(0, len(events) - 1), label="seq")
    changed = copy.deepcopy(events[seq])
    member = data.draw(st.sampled_from(["ok" if "ok" in changed else "err", "audit"]), label="member")
    place = data.draw(st.sampled_from(_places(changed[member], (member,))), label="place")
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    old = holder[place[-1]]
    options = [new for new in _changes(old) if not _same(old, new)]
    if member == "audit" and len(place) == 1:
        options = [new for new in options if isinstance(new, list)]  # anything else is malformed
    new = data.draw(st.sampled_from(options), label="new")
    if _reads_the_same(changed["op"], place, old, new):
        return
    holder[place[-1]] = new
    path = tmp_path_factory.mktemp("changed") / "t.jsonl"
    path.write_bytes(trace_bytes([*events[:seq], changed, *events[seq + 1 :]]))

    result = replay_file(path)
    first = result.first_divergence
    assert first is not None, result
    assert (result.verdict, first.seq, first.op) == ("diverge", seq, changed["op"])
    assert (result.events, result.judged) == (len(events), seq + 1)
    assert first.line == seq + 2
    if member == "audit":
        assert first.kind == "audit"
        assert replay_file(path, level=Level.payload).verdict == "agree"
    elif changed["op"] == "observe" and "ok" in changed:
        assert first.kind == "state"
        assert replay_file(path, level=Level.audit).verdict == "agree"
    elif place == ("ok",) or len(place) > 1:
        assert first.kind in {"payload", "outcome"}


@given(st.data())
@settings(max_examples=60)
def test_ok_for_err_and_err_for_ok_differ_in_outcome(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    events = _events(data.draw(st.sampled_from(NAMES)))
    seq = data.draw(st.integers(0, len(events) - 1))
    changed = {key: value for key, value in events[seq].items() if key not in {"ok", "err"}}
    changed["err" if "ok" in events[seq] else "ok"] = events[seq].get("ok", events[seq].get("err"))
    path = tmp_path_factory.mktemp("changed") / "t.jsonl"
    path.write_bytes(trace_bytes([*events[:seq], changed, *events[seq + 1 :]]))
    first = replay_file(path, level=Level.outcome).first_divergence
    assert first is not None
    assert (first.seq, first.kind) == (seq, "outcome")


def replayed(tmp_path: Path, events: list[Any], header: Any = None, **options: Any) -> Any:
    path = tmp_path / "t.jsonl"
    path.write_bytes(trace_bytes(events, header))
    return replay_file(path, **options)


def test_a_divergence_says_what_decided_and_shows_the_differing_fields_only(tmp_path: Path) -> None:
    stale = {"generation": 3, "owner_id": "a", "scope": "Session", "session_id": 0}
    err = {"actual_generation": 1, "expected_generation": 3, "owner_id": "a", "session_id": 0}
    refusal = {
        "args": {"capability": stale},
        "audit": [],
        "err": {"StaleCapability": err},
        "op": "validate_ownership_capability",
    }
    first = replayed(tmp_path, [OPEN, CLAIM, refusal, CLOSE]).first_divergence
    assert (first.seq, first.kind, first.line) == (2, "payload", 4)
    assert first.expected == {"err": {"$.StaleCapability.actual_generation": 0}}
    assert first.actual == {"err": {"$.StaleCapability.actual_generation": 1}}
    assert first.guard == "G-live"
    assert first.reason.startswith("refused by G-live: owner or generation")
    assert first.args == {"capability": stale}
    assert first.state["ownership"]["current"] == CAP


def test_events_after_the_first_divergence_are_counted_and_not_judged(tmp_path: Path) -> None:
    result = replayed(tmp_path, [OPEN, {**CLOSE, "ok": 1}, {**CLOSE, "ok": 2}, CLOSE])
    assert (result.events, result.judged, result.not_judged) == (4, 2, 2)


def test_a_trace_without_audit_is_judged_without_it(tmp_path: Path) -> None:
    header = {**HEADER, "observes": []}
    events = [{key: value for key, value in event.items() if key != "audit"} for event in (OPEN, CLAIM, CLOSE)]
    assert replayed(tmp_path, events, header).verdict == "agree"
    wrong = [*events[:2], {**events[2], "err": "session 0 not found"}]
    del wrong[2]["ok"]
    assert replayed(tmp_path, wrong, header).first_divergence.kind == "outcome"


def test_an_empty_trace_is_inconclusive(tmp_path: Path) -> None:
    assert replayed(tmp_path, []).verdict == "inconclusive"


def test_an_absent_sort_reads_as_unit_in_answers_and_arguments(tmp_path: Path) -> None:
    label = {"name": "m"}
    local_type = {"Send": {"branches": [[label, None, "End"]], "partner": "B"}}
    answered = {"args": {"lt": local_type}, "audit": [], "ok": local_type, "op": "unfold_mu"}
    assert replayed(tmp_path, [answered]).verdict == "agree"


def test_the_contract_of_the_header_is_used_unless_another_is_named(tmp_path: Path) -> None:
    events = [OPEN, CLAIM, {**CLOSE}, {**CLAIM, "audit": [], "err": {"SessionClosed": {"session_id": 0}}}]
    del events[3]["ok"]
    closing = {
        "artifact": {"OwnershipCapability": CAP},
        "event": "Invalidated",
        "reason": "session closed",
        "tick": None,
    }
    events[2] = {**CLOSE, "audit": [closing]}
    header = {**HEADER, "contract": "hardened"}
    assert replayed(tmp_path, events, header).verdict == "agree"
    assert replayed(tmp_path, events, header, contract="telltale-17").verdict == "diverge"
    assert replayed(tmp_path, events, contract="hardened").verdict == "agree"


def test_memory_usage_is_judged_by_its_counts_and_by_what_its_estimates_must_add_up_to(tmp_path: Path) -> None:
    parts = dict.fromkeys(["local_types", "buffers", "traces", "auth", "handlers"], 0)
    sizes = {**parts, "live_sessions": 99, "archived_closed": 0, "total": 99}
    names = ["live_closed_sessions", "archived_closed_sessions", "live_local_type_entries", "live_buffer_count"]
    names += ["live_buffered_messages", "live_edge_handler_count", "live_auth_leaf_count", "live_auth_tree_count"]
    usage = {**dict.fromkeys([*names, "live_auth_root_count"], 0), "live_sessions": 1, "retained_bytes": sizes}
    asked = {"args": {}, "audit": [], "ok": usage, "op": "memory_usage"}
    assert replayed(tmp_path, [OPEN, asked]).verdict == "agree"
    for wrong in (
        {**usage, "live_buffer_count": 1},
        {**usage, "retained_bytes": {**sizes, "total": 98}},
        {**usage, "retained_bytes": {**sizes, "archived_closed": 1, "total": 100}},
        {**usage, "retained_bytes": {**sizes, "auth": -1, "total": 98}},
        {**usage, "retained_bytes": {**parts, "total": 0}},
    ):
        first = replayed(tmp_path, [OPEN, {**asked, "ok": wrong}]).first_divergence
        assert (first.seq, first.kind) == (1, "payload")
    first = replayed(tmp_path, [OPEN, {**asked, "ok": {**usage, "retained_bytes": parts}}]).first_divergence
    assert first.actual == {"ok": {"$.retained_bytes": parts}}
    empty = {**usage, "live_sessions": 0}
    assert replayed(tmp_path, [{**asked, "ok": empty}]).verdict == "diverge"
    empty["retained_bytes"] = {**sizes, "live_sessions": 0, "total": 0}
    assert replayed(tmp_path, [{**asked, "ok": empty}]).verdict == "agree"


def test_judge_hands_every_option_on_and_a_fault_of_the_harness_is_inconclusive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jsonl"
    wrong = [OPEN, {**CLAIM, "audit": []}]
    path.write_bytes(trace_bytes(wrong))
    assert judge(path).verdict == "diverge"
    assert judge(path, level=Level.payload).verdict == "agree"
    assert {judge(path, level=level).trace for level in (Level.payload, Level.state)} == {str(path)}
    assert judge(path, limits=Limits(line_bytes=64)).verdict == "malformed"
    assert judge(path, contract="hardened") == replay_file(path, contract="hardened")
    cells: set[Cell] = set()
    judge(path, cells=cells)
    assert {cell.operation for cell in cells} == {"open"}
    with pytest.raises(UnknownContract):
        judge(path, contract="telltale-18")
    after_close = {"audit": [], "err": {"SessionClosed": {"session_id": 0}}}
    closing = {**CLOSE, "audit": []}
    path.write_bytes(trace_bytes([OPEN, closing, {**{k: v for k, v in CLAIM.items() if k != "ok"}, **after_close}]))
    assert (judge(path).verdict, judge(path, contract="hardened").verdict) == ("diverge", "agree")

    def broken(*args: Any, **named: Any) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr("telltale_conformance.oracle.reference.replay.replay_file", broken)
    result = judge(path)
    assert (result.verdict, result.judged) == ("inconclusive", 0)
    assert result.error == f"{path}: fault of the harness: RuntimeError: no idea"


def test_a_header_with_a_contract_that_is_not_stated_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(trace_bytes([OPEN], {**HEADER, "contract": "telltale-18"}))
    result = replay_file(path)
    assert (result.verdict, result.events, result.judged) == ("malformed", 0, 0)
    assert result.error is not None
    assert result.error.startswith(f"{path}:1: unknown contract 'telltale-18'")
    assert result.error.endswith("; give --contract")
