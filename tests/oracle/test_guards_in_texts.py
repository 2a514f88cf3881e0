"""Whatever people read names the guard whose check fired, and says what failed; never as if it had held."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from lxml import etree

from telltale_conformance.model.decode import Decoded
from telltale_conformance.model.decoding.rows import Leniency
from telltale_conformance.model.errors import Refused
from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.dossier.dossier import EXPLANATION
from telltale_conformance.oracle.minimise.trying import instead_text
from telltale_conformance.oracle.reference.replay import FirstDivergence, TraceResult
from telltale_conformance.oracle.reports.markdown import workflow_commands
from telltale_conformance.oracle.reports.text import divergence_text, result_text
from telltale_conformance.oracle.reports.writing import rendered
from telltale_conformance.oracle.verdict.decision import decided_by
from tests.oracle.report_world import accepted, lane, report

EVERY_GUARD = pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
WORDS_OF_FAILURE = re.compile(
    r"\b(no|not|neither|nor|another|differs|repeated|consumed before|already|used or passed over|used|closed|"
    r"is recorded|is pending|would|more than|more values than|twice|absent|is missing|none|alone|something else|"
    r"something other|stands for|leaves open)\b"
)


def refused_by(guard: Guard) -> Outcome:
    refusal = Refused()
    refusal.guard = guard
    return Outcome(None, refusal, ())


@EVERY_GUARD
def test_its_sentence_is_what_failed(guard: Guard) -> None:
    failing = WORDS_OF_FAILURE.findall(guard.failed)
    assert failing
    assert failing != WORDS_OF_FAILURE.findall(guard.holds)
    assert decided_by(refused_by(guard)) == (guard.name, f"refused by {guard.name}: {guard.failed}")


def test_no_two_guards_read_alike() -> None:
    names = [(guard.error, guard.failed) for guard in GUARDS.values()]
    assert len({*names}) == len(names)


@EVERY_GUARD
def test_every_form_of_the_report_says_so(guard: Guard, tmp_path: Path) -> None:
    decision = decided_by(refused_by(guard))
    divergence = accepted(guard=decision.guard, reason=decision.reason)
    made = report(lane("programs", divergence))
    forms = rendered(made, tmp_path)
    texts = {
        "terminal": divergence_text(divergence),
        "page": html.unescape(re.sub(r"<[^>]*>", "", forms["index.html"])),
        "junit": "".join(etree.fromstring(forms["junit.xml"].encode()).itertext()),
        "workflow": "\n".join(workflow_commands(made)),
        "dossier": made.findings[0].files[EXPLANATION].decode(),
        **{name: forms[name] for name in ("report.json", "report.sarif", "summary.md")},
    }
    for form, text in texts.items():
        assert decision.reason in text, form
        assert f"{guard.name}: {guard.holds}" not in text, form


@EVERY_GUARD
def test_replay_says_so(guard: Guard) -> None:
    decision = decided_by(refused_by(guard))
    first = FirstDivergence(
        seq=1,
        op="close",
        kind="outcome",
        expected={"err": "e"},
        actual={"ok": None},
        guard=decision.guard,
        reason=decision.reason,
        line=3,
        args={},
        state=None,
    )
    said = result_text(TraceResult(trace="t", verdict="diverge", events=2, judged=2, first_divergence=first))
    assert f"    decision  refused by {guard.name}: {guard.failed}" in said.splitlines()


@EVERY_GUARD
def test_why_a_step_is_needed_says_so(guard: Guard) -> None:
    assert instead_text(refused_by(guard), None) == f"{guard.failed} ({guard.name})"


def test_where_nothing_is_refused_every_guard_passes() -> None:
    assert decided_by(Outcome(None, None, ())) == ("passes", "every guard of its row passes")


def test_a_reader_is_called_lenient_only_where_it_reads_what_the_contract_refuses() -> None:
    for guard in GUARDS.values():
        for kind in (None, "payload", "outcome"):
            said = decided_by(refused_by(guard), kind).reason
            assert ("more lenient" in said) == (guard.error == "cannot decode" and kind == "outcome")


def test_what_is_read_is_told_by_its_rows_in_their_order_and_by_how_the_reader_departs() -> None:
    rows = (Leniency.ESCAPES, Leniency.ORDER)
    for kind, departs in ((None, ""), ("outcome", ": the reader is stricter there")):
        assert decided_by(Outcome(Decoded(0, rows), None, ()), kind) == (
            f"passes: {Leniency.ORDER.value}",
            f"read by §20, {Leniency.ORDER.value}; {Leniency.ESCAPES.value}{departs}",
        )
    assert decided_by(Outcome(Decoded(0, ()), None, ())) == ("passes", "read by §20, the plain form")
