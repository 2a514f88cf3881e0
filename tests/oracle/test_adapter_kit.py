"""adapter-kit tells what is wrong with an adapter, and passes one that is right."""

from __future__ import annotations

import json
import shlex
import sys

import pytest

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import ReferenceAdapter
from telltale_conformance.oracle.adapters.kit import CHECKS, check_pace
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.cli.adapter_kit import run
from telltale_conformance.oracle.cli.check import run as check
from telltale_conformance.oracle.init.growth import offered_by
from telltale_conformance.oracle.lanes.table import LANES
from tests.oracle.adapter_world import REFERENCE, ROOT, kit, script

PASS, INCONCLUSIVE, USAGE = 0, 3, 2
ALL = ["hello", *(check.name for check in CHECKS), "bye", "again"]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def statuses(
    command: list[str], capsys: pytest.CaptureFixture[str], deadline: float = 20
) -> tuple[int, dict[str, str]]:
    code = run(shlex.join(command), as_json=True, deadline=deadline)
    printed = capsys.readouterr()
    assert printed.err == ""
    document = json.loads(printed.out)
    assert document["verdict"] == ("inconclusive" if code else "agree")
    return code, {check["check"]: check["status"] for check in document["checks"]}


def test_the_reference_passes_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = statuses(REFERENCE, capsys)
    assert found == dict.fromkeys(ALL, "passed")
    assert code == PASS


def test_a_clock_that_stands_still_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telltale_conformance.oracle.adapters.kit.time.perf_counter", lambda: 1.0)
    assert check_pace(ReferenceAdapter()) == "faster than the clock of this machine"


def test_what_is_not_offered_is_skipped_and_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = statuses(kit("correct"), capsys)
    skipped = {"outcomes", "records", "text", "integers"}
    assert found == {name: "skipped" if name in skipped else "passed" for name in ALL}
    assert code == PASS


