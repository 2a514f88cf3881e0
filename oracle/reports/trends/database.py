"""Records as a DuckDB database, for questions in SQL: a table of records, and of what each of them lists.

History files stay JSON lines, since several may append to them at once, which a database does not allow. The database
is made of them anew each time.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import HarnessError, InconclusiveError, UsageError, unwritable
from telltale_conformance.files import opened
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord
from telltale_conformance.oracle.reports.trends.record import LaneCounts, Record
from telltale_conformance.readable import one_line

_COUNT: Final = "UBIGINT"
_MAGIC: Final = b"DUCK"
_MAGIC_AT: Final = 8
"""Where DuckDB's files say what they are."""
TABLES: Final[dict[str, dict[str, str]]] = {
    "records": {
        "record": "INTEGER",
        "what": "VARCHAR",
        "counts": "BOOLEAN",
        "date": "TIMESTAMP",
        "implementation": "VARCHAR",
        "version": "VARCHAR",
        "harness": "VARCHAR",
        "contract": "VARCHAR",
        "level": "VARCHAR",
        "amount": "VARCHAR",
        "seed": _COUNT,
        "verdict": "VARCHAR",
        "exit_code": "INTEGER",
        **dict.fromkeys(("judged", "not_judged", "uncovered", "faults"), _COUNT),
        **dict.fromkeys(("operations", "of_operations", "rows", "of_rows", "cells"), _COUNT),
        **dict.fromkeys(("seconds", "cpu_seconds", "answers_per_second"), "DOUBLE"),
    },
    "lanes": {"record": "INTEGER", "lane": "VARCHAR", **dict.fromkeys(LaneCounts.__struct_fields__, _COUNT)},
    "findings": {
        "record": "INTEGER",
        "fingerprint": "VARCHAR",
        "text": "VARCHAR",
        "known": "BOOLEAN",
        "lanes": "VARCHAR[]",
    },
    "claims": {"record": "INTEGER", "claim": "VARCHAR", "mark": "VARCHAR"},
    "campaigns": {
        "record": "INTEGER",
        "campaign": "VARCHAR",
        "state": "VARCHAR",
        "hours": "DOUBLE",
        "tasks": _COUNT,
        "cells_left": "DOUBLE",
        "corpus": _COUNT,
        "histories": _COUNT,
    },
}
"""The tables with their columns; ``record`` is the number of a record in all of them."""


class DuckDbMissing(UsageError):
    """Thrown when DuckDB is wanted and not installed."""

    remedy = "install it with: pip install 'telltale-conformance[duckdb]'"


class BadDatabase(HarnessError):
    """Thrown when a file is there that is no database."""


def write_database(path: Path, records: Sequence[Record], counted: Iterable[Record]) -> None:
    """Write records as a database, whole or not at all; an older one is replaced.

    Args:
        path: of the database.
        records: all of them.
        counted: those that trends draws; no other record contains them.

    Raises:
        DuckDbMissing: DuckDB is not installed.
        BadDatabase: another file is there.
        HarnessError: the database cannot be written.
    """
    try:
        import duckdb
    except ImportError:
        raise DuckDbMissing("a database of records needs DuckDB") from None
    _refuse_other_files(path)
    drawn = {id(record) for record in counted}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as beside:
            made = Path(beside) / path.name
            with duckdb.connect(str(made)) as connection:
                for table, columns in TABLES.items():
                    typed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
                    connection.execute(f"CREATE TABLE {table} ({typed})")
                    rows = [
                        {"record": number, "counts": id(record) in drawn, **row}
                        for number, record in enumerate(records)
                        for row in _ROWS[table](record)
                    ]
                    # one list for each column: a row at a time takes a thousand times as long
                    lists = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
                    connection.execute(
                        f"INSERT INTO {table} SELECT {lists}",  # of names that stand above
                        [[row[name] for row in rows] for name in columns],
                    )
            os.replace(made, path)
    except OSError as error:
        raise unwritable(error, path) from None
    except duckdb.Error as error:  # it has no number: what could be wrong with the name was found above
        raise InconclusiveError(f"cannot be written: {one_line(str(error), 300)}", place=path) from None


def _refuse_other_files(path: Path) -> None:
    """Refuse to replace a file that is not a database.

    Raises:
        BadDatabase: it is another file.
        HarnessError: it cannot be read.
    """
    try:
        with opened(path) as file:
            begin = file.read(_MAGIC_AT + len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(error, path) from None
    if begin[_MAGIC_AT:] != _MAGIC:
        raise BadDatabase("a file is there that is not a DuckDB database", place=path, remedy="name another file")


_Row = dict[str, Any]


def _record(record: Record) -> Iterable[_Row]:
    yield {
        "what": record.what,
        "date": record.date.removesuffix("Z"),
        "implementation": record.implementation.name,
        "version": record.implementation.version,
        "amount": record.amount,
        **{name: getattr(record, name) for name in ("harness", "contract", "level", "seed", "verdict", "exit_code")},
        **{name: getattr(record, name) for name in ("judged", "not_judged", "uncovered", "faults")},
        **msgspec.structs.asdict(record.coverage),
        **msgspec.structs.asdict(record.speed),
    }


def _lanes(record: Record) -> Iterable[_Row]:
    for lane, counted in record.lanes.items():
        yield {"lane": lane, **{name: getattr(counted, name) for name in LaneCounts.__struct_fields__}}


def _findings(record: Record) -> Iterable[_Row]:
    failing = {found.fingerprint for found in record.failing}
    for found in record.findings:
        yield {
            "fingerprint": found.fingerprint,
            "text": found.text,
            "known": found.fingerprint not in failing,
            "lanes": list(found.lanes),
        }


def _claims(record: Record) -> Iterable[_Row]:
    if isinstance(record, CheckRecord):
        for claim, mark in record.claims.items():
            yield {"claim": claim, "mark": mark}


def _campaign(record: Record) -> Iterable[_Row]:
    if isinstance(record, CampaignRecord):
        names = ("campaign", "state", "hours", "tasks", "corpus", "histories")
        yield {"cells_left": record.estimate.left, **{name: getattr(record, name) for name in names}}


_ROWS: Final[dict[str, Callable[[Record], Iterable[_Row]]]] = {
    "records": _record,
    "lanes": _lanes,
    "findings": _findings,
    "claims": _claims,
    "campaigns": _campaign,
}
