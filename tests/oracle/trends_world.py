"""What the tests of trends share: checks of several versions, as check --history keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord, record_of
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.report_world import HELLO, lane, report

BEGIN = datetime(2030, 1, 1, 3, tzinfo=UTC)
CELLS = sorted(floor_of("telltale-17", HELLO.ops))


def check(day: int, version: str, *divergences: LaneDivergence, name: str = "my-store", **changes: Any) -> CheckRecord:
    """Return the record of a check on this day after the first."""
    seen = lane(
        "programs",
        *divergences,
        coverage=frozenset(CELLS[: 200 + day]),
        claims={f"K{number}": ClaimStand("kept", 5) for number in range(1, 10 + day % 9)},
        missing=changes.pop("missing", 0),
        seconds=20.0,
    )
    made = report(
        seen,
        implementation=msgspec.structs.replace(HELLO, name=name, version=version),
        cpu_seconds=12.0 + day % 3,
        **changes,
    )
    return record_of(made, BEGIN + timedelta(days=day))
