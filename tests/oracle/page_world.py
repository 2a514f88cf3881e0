"""What the tests of the page share: a report in a tab of a browser, and scripts that look the whole page over."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.writing import write_reports
from telltale_conformance.oracle.verdict.results import LaneDivergence
from tests.oracle.report_world import accepted, lane, report, unlogged

FAINT = """() => {
    const parts = (value) => { const found = value.match(/[\\d.]+/g).map(Number); return [...found, 1].slice(0, 4); };
    const ground = (element) => {
        const layers = [];
        for (let around = element; around; around = around.parentElement) {
            layers.unshift(parts(getComputedStyle(around).backgroundColor));
            if (layers[0][3] === 1) break;
        }
        const over = (under, top) => under.map((c, i) => top[i] * top[3] + c * (1 - top[3]));
        return layers.reduce(over, [255, 255, 255]);
    };
    const light = (colour) => colour.slice(0, 3).map((part) => {
        const c = part / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const faint = {};
    for (const details of document.querySelectorAll('details')) details.open = true;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || element.closest('script, style, dialog, #said')) continue;
        if (!element.getClientRects().length) continue;
        const drawing = element.closest('svg');
        const style = getComputedStyle(element);
        const a = light(parts(drawing ? style.fill : style.color));
        const b = light(ground(drawing ? drawing.parentElement : element));
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint[`${element.tagName}.${element.getAttribute('class')}`] = contrast;
    }
    return faint;
}"""
"""Returns the texts whose contrast with their ground is below that of WCAG AA."""
CUT_OFF = """() => [...document.querySelectorAll('button, a, input, summary, [tabindex="0"]')].filter((one) => {
    one.focus({focusVisible: true});
    if (document.activeElement !== one) return false;
    const style = getComputedStyle(one);
    const reach = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
    const box = one.getBoundingClientRect();
    for (let around = one.parentElement; around; around = around.parentElement) {
        if (getComputedStyle(around).overflowX === 'visible') continue;
        const edge = around.getBoundingClientRect();
        if (box.left - reach < edge.left - 1 || box.right + reach > edge.right + 1) return true;
    }
    return false;
}).map((one) => one.outerHTML.slice(0, 90))"""
"""Returns what can be used and whose outline, once it has the focus, is cut off by what it is in."""


class Tab:
    """A file in a tab, with everything that the browser complained about or asked for."""

    def __init__(self, context: BrowserContext, path: Path) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.address = path.as_uri()
        self.page.goto(self.address)

    def focused(self) -> str:
        """Return what has the focus, in a word."""
        found: str = self.page.evaluate(
            "() => { const e = document.activeElement; return e.id || e.className || e.tagName }"
        )
        return found


class Opened(Tab):
    """The page of a report in a tab."""

    def __init__(self, context: BrowserContext, made: Report, folder: Path) -> None:
        super().__init__(context, write_reports(made, folder))


def many() -> Report:
    return report(
        lane("corpus", unlogged("tests/corner-3.jsonl")),
        lane("programs", accepted(), accepted(op="close"), accepted(op="recv"), accepted(op="open")),
    )


def of_many_causes(count: int) -> list[LaneDivergence]:
    """Return divergences in so many operations, each of a cause of its own."""
    refused = {"expected": {"ok": None}, "actual": {"err": "no"}, "guard": "passes", "reason": "every guard passes"}
    return [accepted(op=op, **refused) for op in list(OPERATIONS)[:count]]