@pytest.mark.parametrize(
    ("name", "at", "failed"),
    [
        ("dies", 4, {"understands", "reset", "order", "text", "long", "integers"}),
        ("wrong-id", 40, {"order"}),
        ("two-answers", 40, {"order"}),
        ("not-json", 3, {"understands", "reset", "order", "text", "long", "integers"}),
        ("half-line", 500, {"order"}),
        ("ignores-reset", 0, {"reset", "order", "long"}),
        ("refuses-reset", 0, {"understands", "reset", "order", "text", "long", "integers"}),
        ("bad-request", 3, {"understands"}),
        ("leaves-child", 3, {"bye"}),
        ("exits-with-one", 0, {"bye", "again"}),
        ("changes-hello", 40, {"order", "restart"}),
        ("refuses-hello", 0, {"hello"}),
        ("wrong-protocol", 0, {"hello"}),
        ("exits-at-once", 0, {"hello"}),
    ],
)
def test_it_names_the_checks_that_fail(
    name: str, at: int, failed: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = statuses(kit(name, at), capsys)
    assert {check for check, status in found.items() if status == "failed"} == failed
    assert code == INCONCLUSIVE


ONLY_OPENS = """
import json, sys
hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", ops=["open"], observes=[])
opened = 0
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "bye":
        break
    answer = {"hello": hello, "reset": None, "open": opened}[request["op"]]
    opened += request["op"] == "open"
    print(json.dumps({"id": request["id"], "ok": answer}), flush=True)
"""


def test_a_reset_is_checked_also_where_nothing_tells_a_fresh_store(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = statuses(script(ONLY_OPENS), capsys)[1]
    assert {check for check, status in found.items() if status == "failed"} == {"reset"}
    assert found["order"] == "advice"


ANSWERING = """
import json, sys
from telltale_conformance.oracle.adapters.reference import ReferenceStore
from telltale_conformance.model.operations import APART, OPERATIONS
store = ReferenceStore("telltale-17")
hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", observes=["audit"])
hello["ops"] = sorted(OPERATIONS.keys() - APART) + MORE
for line in sys.stdin.buffer:
    request = json.loads(line)
    op = request["op"]
    if op == "bye":
        break
    if op in ("hello", "reset"):
        store.reset()
        members = {"ok": hello if op == "hello" else None}
    else:
        members = json.loads(store.members(op, json.dumps(request["args"]).encode()))
        if op == "claim_ownership" and not LOGGED:
            members["audit"] = []
    print(json.dumps({"id": request["id"], **members}), flush=True)
"""


def answering(*, more: list[str], logged: bool) -> list[str]:
    """The reference with further operations in its hello, or without a record of claims."""
    return [sys.executable, "-c", ANSWERING.replace("MORE", repr(more)).replace("LOGGED", repr(logged))]


def test_operations_of_a_later_version_are_listed_and_nothing_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    command = answering(more=["of_tomorrow"], logged=True)
    code, found = statuses(command, capsys)
    assert found == dict.fromkeys(ALL, "passed")
    assert code == PASS
    assert run(shlex.join(command), as_json=False, deadline=20) == PASS
    assert "unknown to this version, so never sent: of_tomorrow" in capsys.readouterr().out


def test_only_operations_of_a_later_version_cannot_be_judged(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = statuses(script(ONLY_OPENS.replace('ops=["open"]', 'ops=["of_tomorrow"]')), capsys)
    assert found["operations"] == "failed"
    assert code == INCONCLUSIVE


def test_a_store_that_logs_no_claim_speaks_the_protocol_and_is_refused_by_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = answering(more=[], logged=False)
    code, found = statuses(command, capsys)
    assert found == {**dict.fromkeys(ALL, "passed"), "records": "advice"}
    assert code == PASS
    assert run(shlex.join(command), as_json=False, deadline=20) == PASS
    said = capsys.readouterr().out.splitlines()
    assert said[-2].startswith("The adapter speaks the protocol.")
    assert said[-1] == "Something was answered otherwise than the contract has it; check will judge it: records."
    assert check(sut=shlex.join(command), lanes=["programs"], cases=4) == 1
    assert "claim_ownership" in capsys.readouterr().out


def test_one_that_hangs_is_given_up_check_by_check(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = statuses(kit("hangs"), capsys, deadline=0.4)
    assert found["understands"] == found["order"] == "failed"
    assert found["pace"] == "advice"
    assert code == INCONCLUSIVE


def test_people_get_a_line_per_check_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shlex.join(kit("refuses-hello")), as_json=False, deadline=20) == INCONCLUSIVE
    printed = capsys.readouterr().out
    assert printed.startswith("FAILED  hello         hello was answered with bad_request [hello-refused]")
    assert "→ answer hello with ok" in printed
    assert "The adapter cannot be used yet: hello." in printed
    command = shlex.join(kit("correct"))
    assert run(command, as_json=False, deadline=20) == PASS
    last = "The adapter speaks the protocol. Next: telltale-conformance check --sut "
    assert f"\n{last}{shlex.quote(command)}\n" in capsys.readouterr().out


def test_it_ends_with_what_check_can_judge_and_what_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shlex.join(kit("correct")), as_json=False, deadline=20) == PASS
    said = capsys.readouterr().out
    able, unable = said.split("What check can judge")[1].split("What it cannot judge:")
    assert "operations  3 of 66: open, session_ids, next_session_id" in able
    assert "rows        by sections of the contract: §5 3 of 12" in able
    assert "claims      0 of 30" in able
    assert "graph (none of the operations of ownership is offered)" in unable
    assert "concurrent (the hello lets one client ask at a time)" in unable
    assert "states are not compared: observe is not offered" in unable
    for name in OPERATIONS.keys() - {"open", "session_ids", "next_session_id"}:
        assert name in unable
    for claim in CLAIMS.values():
        assert claim.title in unable

    run(shlex.join(kit("correct")), as_json=True, deadline=20)
    ahead = json.loads(capsys.readouterr().out)["can_judge"]
    assert ahead["operations"] == ["open", "session_ids", "next_session_id"]
    assert set(ahead["lanes"]) | set(ahead["lanes_not"]) == set(LANES)


@pytest.mark.nightly
def test_the_claims_that_it_names_are_those_that_check_judges(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", ANSWERING.replace("MORE", "[]").replace("LOGGED", "True")]
    ops = (*offered_by(3), "observe", "close")
    command[-1] = command[-1].replace("sorted(OPERATIONS.keys() - APART) + []", repr(sorted(ops)))
    run(shlex.join(command), as_json=True, deadline=20)
    ahead = json.loads(capsys.readouterr().out)["can_judge"]
    assert check(sut=shlex.join(command), lanes=["claims"]) == PASS
    (unjudged,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("claims not judged: ")]
    named = unjudged.removeprefix("claims not judged: ").split(", ")
    assert [title.split()[0] for title in named] == ahead["claims_not"]


@pytest.mark.parametrize(("command", "deadline"), [("'", 1), ("", 1), ("true", -1)])
def test_a_command_that_makes_no_sense_is_a_usage_error(
    command: str, deadline: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, as_json=True, deadline=deadline) == USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("telltale-conformance: ")
