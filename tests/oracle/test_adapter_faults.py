"""Every adapter of the fault kit ends as its table says, leaving nothing behind."""

from __future__ import annotations

import re
import stat
import time
import uuid
from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import RESET, AdapterFault, AdapterLimits, Request, SubprocessAdapter, faults
from telltale_conformance.oracle.adapters.fault_kit import KIT
from tests.oracle.adapter_world import MARK, PATIENT, PROGRAM, conclude, judge, kit, marked, script

BRIEF = AdapterLimits(deadline=0.3, start_deadline=60, close_deadline=0.3)
"""For adapters that never answer, where to be late is right."""
OWN_LIMITS = {
    "hangs-at-start": AdapterLimits(start_deadline=0.5),
    "ignores-bye": AdapterLimits(deadline=30, start_deadline=60, close_deadline=0.3),
    "closes-stdout": AdapterLimits(deadline=30, start_deadline=60, close_deadline=0.3),
}


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    return mark


def limits_for(name: str) -> AdapterLimits:
    waits = KIT[name].ends_as == "deadline" or name == "half-line-hangs"
    return OWN_LIMITS.get(name) or (BRIEF if waits else PATIENT)


@pytest.mark.parametrize("name", KIT)
def test_a_misbehaving_adapter_ends_as_the_table_says(name: str, mark: str) -> None:
    began = time.monotonic()
    ended, fault = conclude(kit(name), limits_for(name))
    assert ended == KIT[name].ends_as, fault and fault.diagnostic()
    assert time.monotonic() - began < 30
    assert marked(mark) == {}


@pytest.mark.parametrize("at", [1, 2, 5, 8])
@pytest.mark.parametrize("name", ["dies", "two-answers", "wrong-id", "not-json", "half-line", "invalid-utf8"])
def test_it_does_not_matter_when_an_adapter_fails(name: str, at: int, mark: str) -> None:
    assert conclude(kit(name, at))[0] == KIT[name].ends_as
    assert marked(mark) == {}


def test_the_last_answer_given_twice_is_noticed_at_the_end(mark: str) -> None:
    with pytest.raises(faults.TwoAnswers), SubprocessAdapter(kit("two-answers", 9), PATIENT) as adapter:
        assert judge(adapter) == "agree"
    assert marked(mark) == {}


def test_every_failure_has_a_code_a_hint_and_an_adapter_that_shows_it() -> None:
    kinds = [kind for kind in vars(faults).values() if isinstance(kind, type)]
    failures = {kind.code: kind for kind in kinds if issubclass(kind, AdapterFault) and kind is not AdapterFault}
    assert all(kind.remedy and kind.__doc__ for kind in failures.values())
    shown = {entry.ends_as for entry in KIT.values()} & failures.keys()
    assert failures.keys() - shown == {"cannot-start", "restarts-spent", "closed"}


def test_answers_before_a_failure_are_given_first() -> None:
    for name in ("dies", "not-json", "gigabyte-line", "wrong-id"):
        answers = []
        with SubprocessAdapter(kit(name, 4), PATIENT) as adapter, pytest.raises(AdapterFault):
            answers.extend(adapter.submit(PROGRAM))
        # The probe at the start is the first operation, so the fourth is the third of the program.
        assert [answer.payload for answer in answers] == [b"0", b"[0]"]


def test_a_failure_says_what_was_asked_and_shows_the_end_of_stderr() -> None:
    fault = conclude(kit("exits"))[1]
    assert fault is not None
    shown = fault.diagnostic()
    assert shown.request.startswith("session_ids #")
    assert shown.stderr == "fault kit: out of order\n"
    assert shown.cause == "it exited with status 7"
    assert "fault kit: out of order" in str(shown)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_text("#!/bin/sh\n"), "not an executable file"),
        (lambda path: (path.write_bytes(b"\0"), path.chmod(stat.S_IRWXU)), "not a program"),
        (lambda path: path.mkdir(), "not an executable file"),
    ],
)
def test_an_adapter_that_does_not_start_is_named(make: object, cause: str, tmp_path: Path, mark: str) -> None:
    path = tmp_path / "adapter"
    make(path)
    with pytest.raises(faults.CannotStart, match=re.escape(str(path))) as failure:
        SubprocessAdapter([str(path)], PATIENT)
    assert cause in failure.value.cause
    assert marked(mark) == {}


def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory() -> None:
    limits = AdapterLimits(deadline=30, start_deadline=60, line_bytes=1 << 20)
    warm = conclude(kit("gigabyte-line"), limits)
    Path("/proc/self/clear_refs").write_text("5")  # begin anew to note the peak
    before = _kilobytes("VmRSS")
    assert conclude(kit("gigabyte-line"), limits)[0] == warm[0] == "line-too-long"
    assert _kilobytes("VmHWM") - before < 8 * 1024


def test_a_flood_of_stderr_is_refused_in_bounded_memory() -> None:
    assert conclude(kit("floods-stderr"), PATIENT)[0] == "stderr-flood"
    Path("/proc/self/clear_refs").write_text("5")
    before = _kilobytes("VmRSS")
    fault = conclude(kit("floods-stderr"), PATIENT)[1]
    assert _kilobytes("VmHWM") - before < 8 * 1024
    assert fault is not None
    assert 0 < len(fault.stderr) <= PATIENT.stderr_kept


def _kilobytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0])


def test_stderr_within_the_limit_is_no_failure() -> None:
    chatty = """
import json, os, sys
for line in sys.stdin.buffer:
    request = json.loads(line)
    os.write(2, b"talk " * 10000)
    if request["op"] == "bye":
        break
    hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", ops=["x"], observes=[])
    print(json.dumps({"id": request["id"], "ok": hello}), flush=True)
"""
    limits = AdapterLimits(deadline=30, start_deadline=60, stderr_bytes=400_000)
    with SubprocessAdapter(script(chatty), limits) as adapter:
        # 40 times 50,000 bytes, but never 400,000 between two resets
        program = [request for _ in range(10) for request in [RESET, *[Request("x", b"{}")] * 3]]
        assert len(list(adapter.submit(program))) == 30
