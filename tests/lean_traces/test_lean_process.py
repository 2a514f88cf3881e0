"""What the harness says of a Lean that does not do its work."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.lean_errors import (
    LeanAnswerMalformed,
    LeanCrashed,
    LeanError,
    LeanOutOfMemory,
    LeanProgramRefused,
    LeanSourceError,
    LeanTimeout,
    LeanToolchainFailed,
)
from telltale_conformance.lean_traces.lean_process import LeanModel, LeanProcess
from telltale_conformance.lean_traces.programs import Program, Step
from tests.lean_traces.lean_world import READY, SERVE, pretended

PROGRAM = Program(steps=(Step(seq=0, op="live_count", args={}),))
ERROR = {"severity": "error", "pos": {"line": 6, "column": 0}, "data": "declaration uses `sorry`"}


def answering(tmp_path: Path, answer: str) -> LeanModel:
    body = READY + f"def answer(n, request):\n    {answer}\n" + SERVE
    return LeanModel.start(pretended(tmp_path, body))


def test_the_model_is_asked_again_and_again_without_a_new_start(tmp_path: Path) -> None:
    write = (
        '(folder / \'x\').write_text(\'{"program":"telltale-17"}\\n{"ok":%d,"audit":[]}\\n{"end":true}\\n\' % n);'
        " (folder / 'x').rename(folder / f'answer-{n}')"
    )
    with answering(tmp_path, write) as model:
        assert [model.run([PROGRAM])[0].steps[0].value for _ in range(3)] == [1, 2, 3]
        folder = model.folder
        assert not list(folder.glob("answer-*")), "answers are removed once read"
    assert not folder.exists()


def test_no_programs_need_no_answer(tmp_path: Path) -> None:
    with answering(tmp_path, "raise SystemExit(1)") as model:
        assert model.run([]) == []


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (f"print({json.dumps(json.dumps(ERROR))}); sys.exit(1)", LeanSourceError),
        (f"print({json.dumps(json.dumps({'severity': 'error', 'data': 'no'}))}); sys.exit(1)", LeanToolchainFailed),
        ("print('FATAL ERROR: Reached heap limit Allocation failed', file=sys.stderr); sys.exit(134)", LeanOutOfMemory),
        (
            "print('RangeError: WebAssembly.Memory(): could not allocate memory', file=sys.stderr); sys.exit(1)",
            LeanOutOfMemory,
        ),
        ("os.kill(os.getpid(), signal.SIGKILL)", LeanOutOfMemory),
        ("print('RangeError: Maximum call stack size exceeded', file=sys.stderr); sys.exit(1)", LeanCrashed),
        ("print('worker sent an error!', file=sys.stderr); sys.exit(7)", LeanCrashed),
        ("sys.exit(0)", LeanCrashed),
    ],
)
def test_a_start_that_fails_is_named_with_what_to_do(tmp_path: Path, said: str, failure: type[LeanError]) -> None:
    with pytest.raises(failure) as caught:
        LeanModel.start(pretended(tmp_path, said))
    assert type(caught.value) is failure
    assert caught.value.message in str(caught.value)
    assert caught.value.remedy
    assert caught.value.remedy in str(caught.value)


def test_a_source_error_names_file_and_line(tmp_path: Path) -> None:
    said = f"print({json.dumps(json.dumps(ERROR))}); sys.exit(1)"
    with pytest.raises(LeanSourceError, match=r"Telltale/Lists\.lean:2: declaration uses `sorry`"):
        LeanModel.start(pretended(tmp_path, said))


def test_a_start_past_its_deadline_ends_the_process(tmp_path: Path) -> None:
    body = "(folder.parent / 'pid').write_text(str(os.getpid()))\nwhile True: time.sleep(1)\n"
    toolchain = pretended(tmp_path, body.replace("folder.parent", f"Path({str(tmp_path)!r})"))
    with pytest.raises(LeanTimeout, match="the start took more than 2 s"):
        LeanModel.start(toolchain, deadline=2)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_answer_past_its_deadline(tmp_path: Path) -> None:
    with answering(tmp_path, "time.sleep(60)") as model, pytest.raises(LeanTimeout, match="an answer took more"):
        model.run([PROGRAM], deadline=0.3)


def test_dying_instead_of_answering(tmp_path: Path) -> None:
    with answering(tmp_path, "sys.exit(3)") as model, pytest.raises(LeanCrashed, match="exit code 3"):
        model.run([PROGRAM])


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ('{"program":"telltale-17"}', "no end line"),
        ('{"program":"hardened"}\n{"ok":0,"audit":[]}\n{"end":true}', "does not begin program 0"),
        ('{"program":"telltale-17"}\n{"end":true}', "2 lines where 3 were due"),
        ('{"program":"telltale-17"}\n{"audit":[]}\n{"end":true}', "neither ok nor err"),
        ('{"program":"telltale-17"}\n{"ok":', "no JSON"),
    ],
)
def test_an_answer_out_of_step_is_never_judged(tmp_path: Path, lines: str, cause: str) -> None:
    with (
        answering(tmp_path, f"(folder / f'answer-{{n}}').write_text({lines!r})") as model,
        pytest.raises(LeanAnswerMalformed, match=cause),
    ):
        model.run([PROGRAM])


def test_a_step_that_the_model_cannot_read_is_refused_by_name(tmp_path: Path) -> None:
    lines = '{"program":"telltale-17"}\n{"bad":"no scope"}\n{"end":true}\n'
    with (
        answering(tmp_path, f"(folder / f'answer-{{n}}').write_text({lines!r})") as model,
        pytest.raises(LeanProgramRefused, match="program 0, step 0, operation live_count: no scope"),
    ):
        model.run([PROGRAM])


def test_a_lean_that_cannot_be_started(tmp_path: Path) -> None:
    toolchain = pretended(tmp_path, "")
    from dataclasses import replace

    with pytest.raises(LeanCrashed, match="does not start"):
        LeanModel.start(replace(toolchain, command=(str(tmp_path / "no-such-lean"),)))


def test_leaving_twice_is_leaving_once(tmp_path: Path) -> None:
    process = LeanProcess(pretended(tmp_path, ""))
    process.close()
    process.close()
    assert not process.folder.exists()
