"""A campaign over its time: equal parts, rates, the estimates of what is left, charts on the page and bars in texts."""

from pathlib import Path

import msgspec
import pytest

from telltale_conformance.oracle.campaign.events import Begun, Ended, TaskDone
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.over_time import FIGURES, bars, chao2, good_turing, new_an_hour, stretches
from telltale_conformance.oracle.campaign.page import campaign_page
from telltale_conformance.oracle.campaign.report import CampaignReport, report_lines, report_of
from telltale_conformance.oracle.campaign.standing import Point
from tests.nasty import NASTY
from tests.oracle.campaign.campaign_world import all_that_is_told, campaign_in, small_tasks, worked
from tests.oracle.campaign.test_standing import FOUND, OVER, standing, task

__all__ = ["small_tasks"]


def at(seconds: float, answers: int, cells: int, **more: int) -> Point:
    return Point(seconds=seconds, answers=answers, cells=cells, entries=0, **more)


CURVE = [at(10, 100, 4), at(20, 300, 6, findings=1), at(40, 400, 7, findings=1, cases=200, once=3, twice=2)]


def test_the_time_is_cut_into_equal_parts() -> None:
    parts = stretches(CURVE, 4)
    assert [part.end.seconds for part in parts] == [10, 20, 30, 40]
    assert [part.end.cells for part in parts] == [4, 6, 6, 7]
    assert [part.end.findings for part in parts] == [0, 1, 1, 1]
    assert [part.answers_a_second for part in parts] == [10, 20, 5, 5]  # they come steadily between two points
    assert [part.cells_an_hour for part in parts] == [4 * 360, 2 * 360, 0, 360]
    assert parts[-1].in_1000_cases == pytest.approx(1000 * 3 / 200)
    assert parts[-1].left == pytest.approx(199 / 200 * 9 / 4)


@pytest.mark.parametrize("count", [1, 3, 7, 60])
def test_no_answer_and_no_cell_is_lost_between_the_parts(count: int) -> None:
    parts = stretches(CURVE, count)
    each = 40 / count
    assert len(parts) == count
    assert sum(part.answers_a_second * each for part in parts) == pytest.approx(400)
    assert sum(part.cells_an_hour * each / 3600 for part in parts) == pytest.approx(7)
    assert parts[-1].end == CURVE[-1]


@pytest.mark.parametrize("curve", [[], [at(0.0, 5, 5)]])
def test_without_time_there_is_nothing_to_draw(curve: list[Point]) -> None:
    assert stretches(curve, 5) == []
    assert new_an_hour(curve) == 0.0


def test_new_cells_an_hour_are_those_of_the_last_hour() -> None:
    assert new_an_hour([at(1800, 1, 90), at(3600, 1, 100), at(7200, 1, 112)]) == pytest.approx(12)
    assert new_an_hour([at(1800, 1, 90)]) == pytest.approx(180)


def test_the_estimates() -> None:
    assert good_turing(0, 0) == 1.0
    assert good_turing(50, 5) == 0.1
    assert chao2(10, 4, 2) == pytest.approx(0.9 * 16 / 4)
    assert chao2(10, 4, 0) == pytest.approx(0.9 * 4 * 3 / 2)
    assert chao2(0, 0, 0) == 0.0


def test_bars_are_as_high_as_the_values() -> None:
    assert bars([0, 1, 7, 3.5]) == "▁▂█▄"
    assert bars([0, 0]) == "▁▁"
    assert bars([]) == ""


def reported(tmp_path: Path, *events: TaskDone | Ended) -> CampaignReport:
    with campaign_in(tmp_path / "c"):
        settings = read_settings(tmp_path / "c")
    return report_of(settings, standing(*events))


def test_the_page_draws_each_figure_over_the_time(tmp_path: Path) -> None:
    tasks = [task(number, at=2.0 + number, new=(f"c{number}",), cells=((number, 1),)) for number in range(90)]
    page = campaign_page(reported(tmp_path, *tasks, task(90, at=95.0, findings=(FOUND,)), OVER))
    assert page.count('<svg class="chart"') == len(FIGURES) == 6
    for name in ("Cells reached", "New cells an hour", "Answers judged a second", "Findings"):
        assert f">{name}</title>" in page
    assert "first 1, last 90, highest 90" in page  # of the cells
    assert "last 1, highest 1" in page  # of the findings
    assert FOUND.text in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(("verdict", "told"), [("diverge", False), ("inconclusive", True)])
def test_what_is_missing_for_agreement_is_on_the_page_where_that_is_the_question(verdict: str, told: bool) -> None:
    page = campaign_page(msgspec.structs.replace(all_that_is_told("x"), verdict=verdict))
    assert ("missing for agreement" in page) == told


def test_the_text_draws_the_same_figures(tmp_path: Path) -> None:
    tasks = [task(number, at=2.0 + number, new=(f"c{number}",), cells=((number, 1),)) for number in range(8)]
    lines = list(report_lines(reported(tmp_path, *tasks, OVER)))
    (place,) = [number for number, line in enumerate(lines) if line.startswith("over time, each bar 0:00:01")]
    for figure, line in zip(FIGURES, lines[place + 1 :], strict=False):
        assert line.startswith(f"  {figure.name} ")
    assert lines[place + 1].endswith("▁▂▃▄▅▆▇█  8 at the end")


def test_a_page_without_a_course_says_why(tmp_path: Path) -> None:
    page = campaign_page(reported(tmp_path))
    assert "<svg" not in page
    assert "no task is finished yet" in page


def test_names_of_others_are_only_text_on_the_page() -> None:
    page = campaign_page(all_that_is_told("<script>alert(1)</script>".join(NASTY)))
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_setting_the_clock_back_changes_no_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        campaign.note(begun := Begun(at=campaign.now(), workers=1))
        monkeypatch.setattr("time.time", lambda: 5.0)
        worked(campaign, 2)
        campaign.note(Ended(at=campaign.now(), why="tasks"))
    assert 0 < campaign.standing.seconds < 600
    assert [point.seconds for point in campaign.standing.curve] == sorted(
        point.seconds for point in campaign.standing.curve
    )
    assert begun.at > 1e9
