"""Adapters that mean harm, beyond the faults of the fault kit: each ends as a failure with a name, or is judged.

None leaves a process, a file or a character that acts; none makes the harness say anything of the implementation.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale_conformance.oracle.adapters import AdapterLimits, fault_kit
from telltale_conformance.readable import ACTING
from tests.oracle.adapter_world import MARK, conclude, marked, script

LIMITS = AdapterLimits(deadline=30, start_deadline=60, close_deadline=30, line_bytes=100_000, stderr_bytes=10_000)
BRIEF = AdapterLimits(deadline=0.5, start_deadline=60, close_deadline=0.5)
BASE = f"""
import json, os, resource, runpy, signal, subprocess, sys
Base = runpy.run_path({fault_kit.__file__!r})["Adapter"]
class Hostile(Base):
    def fault(self, request):
        i = b"%d" % request["id"]
        said = []
        self.write, write = said.append, self.write
        self.operation(request)
        self.write = write
        own = said[0]
        right = b'{{"id":%b,"ok":1,"audit":[]}}\\n' % i
FAULT
    def control(self, request):
        if request["op"] == "hello":
            i = b"%d" % request["id"]
CONTROL
        super().control(request)
    def bye(self):
BYE
        super().bye()
Hostile(3).serve()
"""

AT_AN_OPERATION = {
    "a byte order mark": (r'self.write(b"\xef\xbb\xbf" + right)', "not-json"),
    "a NUL before": (r'self.write(b"\0" + right)', "not-json"),
    "a NUL within a name": (r'self.write(right.replace(b"ok", b"o\0k"))', "not-json"),
    "a carriage return": (r'self.write(own[:-1] + b"\r\n")', "agree"),
    "an empty line": (r'self.write(b"\n" + right)', "not-json"),
    "spaces": ('self.write(b"   \\n")', "not-json"),
    "two answers on a line": ("self.write(right[:-1] + right)", "not-json"),
    "text behind": ('self.write(right[:-1] + b" // done\\n")', "not-json"),
    "a comment before": ('self.write(b"// x\\n" + right)', "not-json"),
    "single quotes": ("self.write(right.replace(b'\"', b\"'\"))", "not-json"),
    "a list": ('self.write(b"[" + right[:-1] + b"]\\n")', "malformed-answer"),
    "a text": ("self.write(b'\"ok\"\\n')", "malformed-answer"),
    "null": ('self.write(b"null\\n")', "malformed-answer"),
    "an id as a text": ("self.write(right.replace(i, b'\"' + i + b'\"', 1))", "malformed-answer"),
    "an id with a point": ('self.write(right.replace(i, i + b".0", 1))', "malformed-answer"),
    "an id with an exponent": ('self.write(right.replace(i, i + b"e0", 1))', "malformed-answer"),
    "a negative id": ('self.write(right.replace(i, b"-" + i, 1))', "malformed-answer"),
    "an id of 400 digits": ('self.write(right.replace(i, b"1" + b"0" * 400, 1))', "wrong-id"),
    "an id that is true": ('self.write(right.replace(i, b"true", 1))', "malformed-answer"),
    "no id": ('self.write(b\'{"ok":1,"audit":[]}\\n\')', "malformed-answer"),
    "the id twice": ("self.write(right.replace(b'{', b'{\"id\":%b,' % i))", "not-json"),
    "an unknown member": ("self.write(right.replace(b'{', b'{\"debug\":1,'))", "malformed-answer"),
    "a member of JavaScript": ("self.write(right.replace(b'{', b'{\"__proto__\":1,'))", "malformed-answer"),
    "a name in escapes": (r"""self.write(own.replace(b'"ok"', b'"\\u006fk"'))""", "agree"),
    "no outcome": ('self.write(b\'{"id":%b,"audit":[]}\\n\' % i)', "malformed-answer"),
    "audit that is null": ('self.write(right.replace(b"[]", b"null"))', "malformed-answer"),
    "audit that is an object": ('self.write(right.replace(b"[]", b"{}"))', "malformed-answer"),
    "a panic that is no text": ('self.write(b\'{"id":%b,"panic":{}}\\n\' % i)', "malformed-answer"),
    "a panic that acts on a terminal": (r"""self.write(b'{"id":%b,"panic":"\\u001b[2J"}' % i + b"\n")""", "panic"),
    "a number of a megabyte": ("self.write(right.replace(b'1,', b'1' * 1000000 + b','))", "line-too-long"),
    "a text of a megabyte": ("self.write(right.replace(b':1,', b':\"' + b'x' * 1000000 + b'\",'))", "line-too-long"),
    "a long line without an end": ('self.write(b"x" * 200000)', "line-too-long"),
    "overlong UTF-8": (r"""self.write(right.replace(b':1,', b':"\xc0\x80",'))""", "invalid-utf8"),
    "a surrogate in UTF-8": (r"""self.write(right.replace(b':1,', b':"\xed\xa0\x80",'))""", "invalid-utf8"),
    "UTF-16": ('self.write(right.decode().encode("utf-16"))', "invalid-utf8"),
    "stderr that acts on a terminal": (
        r'os.write(2, b"\x1b]52;c;ZXZpbA==\x07\n::error::evil\n"); os._exit(1)',
        "exited",
    ),
    "an answer to what comes next": ('self.write(right.replace(i, b"%d" % (request["id"] + 1), 1))', "wrong-id"),
    "an answer to what was": ('self.write(right.replace(i, b"%d" % (request["id"] - 1), 1))', "two-answers"),
    "it closes its stdin and exits": ("os.close(0); os._exit(0)", "exited"),
    "a segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", "exited"),
    "an abort": ("resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", "exited"),
    "it becomes another program": ('os.execv("/bin/echo", ["echo", "hello"])', "not-json"),
    "a child answers and it dies": (
        'subprocess.Popen(["sh", "-c", "cat >/dev/null; sleep 600"]); os._exit(0)',
        "exited",
    ),
    "it kills its group": ("os.killpg(0, signal.SIGKILL)", "exited"),
    "it ends its parent": ("os.kill(os.getppid(), signal.SIGKILL); signal.pause()", "exited"),
}
"""What is done in place of the third operation's answer, and the result."""
AT_HELLO = {
    "a hello of a megabyte": ('self.write(b\'{"id":0,"ok":"\' + b"x" * 1000000 + b\'"}\\n\')', "line-too-long"),
    "a hello that is deep": ('self.write(b\'{"id":0,"ok":\' + b"[" * 3000 + b"]" * 3000 + b"}\\n")', "not-json"),
    "a hello that is null": ('self.write(b\'{"id":0,"ok":null}\\n\')', "malformed-hello"),
    "a hello with one more field": (
        'self.answer(request, "ok", {**self.hello(), "evil": 1})',
        "malformed-hello",
    ),
    "a name that is a number": ('self.answer(request, "ok", {**self.hello(), "name": 7})', "malformed-hello"),
    "a protocol that is a text": (
        'self.answer(request, "ok", {**self.hello(), "protocol": "1"})',
        "wrong-protocol",
    ),
    "observes of something else": (
        'self.answer(request, "ok", {**self.hello(), "observes": ["secrets"]})',
        "malformed-hello",
    ),
    **{
        f"a {field} of a thousand characters": (
            f'self.answer(request, "ok", {{**self.hello(), "{field}": "x" * 1000}})',
            "malformed-hello",
        )
        for field in ("name", "version", "language", "contract")
    },
    "an operation of a thousand characters": (
        'self.answer(request, "ok", {**self.hello(), "ops": ["x" * 1000]})',
        "malformed-hello",
    ),
    "two thousand operations": (
        'self.answer(request, "ok", {**self.hello(), "ops": [f"op{n}" for n in range(2000)]})',
        "malformed-hello",
    ),
    "a panic at hello": ('self.write(b\'{"id":0,"panic":"no"}\\n\')', "hello-refused"),
}
AT_THE_END = {
    "bye is answered with text": ('os.write(1, b"goodbye\\n")', "not-json"),
    "a signal at bye": ("os.kill(os.getpid(), signal.SIGKILL)", "no-clean-exit"),
    "a flood of stderr at bye": ('os.write(2, b"x" * 60000)', "stderr-flood"),
}


