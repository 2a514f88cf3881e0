"""``trends --duckdb``: all records as a database; it is made whole or not at all, and replaces nothing else."""

import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from telltale_conformance.oracle.cli.trends import run
from telltale_conformance.oracle.reports.trends.database import TABLES
from telltale_conformance.oracle.reports.trends.file import append_record
from telltale_conformance.oracle.reports.trends.record import Record
from tests.oracle.campaign.campaign_history import record
from tests.oracle.campaign.test_standing import FOUND
from tests.oracle.report_world import MARKUP, accepted
from tests.oracle.trends_world import check

RECORDS: tuple[Record, ...] = (
    check(0, "1"),
    check(1, "2'; DROP TABLE records --", accepted(), name=MARKUP),
    record(0, "1", 0, tasks=3),
    record(0, "1", 0, FOUND, tasks=5, seed=2**64 - 1),
)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    for one in RECORDS:
        append_record(tmp_path / "history.jsonl", one)
    return tmp_path / "history.jsonl"


def asked(path: Path, question: str) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(question).fetchall()


def test_every_record_is_there_with_what_it_lists(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = history.with_name("records.duckdb")
    assert run([history], database=made) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"database: {made}"
    rows = asked(made, "SELECT what, version, seed, judged, cells, verdict FROM records ORDER BY record")
    assert rows == [
        (one.what, one.implementation.version, one.seed, one.judged, one.coverage.cells, one.verdict) for one in RECORDS
    ]
    assert asked(made, "SELECT date FROM records WHERE record = 1")[0][0].isoformat() == "2030-01-02T03:00:00"
    assert dict(asked(made, "SELECT record, count(*) FROM lanes GROUP BY record")) == {
        number: len(one.lanes) for number, one in enumerate(RECORDS)
    }
    assert asked(made, "SELECT record, fingerprint, known, lanes FROM findings ORDER BY record") == [
        (1, RECORDS[1].findings[0].fingerprint, False, ["programs"]),
        (3, FOUND.fingerprint, False, ["mutants"]),
    ]
    (claims,) = asked(made, "SELECT count(*) FROM claims WHERE record = 0 AND mark = 'kept'")
    assert claims == (9,)
    assert asked(made, "SELECT record, state, tasks FROM campaigns ORDER BY record") == [
        (2, "ended", 3),
        (3, "ended", 5),
    ]


def test_a_state_that_another_one_contains_does_not_count(history: Path) -> None:
    made = history.with_name("records.duckdb")
    run([history, history], database=made)
    counted = asked(made, "SELECT what, judged FROM records WHERE counts ORDER BY what, judged")
    assert sorted(counted) == sorted((one.what, one.judged) for one in RECORDS if one is not RECORDS[2])
    assert asked(made, "SELECT count(*) FROM records") == [(2 * len(RECORDS),)]


def test_a_database_is_made_anew_and_nothing_is_left_beside_it(history: Path) -> None:
    made = history.with_name("records.duckdb")
    for _ in range(2):
        assert run([history], database=made) == 0
    assert asked(made, "SELECT count(*) FROM records") == [(len(RECORDS),)]
    assert {path.name for path in history.parent.iterdir()} == {"history.jsonl", "records.duckdb"}
    names = asked(made, "SELECT table_name, count(*) FROM information_schema.columns GROUP BY 1")
    assert dict(names) == {table: len(columns) for table, columns in TABLES.items()}


@pytest.mark.parametrize("option", ["output", "database"])
def test_the_history_itself_is_never_written_over(
    history: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    before = history.read_bytes()
    assert run([history], **{option: history.parent / "." / history.name}) == 2
    assert "it is one of the files that are read" in capsys.readouterr().err
    assert history.read_bytes() == before


@pytest.mark.parametrize("place", ["a text", "an empty file", "a folder", "below a file"])
def test_no_other_file_is_replaced(history: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    path = history.with_name("mine")
    if place == "a folder":
        path.mkdir()
    elif place == "below a file":
        path = history / "records.duckdb"
    else:
        path.write_text("mine, and not a database" if place == "a text" else "")
    assert run([history], database=path) == 2
    said = capsys.readouterr()
    assert str(path) in said.err
    assert "Traceback" not in said.err
    if place == "a text":
        assert path.read_text() == "mine, and not a database"


def test_without_duckdb_it_is_said_how_it_is_installed(
    history: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert run([history], database=history.with_name("x.duckdb")) == 2
    assert "pip install 'telltale-conformance[duckdb]'" in capsys.readouterr().err
    assert run([history]) == 0
