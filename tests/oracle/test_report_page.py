"""What the page shows in a browser: opened from a file, without network, the verdict first, each class told."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.writing import write_reports
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.required import Required
from tests.oracle.page_world import Opened, many, of_many_causes
from tests.oracle.report_world import MARKUP, SCRIPT, accepted, lane, report, unlogged
from tests.oracle.test_report_formats import half_known, nasty


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