def hostile(fault: str = "", control: str = "", bye: str = "") -> list[str]:
    text = BASE.replace("FAULT", f"        {fault or 'self.operation(request)'}")
    text = text.replace("CONTROL", f"            {control}\n            return" if control else "            pass")
    return script(text.replace("BYE", f"        {bye or 'pass'}"))


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    made = uuid.uuid4().hex
    monkeypatch.setenv(MARK, made)
    yield made
    assert marked(made) == {}, "processes are left"


def ends_as(command: list[str], expected: str, limits: AdapterLimits = LIMITS) -> None:
    ended, fault = conclude(command, limits)
    assert ended == expected, fault and fault.diagnostic()
    if fault is not None:
        said = str(fault.diagnostic())
        assert not ACTING.search(said.replace("\n", ""))
        assert len(said) < 10_000


def test_they_are_more_than_forty_five() -> None:
    assert len(AT_AN_OPERATION) + len(AT_HELLO) + len(AT_THE_END) >= 45


@pytest.mark.parametrize("name", AT_AN_OPERATION)
def test_in_place_of_an_answer(name: str, mark: str) -> None:
    fault, expected = AT_AN_OPERATION[name]
    ends_as(hostile(fault), expected)


@pytest.mark.parametrize("name", AT_HELLO)
def test_at_hello(name: str, mark: str) -> None:
    control, expected = AT_HELLO[name]
    ends_as(hostile(control=control), expected)


@pytest.mark.parametrize("name", AT_THE_END)
def test_at_the_end(name: str, mark: str) -> None:
    bye, expected = AT_THE_END[name]
    ends_as(hostile(bye=bye), expected)


def test_it_stops_itself(mark: str) -> None:
    ends_as(hostile("os.kill(os.getpid(), signal.SIGSTOP)"), "deadline", BRIEF)


def test_it_leaves_a_file_where_it_was_started_and_nowhere_else(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ends_as(hostile('open("core", "w").close(); os._exit(3)'), "exited")
    assert [path.name for path in tmp_path.iterdir()] == ["core"]
