"""``campaign report --badge``: the endpoint badge of a campaign; green is agreement in all, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from telltale_conformance.oracle.campaign.badge import badge_of
from telltale_conformance.oracle.campaign.events import Event
from telltale_conformance.oracle.campaign.report import report_of
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.cli.campaign import report
from telltale_conformance.oracle.verdict.evidence import Tally
from tests.oracle.campaign.campaign_history import FIRST, OTHER, day, in_folder, settings, works
from tests.oracle.campaign.test_standing import FOUND

WHOLE = settings(clients=["y"])  # of several clients, so that every lane has a turn
RACED = structs.replace(works(19, FIRST + 4.5), lane="concurrent")
ALL = [*day(0)[:-1], RACED, day(0)[-1]]


def tried(**counts: int) -> list[Event]:
    return [*ALL[:-1], works(20, FIRST + 4.7, tally=Tally(cases=1, judged=1, **counts)), ALL[-1]]


@pytest.mark.parametrize(
    ("told", "events", "colour", "message"),
    [
        (WHOLE, ALL, "green", "agrees with telltale-17"),
        (WHOLE, tried(not_judged=1), "yellowgreen", "agrees with telltale-17 in part"),
        (WHOLE, tried(uncovered=1), "yellowgreen", "agrees with telltale-17 in part"),
        (WHOLE, tried(skipped=1), "yellowgreen", "agrees with telltale-17 in part"),
        (WHOLE, tried(at_limit=1), "yellowgreen", "agrees with telltale-17 in part"),
        (settings(), day(0), "yellowgreen", "agrees with telltale-17 in part"),  # no lane of several clients
        (WHOLE, day(0), "orange", "inconclusive"),  # which has judged nothing
        (WHOLE, ALL[:-1], "orange", "inconclusive"),  # it runs
        (settings(), day(0, ended="interrupted by SIGINT"), "orange", "inconclusive"),
        (settings(), day(0, 0), "orange", "nothing judged"),
        (settings(), [], "orange", "nothing judged"),
        (WHOLE, tried(faults=1), "lightgrey", "fault, no verdict"),
        (settings(), day(0, 4, FOUND), "red", "1 kind of divergence"),
        (settings(), day(0, 4, FOUND, OTHER, ended=None), "red", "2 kinds of divergence"),
    ],
)
def test_the_colour_says_what_was_concluded(told: Any, events: list[Event], colour: str, message: str) -> None:
    badge = badge_of(report_of(told, Standing().take(events)))
    assert (badge.label, badge.color, badge.message) == ("telltale campaign", colour, message)


def test_what_is_not_offered_is_not_green() -> None:
    told = structs.replace(WHOLE, hello={**WHOLE.hello, "ops": sorted(set(WHOLE.hello["ops"]) - {"decode"})})
    badge = badge_of(report_of(told, Standing().take(ALL)))
    assert (badge.color, badge.message) == ("yellowgreen", "agrees with telltale-17 in part")


def test_a_report_writes_the_members_of_an_endpoint_badge_and_no_others(tmp_path: Path) -> None:
    folder, badge = in_folder(tmp_path / "c", settings(), day(0, 4, FOUND)), tmp_path / "badge.json"
    assert report(folder, output=None, history=None, badge=badge, as_json=False) == 1
    assert json.loads(badge.read_text()) == {
        "schemaVersion": 1,
        "label": "telltale campaign",
        "message": "1 kind of divergence",
        "color": "red",
    }


@pytest.mark.parametrize("problem", ["no campaign", "bad history"])
def test_a_report_that_fails_takes_the_green_badge_down(tmp_path: Path, problem: str) -> None:
    folder, badge, history = tmp_path / "c", tmp_path / "badge.json", tmp_path / "history.jsonl"
    badge.write_text('{"color": "green"}')
    history.write_text("mine\n")
    if problem == "bad history":
        in_folder(folder, settings(), day(0))
    assert report(folder, output=None, history=history, badge=badge, as_json=False) == 2
    shown = json.loads(badge.read_text())
    assert (shown["label"], shown["message"]) == ("telltale campaign", "no verdict")


def test_a_badge_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = in_folder(tmp_path / "c", settings(), day(0))
    (tmp_path / "badge.json").mkdir()
    assert report(folder, output=None, history=None, badge=tmp_path / "badge.json", as_json=False) == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "badge.json") in said
    assert "Traceback" not in said
