"""The resident process: order, window, pipes, resets, restarts, and an end that leaves nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import (
    AWAIT_ANSWERS,
    RESET,
    Adapter,
    AdapterLimits,
    BadCommand,
    ReferenceAdapter,
    Request,
    SubprocessAdapter,
    ask,
    fault_kit,
    faults,
    split_command,
)
from tests.oracle.adapter_world import (
    NEXT,
    OPEN,
    PATIENT,
    REFERENCE,
    ROOT,
    SESSIONS,
    judge,
    kit,
    script,
)

ECHO = """
import json, os, sys
ops = ["open", "session_ids", "plan"]
for line in sys.stdin.buffer:
    request = json.loads(line)
    if request["op"] == "bye":
        break
    hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", ops=ops, observes=[])
    answer = {"hello": hello, "reset": None, "session_ids": []}.get(request["op"], request["args"])
    sys.stdout.write(json.dumps({"id": request["id"], "ok": answer}) + "\\n")
    sys.stdout.flush()
"""
"""An adapter that answers an operation with its own arguments, spaced as Python spaces JSON."""


KEEPS = """
import json, sys
ops = ["open", "next_session_id", "closed_session_ids", "session_ids", "archived_closed", "runtime_audit_log"]
kept = []
for line in sys.stdin.buffer:
    request = json.loads(line)
    op = request["op"]
    if op == "bye":
        break
    hello = dict(protocol=1, name="n", version="1", language="l", contract="telltale-17", ops=ops, observes=[])
    kept += [1] * (op == "open")
    answer = {"hello": hello, "next_session_id": 0, sys.argv[1]: kept}.get(op, [])
    print(json.dumps({"id": request["id"], "ok": answer}), flush=True)
"""
"""An adapter whose resets leave what one operation tells."""


@pytest.fixture
def reference() -> Iterator[SubprocessAdapter]:
    with SubprocessAdapter(REFERENCE, PATIENT) as adapter:
        yield adapter


@pytest.fixture
def echo() -> Iterator[SubprocessAdapter]:
    with SubprocessAdapter(script(ECHO), PATIENT) as adapter:
        yield adapter


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def numbered(count: int, filling: str = "") -> list[Request]:
    return [Request("plan", json.dumps({"n": n, "filling": filling}).encode()) for n in range(count)]


def test_the_reference_behind_a_pipe_answers_as_in_this_process(reference: SubprocessAdapter) -> None:
    here = ReferenceAdapter()
    assert reference.hello == here.hello
    assert judge(reference) == "agree"
    reference.reset()
    program = [
        OPEN,
        Request("claim_ownership", b'{"sid":0,"owner_id":"a","scope":"Session"}'),
        Request("claim_ownership", '{"sid":0,"owner_id":"ä→","scope":"Session"}'.encode()),
        Request("observe", b'{"sid":0}'),
        Request("observe", b'{"sid":18446744073709551615}'),
        Request("close", b'{"sid":"zero"}'),
    ]
    assert list(reference.submit(program)) == list(here.submit([RESET, *program]))


@pytest.mark.parametrize("window", [1, 2, 3, 64, 1000])
def test_answers_come_in_order_whatever_the_window(window: int) -> None:
    limits = AdapterLimits(window=window, deadline=30, start_deadline=60, close_deadline=30)
    with SubprocessAdapter(script(ECHO), limits) as adapter:
        answers = [json.loads(answer.payload)["n"] for answer in adapter.submit(numbered(300))]
    assert answers == list(range(300))


@pytest.mark.parametrize("window", [1, 7])
def test_requests_are_drawn_ahead_only_as_far_as_the_window(window: int) -> None:
    drawn = 0

    def requests() -> Iterator[Request]:
        nonlocal drawn
        for request in numbered(50):
            drawn += 1
            yield request

    limits = AdapterLimits(window=window, deadline=30, start_deadline=60, close_deadline=30)
    with SubprocessAdapter(script(ECHO), limits) as adapter:
        for taken, _ in enumerate(adapter.submit(requests())):
            # What was answered in one go may be waiting to be taken beside a new window.
            assert taken < drawn <= taken + 2 * window


def test_both_pipes_full_is_no_deadlock(echo: SubprocessAdapter) -> None:
    requests = numbered(200, filling="x" * 100_000)  # 20 MB either way, all within one window
    answers = echo.submit(requests)
    assert [json.loads(answer.payload)["n"] for answer in answers] == list(range(200))


def test_an_answer_may_be_awaited_before_the_next_request_is_formed(reference: SubprocessAdapter) -> None:
    got: list[int] = []

    def requests() -> Iterator[Request | None]:
        for _ in range(5):
            yield OPEN
            yield OPEN
            yield AWAIT_ANSWERS
            yield Request("close", b'{"sid":%d}' % got[-1])

    for answer in reference.submit(requests()):
        got.append(json.loads(answer.payload))
    assert got == [0, 1, None, 2, 3, None, 4, 5, None, 6, 7, None, 8, 9, None]


@pytest.mark.parametrize("left", ["closed_session_ids", "session_ids", "archived_closed", "runtime_audit_log"])
def test_what_a_reset_leaves_is_noticed_soon_whatever_it_is(left: str) -> None:
    with SubprocessAdapter([*script(KEEPS), left], PATIENT) as adapter:
        list(adapter.submit([RESET] * 16))
        with pytest.raises(faults.ResetIgnored, match="not fresh after a reset") as failure:
            list(adapter.submit([OPEN, *[RESET] * 16]))
        assert failure.value.cause == f"{left} answered [1] after a reset and [] after an earlier one"


def test_what_a_store_holds_when_its_process_starts_is_its_own_business(tmp_path: Path) -> None:
    full_at_start = f"""
