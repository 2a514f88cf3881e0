"""``replay`` judges history files: agreement, refusals with their orders, budgets, malformed and hostile files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.histories import write_history
from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent, HistoryHeader, Return
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.trace import Source
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.cli.replay import run
from telltale_conformance.oracle.histories import judging
from telltale_conformance.oracle.histories.judging import judge_file, judge_history
from tests.benchmarks.history_workload import load
from tests.oracle.history_world import one_after_the_other, overlapping, perform, performed, shifted

SOURCE = Source(kind="implementation", name="test", version="1")


def written(path: Path, events: list[HistoryEvent], contract: str = "telltale-17", clients: int = 4) -> Path:
    header = HistoryHeader(clients=clients, contract=contract, observes=["audit"], source=SOURCE)
    write_history(path, header, events)
    return path


def double_consume() -> list[HistoryEvent]:
    """A witness that two clients consume at once, both with success; the last look agrees with one of them."""
    store = Store("telltale-17")
    opened = perform(store, "open", roles=["A"], initial_types={})
    claimed = perform(store, "claim_ownership", sid=0, owner_id="a", scope="Session")
    capability = claimed.answer.result
    issued = perform(store, "issue_readiness_witness", capability=capability, predicate_ref="p")
    first = perform(store, "consume_readiness_witness", capability=capability, witness=issued.answer.result)
    events = one_after_the_other([opened, claimed, issued])
    for client in range(2):
        events.append(Call(len(events), client, 3 + client, first.operation, first.arguments, first.args))
    for client in range(2):
        events.append(Return(len(events), client, 3 + client, first.answer))
    return [*events, *shifted(one_after_the_other([perform(store, "observe", sid=0)]), 10)]


def test_a_right_history_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = overlapping(Random(1), list(performed(1, 1, 60)), 4)
    for name in ("h.jsonl", "h.jsonl.gz"):
        path = written(tmp_path / name, events)
        assert run([path]) == 0
        assert f"agree  {path}  {len(events)} events of 4 clients" in capsys.readouterr().out


def test_a_trace_is_a_history_with_one_client(tmp_path: Path) -> None:
    events = one_after_the_other(list(performed(2, 3, 40)))
    assert judge_file(written(tmp_path / "h.jsonl", events, clients=1)).verdict == "agree"


def test_a_witness_consumed_twice_is_refused_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h.jsonl", double_consume())
    assert run([path]) == 1
    told = capsys.readouterr().out
    assert "the first 9 events are those of some order; with event 9 no order is left" in told
    assert "before    0, 1, 2\n" in told
    assert "call 3  client 0  consume_readiness_witness" in told
    assert "call 4  client 1  consume_readiness_witness" in told
    assert "call 3 after 4:" in told
    assert "call 4 after 3:" in told
    assert told.count("WitnessConsumed") == 2
    assert told.splitlines()[-2] == "    2 later events not judged"


def test_the_longest_beginning_is_that_of_some_order(tmp_path: Path) -> None:
    events = double_consume()
    why = judge_history(lambda: events, "telltale-17").refusal
    assert why is not None
    assert judge_history(lambda: events[: why.prefix], "telltale-17").verdict == "agree"
    assert judge_history(lambda: events[: why.prefix + 1], "telltale-17").verdict == "diverge"
    assert why.order == (0, 1, 2)
    assert {wrong.order for wrong in why.wrong} == {(3,), (4,)}


def test_a_crash_long_before_a_race_is_among_what_is_tried() -> None:
    (opened, *others) = (double_consume()[0:2], *double_consume()[2:])
    store = Store("telltale-17")
    perform(store, "open", roles=["A"], initial_types={})
    released = perform(store, "claim_ownership", sid=0, owner_id="b", scope="Session")
    crashed = [
        Call(2, 3, 90, released.operation, released.arguments, released.args),
        Crash(3, 3, 90),
    ]
    events = [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate([*opened, *crashed, *others])]
    why = judge_history(lambda: events, "telltale-17").refusal
    assert why is not None
    assert {wrong.order for wrong in why.wrong} >= {(3,), (4,)}
    assert {asked.id for asked in why.unordered} == {3, 4, 90}


def test_what_json_prints_is_as_the_schema_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [
        written(tmp_path / "a.jsonl", one_after_the_other(list(performed(2, 3, 10)))),
        written(tmp_path / "b.jsonl", double_consume()),
        written(tmp_path / "c.jsonl", double_consume(), contract="unheard-of"),
    ]
    assert run(paths, as_json=True) == 2
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for row in rows:
        validator("report", "traceVerdict").validate(row)
    assert [(row["kind"], row["verdict"]) for row in rows] == [
        ("history", "agree"),
        ("history", "diverge"),
        ("history", "malformed"),
    ]
    assert [row["log_compared"] for row in rows] == [True, False, False]
    assert rows[1]["not_judged"] == {"events after the last that was judged": 2}


def test_a_history_with_an_answer_without_records_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    *before, last = one_after_the_other(list(performed(2, 3, 10)))
    assert isinstance(last, Return)
    bare = msgspec.structs.replace(last, answer=last.answer._replace(audit=None))
    path = written(tmp_path / "h.jsonl", [*before, bare])
    assert run([path]) == 0
    assert capsys.readouterr().out.startswith(
        f"agree  {path}  {len(before) + 1} events of 4 clients, log not compared: not every answer has its records\n"
    )


def test_a_malformed_history_is_never_half_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h.jsonl", double_consume())
    path.write_bytes(path.read_bytes().replace(b'"events":12', b'"events":13'))
    assert run([path]) == 2
    assert "the end line counts 13 events, there are 12" in capsys.readouterr().out


def test_a_history_that_cannot_be_judged_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "h.jsonl", double_consume(), contract="telltale-18")
    found = judge_file(path)
    assert (found.trace, found.verdict) == (str(path), "malformed")
    assert re.fullmatch(
        rf"{re.escape(str(path))}:1: unknown contract 'telltale-18'.*; give --contract", str(found.error)
    )
    assert judge_file(path, contract="telltale-17").verdict == "diverge"

    def fails(*given: Any, **named: Any) -> None:
        raise ZeroDivisionError("here")

    monkeypatch.setattr(judging, "judge_history", fails)
    found = judge_file(path, contract="telltale-17")
    assert (found.trace, found.verdict) == (str(path), "inconclusive")
    assert "fault of the harness: ZeroDivisionError: here" in str(found.error)


def claims_at_once(clients: int) -> list[HistoryEvent]:
    """So many claims of one session at once: one is granted, all others are refused."""
    store = Store("telltale-17")
    events = one_after_the_other([perform(store, "open", roles=["A"], initial_types={})])
    asked = [perform(store, "claim_ownership", sid=0, owner_id=str(n), scope="Session") for n in range(clients)]
    for n, one in enumerate(asked):
        events.append(Call(len(events), n, n + 1, one.operation, one.arguments, one.args))
    for n, one in reversed(list(enumerate(asked))):
        events.append(Return(len(events), n, n + 1, one.answer))
    return events


def test_a_thousand_overlapping_claims_are_judged() -> None:
    result = judge_history(lambda: claims_at_once(1000), "telltale-17")
    assert result.verdict == "agree"
    assert result.configurations <= 1002


def hostile(clients: int) -> list[HistoryEvent]:
    """Messages sent at once, of which none says where it stands; then as many received in one order."""
    store = Store("telltale-17")
    types: Any = {"A": {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, None, "End"]]}}}
    events = one_after_the_other([perform(store, "open", roles=["A", "B"], initial_types=types)])
    sent = [perform(store, "send", **{"sid": 0, "from": "A", "to": "B", "val": {"Nat": n}}) for n in range(clients)]
    for n, one in enumerate(sent):
        events.append(Call(len(events), n, n + 1, one.operation, one.arguments, one.args))
    for n, one in enumerate(sent):
        events.append(Return(len(events), n, n + 1, one.answer))
    return events


def test_beyond_the_budget_nothing_is_concluded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h.jsonl", hostile(30), clients=30)
    assert run([path], configurations=2000) == 3
    told = capsys.readouterr().out
    assert "inconclusive" in told
    assert "configurations were needed at event" in told
    assert "--configurations" in told
    assert judge_file(path, budget=2000).configurations <= 2000 + 20 * 31


def test_a_history_without_an_answer_shows_nothing() -> None:
    (call, _) = one_after_the_other([perform(Store("telltale-17"), "session_ids")])
    assert judge_history(lambda: [call], "telltale-17").verdict == "inconclusive"
    assert judge_history(list, "telltale-17").verdict == "inconclusive"


def test_a_file_without_an_answer_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h.jsonl", [])
    assert run([path]) == 3
    assert f"inconclusive  {path}  0 events of 4 clients\n  no call of the history" in capsys.readouterr().out


def test_a_load_test_is_judged_and_its_mistake_is_found() -> None:
    events = list(load(3000, clients=4, sessions=20, overall=100))
    assert judge_history(lambda: events, "telltale-17").verdict == "agree"
    place = next(
        place
        for place, event in enumerate(events)
        if place > 2000 and isinstance(event, Return) and isinstance(event.answer.result, dict) and event.answer.is_ok
    )
    wrong = events[place]
    assert isinstance(wrong, Return)
    events[place] = Return(wrong.seq, wrong.client, wrong.number, Answer(True, None, None))
    found = judge_history(lambda: events, "telltale-17").refusal
    assert found is not None
    assert found.prefix == place
