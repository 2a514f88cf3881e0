"""The page in a browser: opened from a file, without network, clicked through, by keyboard, in light and dark."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.programs import run
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.reports import write_reports
from telltale_conformance.oracle.reports.findings import as_found
from telltale_conformance.oracle.reports.report import Reduction, Report
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.required import Required
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.lane_world import subject
from tests.oracle.page_world import CUT_OFF, FAINT, Opened
from tests.oracle.report_world import HELLO, MARKUP, SCRIPT, accepted, lane, report, unlogged
from tests.oracle.test_report_formats import half_known, nasty


def many() -> Report:
    return report(
        lane("corpus", unlogged("tests/corner-3.jsonl")),
        lane("programs", accepted(), accepted(op="close"), accepted(op="recv"), accepted(op="open")),
    )


def colour(page: Page, what: str = "body") -> str:
    found: str = page.evaluate("what => getComputedStyle(document.querySelector(what)).backgroundColor", what)
    return found


def clipboard(page: Page) -> str:
    found: str = page.evaluate("navigator.clipboard.readText()")
    return found


def test_it_opens_from_a_file_and_asks_for_nothing(context: BrowserContext, tmp_path: Path) -> None:
    for index, made in enumerate((many(), half_known(), report(lane("corpus")), report(exit_code=3, cut_short="x"))):
        opened = Opened(context, made, tmp_path / str(index))
        opened.page.wait_for_load_state("networkidle")
        assert opened.requests == [opened.address]
        assert opened.complaints == []


def test_the_verdict_comes_first(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    assert page.locator("main > section").first.get_attribute("id") == "verdict"
    heading = page.locator("h1").bounding_box()
    assert heading is not None
    assert heading["y"] < 200
    assert page.locator("h1").inner_text().split() == ["✗", "diverge"]
    assert page.title() == "diverge: my-store · telltale-conformance"


def test_a_partial_report_is_marked_as_such(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, report(lane("corpus"), cut_short="interrupted by SIGINT", exit_code=3), tmp_path).page
    assert "partial report" in page.locator("h1").inner_text()
    assert "interrupted by SIGINT" in page.locator(".headline").inner_text()


def test_names_with_markup_stay_text(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, nasty(), tmp_path)
    page = opened.page
    page.locator("#expand").click()
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    for part in ("#verdict", "#divergences pre[id$=-r1] >> nth=0", ".diagram"):
        assert MARKUP in page.locator(part).text_content()
    assert SCRIPT.replace('"', "") in page.locator("#verdict").inner_text()
    assert opened.complaints == []
    assert opened.requests == [opened.address]


def test_no_script_of_another_origin_or_attribute_would_run(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, many(), tmp_path)
    opened.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    opened.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'alert(2)'}))")
    opened.page.wait_for_function("() => document.querySelector('img').complete")
    assert not [complaint for complaint in opened.complaints if complaint.startswith("dialog")]
    assert len(opened.complaints) >= 2, "the policy says so in the console"


def test_divergences_open_and_close_by_click(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    findings = page.locator("details.finding")

    def opened() -> int:
        return page.locator("details.finding[open]").count()

    assert (findings.count(), opened()) == (5, 1)
    page.locator("#expand").click()
    assert opened() == 5
    page.locator("#collapse").click()
    assert opened() == 0
    findings.nth(0).locator("> summary").click()
    assert opened() == 1
    assert findings.nth(0).locator(".difference del").count() > 0
    assert findings.nth(0).locator("svg.diagram").is_visible()


def test_a_class_tells_sentence_difference_diagram_guard_and_then_the_reproducers_folded(
    context: BrowserContext, tmp_path: Path
) -> None:
    page = Opened(context, many(), tmp_path).page
    first = page.locator("details.finding").first
    assert first.locator("summary b").first.inner_text() == "A session is closed although there is no live owner."
    tops = [
        first.locator(part).first.evaluate("one => one.getBoundingClientRect().top")
        for part in ("summary", ".matters", ".guard", ".difference", "svg.diagram", ".reproducers")
    ]
    assert tops == sorted(tops)
    assert (
        first.locator(".guard")
        .inner_text()
        .startswith(
            "The contract: refused by G-owned: there is no live owner. The guard passes when there is a live owner."
        )
    )
    assert first.locator(".reproducers details[open]").count() == 0


def test_the_difference_is_as_everywhere(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    first = page.locator("details.finding .difference").first
    lines = first.locator("> *").all_inner_texts()
    assert lines[1] == '−  "err": {'
    assert lines[-2] == '+  "ok": null'
    shades = [
        page.evaluate("what => getComputedStyle(document.querySelector(what)).color.match(/[0-9]+/g).map(Number)", what)
        for what in (".difference del", ".difference ins")
    ]
    (red, _, _), (_, green, _) = shades
    assert red == max(shades[0]), "what the contract demands and is not there is red"
    assert green == max(shades[1])


def test_the_guard_leads_to_its_row_of_the_contract(context: BrowserContext, tmp_path: Path) -> None:
    opened = Opened(context, many(), tmp_path)
    for link in opened.page.locator("details.finding .guard").first.locator("a").all():
        target = opened.page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        assert target.count() == 1
        assert target.inner_text().split()[0] in ("G-owned", "close")
    assert "sets the status Closed, whatever it was" in opened.page.locator("#contract-close").inner_text()
    assert opened.requests == [opened.address]


def test_the_steps_stand_with_the_differing_fields_marked(context: BrowserContext, tmp_path: Path) -> None:
    page = Opened(context, many(), tmp_path).page
    page.locator("details.steps > summary").first.click()
    log = page.locator("details.finding").first.locator("table.log")
    rows = log.locator("tbody tr")
    assert [row.locator("td").last.inner_text() for row in rows.all()[:-1]] == ["the same"] * (rows.count() - 1)
    departing = rows.last
    assert "Unclaimed" in "".join(departing.locator("del").all_inner_texts())
    assert '"ok": null' in "".join(departing.locator("ins").all_inner_texts())


def test_the_first_screen_says_what_broke_the_gravest_first_and_the_one_next_step(
    context: BrowserContext, tmp_path: Path
) -> None:
    page = Opened(context, many(), tmp_path).page
    said = page.locator("#verdict .broke > li > .what").all_inner_texts()
    assert said == [
        "A session is closed although there is no live owner.",
        "Committing a transfer is answered as it must be, but a record is missing from the audit log.",
    ]
    assert page.locator("#verdict .why").first.inner_text() == (
        "Somebody acts as the owner where there is none. It shows in 4 operations."
    )
    assert page.locator("#verdict .broke .more li").count() == 3, "each class has its sentence"
    box = page.locator(".next").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900
    assert page.locator(".next button").count() == 1
    page.locator("#verdict .broke a").last.click()
    page.wait_for_function("() => location.hash && document.querySelector(location.hash).open")


@pytest.mark.parametrize(
    ("made", "next_words"),
    [
        (report(lane("corpus")), "Nothing is to be done"),
        (report(lane("corpus"), exit_code=3, cut_short="x"), "let it come to its end"),
        (report(lane("corpus", missing=2), exit_code=3), "what is missing in the lane"),
        (report(lane("corpus"), exit_code=1, lacking=("open",)), "Offer the operations"),
    ],
)
def test_there_is_one_next_step_whatever_the_verdict(
    context: BrowserContext, tmp_path: Path, made: Report, next_words: str
) -> None:
    page = Opened(context, made, tmp_path).page
    assert next_words in page.locator(".next").inner_text()
    assert page.locator(".broke").count() == 0


@pytest.mark.parametrize("count", [1, 3, 40])
def test_the_next_step_is_on_the_first_screen_however_much_broke(
    context: BrowserContext, tmp_path: Path, count: int
) -> None:
    page = Opened(context, report(lane("programs", *of_many_causes(count))), tmp_path).page
    assert page.locator("details.finding").count() == count
    assert page.locator(".broke > li").count() == count
    assert page.locator("#verdict > .broke > li").count() == min(count, 5)
    box = page.locator(".next").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900


def of_many_causes(count: int) -> list[LaneDivergence]:
    """Return divergences in so many operations, each of a cause of its own."""
    refused = {"expected": {"ok": None}, "actual": {"err": "no"}, "guard": "passes", "reason": "every guard passes"}
    return [accepted(op=op, **refused) for op in list(OPERATIONS)[:count]]


def test_what_the_contract_itself_breaks_is_no_fault_of_the_implementation(
    context: BrowserContext, tmp_path: Path
) -> None:
    claims = {"K1": ClaimStand("broken", 2), "K3": ClaimStand("broken", 1), "K7": ClaimStand("kept", 212)}
    page = Opened(context, report(lane("claims", claims=claims)), tmp_path).page
    rows = [(row.locator(".tag").get_attribute("class"), row.inner_text()) for row in page.locator(".claim").all()]
    assert [kind for kind, _ in rows] == ["tag bad", "tag warn", "tag good", *["tag off"] * (len(CLAIMS) - 3)]
    assert "on 1 occasion\n" in rows[0][1]
    assert "The contract itself does not keep it." in rows[1][1]
    assert "K7 one-pending on 212 occasions" in rows[2][1]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_claims_of_contract_and_implementation_are_apart_and_all_of_them_listed(
    context: BrowserContext, tmp_path: Path, contract: str
) -> None:
    page = Opened(context, report(lane("corpus"), contract=contract), tmp_path).page
    seen = page.locator("#claims .claim").all_inner_texts()
    known = page.locator("#contract-claims li").all_inner_texts()
    titles = [claim.title for claim in CLAIMS.values()]
    assert [next(title for title in titles if f"{title} " in f"{one} ".replace("\n", " ")) for one in seen] == titles
    assert all("not judged" in one for one in seen)
    assert all("not judged" not in one for one in known)
    for claim, text in zip(CLAIMS.values(), known, strict=True):
        assert text.startswith(f"{claim.known(contract)} {claim.title} by z3")


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
    page = Opened(context, report(*lanes, again="telltale-conformance check " + "--option " * 40), tmp_path).page
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


def test_there_is_no_absolute_path_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, home, elsewhere = (tmp_path / name for name in ("work", "home", "elsewhere"))
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(home))
    command = f"{sys.executable} {work}/adapter.py --data={home}/data"
    faulty = lane("guided", notes=(f"fault of the adapter: cannot start {work}/adapter.py, see {home}/log",))
    corpus = lane("corpus", unlogged(f"{elsewhere}/corner-3.jsonl"))
    for folder in (work / "report", elsewhere / "report"):
        made = report(
            corpus,
            lane("programs", accepted()),
            faulty,
            command=command,
            cut_short=f"interrupted in {work}/x",
            required=Required(frozenset({"open"}), f"{home}/required.txt"),
        )
        text = write_reports(made, folder).read_text(encoding="utf-8")
        for path in (work, home, elsewhere, tmp_path):
            assert str(path) not in text
        assert not re.search(r"(?<![\w.~/<-])/(?:home|root|tmp|usr|work|opt)/", text)
        assert "adapter.py" in text
