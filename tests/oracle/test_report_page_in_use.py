"""The page used in a browser: copied from, filtered, by keyboard, in light and dark, on a narrow screen, on paper."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from telltale_conformance.generators.steps import Cell
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.programs import run
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.reports.findings import as_found
from telltale_conformance.oracle.reports.report import Reduction
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.lane_world import subject
from tests.oracle.page_world import CUT_OFF, FAINT, Opened, many, of_many_causes
from tests.oracle.report_world import HELLO, accepted, lane, report, unlogged
from tests.oracle.test_report_formats import half_known


def colour(page: Page, what: str = "body") -> str:
    found: str = page.evaluate("what => getComputedStyle(document.querySelector(what)).backgroundColor", what)
    return found


def clipboard(page: Page) -> str:
    found: str = page.evaluate("navigator.clipboard.readText()")
    return found


def test_a_long_command_is_read_without_scrolling(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, report(lane("corpus"), again="check " + "--option " * 80), tmp_path).page
    assert page.evaluate("() => { const e = document.querySelector('#again'); return e.scrollWidth <= e.clientWidth }")


def test_one_click_copies_a_reproducer(context: BrowserContext, tmp_path: Path) -> None:
    made = many()
    page = Opened(context, made, tmp_path).page
    shown = next(finding for finding in made.findings if finding.key.op == "close")
    page.locator("#expand").click()
    button = page.locator(f"#f{shown.short} button.copy").first
    button.click()
    page.wait_for_function("() => document.querySelector('#said').classList.contains('shown')")
    assert clipboard(page) == shown.reproducers[0].text
    assert button.inner_text() == "Copied"


def test_each_reproducer_has_its_own_copy_button(context: BrowserContext, tmp_path: Path) -> None:
    made = many()
    page = Opened(context, made, tmp_path).page
    shown = next(finding for finding in made.findings if finding.key.op == "close")
    page.locator("#expand").click()
    snippets = page.locator(f"#f{shown.short} .reproducers .snippet")
    titles = [one.split(" ")[0] for one in snippets.locator(".snippet-head > span").all_inner_texts()]
    assert titles == ["Shell", "pytest", "Lean", "Program", "Dossier"]
    wanted = [one.text for one in shown.reproducers]
    wanted.append(f"telltale-conformance verify divergences/{shown.short}")
    for snippet, text in zip(snippets.all(), wanted, strict=True):
        snippet.locator("button.copy").click()
        page.wait_for_function("() => document.querySelector('#said').classList.contains('shown')")
        assert clipboard(page) == text
    assert "import Telltale" in wanted[2]
    assert "def test_the_implementation_keeps_the_contract" in wanted[1]


def test_a_stranger_comes_from_a_red_gate_to_a_reproducer_with_one_copy(
    context: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    under_test = subject("witness_is_consumed_twice")
    result = run(under_test, Settings(effort=Effort.quick, seed=1, divergences=1))
    check = Check(subject=under_test, hello=HELLO, settings=Settings(), results=(result,))
    assert Gate(report=tmp_path / "r", minimise_seconds=120.0).conclude(check) == 1
    page = context.new_page()
    page.goto((tmp_path / "r" / "index.html").as_uri())
    page.locator("button.copy.primary").first.click()
    page.wait_for_function("() => document.querySelector('#said').classList.contains('shown')")
    pasted = clipboard(page)
    assert len(pasted.splitlines()) <= 11
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash"], input=pasted, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert page.locator("details.finding").first.locator("summary code").first.inner_text() in done.stdout
    said = page.locator(".broke .what").first.inner_text()
    assert said in (
        "A consumed witness is accepted a second time.",
        "A consumed witness is not remembered as consumed.",
    )


def test_what_does_not_repeat_is_marked_before_it_is_opened(context: BrowserContext, tmp_path: Path) -> None:
    def flaky(divergence: LaneDivergence) -> Reduction:
        found = as_found(divergence, "flaky: seen in 5 of 20 runs")
        return msgspec.structs.replace(found, ending="flaky", rate=Rate(times=5, runs=20))

    page = Opened(context, report(lane("programs", accepted()), minimise=flaky), tmp_path).page
    summary = page.locator("details.finding > summary")
    assert summary.locator(".tag.warn").inner_text() == "flaky, 5 of 20"
    assert "flaky: seen in 5 of 20 runs" in page.locator("p.unsteady").inner_text()
    assert "did not repeat" in page.locator(".headline").inner_text()


def test_many_divergences_are_a_list_that_can_be_filtered(context: BrowserContext, tmp_path: Path) -> None:
    refusals = ("Unclaimed", "Terminal", "StaleCapability", "TransferPending")
    divergences = [
        accepted(op=op, expected={"err": {refusal: {}}}) for op in ("close", "recv", "send") for refusal in refusals
    ]
    opened = Opened(context, report(lane("programs", *divergences)), tmp_path)
    page = opened.page
    shown = page.locator("details.finding:visible")
    assert (shown.count(), page.locator("details.finding[open]").count()) == (12, 1)
    page.locator("#filter-findings").fill("contract termin")
    assert shown.count() == 3
    assert page.locator(".cause:visible").count() <= 1
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "recv" in page.evaluate("() => document.activeElement.textContent"), "hidden ones are passed over"
    page.locator("#filter-findings").fill("nothing of the kind")
    assert page.locator("#no-finding").is_visible()
    page.keyboard.press("Escape")
    assert shown.count() == 12
    assert opened.complaints == []


def test_a_link_to_a_divergence_opens_it(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, many(), tmp_path)
    closed = opened.page.locator("details.finding:not([open])").first
    name = closed.get_attribute("id")
    opened.page.goto(f"{opened.address}#{name}")
    opened.page.wait_for_function("name => document.getElementById(name).open", arg=name)


def test_every_part_is_reached_by_keyboard_alone(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, many(), tmp_path)
    page = opened.page
    page.keyboard.press("Tab")
    assert opened.focused() == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'verdict'")
    page.keyboard.press("j")
    first = page.evaluate("() => document.activeElement.parentElement.id")
    page.keyboard.press("j")
    second = page.evaluate("() => document.activeElement.parentElement.id")
    page.keyboard.press("k")
    assert page.evaluate("() => document.activeElement.parentElement.id") == first != second
    before = page.locator(f"#{first}").evaluate("one => one.open")
    page.keyboard.press("Enter")
    assert page.locator(f"#{first}").evaluate("one => one.open") is not before
    page.keyboard.press("o")
    assert page.locator(f"#{first}").evaluate("one => one.open") is before
    page.keyboard.press("c")
    page.wait_for_function("() => document.querySelector('#said').classList.contains('shown')")
    assert clipboard(page) == page.locator(f"#{first} pre[id$=-r1]").text_content()
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    page.keyboard.press("/")
    assert opened.focused() == "filter"
    page.keyboard.type("claim_own")
    assert page.locator("table.coverage tbody tr:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("table.coverage tbody tr:visible").count() > 40
    assert opened.complaints == []


def test_what_can_be_used_has_a_visible_focus_and_a_name(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, summary, [tabindex="0"]')]
            .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map((e) => e.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_no_focus_is_cut_off_by_what_it_is_in(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    assert page.evaluate(CUT_OFF) == []


def test_the_coverage_is_filtered(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    rows = page.locator("table.coverage tbody tr:visible")
    page.locator("#filter").fill("nothing of the kind")
    assert rows.count() == 0
    assert page.locator("#no-match").is_visible()
    page.locator("#filter").fill("")
    page.locator("#only-gaps").check()
    assert page.locator("tr[data-operation=open]").is_visible()
    assert page.locator("td.gap").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_colours_of_the_system(browser: Browser, tmp_path: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)
    cells = frozenset(Cell("close", "ok", f"phase {number}", "-", "-") for number in range(20))
    page = Opened(context, report(*half_known().lanes, lane("stateful", coverage=cells)), tmp_path).page
    assert (sum(map(int, colour(page)[4:-1].split(","))) < 200) is (scheme == "dark")
    assert page.evaluate(FAINT) == {}
    context.close()


def test_the_colours_can_be_chosen_and_are_kept(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, many(), tmp_path)
    page = opened.page
    light = colour(page)
    page.keyboard.press("t")
    assert colour(page) == light
    page.locator("#theme").click()
    dark = colour(page)
    assert dark != light
    page.reload()
    assert colour(page) == dark
    page.keyboard.press("t")
    assert colour(page) == light


@pytest.mark.parametrize("count", [1, 3, 40])
def test_it_fits_400_pixels_without_sideways_scroll(context: BrowserContext, tmp_path: Path, count: int) -> None:
    lanes = (
        lane("corpus", unlogged("tests/corner-3.jsonl"), notes=("word" * 60,)),
        lane("programs", *of_many_causes(count)),
    )
    made = report(*lanes, again="telltale-conformance check " + "--option " * 40)
    long = msgspec.structs.replace(made.implementation, name="x" * 200, version="9" * 200)
    page = Opened(context, msgspec.structs.replace(made, implementation=long), tmp_path).page
    page.set_viewport_size({"width": 400, "height": 800})
    page.locator("#expand").click()
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 400
    assert page.evaluate(SIDEWAYS) == []


SIDEWAYS = """() => [...document.querySelectorAll('main *')].filter((one) => {
    const style = getComputedStyle(one);
    return one.getClientRects().length && !one.closest('svg') && style.overflowX !== 'visible'
        && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.outerHTML.slice(0, 90))"""
"""Returns what has to be scrolled sideways to be read."""


def test_on_paper_every_class_is_open_and_nothing_is_cut_off(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details.finding[open]").count() == 5
    for gone in (".bar", "button.copy", ".tools", ".reproducers", "#coverage"):
        assert not page.locator(gone).first.is_visible(), gone
    for there in ("#verdict .broke", ".difference", "svg.diagram", "#claims .claim", "#contract .row"):
        assert page.locator(there).first.is_visible(), there
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate("() => getComputedStyle(document.querySelector('.difference')).maxHeight") == "none"
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.finding[open]").count() == 1
    assert page.pdf().startswith(b"%PDF")
