"""``check --history``: a line for each check, whole or not at all, read strictly; a bad file ends it before the run."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import resource
import signal
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.errors import UsageError
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord, record_of
from telltale_conformance.oracle.reports.trends.file import (
    Appended,
    BadRecords,
    append_record,
    make_ready,
    read_records,
)
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.report_world import CELL, HELLO, MARKUP, accepted, lane, report, unlogged

NOW = datetime(2030, 6, 15, 12, 30, 1, tzinfo=UTC)


def record(*lanes: LaneResult, **changes: Any) -> CheckRecord:
    return record_of(report(*(lanes or (lane(),)), **changes), NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checks.jsonl"


# --- what a record says


def test_a_record_says_what_the_check_found() -> None:
    claims = {"K1": ClaimStand("kept", 4), "K3": ClaimStand("broken", 1)}
    made = record(
        lane("programs", accepted(), unlogged(), claims=claims, faults=2),
        lane("fixed", coverage=frozenset()),
        cpu_seconds=1.5,
    )
    assert (made.verdict, made.exit_code, made.faults) == ("diverge", 1, 2)
    assert made.date == "2030-06-15T12:30:01Z"
    assert {name: (one.verdict, one.cases, one.judged) for name, one in made.lanes.items()} == {
        "programs": ("diverge", 5, 40),
        "fixed": ("agree", 3, 40),
    }
    texts = {one.op: one.text for one in made.findings}
    assert sorted(texts) == ["commit_ownership_transfer", "validate_ownership_capability"]
    assert texts["validate_ownership_capability"].endswith(": expected Unclaimed (G-owned), answered ok")
    assert all(
        len(one.fingerprint) == 64 and one.stand == "new" and one.lanes == ("programs",) for one in made.findings
    )
    assert (made.coverage.operations, made.coverage.cells, made.coverage.rows) == (1, 1, 1)
    assert made.coverage.of_operations == len(HELLO.ops)
    assert made.claims["K1"] == "kept"
    assert made.claims["K2"] == "not judged"
    assert made.speed.cpu_seconds == 1.5
    assert made.speed.answers_per_second == pytest.approx(80 / 2.5)


def test_rows_are_counted_against_the_floor_of_what_is_offered() -> None:
    whole, few = record(), record(implementation=msgspec.structs.replace(HELLO, ops=frozenset({"open", "close"})))
    assert 100 < whole.coverage.of_rows < 300
    assert few.coverage.of_operations == 2
    assert few.coverage.of_rows < whole.coverage.of_rows
    two = frozenset({CELL, CELL._replace(phase="claimed"), Cell("never", "heard of", "-", "-", "-")})
    seen = record(lane(coverage=two))
    assert (seen.coverage.cells, seen.coverage.rows, seen.coverage.operations) == (3, 2, 1)


def test_a_claim_that_the_contract_breaks_itself_is_not_the_implementations_alone() -> None:
    known = EXPECTED["telltale-17"]
    refuted, proved = (next(name for name in known if known[name] == one) for one in ("refuted", "proved"))
    stands = {name: ClaimStand("broken", 1) for name in (refuted, proved)}
    marks = record(lane(claims=stands)).claims
    assert (marks[refuted], marks[proved]) == ("broken by the contract too", "broken")


def test_a_lane_without_time_has_no_speed_and_a_time_in_another_zone_is_told_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-7)))
    made = record_of(report(lane(seconds=0.0)), there)
    assert made.speed.answers_per_second is None
    assert record_of(report(lane(seconds=0.5)), there).speed.answers_per_second == 80.0
    assert made.date == "2030-06-15T12:30:01Z"


# --- the file


def test_records_are_read_as_they_were_written_in_order(path: Path) -> None:
    records = (record(), record(lane("programs", accepted(owner=MARKUP + "\n\u2028"))), record(cut_short="no\ntime"))
    for one in records:
        assert append_record(path, one) == Appended(written=True)
    assert read_records(path).records == records
    assert path.read_bytes().count(b"\n") == 3
    for line in path.read_text().splitlines():
        validator("check-record").validate(json.loads(line))


def test_many_processes_append_and_no_line_is_lost_or_mixed(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_append_often, args=(path, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    seeds = sorted(one.seed for one in read_records(path).records)
    assert seeds == [10 * number + turn for number in range(4) for turn in range(10)]


def _append_often(path: Path, number: int) -> None:
    for turn in range(10):
        append_record(path, msgspec.structs.replace(record(), seed=10 * number + turn))


def test_a_torn_last_line_is_recognised_and_moved_away_by_the_next_check(path: Path) -> None:
    append_record(path, record())
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    found = read_records(path)
    assert (found.records, found.torn) == ((record(),), 100)
    remark = append_record(path, record(seed=9)).remark
    assert remark is not None
    assert "100 bytes" in remark
    assert [one.seed for one in read_records(path).records] == [3, 9]
    assert (path.parent / "checks.jsonl.torn").read_bytes() == whole[:100] + b"\n"


@pytest.mark.parametrize("cut", [1, 2, 40, 500])
def test_every_torn_line_is_torn_wherever_it_is_cut(path: Path, cut: int) -> None:
    append_record(path, record())
    path.write_bytes(path.read_bytes()[: -1 - cut])
    assert read_records(path).records == ()
    assert read_records(path).torn == path.stat().st_size


def test_a_last_line_that_only_lacks_its_end_is_a_record(path: Path) -> None:
    append_record(path, record())
    path.write_bytes(path.read_bytes()[:-1])
    assert read_records(path).records == (record(),)
    assert append_record(path, record(seed=9)).remark is None
    assert [one.seed for one in read_records(path).records] == [3, 9]
    assert not (path.parent / "checks.jsonl.torn").exists()


def test_a_full_disk_leaves_the_file_as_it_was(path: Path) -> None:
    append_record(path, record())
    before = path.read_bytes()
    child = os.fork()
    if child == 0:  # the limit holds for the whole process
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, len(before) + 50))
        try:
            append_record(path, record())
        except OSError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert path.read_bytes() == before


# --- bad files


def changed(**fields: Any) -> bytes:
    return json.dumps({**msgspec.to_builtins(record()), **fields}).encode() + b"\n"


def diverging(**fields: Any) -> bytes:
    return json.dumps({**msgspec.to_builtins(record(lane("programs", accepted()))), **fields}).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\n", ":1: not a record: no JSON"),
        (b"{}\n", ':1: not a record: its "schema" is neither'),
        (b"[1]\n", ":1: not a record"),
        (changed() + b"{\n" + changed(), ":2: not a record: no JSON"),
        (changed() + b'{"schema": "telltale-conformance/report"}\n', ":2: not a record: its"),
        (changed(version=2), ":1: a check record of version 2, and this harness reads version 1"),
        (changed(seed=-1), "Expected `int` >= 0 - at `$.seed`"),
        (changed(seed=2**64), "$.seed"),
        (changed(seed=1.0), "$.seed"),
        (changed(verdict="agreed"), "$.verdict"),
        (changed(verdict="diverge"), "the verdict is diverge, and the exit code 0"),
        (changed(exit_code=3), "the verdict is agree, and the exit code 3"),
        (diverging(verdict="agree", exit_code=0), "the verdict is agree, and something diverges that is not known"),
        (changed(date="yesterday"), "$.date"),
        (changed(more=1), "unknown field `more`"),
        (changed(lanes={"programs": {}}), "$.lanes"),
        (changed(speed={"seconds": -1.0, "cpu_seconds": 0, "answers_per_second": None}), "$.speed.seconds"),
        (changed()[:-2] + b', "seed": 3}\n', "seed"),
        (changed(claims=[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]), "nested deeper than 16"),
        (b'\xff{"a":1}\n', "not UTF-8"),
    ],
)
def test_a_file_with_anything_else_is_refused_with_place_and_problem(path: Path, data: bytes, said: str) -> None:
    path.write_bytes(data)
    with pytest.raises(BadRecords) as raised:
        make_ready(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)
    assert path.read_bytes() == data


def test_the_schema_and_the_reader_agree(path: Path) -> None:
    seen = lane("programs", accepted(), claims={"K1": ClaimStand("kept", 4)})
    made = json.loads(msgspec.json.encode(record(seen)))
    variants = list(mutants(made))
    assert len(variants) > 150
    for where, document in variants:
        path.write_bytes(json.dumps(document).encode() + b"\n")
        well_formed = validator("check-record").is_valid(document)
        try:
            read_records(path)
        except BadRecords:
            assert not well_formed, where
        else:
            assert well_formed, where


def mutants(document: dict[str, Any]) -> Any:
    """Yield the document with each member left out, or replaced by values of other kinds."""
    for trail in _trails(document):
        for value in (None, "other", -1, 1.5, [], {}, True, ...):
            variant = copy.deepcopy(document)
            inner: Any = variant
            for step in trail[:-1]:
                inner = inner[step]
            if value is ...:
                del inner[trail[-1]]
            else:
                inner[trail[-1]] = value
            yield f"{trail}: {value}", variant


def _trails(value: Any, trail: tuple[Any, ...] = ()) -> Any:
    if trail:
        yield trail
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield from _trails(inner, (*trail, name))


@pytest.mark.parametrize("place", ["folder", "device", "pipe", "below a file"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, place: str) -> None:
    path = tmp_path / "it"
    if place == "folder":
        path.mkdir()
    elif place == "device":
        path = Path("/dev/null")
    elif place == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("")
        path /= "inner"
    with pytest.raises(UsageError, match="cannot be written"):
        make_ready(path)


# --- the command


def test_a_check_appends_its_line_and_a_second_another(path: Path) -> None:
    for seed in (4, 5):
        run(lanes=["programs"], cases=3, seed=seed, gate=Gate(history=path))
    first, second = read_records(path).records
    assert (first.seed, second.seed) == (4, 5)
    assert first.implementation.name == "telltale-conformance reference"
    assert first.cases == 3
    assert first.judged == first.lanes["programs"].judged > 50
    assert first.speed.cpu_seconds > 0
    assert abs((datetime.now(UTC) - datetime.fromisoformat(first.date)).total_seconds()) < 600


def test_a_bad_file_ends_the_check_before_anything_runs(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("mine\n")
    ran = tmp_path / "ran"
    assert run(sut=f"touch {ran}", lanes=["programs"], gate=Gate(history=path)) == 2
    assert f"{path}:1: not a record" in capsys.readouterr().err
    assert path.read_text() == "mine\n"
    assert not ran.exists()


def test_the_verdict_stands_where_the_line_cannot_be_written(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), seconds=1.0)
    for results, code in (((lane("programs", accepted()),), 1), ((lane(),), 3)):
        gate = Gate(history=path / "is" / "a folder")
        gate.prepare("telltale-17")
        path.unlink(missing_ok=True)
        path.write_text("")
        assert gate.conclude(msgspec.structs.replace(check, results=results)) == code
        assert "cannot write to" in capsys.readouterr().err


def test_an_interrupted_check_is_kept_as_one(path: Path) -> None:
    check = Check(
        subject=Subject(command="x"),
        hello=HELLO,
        settings=Settings(),
        results=(lane(),),
        cut_short="interrupted",
        interrupted=True,
    )
    Gate(history=path).conclude(check)
    (kept,) = read_records(path).records
    assert (kept.verdict, kept.exit_code, kept.cut_short) == ("inconclusive", 3, "interrupted")


def test_a_fault_of_the_machinery_is_kept_as_one(path: Path) -> None:
    failed = LaneResult(lane="programs", tally=Tally(faults=1), notes=("fault of the adapter",))
    Gate(history=path).conclude(
        Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), results=(failed,))
    )
    (kept,) = read_records(path).records
    assert (kept.verdict, kept.faults, kept.lanes["programs"].faults) == ("inconclusive", 1, 1)
