"""A line break from outside begins no line of ours: nobody writes a verdict into another one's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.oracle.reports.markdown import markdown, workflow_commands
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.terminal import check_lines, last_line
from telltale_conformance.oracle.reports.what_broke import sentence
from telltale_conformance.oracle.reports.wording import message
from telltale_conformance.oracle.reports.writing import rendered
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.readable import block
from tests.oracle.report_world import HELLO, accepted, lane, report

FORGED = "FORGED agree: all is well"
BREAK = f"x\n{FORGED}\r{FORGED}\u2028{FORGED}\x85{FORGED}\n```\n{FORGED}\n# {FORGED}"


def hostile(**changes: Any) -> LaneDivergence:
    return msgspec.structs.replace(accepted(), case=BREAK, reason=BREAK, **changes)


DIVERGENCES = {
    "error": hostile(actual={"err": {BREAK: {BREAK: BREAK}}}),
    "panic": hostile(kind="panic", actual={"panic": BREAK}),
    "member": hostile(
        op="observe", kind="state", guard="passes", expected={"ok": {f"$.{BREAK}": 1}}, actual={"ok": {f"$.{BREAK}": 2}}
    ),
    "log": hostile(kind="audit", expected={"audit": {}}, actual={"audit": {f"$[0].{BREAK}": 2}}),
    "payload": hostile(kind="payload", guard="passes", expected={"ok": {"$.a": 1}}, actual={"ok": {f"$.{BREAK}": 2}}),
}
every_divergence = pytest.mark.parametrize("which", DIVERGENCES)


def lines_of(text: str) -> list[str]:
    return [line.strip(" #>*-|`") for line in text.splitlines()]


def forged(text: str) -> list[str]:
    """Return the lines that someone outside began."""
    return [line for line in lines_of(text) if line.startswith("FORGED")]


def made(which: str) -> Report:
    named = msgspec.structs.replace(HELLO, name=BREAK, version=BREAK, language=BREAK)
    return report(lane("programs", DIVERGENCES[which], notes=(BREAK,)), command=f"run '{BREAK}'", implementation=named)


def test_the_test_sees_a_forged_line() -> None:
    assert len(forged(BREAK)) == 6


@every_divergence
def test_a_class_is_one_line(which: str) -> None:
    finding: Finding = made(which).findings[0]
    key: Fingerprint = finding.key
    for text in (key.text(), sentence(key)):
        assert text.splitlines() == [text]
    assert forged(message(finding)) == []
    assert len(message(finding).splitlines()) == 10


@every_divergence
def test_no_report_has_a_line_from_outside(which: str, tmp_path: Path) -> None:
    one = made(which)
    for name, text in rendered(one, tmp_path).items():
        if not name.endswith((".html", ".json", ".jsonl")):  # a page shows no line ends, and JSON escapes them
            assert forged(text) == [], name
    printed = [*map(block, check_lines(one, None)), block(last_line(one)), markdown(one, None, most=1 << 16)]
    for text in [*printed, *workflow_commands(one)]:
        assert forged(text) == []
