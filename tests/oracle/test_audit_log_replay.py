"""Audit logs alone: what the reference can write is accepted, what no run can write is refused at its record."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.audit_records import Dialect
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.model.values import AuditRecord
from telltale_conformance.oracle.telltale.log_replay import LogReplay
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.nearest import nearest_record
from telltale_conformance.oracle.telltale.results import DocumentResult
from telltale_conformance.oracle.verdict.compare import Level
from tests.benchmarks.bench_telltale_files import log
from tests.oracle.log_records import BEGUN, CANCELLED, CAP, DEATH, DIED, ISSUED, RELEASED
from tests.oracle.log_world import LEAN_TRACES, Written, edits, first_impossible, generated, printed, replayed

CONTRACTS = ("telltale-17", "hardened")
TRACES = sorted([*(LEAN_TRACES / "corpus").glob("*.jsonl.gz"), *(LEAN_TRACES / "recordings").rglob("*.jsonl.gz")])


def departure(written: Written) -> tuple[int | None, LogReplay]:
    """Return the record at which a log is refused, and the replay."""
    replay = LogReplay(written.contract, written.sid)
    for record in written.records:
        if not replay.feed(record):
            break
    else:
        replay.end()
    return (None if replay.departure is None else replay.departure.number), replay


def judged(document: Any, dialect: Dialect | None = None, contract: str = "telltale-17") -> DocumentResult:
    stream = JsonStream(io.BytesIO(json.dumps(document).encode()), "log.json", DEFAULT_LIMITS)
    return judge_logs(AuditLogReader(stream, dialect), "log.json", contract, Level.state)


def test_every_log_of_the_recordings_and_of_the_corpus_is_accepted() -> None:
    count: Counter[str] = Counter()
    for path in TRACES:
        for written in replayed(path):
            assert departure(written)[0] is None, (path.name, written)
            count[written.contract] += 1
            count["records"] += len(written.records)
    assert min(count[contract] for contract in CONTRACTS) > 300
    assert count["records"] > 3000


@pytest.mark.parametrize("contract", CONTRACTS)
@given(seed=st.integers(0, 2**32), index=st.integers(0, 63))
@settings(max_examples=60)
def test_every_log_that_a_program_makes_the_reference_write_is_accepted(contract: str, seed: int, index: int) -> None:
    for written in generated(seed, index, contract, steps=80):
        assert departure(written)[0] is None, written


@pytest.mark.parametrize("contract", CONTRACTS)
@given(seed=st.integers(0, 2**32), index=st.integers(0, 63), choice=st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_an_edited_record_is_refused_exactly_where_no_run_can_write_it(
    contract: str, seed: int, index: int, choice: Random
) -> None:
    logs = [log for log in generated(seed, index, contract, steps=30) if 0 < len(log.records) <= 6]
    for written in logs[:1]:
        every = list(edits(written.records, choice))
        for what, records in choice.sample(every, min(3, len(every))):
            edited = written._replace(records=records)
            number, replay = departure(edited)
            assert number == first_impossible(edited), (what, printed(records))
            if replay.departure is not None and replay.departure.given is not None:
                nearest_is_possible(edited, replay)


def nearest_is_possible(edited: Written, replay: LogReplay) -> None:
    """The record that is named as nearest can be written in place of the refused one."""
    departed = replay.departure
    assert departed is not None
    assert departed.given is not None
    nearest = departed.expected or nearest_record(replay.store, edited.sid, departed.given)
    if nearest is None:
        return
    instead = edited._replace(records=[*edited.records[: departed.number], nearest])
    found = departure(instead)[0]
    assert found is None or found > departed.number, (departed, nearest)


@pytest.mark.nightly
@pytest.mark.parametrize("contract", CONTRACTS)
def test_many_edits_are_refused_where_no_run_can_write_them(contract: str) -> None:
    count: Counter[bool] = Counter()
    for index in range(200):
        for written in generated(11, index, contract, steps=30):
            if not 0 < len(written.records) <= 9:
                continue
            choice = Random(index)
            every = list(edits(written.records, choice))
            for what, records in choice.sample(every, min(12, len(every))):
                edited = written._replace(records=records)
                number = departure(edited)[0]
                assert number == first_impossible(edited), (what, printed(records))
                count[number is None] += 1
    print(f"{contract}: {count[False]} edits refused at the first impossible record, {count[True]} are logs of runs")
    assert count[False] > 1000


# --- the forms of a file


def of_session(sid: int, records: list[Any]) -> list[Any]:
    return json.loads(json.dumps(records).replace('"session_id": 0', f'"session_id": {sid}'))


def renamed(record: dict[str, Any]) -> dict[str, Any]:
    """The record as ``capability_lifecycle`` prints it."""
    names = {"Cancellation": "CancellationWitness", "Readiness": "ReadinessWitness", "Timeout": "TimeoutWitness"}
    ((kind, fields),) = record["artifact"].items()
    state = "rolled_back" if record["event"] == "RolledBack" else record["event"].lower()
    artifact = {names.get(kind, kind): fields}
    return {"artifact": artifact, "lifecycle": state, "reason": record["reason"], "tick": record["tick"]}


def semantic(record: dict[str, Any], session: int | None = 0) -> dict[str, Any]:
    return {"Authority": {**record, "session": session}}


FORMS: list[tuple[str, Any, Dialect | None]] = [
    ("a log", DEATH, "authority_audit_log"),
    ("several sessions in one array", [ISSUED, *of_session(4, DEATH), DIED, CANCELLED], "authority_audit_log"),
    ("the session first", {"session": 0, "authority_audit_log": DEATH}, None),
    ("the session last", {"authority_audit_log": DEATH, "session": 0}, None),
    (
        "several logs",
        [{"session": 0, "authority_audit_log": DEATH}, {"session": 3, "authority_audit_log": of_session(3, DEATH)}],
        None,
    ),
    ("the life cycle", [renamed(record) for record in DEATH], "capability_lifecycle"),
    ("the life cycle, named", {"capability_lifecycle": [renamed(record) for record in DEATH]}, None),
    ("sorted", [semantic(record) for record in (CANCELLED, DIED, ISSUED)], "semantic_audit_log"),
]


@pytest.mark.parametrize(("form", "document", "dialect"), FORMS, ids=[form for form, *_ in FORMS])
def test_a_log_is_read_in_every_form(form: str, document: Any, dialect: Dialect | None) -> None:
    result = judged(document, dialect)
    assert result.verdict == "agree", result
    assert result.judged == result.events >= len(DEATH)


@pytest.mark.parametrize(("form", "document", "dialect"), FORMS, ids=[form for form, *_ in FORMS])
def test_a_wrong_record_is_found_in_every_form(form: str, document: Any, dialect: Dialect | None) -> None:
    text = json.dumps(document)
    wrong = json.loads(text.replace('"witness_id": 1', '"witness_id": 2', 1))
    result = judged(wrong, dialect)
    assert result.verdict == "diverge"
    first = result.first_divergence
    assert first is not None
    assert first.expected["artifact"]["Cancellation"]["witness_id"] == 1
    assert first.actual["artifact"]["Cancellation"]["witness_id"] == 2
    assert first.op == "mark_owner_died"
    assert result.judged + sum(result.not_judged.values()) == result.events


def test_the_place_is_told_in_terms_of_the_file() -> None:
    result = judged([ISSUED, *of_session(4, [ISSUED, ISSUED, ISSUED]), DIED, CANCELLED], "authority_audit_log")
    assert (result.judged, result.not_judged) == (5, {"records after the divergence": 1})
    assert result.first_divergence is not None
    assert result.first_divergence.place == {"path": "$[2]", "record": 2, "session": 4}
    assert result.first_divergence.reason.startswith("refused by G-unowned")
    assert result.judged == 5


def test_the_nearest_record_and_the_guard_are_told() -> None:
    first = judged([ISSUED, BEGUN, RELEASED], "authority_audit_log").first_divergence
    assert first is not None
    assert first.reason.startswith("refused by G-idle")
    assert first.op == "release_ownership"
    assert first.expected["artifact"] == RELEASED["artifact"]
    assert first.expected["reason"] in ("ownership transferred", "owner died", "transfer abandoned")


def test_a_log_that_ends_within_an_operation_is_refused_at_its_end() -> None:
    first = judged(DEATH[:2], "authority_audit_log").first_divergence
    assert first is not None
    assert first.place["record"] == 2
    assert first.actual is None
    assert first.expected == CANCELLED
    assert "not complete" in first.reason


def test_a_scope_that_is_no_sorted_set_is_refused() -> None:
    scope = {"Fragments": ["b", "a"]}
    unsorted = {**ISSUED, "artifact": {"OwnershipCapability": {**CAP, "scope": scope}}}
    first = judged([unsorted], "authority_audit_log").first_divergence
    assert first is not None
    assert "sorted" in first.reason


def test_a_session_named_after_its_records_must_be_theirs() -> None:
    first = judged({"authority_audit_log": DEATH, "session": 5}).first_divergence
    assert first is not None
    assert first.place["session"] == 5
    assert first.expected["artifact"]["OwnershipCapability"]["session_id"] == 5
    named = [{"authority_audit_log": DEATH, "session": session} for session in (0, 5)]
    first = judged(named).first_divergence
    assert first is not None
    assert first.place["path"].startswith("$[1]")


def test_a_refused_witness_may_name_another_session() -> None:
    lie = {**CAP, "session_id": 9, "witness_id": 7, "predicate_ref": "p"}
    refused = {
        "artifact": {"Readiness": lie},
        "event": "Rejected",
        "reason": "witness was never issued",
        "tick": None,
    }
    unclaimed = {**refused, "reason": "session unclaimed"}
    assert judged([ISSUED, refused, DIED, CANCELLED], "authority_audit_log").verdict == "agree"
    hardened = {"authority_audit_log": [unclaimed, ISSUED], "session": 0}
    assert judged(hardened, contract="hardened").verdict == "agree"
    other = of_session(9, [ISSUED])
    mixed = [ISSUED, refused, *other, {**refused, "artifact": {"Readiness": {**lie, "session_id": 0}}}, *DEATH[1:]]
    assert judged(mixed, "authority_audit_log").verdict == "agree"


def test_both_contracts_judge_the_second_claim_otherwise() -> None:
    released = {**DIED, "reason": "ownership released"}
    again = [ISSUED, released, ISSUED]
    assert judged(again, "authority_audit_log").verdict == "agree"
    first = judged(again, "authority_audit_log", "hardened").first_divergence
    assert first is not None
    assert first.expected["artifact"]["OwnershipCapability"]["generation"] == 1


def peak(path: Path) -> int:
    """Return how much memory judging a log takes at most."""
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            reader = AuditLogReader(JsonStream(file, "log.json", DEFAULT_LIMITS), "authority_audit_log")
            assert judge_logs(reader, "log.json", "telltale-17", Level.state).verdict == "agree"
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_long_log_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    records = log(40_000)
    path.write_text(json.dumps(records[:10_000]))
    short = peak(path)
    path.write_text(json.dumps(records))
    assert peak(path) < short + 4_000_000  # the records alone are 9 MB as text; the ids consumed are all that is kept


# --- timeouts


def timeout(number: int, site: str, issued: int, until: int) -> dict[str, Any]:
    return {"Timeout": {"issued_at_tick": issued, "site": site, "until_tick": until, "witness_id": number}}


def record(artifact: dict[str, Any], event: str, tick: int, reason: str | None = None) -> dict[str, Any]:
    return {"artifact": artifact, "event": event, "reason": reason, "tick": tick}


def test_timeouts_are_judged_by_the_runtime_s_clock() -> None:
    first, second = timeout(0, "s", 0, 5), timeout(1, "s", 2, 9)
    log = [
        record(first, "Issued", 0),
        record(first, "Invalidated", 2, "replaced by newer timeout witness"),
        record(second, "Issued", 2),
        record(second, "Expired", 9, "timeout horizon elapsed"),
    ]
    assert judged(log, "authority_audit_log").verdict == "agree"
    assert judged([*DEATH, *log], "authority_audit_log").verdict == "agree"
    late = [record(first, "Issued", 0), record(timeout(1, "t", 7, 9), "Issued", 7)]
    found = judged(late, "authority_audit_log").first_divergence
    assert found is not None
    assert found.expected["event"] == "Expired"
    back = [record(timeout(0, "s", 4, 9), "Issued", 4), record(timeout(1, "t", 3, 9), "Issued", 3)]
    found = judged(back, "authority_audit_log").first_divergence
    assert found is not None
    assert found.op == "advance_clock"


# --- sorted logs


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_sorted_log_is_brought_into_an_order_in_which_it_can_have_been_written(contract: str) -> None:
    done = 0
    for index in range(40):
        for written in generated(3, index, contract, steps=60):
            records = [semantic(entry, written.sid) for entry in printed(written.records)]
            records.sort(key=lambda entry: json.dumps(entry, sort_keys=True))
            result = judged(records, "semantic_audit_log", contract)
            if records:
                assert result.verdict == "agree", (index, result)
                done += len(records) > 3
    assert done > 20


def test_records_that_have_no_order_are_refused() -> None:
    result = judged([semantic(CANCELLED), semantic(ISSUED)], "semantic_audit_log")
    assert result.verdict == "diverge"
    assert result.first_divergence is not None
    assert result.first_divergence.place["path"] == "$[0]"


def test_other_entries_of_a_sorted_log_are_counted() -> None:
    result = judged([semantic(ISSUED), {"Publication": {}}, {"NewKind": 1}], "semantic_audit_log")
    assert result.verdict == "agree"
    assert result.not_judged == {"Publication": 1, "NewKind": 1}


def test_a_mixed_up_record_is_refused_for_what_it_says(tmp_path: Path) -> None:
    records: list[AuditRecord] = []
    assert departure(Written("telltale-17", 0, records))[0] is None
    consumed = {"artifact": {"OwnershipCapability": CAP}, "event": "Consumed", "reason": None, "tick": None}
    first = judged([ISSUED, consumed], "authority_audit_log").first_divergence
    assert first is not None
    assert first.op == "no operation"
    assert "no operation writes such a record first" in first.reason
