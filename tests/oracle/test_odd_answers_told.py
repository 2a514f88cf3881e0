"""No answer within the limits ends judging or telling: it diverges in every lane, and every report tells it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import read_program
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Answer, Request
from telltale_conformance.oracle.cli import minimise, replay
from telltale_conformance.oracle.cli.verify import run_again, verify
from telltale_conformance.oracle.dossier.dossier import read_dossier
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes import claims, corpus, graph, only, programs, stateful
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference import judging
from telltale_conformance.oracle.reference.recording import record
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.honesty_world import small_world
from tests.oracle.lane_world import PATIENT, ROOT, Stub
from tests.oracle.minimise_world import program
from tests.oracle.odd_answers import ANSWERS, MALFORMED

OPS = {"ok": "claim_ownership", "err": "close", "audit": "claim_ownership"}


class Odd(Subject, frozen=True, kw_only=True):
    """Gives the same odd answer to one operation, in this process."""

    text: bytes
    op: str
    part: str = "ok"

    def start(self) -> Adapter:
        def change(request: Request, number: int, answer: Answer) -> Answer:
            if request.op != self.op:
                return answer
            if self.part == "audit":
                return Answer("ok", b"null", self.text)
            return Answer("ok" if self.part == "ok" else "err", self.text, b"[]")

        return Stub(change)


def odd(name: str, part: str = "ok") -> Odd:
    text = ANSWERS[name] if name in ANSWERS else MALFORMED[name][0]
    return Odd(command="an odd adapter", text=text.encode(), op=OPS[part], part=part)


def told(
    subject: Odd, results: tuple[LaneResult, ...], folder: Path, seconds: float = 0.4, faults: bool = False
) -> dict[str, Any]:
    """Write all forms of the report and return the JSON one."""
    adapter = subject.start()
    check = Check(subject=subject, hello=adapter.hello, settings=Settings(), results=results)
    assert Gate(report=folder, minimise_seconds=seconds).conclude(check, quiet=True) == 1
    document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    validator("report").validate(document)
    ET.fromstring((folder / "junit.xml").read_text(encoding="utf-8"))
    assert json.loads((folder / "report.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    for name in ("index.html", "summary.md"):
        text = (folder / name).read_text(encoding="utf-8")
        assert subject.op in text
        assert ("fault of the harness" in text) == faults
        assert len(text) < 3_000_000
    return document


@pytest.mark.parametrize(("name", "part"), list(zip(ANSWERS, cycle(OPS))))
def test_it_is_told_in_every_form_made_smaller_and_run_again(name: str, part: str, tmp_path: Path) -> None:
    subject = odd(name, part)
    result = programs.run(subject, Settings(divergences=1))
    assert result.verdict == "diverge"
    assert not result.tally.faults
    document = told(subject, (result,), tmp_path)
    (finding,) = document["findings"]
    assert finding["ending"] in ("minimal", "deadline")
    assert finding["divergence"]["op"] == subject.op
    again = run_again(tmp_path, read_dossier(tmp_path / finding["folder"]), subject.start())
    assert again.verdict == "reproduced", again
    assert not again.changed


@pytest.fixture
def small_lanes() -> Iterator[None]:
    with small_world():
        yield


@pytest.mark.usefixtures("small_lanes")
@pytest.mark.parametrize("lane", [corpus.run, programs.run, graph.run, claims.run])
@pytest.mark.parametrize("name", ["deep objects", "deep arrays", "deep under a variant", "many elements"])
def test_it_diverges_in_every_lane(lane: Callable[[Subject, Settings], LaneResult], name: str) -> None:
    result = lane(odd(name), Settings(divergences=1, effort=Effort.quick))
    assert result.verdict == "diverge"
    assert not result.tally.faults, result.notes


@pytest.mark.parametrize("level", list(Level))
def test_levels_compare_it_alike(level: Level) -> None:
    result = programs.run(odd("deep objects", "err"), Settings(divergences=1, level=level))
    assert (result.verdict, result.tally.faults) == ("diverge", 0)


numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(-(2.0**63), 2.0**64, exclude_min=True, exclude_max=True)
documents = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


QUICK = (Phase.explicit, Phase.generate)
"""Each run plays a lane: making a failure smaller would take minutes."""


@given(document=documents, levels=st.integers(0, 1900), part=st.sampled_from(list(OPS)))
@settings(max_examples=6, deadline=None, phases=QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_answered_is_judged_and_told(
    document: Any, levels: int, part: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = b"[" * levels + json.dumps(document).encode() + b"]" * levels
    subject = Odd(command="an odd adapter", text=text, op="claim_ownership", part=part)
    result = programs.run(subject, Settings(divergences=1))
    assert result.verdict == "diverge"
    assert not result.tally.faults
    told(subject, (result,), tmp_path_factory.mktemp("report"), seconds=0.0)


@pytest.mark.parametrize("name", ["deep objects", "deep arrays", "many members"])
def test_it_is_recorded_replayed_watched_and_made_smaller(name: str, tmp_path: Path) -> None:
    trace, output = tmp_path / "t.jsonl", tmp_path / "small.program.jsonl"
    program = dict(claim_programs())["K1"]
    assert record(odd(name).start(), program, trace).events
    assert replay.run([trace], claims=True) == 1
    assert minimise.run(trace, output=output, dossier=tmp_path / "dossier") == 0
    assert [step.op for step in read_program(output).steps] == ["open", "claim_ownership"]
    assert verify(tmp_path / "dossier").verdict == "reproduced"


def test_the_machine_of_hypothesis_and_several_processes_stand_it() -> None:
    command = shlex.join([sys.executable, "-m", "tests.oracle.odd_answers", "deep objects", "claim_ownership"])
    subject = Subject(command=f"env PYTHONPATH={shlex.quote(str(ROOT))} {command}", limits=PATIENT)
    for result in (
        stateful.run(subject, Settings(divergences=1, effort=Effort.quick)),
        programs.run(subject, Settings(divergences=1, workers=2)),
    ):
        assert (result.verdict, result.tally.faults) == ("diverge", 0), result.notes


def test_a_fault_in_one_case_costs_that_case_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = judging.judge_answer, []

    def failing(op: str, *rest: Any) -> Any:
        if op == "release_ownership" and not seen:
            seen.append(op)
            raise RecursionError("made up")
        return real(op, *rest)

    monkeypatch.setattr(judging, "judge_answer", failing)
    result = programs.run(odd("deep objects", "err"), Settings(divergences=1))
    assert result.verdict == "diverge"
    assert result.tally.faults == 1
    assert any("fault of the harness while the answer to release_ownership was judged" in note for note in result.notes)


def test_a_divergence_that_cannot_be_described_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failing(*_: Any) -> Any:
        raise RecursionError("made up")

    monkeypatch.setattr(judging, "_state", failing)
    subject = odd("deep objects", "err")
    result = programs.run(subject, Settings(divergences=1))
    assert result.verdict == "diverge"
    assert result.tally.faults == len(result.divergences) > 0
    document = told(subject, (result,), tmp_path, faults=True)
    assert document["findings"][0]["divergence"]["op"] == "close"


def test_a_chunk_that_fails_costs_that_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    real = only.judge_cases
    calls: list[int] = []

    def failing(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("made up")
        return real(*given)

    monkeypatch.setattr(only, "judge_cases", failing)
    result = programs.run(odd("deep objects", "err"), Settings(divergences=1))
    assert (result.verdict, result.tally.faults) == ("diverge", 1)
    assert any("fault of the harness in chunk 0: RuntimeError: made up" in note for note in result.notes)


def test_a_dossier_of_a_deep_answer_is_run_again_from_its_answers(tmp_path: Path) -> None:
    subject = odd("deep objects")
    result = programs.run(subject, Settings(divergences=1))
    (finding,) = told(subject, (result,), tmp_path)["findings"]
    folder = tmp_path / finding["folder"]
    assert b'{"a":{"a":' in (folder / "answers.jsonl").read_bytes()
    manifest = json.loads((folder / "dossier.json").read_text(encoding="utf-8"))
    assert manifest["actual"] == finding["divergence"]["actual"]
    assert encode(manifest["actual"]).count(b'{"a"') < 110


@pytest.mark.usefixtures("small_lanes")
@pytest.mark.parametrize("lane", [corpus.run, programs.run, graph.run, claims.run, stateful.run])
@pytest.mark.parametrize("name", ["1e400", "a repeated key"])
def test_malformed_json_is_inconclusive_in_every_lane(
    lane: Callable[[Subject, Settings], LaneResult], name: str
) -> None:
    result = lane(odd(name), Settings(divergences=1, effort=Effort.quick, cases=20))
    assert result.verdict == "inconclusive"
    assert not result.divergences
    assert result.tally.faults


@pytest.mark.parametrize("part", OPS)
@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_json_is_a_malformed_answer_by_name(name: str, part: str) -> None:
    result = programs.run(odd(name, part), Settings(divergences=1, cases=10))
    assert result.verdict == "inconclusive"
    assert not result.divergences
    said = "\n".join(result.notes)
    assert "[malformed-answer]" in said or name == "NaN"
    assert MALFORMED[name][1] in said


@pytest.mark.parametrize("name", MALFORMED)
def test_nothing_malformed_is_recorded(name: str, tmp_path: Path) -> None:
    adapter = odd(name).start()
    opened = ("open", {"initial_types": {}, "roles": []})
    claimed = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
    with pytest.raises(AdapterFault):
        record(adapter, program(opened, claimed), tmp_path / "t.jsonl")
    assert not list(tmp_path.iterdir())
