"""Fixed work: an effort decides what is tried, the clock is a guard, and the last line says what is not covered."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from typer.testing import CliRunner

from telltale_conformance.oracle.cli import check as check_command
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes import graph, programs, stateful
from telltale_conformance.oracle.lanes.effort import Effort, effort_of_budget
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.report_world import HELLO, accepted, lane


def test_more_effort_is_never_less_work() -> None:
    for amounts in (programs.PROGRAMS, stateful.SEQUENCES):
        assert amounts[Effort.quick] <= amounts[Effort.default] <= amounts[Effort.thorough]
    assert graph.BOUNDS.keys() == set(Effort)


def test_the_amount_follows_from_effort_and_cases_alone() -> None:
    assert Settings(effort=Effort.thorough).amount(programs.PROGRAMS) == 6000
    assert Settings(effort=Effort.thorough, cases=7).amount(programs.PROGRAMS) == 7


@pytest.mark.parametrize(
    ("seconds", "effort"), [(0.5, "quick"), (29, "quick"), (30, "default"), (1799, "default"), (1800, "thorough")]
)
def test_a_budget_is_an_old_name_of_an_effort(seconds: float, effort: str) -> None:
    assert effort_of_budget(seconds) == effort


def test_the_old_option_says_what_it_picks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def run(**options: object) -> int:
        asked.update(options)
        return 0

    monkeypatch.setattr(check_command, "run", run)
    done = CliRunner().invoke(app, ["check", "--budget", "10"])
    assert (done.exit_code, asked["effort"]) == (0, Effort.quick)
    assert "--budget is deprecated; 10 s picks --effort quick" in done.stderr
    assert CliRunner().invoke(app, ["check", "--budget", "0"]).exit_code == 2
    assert (
        CliRunner().invoke(app, ["check", "--effort", "thorough", "--cases", "5", "--lanes", "programs"]).exit_code == 0
    )
    assert (asked["effort"], asked["cases"], asked["lanes"]) == (Effort.thorough, 5, ["programs"])


def test_the_time_limit_makes_a_check_inconclusive_and_names_what_was_not_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check_command.run(lanes=["programs", "graph"], time_limit=1e-9) == 3
    output = capsys.readouterr().out
    assert "600 of 600 programs not shown: stopped by the time limit" in output
    last = output.splitlines()[-1]
    assert "the time limit of 1e-09 s was reached" in last
    assert "lanes not in full: programs, graph" in last


def test_the_factor_that_is_needed_follows_from_what_was_done() -> None:
    results = [
        LaneResult(lane="a", evidence=Evidence(Items("traces", 10, 10))),
        LaneResult(lane="b", evidence=Evidence(Items("programs", 100, 50))),
    ]
    said = check_command._late(60.0, results, {"a": 10.0, "b": 20.0, "c": 30.0})
    assert said == "the time limit of 60 s was reached; about 3.0 times as much is needed: --time-limit 180"
    assert "needed" not in check_command._late(60.0, [], {"a": 10.0})


def test_without_a_limit_a_check_may_take_ten_times_as_long_as_usual() -> None:
    plan = check_command.Plan(lanes=("programs",))
    assert plan.limit(Effort.default) == 10 * sum(plan.usual(Effort.default).values())
    assert check_command.Plan(time_limit=7.0).limit(Effort.quick) == 7.0


def test_a_divergence_stays_one_when_the_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    results = (lane("programs", accepted()), LaneResult(lane="graph", notes=("the time limit of 5 s was reached",)))
    check = Check(subject=Subject(), hello=HELLO, settings=Settings(), results=results, cut_short="the time limit")
    assert Gate().conclude(check) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("diverge: ")


def concluded(capsys: pytest.CaptureFixture[str], *results: LaneResult) -> list[str]:
    Gate().conclude(Check(subject=Subject(), hello=HELLO, settings=Settings(), results=results))
    return capsys.readouterr().out.splitlines()


def test_claims_that_the_contract_breaks_are_one_line_and_others_stand_out(capsys: pytest.CaptureFixture[str]) -> None:
    claims = {"K1": ClaimStand("broken", 3), "K2": ClaimStand("broken", 1), "K3": ClaimStand("broken", 2)}
    more = {"K7": ClaimStand("kept", 212), "K13": ClaimStand("not judged", 0)}
    lines = concluded(capsys, lane("claims", claims={**claims, **more}))
    assert "2 claims that telltale-17 itself breaks: K1 generation-freshness, K2 witness-binding" in lines
    assert "CLAIM BROKEN: K3 witness-single-use, which the contract keeps (2 occasions)" in lines
    assert "claims kept (on so many occasions): K7 one-pending (212)" in lines
    assert "claims not judged: K4 attenuation, " in "\n".join(lines)
    assert lines[-1].partition("claims not judged: ")[2].startswith("K4 attenuation, K5 transfer-authority, K6 ")
    assert " more; " in lines[-1]


def test_a_red_run_tells_divergences_first_and_coverage_last_and_fits_a_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = check_command.run(sut=served("owner_is_not_compared"), lanes=["programs"], seed=5, limits=PATIENT)
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    places = [
        next(n for n, line in enumerate(lines) if re.match(start, line))
        for start in ("new ", "lane ", "all claims and the coverage:")
    ]
    assert places == sorted(places)
    assert places[0] == 1, "right after the name of the implementation"
    assert len(lines) <= 40
    assert lines[-1].startswith("diverge: ")
    assert lines[-1].endswith("exit code 1")


def test_sequences_follow_from_the_seed_whatever_modules_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(seed=4, cases=24)
    alone = msgspec.structs.replace(stateful.run(Subject(), settings), seconds=0.0)
    found = Constants()
    for number in range(500):
        found.add(number)
        found.add(f"name {number}")
    monkeypatch.setattr(providers, "_get_local_constants", lambda: found)
    monkeypatch.setenv("CI", "1")
    assert msgspec.structs.replace(stateful.run(Subject(), settings), seconds=0.0) == alone


def test_the_limit_that_is_named_is_one_that_is_taken() -> None:
    results = [LaneResult(lane="a", evidence=Evidence(Items("traces", 100, 50)))]
    assert check_command._late(0.001, results, {"a": 10.0}).endswith("2.0 times as much is needed: --time-limit 1")