import runpy
class Full(runpy.run_path({fault_kit.__file__!r})["Adapter"]):
    def __init__(self):
        super().__init__(7)
        self.opened = 5
    def fault(self, request):
        raise SystemExit
Full().serve()
"""
    with SubprocessAdapter(script(full_at_start), PATIENT) as adapter:
        assert judge(adapter, [RESET, NEXT, OPEN]) == "agree"
        with pytest.raises(faults.Exited):
            list(adapter.submit([RESET, OPEN, NEXT]))
        adapter.reset()
        assert judge(adapter, [NEXT, OPEN]) == "agree"


def test_what_a_caller_does_not_take_is_dropped(reference: SubprocessAdapter) -> None:
    answers = reference.submit([OPEN] * 1000)
    assert [next(answers).payload for _ in range(3)] == [b"0", b"1", b"2"]
    again = reference.submit([RESET, OPEN, SESSIONS])
    assert [answer.payload for answer in again] == [b"0", b"[0]"]
    assert list(answers) == []  # the first submit ended with the second
    third = reference.submit([OPEN] * 1000)
    next(third)
    reference.reset()
    assert list(third) == []
    assert ask(reference, NEXT).payload == b"0"


def test_answers_still_on_their_way_are_dropped_too() -> None:
    with SubprocessAdapter(kit("slow"), PATIENT) as adapter:
        answers = adapter.submit([OPEN] * 40)
        assert next(answers).payload == b"0"
        assert judge(adapter, [RESET, OPEN, SESSIONS]) == "agree"
        assert next(adapter.submit([OPEN] * 40)).payload == b"1"
        adapter.reset()
        assert judge(adapter, [NEXT]) == "agree"


def test_operations_that_the_hello_does_not_offer_are_not_sent(echo: SubprocessAdapter) -> None:
    close = Request("close", b"{}")
    answers = list(echo.submit([close, *numbered(2), close, close, *numbered(1), close]))
    assert [answer.kind for answer in answers] == [
        *("unsupported", "ok", "ok", "unsupported", "unsupported", "ok", "unsupported")
    ]
    assert answers[0].text() == "close is not among the ops of the hello"


def test_arguments_with_a_line_break_are_refused(echo: SubprocessAdapter) -> None:
    with pytest.raises(ValueError, match="line break"):
        list(echo.submit([Request("plan", b'{"a":\n1}')]))


def test_a_deadline_counts_from_answer_to_answer() -> None:
    slow = ECHO.replace("    request =", "    import time; time.sleep(0.02)\n    request =")
    limits = AdapterLimits(deadline=1, start_deadline=60, close_deadline=30)
    with SubprocessAdapter(script(slow), limits) as adapter:
        began = time.monotonic()
        assert len(list(adapter.submit(numbered(60)))) == 60
        assert time.monotonic() - began > limits.deadline


def test_a_caller_may_think_longer_than_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    thought = 0.0
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + thought)
    with SubprocessAdapter(script(ECHO), PATIENT) as adapter:
        for _ in adapter.submit(numbered(600)):
            thought += 2 * PATIENT.deadline


def test_after_a_failure_a_reset_starts_again_until_the_restarts_are_spent() -> None:
    limits = AdapterLimits(restarts=2, deadline=30, start_deadline=60, close_deadline=30)
    adapter = SubprocessAdapter(kit("dies", 4), limits)
    pids = set()
    for _ in range(3):
        pids.add(adapter.pid)
        with pytest.raises(faults.Exited):
            list(adapter.submit([OPEN] * 20))
        assert adapter.pid == 0
        with pytest.raises(faults.Closed, match="was not reset"):
            adapter.submit([OPEN])
        if len(pids) < 3:
            adapter.reset()
            assert ask(adapter, OPEN).payload == b"0"
    assert len(pids) == 3
    with pytest.raises(faults.RestartsSpent) as failure:
        adapter.reset()
    assert "SIGKILL" not in failure.value.problem
    assert "[exited]" in failure.value.cause
    adapter.close()
    with pytest.raises(faults.Closed):
        adapter.reset()


def test_closing_twice_does_nothing_more() -> None:
    adapter = SubprocessAdapter(script(ECHO), PATIENT)
    adapter.close()
    adapter.close()
    with pytest.raises(faults.Closed, match="was closed"):
        adapter.submit([OPEN])


def test_a_failure_at_the_end_does_not_hide_another_error() -> None:
    with pytest.raises(ZeroDivisionError), SubprocessAdapter(kit("ignores-bye"), PATIENT):
        raise ZeroDivisionError


@pytest.mark.parametrize("command", ["", "  ", '"open', "a\\", "''", "a\0b"])
def test_a_command_that_cannot_be_split_is_a_usage_error(command: str) -> None:
    with pytest.raises(BadCommand):
        SubprocessAdapter(command)


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    assert split_command("a 'b c' \"$HOME\" ; rm *") == ["a", "b c", "$HOME", ";", "rm", "*"]
    with pytest.raises(faults.CannotStart):
        SubprocessAdapter(f"touch{os.sep}nowhere && touch {tmp_path}/made")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("field", ["deadline", "window", "line_bytes", "nesting", "restarts", "close_deadline"])
def test_impossible_limits_are_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        AdapterLimits(**{field: -1})


def test_adapters_of_both_kinds_are_adapters(reference: SubprocessAdapter) -> None:
    both: list[Adapter] = [reference, ReferenceAdapter()]
    assert len({adapter.hello for adapter in both}) == 1
