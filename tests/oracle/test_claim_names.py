"""The id of a claim never stands alone: wherever people read it, its name follows."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec
import pytest

from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.claims.catalogue import CLAIMS, PARTS, title_of
from telltale_conformance.oracle.cli import replay
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.cli.prove import _text
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reports.terminal import claims_told, last_line
from telltale_conformance.oracle.reports.text import claims_lines
from telltale_conformance.oracle.symbolic.prove import Finding, Result
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.not_covered import NotCovered
from tests.oracle.minimise_world import diverging
from tests.oracle.wrong_references import WRONG, WrongReference

ALONE = re.compile(r"\bK\d+\b(?!-|\.|\d)")
TWICE = "a witness is consumed twice"


def nameless(text: str) -> list[str]:
    """The ids of claims in a text that no name follows."""
    found = []
    for match in ALONE.finditer(text):
        claim = CLAIMS.get(match[0])
        if claim is not None and not text[match.start() :].startswith(claim.title):
            found.append(text[match.start() : match.end() + 20])
    return found


def test_the_search_finds_what_it_should() -> None:
    assert nameless("K13 rejection-audited, K1 generation-freshness") == []
    assert nameless("claims kept: K13 (3)") == ["K13 (3)"]
    assert nameless("K13") == ["K13"]


def test_a_title_has_id_and_name() -> None:
    assert title_of("K13") == "K13 rejection-audited"
    assert title_of("K9-status") == f"K9-status {PARTS['K9-status'].name}"
    assert title_of("no claim") == "no claim"


STANDS = {
    claim: ClaimStand(("kept", "broken", "not judged")[number % 3], 1 + number) for number, claim in enumerate(CLAIMS)
}


def test_what_is_printed_of_claims_names_each() -> None:
    for contract in ("telltale-17", "hardened"):
        assert nameless("\n".join(claims_told(STANDS, contract))) == []
    assert nameless("\n".join(claims_lines(STANDS))) == []
    assert nameless("; ".join(NotCovered(claims_not_judged=tuple(CLAIMS)).words(title_of))) == []


def test_prove_names_each() -> None:
    for claim in CLAIMS:
        finding = Finding("proved", None, "induction")
        assert nameless(_text(Result(claim, "hardened", finding, 1.0))) == []


def test_the_claims_of_a_trace_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.oracle.minimise_world import record

    trace = record(WrongReference(WRONG[TWICE]), diverging(TWICE), tmp_path / "t.jsonl")
    assert replay.run([trace], claims=True) == 1
    printed = capsys.readouterr().out
    assert "claim K" in printed
    assert nameless(printed) == []


class Wrong(Subject, frozen=True):
    """A store in this process that lets a witness be consumed twice."""

    def start(self) -> Adapter:
        return WrongReference(WRONG[TWICE])


def test_every_form_of_a_report_names_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subject = Wrong(command=sys.executable)
    result = msgspec.structs.replace(
        run_lane("programs", subject, Settings(cases=20, divergences=1)), lane="claims", claims=STANDS
    )
    gate = Gate(report=tmp_path)
    check = Check(subject=subject, hello=subject.start().hello, settings=Settings(), results=(result,))
    assert gate.conclude(check, every_cell=True) == 1
    printed = capsys.readouterr().out
    assert "claims not judged: K" in printed
    assert nameless(printed) == []
    for name in ("summary.md", "junit.xml"):
        assert nameless((tmp_path / name).read_text()) == [], name
    page = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", (tmp_path / "index.html").read_text(), flags=re.S)
    assert nameless(page) == []
    sarif = msgspec.json.decode((tmp_path / "report.sarif").read_bytes())
    texts = [one["message"]["text"] for one in sarif["runs"][0]["results"]]
    texts += sarif["runs"][0]["properties"]["notCovered"]
    assert nameless("\n".join(texts)) == []
    assert "not judged: K" in last_line(gate.assembled(check, (), None))
