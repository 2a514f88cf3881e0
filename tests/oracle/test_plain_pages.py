"""The pages of campaigns, comparisons and trends in a browser: no network, no script, light, dark, narrow, readable."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from telltale_conformance.oracle.campaign.page import campaign_page
from telltale_conformance.oracle.reports.comparison.comparison import comparison_of
from telltale_conformance.oracle.reports.comparison.page import comparison_page
from telltale_conformance.oracle.reports.json_report import report_json
from telltale_conformance.oracle.reports.trends.page import trends_page
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from tests.oracle.campaign.campaign_world import all_that_is_told
from tests.oracle.page_world import CUT_OFF, FAINT, Tab
from tests.oracle.report_world import MARKUP, accepted, lane, report, unlogged
from tests.oracle.trends_world import check

LONG = "x" * 300 + MARKUP


@pytest.fixture(params=["campaign", "compare", "trends"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The page, with all that it can show."""
    page = tmp_path / "page.html"
    if request.param == "campaign":
        page.write_text(campaign_page(all_that_is_told(LONG)))
        return page
    if request.param == "trends":
        records = [check(day, "1", accepted()) for day in range(5)]
        records += [check(day, LONG, unlogged(), harness="9", missing=day % 2) for day in range(5, 9)]
        page.write_text(trends_page(series_of([*records, check(0, "1", name="other")])))
        return page
    claims = {"K1": ClaimStand("broken", 2), "K3": ClaimStand("kept", 1)}
    seen = accepted(kind="panic", actual={"panic": LONG})
    for number, made in enumerate(
        (report(lane("programs", seen, claims=claims)), report(lane(), seed=8), report(lane(), contract="hardened"))
    ):
        (tmp_path / f"{number}.json").write_text(report_json(made))
    page.write_text(comparison_page(comparison_of([tmp_path / f"{number}.json" for number in range(3)])))
    return page


def test_the_page_asks_for_nothing_and_the_browser_complains_of_nothing(context: BrowserContext, path: Path) -> None:
    tab = Tab(context, path)
    assert tab.complaints == []
    assert tab.requests == [tab.address]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, path: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    tab = Tab(context, path)
    assert tab.page.evaluate(FAINT) == {}
    context.close()


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_is_no_wider_than_its_window_and_no_focus_is_cut_off(browser: Browser, path: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    tab = Tab(context, path)
    tab.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert tab.page.evaluate("document.documentElement.scrollWidth") == width
    assert tab.page.evaluate(CUT_OFF) == []
    context.close()


def test_all_of_it_is_there_without_scripts(browser: Browser, path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = Tab(context, path)
    while (closed := tab.page.locator("details:not([open]) > summary")).count():
        closed.first.click()
    assert all(table.is_visible() for table in tab.page.locator("table").all())
    assert tab.page.locator("table caption, [role=region][aria-label]").count() >= tab.page.locator("table").count()
    context.close()
