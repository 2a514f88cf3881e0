"""Baselines are two-sided: what is new, stale or expired fails; what no lane looked at does not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.verdict.baseline import (
    UNASSIGNED,
    BadBaseline,
    Baseline,
    Entry,
    hold_against,
    printed,
    read_baseline,
    updated,
    write_baseline,
)
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.report_world import accepted, lane, unlogged

TODAY = date(2030, 6, 15)
EMPTY = Baseline(contract="telltale-17")


def known(*results: LaneResult, **changes: Any) -> Baseline:
    """Return a baseline of what these lanes saw."""
    made = updated(EMPTY, results, TODAY).baseline
    fields = {"owner": "ana", "reason": "accepted for now", "expires": "2030-12-31", **changes}
    return Baseline(
        contract=made.contract, entries=tuple(msgspec.structs.replace(entry, **fields) for entry in made.entries)
    )


def stands(baseline: Baseline, *results: LaneResult) -> dict[str, int]:
    standing = hold_against(baseline, results, TODAY)
    return {name: len(getattr(standing, name)) for name in standing.__struct_fields__ if getattr(standing, name)}


def fails(baseline: Baseline, *results: LaneResult) -> bool:
    return hold_against(baseline, results, TODAY).fails


# --- the two sides


def test_what_is_listed_and_seen_passes() -> None:
    seen = lane("programs", accepted())
    assert stands(known(seen), seen) == {"known": 1}
    assert not fails(known(seen), seen)


def test_what_is_not_listed_fails() -> None:
    assert stands(EMPTY, lane("programs", accepted())) == {"new": 1}
    assert fails(EMPTY, lane("programs", accepted()))


def test_an_entry_that_is_not_seen_although_its_lane_ran_is_stale() -> None:
    baseline = known(lane("programs", accepted()))
    assert stands(baseline, lane("programs")) == {"stale": 1}
    assert fails(baseline, lane("programs"))


def test_an_expired_entry_fails_seen_or_not() -> None:
    seen = lane("programs", accepted())
    baseline = known(seen, expires="2030-06-14")
    assert stands(baseline, seen) == {"known": 1, "expired": 1}
    assert fails(baseline, seen)
    assert fails(baseline, lane("corpus"))
    assert not fails(known(seen, expires="2030-06-15"), seen)


@pytest.mark.parametrize(
    "other",
    [
        lane("corpus"),
        lane("programs", missing=1),
        lane("programs", faults=1),
        lane("programs", why_not_run="not asked for"),
    ],
)
def test_an_entry_whose_lane_did_not_run_in_full_is_unobserved(other: LaneResult) -> None:
    baseline = known(lane("programs", accepted()))
    assert stands(baseline, other) == {"unobserved": 1}
    assert not fails(baseline, other)


def test_one_lane_that_still_sees_it_is_enough() -> None:
    baseline = known(lane("corpus", accepted()), lane("graph", accepted()))
    assert baseline.entries[0].lanes == ("corpus", "graph")
    assert stands(baseline, lane("corpus"), lane("graph", accepted())) == {"known": 1}


# --- updating


def test_update_adds_what_is_new_with_an_owner_to_be_found() -> None:
    update = updated(EMPTY, [lane("programs", accepted(), unlogged())], TODAY)
    assert [entry.owner for entry in update.added] == [UNASSIGNED] * 2
    assert [entry.expires for entry in update.added] == ["2030-07-15"] * 2
    assert [line[0] for line in update.lines()] == ["+", "+"]


def test_update_drops_only_what_is_stale_and_names_it() -> None:
    baseline = known(lane("programs", accepted()), lane("corpus", unlogged()))
    update = updated(baseline, [lane("programs")], TODAY)
    assert [entry.op for entry in update.dropped] == ["validate_ownership_capability"]
    assert [entry.op for entry in update.baseline.entries] == ["commit_ownership_transfer"]
    assert [line.split()[0] for line in update.lines()] == ["-"]
    assert update.dropped[0].fingerprint[:12] in update.lines()[0]


def test_update_keeps_what_people_wrote_and_expired_entries() -> None:
    seen = lane("programs", accepted())
    baseline = known(seen, expires="2020-01-01", link="https://example.org/1")
    assert updated(baseline, [seen], TODAY).baseline == baseline


def test_update_notes_another_lane() -> None:
    update = updated(known(lane("programs", accepted())), [lane("graph", accepted())], TODAY)
    assert update.widened[0].lanes == ("graph", "programs")
    assert update.lines()[0].startswith("~ ")


# --- the file


def test_file_is_sorted_and_the_same_whatever_the_order(tmp_path: Path) -> None:
    one = known(lane("programs", accepted(), unlogged()))
    other = Baseline(contract=one.contract, entries=one.entries[::-1])
    assert printed(one) == printed(other)
    write_baseline(tmp_path / "known.json", other)
    assert read_baseline(tmp_path / "known.json") == one
    validator("baseline").validate(json.loads(printed(one)))
    assert printed(one).count(b"\n") > 20


def bad(path: Path, document: Any) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(BadBaseline) as error:
        read_baseline(path)
    return str(error.value)


def test_what_is_no_baseline_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    with pytest.raises(BadBaseline, match="no such file; --update writes it"):
        read_baseline(path)
    good = json.loads(printed(known(lane("programs", accepted()))))
    entry = good["entries"][0]

    def with_entry(**changes: Any) -> dict[str, Any]:
        return {**good, "entries": [{**entry, **changes}]}

    assert "no JSON" in bad(path, "{")
    assert "no JSON" in bad(path, '{"schema":1,"schema":1}')
    assert "$.version" in bad(path, {**good, "version": 3})
    former = {name: value for name, value in good.items() if name != "scheme"} | {"version": 1}
    for other in former, {**good, "scheme": 2}:
        assert "known.json: its fingerprints are not of scheme 3, which this version makes; move it" in bad(path, other)
    assert "not-a-lane" not in bad(path, with_entry(lanes=[]))
    assert "no day of the calendar" in bad(path, with_entry(expires="2030-02-30"))
    assert "is not the fingerprint of" in bad(path, with_entry(op="close"))
    assert "listed twice" in bad(path, {**good, "entries": [entry, {**entry, "owner": "bo"}]})


def test_an_entry_reads_as_one_line() -> None:
    entry: Entry = known(lane("programs", unlogged())).entries[0]
    assert entry.text == "commit_ownership_transfer: TransferNotPending (G-staged) with another audit at []: missing"
