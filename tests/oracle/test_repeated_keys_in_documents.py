"""A key given twice in a run or a log is refused with its file, JSON path and remedy, wherever the reader looks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.installed import run_here
from tests.oracle.run_world import RUNS, document

RECORD = (
    '{"artifact":{"OwnershipCapability":{"generation":0,"owner_id":"a","scope":"Session","session_id":0}},'
    '"event":"Issued","reason":null,"tick":null}'
)
RUN = gzip.decompress((RUNS / "golden_ping_pong.output.json.gz").read_bytes()).decode()

RUN_PLACES = {
    "the root": ('"steps_executed":', '"steps_executed": 1, "steps_executed":', "$: the key `steps_executed`"),
    "an event": ('"kind": "opened"', '"kind": "sent", "kind": "opened"', "$.trace[0]: the key `kind`"),
    "a slice": ('"role_count"', '"role_count": 2, "role_count"', ".sessions[0]: the key `role_count`"),
    "semantic objects": (
        '"authoritative_reads"',
        '"authoritative_reads": [], "authoritative_reads"',
        "$.semantic_objects: the key `authoritative_reads`",
    ),
}


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize("place", RUN_PLACES)
def test_in_a_run(tmp_path: Path, place: str, compact: bool) -> None:
    old, new, said = RUN_PLACES[place]
    text = RUN
    if compact:
        text, old, new = (part.replace('": ', '":') for part in (json.dumps(json.loads(RUN)), old, new))
    path = tmp_path / "run.output.json"
    assert text.count(old)
    path.write_text(text.replace(old, new, 1))
    done = run_here("replay", path)
    assert done.returncode == 2
    assert done.stdout.startswith(f"malformed  {path}: $")
    assert f"{said} is given twice; give it once" in done.stdout


def test_in_raw_events(tmp_path: Path) -> None:
    path = tmp_path / "run.raw.json"
    path.write_text(json.dumps(document("golden_ping_pong", "raw")).replace('"tick"', '"tick": 0, "tick"', 1))
    done = run_here("replay", path)
    assert done.returncode == 2
    assert "the key `tick` is given twice; give it once" in done.stdout


@pytest.mark.parametrize("before", [0, 3000])
def test_in_a_log_however_long(tmp_path: Path, before: int) -> None:
    path = tmp_path / "log.json"
    rejected = RECORD.replace('"Issued"', '"Rejected"')
    twice = RECORD.replace('"tick":null', '"tick":null,"tick":null')
    path.write_text("[" + ",".join([*[rejected] * before, twice]) + "]")
    done = run_here("replay", path, "--level", "payload")
    assert done.returncode == 2
    assert done.stdout.startswith(f"malformed  {path}: $[{before}]: the key `tick` is given twice; give it once")
