"""Required operations: by name, by a file, by a baseline; offering less fails the gate and is named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from telltale_conformance.model.operations import CORE, OPERATIONS
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.baseline import BadBaseline, Baseline, read_baseline, write_baseline
from telltale_conformance.oracle.verdict.required import BadRequirement, required
from tests.oracle.report_world import HELLO, lane

DOCUMENT = Path(__file__).parents[2] / "docs" / "verdicts.md"
FEW = frozenset({"open", "close", "observe"})


def conclude(gate: Gate, *, offered: frozenset[str] = FEW, unsupported: frozenset[str] = frozenset()) -> int:
    gate.prepare("telltale-17")
    hello = msgspec.structs.replace(HELLO, ops=offered)
    results = (lane("programs", unsupported=unsupported),)
    return gate.conclude(Check(subject=Subject(), hello=hello, settings=Settings(), results=results))


def test_core_is_what_the_document_says() -> None:
    text = DOCUMENT.read_text()
    listed = text[text.index("`core` is ") : text.index("Offering less is")]
    assert {name for name in OPERATIONS if f"`{name}`" in listed} == CORE
    assert len(CORE) == 19


@pytest.mark.parametrize(
    ("option", "code", "lacking"), [("all", 1, "authority_audit_log"), ("core", 1, "claim_ownership")]
)
def test_offering_less_than_required_is_1_and_named(
    option: str, code: int, lacking: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conclude(Gate(require=option)) == code
    output = capsys.readouterr().out
    assert f"required operations that are not offered (required by --require {option}): " in output
    assert lacking in output
    assert "required operations not offered; " in output.splitlines()[-1]
    assert "exit code 1" in output.splitlines()[-1]


def test_without_a_requirement_the_last_line_says_how_many_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude(Gate()) == 0
    assert f"3 of {len(OPERATIONS)} operations offered, not active_count" in capsys.readouterr().out.splitlines()[-1]


def test_all_that_is_required_is_enough() -> None:
    assert conclude(Gate(require="all"), offered=frozenset(OPERATIONS) | {"from_the_future"}) == 0


def test_what_is_offered_and_unsupported_is_lacking(capsys: pytest.CaptureFixture[str]) -> None:
    everything = frozenset(OPERATIONS)
    assert conclude(Gate(require="core"), offered=everything, unsupported=frozenset({"close"})) == 1
    assert "not offered (required by --require core): close" in capsys.readouterr().out


def test_a_file_names_operations(tmp_path: Path) -> None:
    listed = tmp_path / "ops.txt"
    listed.write_text("# ours\nopen\n\nclose  # and its twin\n")
    found = required(str(listed), None)
    assert found is not None
    assert (found.operations, found.by) == ({"open", "close"}, str(listed))
    assert conclude(Gate(require=str(listed))) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"open\nclaim_ownershp\n", 'ops.txt:2: there is no operation "claim_ownershp"; did you mean claim_ownership?'),
        (b"open\nzzzz\n", "every operation at a glance"),
        (b"# nothing\n", "it names no operation"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "neither a list of names nor a baseline"),
    ],
)
def test_a_bad_file_is_refused_before_the_lanes(tmp_path: Path, content: bytes, said: str) -> None:
    listed = tmp_path / "ops.txt"
    listed.write_bytes(content)
    with pytest.raises(BadRequirement) as refused:
        Gate(require=str(listed)).prepare("telltale-17")
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(listed))


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(BadRequirement, match="give all, core or a file"):
        required("no/such/file", None)


def test_a_baseline_records_what_is_offered_and_then_requires_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "known.json"
    assert conclude(Gate(baseline=path, update=True), unsupported=frozenset({"close"})) == 3
    assert read_baseline(path).offered == ("observe", "open"), "what is answered as unsupported is not there"
    assert "required from now on: observe, open\n" in capsys.readouterr().err
    assert conclude(Gate(baseline=path)) == 0
    assert conclude(Gate(baseline=path), offered=frozenset({"open"})) == 1
    assert "(required by the baseline): observe" in capsys.readouterr().out
    other = Gate(require=str(path))
    assert conclude(other, offered=frozenset({"open"})) == 1
    assert conclude(Gate(baseline=path, update=True), offered=frozenset({"open"})) == 0
    said = capsys.readouterr().err
    assert "operation observe is not offered any more" in said
    assert "required from now on:" not in said
    assert read_baseline(path).offered == ("open",)


def test_an_older_baseline_requires_nothing_and_cannot_be_named(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write_baseline(path, Baseline(contract="telltale-17"))
    assert read_baseline(path).offered is None
    assert conclude(Gate(baseline=path), offered=frozenset({"open"})) == 0
    with pytest.raises(BadRequirement, match="does not record which operations"):
        required(str(path), None)
    path.write_text('{"schema": "telltale-conformance/baseline"}')
    with pytest.raises(BadBaseline):
        required(str(path), None)
