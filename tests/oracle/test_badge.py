"""``check --badge``: what an endpoint badge shows; green is agreement, and nothing else is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.reports.badge import badge_of
from telltale_conformance.oracle.verdict.baseline import Standing
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.not_covered import NotCovered
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.report_world import accepted, lane, report, unlogged

FAULT = LaneResult(lane="programs", tally=Tally(faults=1))


@pytest.mark.parametrize(
    ("lanes", "changes", "colour", "message"),
    [
        ([lane()], {}, "green", "agrees with telltale-17"),
        (
            [lane()],
            {"not_covered": NotCovered(lanes_not_run=("graph",))},
            "yellowgreen",
            "agrees with telltale-17 in part",
        ),
        ([lane("programs", accepted())], {}, "red", "1 kind of divergence"),
        ([lane("programs", accepted(), unlogged())], {}, "red", "2 kinds of divergence"),
        ([lane("programs", accepted(), faults=1)], {}, "red", "1 kind of divergence"),
        ([lane()], {"exit_code": 1, "standing": Standing()}, "red", "diverges"),
        ([lane()], {"exit_code": 1, "lacking": ("open",)}, "red", "operations are lacking"),
        ([lane(missing=1)], {"exit_code": 3}, "orange", "inconclusive"),
        ([lane()], {"exit_code": 3, "cut_short": "interrupted"}, "orange", "inconclusive"),
        ([], {"exit_code": 3}, "orange", "nothing judged"),
        ([lane("programs", tally=Tally())], {"exit_code": 3}, "orange", "nothing judged"),
        ([FAULT], {"exit_code": 3}, "lightgrey", "fault, no verdict"),
        ([lane(), FAULT], {"exit_code": 3}, "lightgrey", "fault, no verdict"),
        ([lane()], {"exit_code": 3}, "lightgrey", "fault, no verdict"),
    ],
)
def test_the_colour_says_what_was_concluded(
    lanes: list[LaneResult], changes: dict[str, Any], colour: str, message: str
) -> None:
    badge = badge_of(report(*lanes, **changes))
    assert (badge.color, badge.message) == (colour, message)


def test_known_divergences_are_said_beside_the_agreement() -> None:
    seen = report(lane("programs", accepted()))
    known = msgspec.structs.replace(seen.findings[0], stand="known")
    badge = badge_of(msgspec.structs.replace(seen, exit_code=0, findings=(known,)))
    assert (badge.color, badge.message) == ("green", "agrees with telltale-17, 1 known divergence")


def test_a_check_writes_the_members_of_an_endpoint_badge_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "made" / "badge.json"
    assert run(lanes=["fixed"], gate=Gate(badge=path)) == 0
    assert json.loads(path.read_text()) == {
        "schemaVersion": 1,
        "label": "telltale conformance",
        "message": "agrees with telltale-17 in part",
        "color": "yellowgreen",
    }


def test_an_adapter_that_does_not_start_takes_the_green_badge_down(tmp_path: Path) -> None:
    path = tmp_path / "badge.json"
    path.write_text('{"color": "green"}')
    assert run(sut=f"{sys.executable} -c pass", lanes=["fixed"], gate=Gate(badge=path)) == 3
    assert json.loads(path.read_text())["color"] == "lightgrey"
    assert json.loads(path.read_text())["message"] == "no verdict"


def test_a_badge_that_cannot_be_written_ends_the_check_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(sut=f"touch {tmp_path / 'ran'}", gate=Gate(badge=tmp_path / "file" / "badge.json")) == 2
    assert "badge.json: cannot be written" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
