"""A red run fits one screen of 40 lines of 100 columns, whatever diverges; what is left out is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.reports.terminal import NAMED, SPELLED_OUT
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

LINES, COLUMNS = 40, 100


def divergence(number: int) -> LaneDivergence:
    long = {"capability": {"owner_id": "x" * 300, "generation": number}}
    return LaneDivergence(
        case=f"program {number}",
        seq=number,
        op="claim_ownership",
        kind="outcome",
        args=long,
        expected={"err": {f"Variant{number}" + "y" * 60: long}},
        actual={"ok": long},
        guard="G-found",
        reason="refused by G-found: there is no live session of that id",
    )


def checked(classes: int, folder: Path | None, **more: bool) -> tuple[int, Gate, Check]:
    whole = Tally(cases=100, judged=50_000)
    found = tuple(map(divergence, range(classes)))
    results = tuple(
        LaneResult(
            lane=name,
            evidence=Evidence(Items("programs", 100, 100 - (classes if name == "programs" else 0), 0)),
            tally=whole,
        )
        for name in LANES
        if name != "programs"
    )
    broken = LaneResult(
        lane="programs",
        evidence=Evidence(Items("programs", 100, 100 - classes, classes)),
        tally=whole,
        divergences=found,
        claims={"K3": ClaimStand("broken", 4), "K1": ClaimStand("broken", 4), "K7": ClaimStand("kept", 4)},
    )
    hello = Subject().start().hello
    check = Check(subject=Subject(command="adapter"), hello=hello, settings=Settings(), results=(broken, *results))
    gate = Gate(report=folder)
    return gate.conclude(check, **more), gate, check


def rows(text: str) -> int:
    return sum(max(1, -(-len(line) // COLUMNS)) for line in text.splitlines())


@pytest.mark.parametrize("reported", [False, True])
@pytest.mark.parametrize("classes", [1, 3, 40])
def test_it_fits(
    classes: int,
    reported: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert checked(classes, Path("report") if reported else None)[0] == 1
    printed = capsys.readouterr().out
    assert rows(printed) < LINES, printed  # one more says what is checked
    lines = printed.splitlines()
    assert sum(line.startswith("new ") for line in lines) == min(classes, NAMED)
    assert sum(line.startswith("  expected") for line in lines) == min(classes, SPELLED_OUT)
    more = [line for line in lines if "more kinds of divergence" in line]
    where = "in the report" if reported else "which --report DIR tells"
    assert more == [f"and {classes - NAMED} more kinds of divergence, {where}"] * (classes > NAMED)
    assert any(line.startswith("CLAIM BROKEN: K3 witness-single-use") for line in lines)
    assert f"all claims and the coverage: {'in the report' if reported else 'with --report DIR or --coverage'}" in lines


def test_all_of_it_is_printed_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    checked(1, None, every_cell=True)
    printed = capsys.readouterr().out
    assert "claims kept (on so many occasions): K7 one-pending (4)" in printed
    assert "coverage: " in printed
