"""``trends``: what check --history kept, in series that can be compared, drawn over versions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from telltale_conformance.oracle.cli.check import run as run_check
from telltale_conformance.oracle.cli.trends import run
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.reports.page.chart import Line, Point, chart, shown
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord
from telltale_conformance.oracle.reports.trends.file import append_record
from telltale_conformance.oracle.reports.trends.page import DRAWN, trends_page
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.reports.trends.text import trends_lines
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.report_world import MARKUP, SCRIPT, accepted, unlogged
from tests.oracle.trends_world import check


def written(path: Path, *records: CheckRecord) -> Path:
    for record in records:
        append_record(path, record)
    return path


def series(*records: CheckRecord) -> Any:
    (one,) = series_of(records)
    return one


# --- series


@pytest.mark.parametrize(
    "change",
    [
        {"contract": "hardened"},
        {"level": Level.outcome},
        {"effort": "quick"},
        {"cases": 3},
        {"name": "other-store"},
        {"lanes": ()},
    ],
)
def test_checks_that_cannot_be_compared_are_not_mixed(change: dict[str, Any]) -> None:
    found = series_of([check(0, "1"), check(1, "1", **change), check(2, "1")])
    assert sorted(len(one.records) for one in found) == [1, 2]


@pytest.mark.parametrize("change", [{"seed": 99}, {"harness": "9"}])
def test_seed_and_harness_may_change_within_a_series(change: dict[str, Any]) -> None:
    assert len(series(check(0, "1"), check(1, "2", **change)).records) == 2


def test_a_series_is_in_the_order_of_dates_and_a_check_that_occurs_twice_counts_once() -> None:
    first, second, third = check(0, "1"), check(1, "1"), check(2, "2")
    assert series(third, first, second, first).records == (first, second, third)


def test_versions_say_which_divergences_are_new_and_which_are_gone() -> None:
    one, two, three, four = series(
        check(0, "1", accepted()),
        check(1, "2", accepted(), unlogged()),
        check(2, "2", unlogged()),
        check(3, "3"),
        check(4, "3", harness="9"),
    ).versions
    assert [(of.version, of.harness, len(of.records)) for of in (one, two, three, four)] == [
        ("1", "0.1.0", 1),
        ("2", "0.1.0", 2),
        ("3", "0.1.0", 1),
        ("3", "9", 1),
    ]
    assert (one.appeared, one.gone) == ((), ())
    assert [text.partition(":")[0] for text in two.appeared] == ["commit_ownership_transfer"]
    assert [text.partition(":")[0] for text in two.gone] == ["validate_ownership_capability"]
    assert [text.partition(":")[0] for text in three.gone] == ["commit_ownership_transfer"]
    assert (four.appeared, four.gone) == ((), ())


def test_tracks_say_when_a_class_was_first_and_last_seen() -> None:
    found = series(check(0, "1", accepted()), check(1, "2", accepted(), unlogged()), check(2, "3", unlogged())).tracks
    assert [(one.text.partition(":")[0], one.seen, one.open) for one in found] == [
        ("commit_ownership_transfer", 2, True),
        ("validate_ownership_capability", 2, False),
    ]
    assert (found[1].first.implementation.version, found[1].last.implementation.version) == ("1", "2")


# --- charts


def svg(text: str) -> Any:
    return etree.fromstring(text.encode())


def drawn(*values: float | None, **changes: Any) -> Any:
    points = [Point(f"check {number}", **changes) for number in range(len(values))]
    return svg(chart("c", "Things", points, [Line("things", values)]))


def scale(of: Any) -> list[str]:
    return [one.text for one in of.iter() if one.get("class") == "scale"]


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        ((0, 0), ["0", "1"]),
        ((1, 0, 1), ["0", "1"]),
        ((3, 2), ["0", "1", "2", "3"]),
        ((7,), ["0", "2", "4", "6", "8"]),
        ((1200, 4100), ["0", "2,000", "4,000", "6,000"]),
        ((0.3, 0.25), ["0", "0.1", "0.2", "0.3"]),
        ((None, None), []),
        ((), []),
        ((1e15, 2.5e15), ["0", "1,000,000,000,000,000", "2,000,000,000,000,000", "3,000,000,000,000,000"]),
    ],
)
def test_the_axis_begins_at_zero_and_ends_above_the_highest_value_in_round_steps(
    values: tuple[float | None, ...], axis: list[str]
) -> None:
    assert scale(drawn(*values)) == axis


def test_higher_values_are_higher_and_a_missing_one_is_a_gap() -> None:
    picture = drawn(1, 2, None, 4, 3)
    heights = [float(one.get("cy")) for one in picture.iter() if one.tag.endswith("circle")]
    assert len(heights) == 4
    assert heights[2] < heights[3] < heights[1] < heights[0]
    lines = [one.get("points").split() for one in picture.iter() if one.tag.endswith("polyline")]
    assert [len(points) for points in lines] == [2, 2]


def test_a_value_that_stands_alone_is_seen_on_every_line() -> None:
    for values in ((5, 6), (None, 6, None)):
        lines = [Line("first", values), Line("second", values)]
        picture = svg(chart("c", "Things", [Point(f"{number}") for number in range(len(values))], lines))
        lines_drawn = (one for one in picture.iter() if one.tag.endswith("polyline") and one.get("class") == "line of1")
        (stroke,) = (one.get("points").split() for one in lines_drawn)
        assert len(stroke) == 2
        assert sum(one.tag.endswith("circle") for one in picture.iter()) == sum(value is not None for value in values)


def test_every_point_says_its_value_and_the_drawing_describes_itself() -> None:
    picture = drawn(5, 1234.5)
    titles = [one.text for one in picture.iter() if one.tag.endswith("title")]
    assert titles == ["Things", "check 0, things: 5", "check 1, things: 1,234"]
    (described,) = (one.text for one in picture.iter() if one.tag.endswith("desc"))
    assert described.startswith("2 points. things: first 5, last 1,234, highest 1,234")
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "c-t c-d"


def test_marks_too_close_to_each_other_keep_their_line_and_lose_their_label() -> None:
    points = [Point("p", mark=f"v{number}") for number in range(40)]
    picture = svg(chart("c", "t", points, [Line("l", tuple(range(40)))]))
    kinds = [one.get("class") for one in picture.iter()]
    assert kinds.count("change") == 40
    assert 5 <= sum(kind is not None and kind.startswith("version") for kind in kinds) <= 8


def test_texts_in_a_chart_are_escaped() -> None:
    text = chart("c", MARKUP, [Point(SCRIPT, mark=MARKUP)], [Line(MARKUP, (1,)), Line("\x1b\ufffe", (2,))])
    assert "<img" not in text
    assert "<script" not in text
    svg(text)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1.5, "1.5"), (2.0, "2"), (99.999, "100"), (1234567, "1,234,567"), (0.25, "0.25")]
)
def test_values_are_shown_shortly(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_chart_without_a_value_says_so_and_has_no_scale() -> None:
    text = chart("c", "Power", [Point("1"), Point("2")], [Line("claims", (None, None))])
    assert "not in these records" in text
    assert 'class="scale"' not in text
    assert "not in these records" not in chart("c", "Power", [Point("1")], [Line("claims", (0,))])


# --- the page and the text


def links(*records: CheckRecord) -> list[str]:
    return re.findall(r'<a href="#s\d+">([^<]*)</a>', trends_page(series_of(records)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"level": Level.outcome}, {"level state", "level outcome"}),
        ({"effort": "quick"}, {"effort default", "effort quick"}),
        ({"lanes": ()}, {"lanes ", "lane programs"}),
    ],
)
def test_links_to_series_say_what_tells_them_apart(change: dict[str, Any], told: set[str]) -> None:
    found = links(check(0, "1"), check(1, "1", **change), check(2, "1", name="other"))
    assert len(set(found)) == 3
    assert {name.partition(", ")[2] for name in found} == {"", *told}


def test_the_page_has_every_figure_as_a_table_too_and_every_id_once() -> None:
    page = trends_page(series_of([check(0, "1"), check(1, "2", accepted()), check(2, "2", name="other")]))
    assert page.count("<svg") == 12
    for figure in ("200", "my-store", "other", "2030-01-02T03:00:00Z", "validate_ownership_capability"):
        assert figure in page
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_texts_of_the_implementation_are_escaped_on_the_page() -> None:
    page = trends_page(series_of([check(0, MARKUP + "\x1b\u202e", name=SCRIPT), check(1, "2", name=SCRIPT)]))
    assert "<img" not in page
    assert "<script" not in page
    assert "\x1b" not in page
    assert "script-src" not in page


def test_of_a_long_series_the_page_shows_the_last_checks_and_says_so() -> None:
    records = [msgspec.structs.replace(check(0, "1"), seed=number) for number in range(DRAWN + 7)]
    page = trends_page(series_of(records))
    assert "7 earlier checks are left out" in page
    assert page.count('class="point') == DRAWN * 6


def test_an_inconclusive_check_does_not_show_that_a_divergence_is_gone() -> None:
    open_end = check(1, "2", missing=1, exit_code=3)
    page = trends_page(series_of([check(0, "1", accepted()), open_end]))
    assert "not seen by an inconclusive check" in page
    assert "no longer seen" not in page
    assert "no longer seen" in trends_page(series_of([check(0, "1", accepted()), check(1, "2")]))


def test_the_text_has_a_line_for_each_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h.jsonl", check(0, "1"), check(1, "1"), check(2, "2", accepted()), check(3, "3\x1b"))
    assert run([path], output=tmp_path / "page.html") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "my-store: contract telltale-17, level state, effort default, lane programs"
    assert [line.split()[:4] for line in lines[2:4]] == [["1", "0.1.0", "2", "agree"], ["2", "0.1.0", "1", "diverge"]]
    assert lines[4] == "    + validate_ownership_capability: expected Unclaimed (G-owned), answered ok"
    assert lines[6].startswith("    - validate_ownership_capability")
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == f"page: {tmp_path / 'page.html'}"
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_several_files_are_drawn_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path / "1", check(0, "1"), check(2, "2"))
    other = written(tmp_path / "2", check(1, "1"), check(2, "2"))
    assert run([one, other]) == 0
    assert capsys.readouterr().out.splitlines()[2].split()[:3] == ["1", "0.1.0", "2"]


# --- files


def test_a_torn_last_line_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "h", check(0, "1"), check(1, "2"))
    path.write_bytes(path.read_bytes()[:-9])
    assert run([path]) == 0
    told = capsys.readouterr()
    assert "its last line is torn (" in told.err
    assert len(told.out.splitlines()) == 3


def test_a_bad_or_empty_file_is_refused_and_no_page_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    good = written(tmp_path / "good", check(0, "1"))
    for text, said in (
        ("x\n", ":1: not a record"),
        ("", "neither a check nor a campaign is recorded in"),
        (None, "cannot be read"),
    ):
        path = tmp_path / "bad"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        assert run([path] if text == "" else [good, path], output=page) == 2
        assert said in capsys.readouterr().err
        assert not page.exists()


def test_what_checks_keep_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "checks.jsonl"
    run_check(lanes=["programs"], cases=2, gate=Gate(history=path))
    capsys.readouterr()
    assert run([path], output=tmp_path / "page.html") == 0
    assert "telltale-conformance reference: contract telltale-17, level state, 2 cases" in capsys.readouterr().out


def test_a_divergence_is_not_gone_where_no_lane_that_saw_it_judged_anything() -> None:
    seen = check(0, "1", unlogged())
    later = check(1, "2")
    idle = msgspec.structs.replace(
        later,
        lanes={
            "programs": msgspec.structs.replace(later.lanes["programs"], verdict="not run", judged=0, cases=0),
            "graph": later.lanes["programs"],
        },
    )
    seen = msgspec.structs.replace(seen, lanes={**seen.lanes, "graph": later.lanes["programs"]})
    again = msgspec.structs.replace(check(2, "3"), lanes={**check(2, "3").lanes, "graph": later.lanes["programs"]})
    (series,) = series_of([seen, idle, again])
    text = seen.findings[0].text
    assert idle.verdict == "agree"
    assert [(of.gone, of.not_looked_for) for of in series.versions] == [((), ()), ((), (text,)), ((text,), ())]
    assert f"    not looked for: {text}" in list(trends_lines([series]))
    (track,) = series_of([seen, idle])[0].tracks
    assert not track.looked_for
    page = trends_page(series_of([seen, idle]))
    assert ">not looked for</span>" in page
    assert ">no longer seen</span>" not in page


def test_power_coverage_findings_and_speed_are_drawn() -> None:
    page = trends_page(series_of([check(day, str(day)) for day in range(3)]))
    for title in ("Divergences", "Power: claims judged", "Coverage: rows of the contract", "Speed: answers per second"):
        assert f">{title}</title>" in page
    assert page.count('class="line of0" points=') == page.count('<svg class="chart"')
