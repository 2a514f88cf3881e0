"""One process of an adapter: how it ended, in words, that waiting takes no work, and that a reset is waited for."""

from __future__ import annotations

import select
import signal
import time
from typing import Any

import pytest

from telltale_conformance.oracle.adapters import AdapterLimits, Answer, faults
from telltale_conformance.oracle.adapters.clients import OverlappingAdapter
from telltale_conformance.oracle.adapters.process import Ended, Process
from tests.oracle.adapter_world import PATIENT, script


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "it exited with status 0"),
        (3 << 8, "it exited with status 3"),
        (signal.SIGKILL, "it was ended by signal SIGKILL"),
        (50, "it was ended by signal 50"),
    ],
)
def test_how_it_ended_is_said(status: int, said: str) -> None:
    assert str(Ended(status, 0)) == said


def test_a_start_gets_what_is_left_of_the_time_and_no_more_than_its_limit() -> None:
    limits = AdapterLimits(start_deadline=5)
    assert [limits.starting_within(left).start_deadline for left in (2.0, 9.0, 0.0)] == [2.0, 5, 0.001]


@pytest.mark.parametrize(("payload", "said"), [(b'"no"', "no"), (b'{"why":"no"}', '{"why":"no"}')])
def test_what_an_answer_says_is_a_text_or_the_json_that_it_is(payload: bytes, said: str) -> None:
    assert Answer("panic", payload, None).text() == said


def test_waiting_for_its_end_takes_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    class Counted:
        def __init__(self) -> None:
            self._poll = poll()

        def register(self, *given: Any) -> None:
            self._poll.register(*given)

        def poll(self, left: float) -> Any:
            looks.append(left)
            return self._poll.poll(left)

    process = Process(script("import sys; sys.stdin.read()"), PATIENT)
    try:
        poll = select.poll
        monkeypatch.setattr(select, "poll", Counted)
        assert process.wait_ended(time.monotonic() + 0.05) is None
        assert 1 <= len(looks) <= 3
        process.close_stdin()
        assert str(process.wait_ended(time.monotonic() + 60)) == "it exited with status 0"
    finally:
        process.kill()


REFUSING = """
import json, sys
for line in sys.stdin.buffer:
    request = json.loads(line)
    hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", ops=["open"], observes=[])
    said = {"ok": hello} if request["op"] == "hello" else {"err": "not now"}
    print(json.dumps({"id": request["id"], **said}), flush=True)
"""


def test_a_reset_under_overlapping_requests_is_waited_for() -> None:
    with OverlappingAdapter(script(REFUSING), PATIENT, named=True) as adapter, pytest.raises(faults.ResetRefused):
        adapter.reset()
