"""What ``verify`` concludes from each way that a dossier can run again, and the exit code for each expectation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.adapters.protocol import Hello
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.options import Expected
from telltale_conformance.oracle.cli.verified import Verdict
from telltale_conformance.oracle.cli.verify import run, run_again
from telltale_conformance.oracle.dossier.dossier import ANSWERS, MANIFEST, read_dossier
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.minimise_world import record
from tests.oracle.test_dossier import NAME, WRONG_STORE, sealed_again, unsteady, written
from tests.oracle.wrong_references import WRONG, WrongReference


class AtTimes(WrongReference):
    """Wrong in every second store."""

    def __init__(self) -> None:
        super().__init__(WRONG[NAME])
        self._in_turn = [self._operations, WrongReference({})._operations]

    def _fresh(self) -> None:
        super()._fresh()
        self._operations = self._in_turn[self.programs % 2]


class Dying(WrongReference):
    """Ends at every release."""

    def _answer(self, request: Request) -> Answer:
        if request.op == "release_ownership":
            raise Exited("it is gone")
        return super()._answer(request)


class Unsupporting(WrongReference):
    """Says that it has an operation, and then that it has not."""

    def __init__(self, op: str) -> None:
        super().__init__({})
        self._op = op

    def _answer(self, request: Request) -> Answer:
        return Answer("unsupported", b'"no"', None) if request.op == self._op else super()._answer(request)


class Silent(WrongReference):
    """Correct, and no longer shows its records."""

    @property
    def hello(self) -> Hello:
        return msgspec.structs.replace(super().hello, observes=frozenset())


def begin_panics(store: Store, *args: Any) -> None:
    raise RuntimeError("begin is broken now")


EXPECTATIONS: tuple[Expected | None, ...] = (None, *Expected)
WAYS: dict[str, tuple[Callable[[], WrongReference], Verdict, str]] = {
    "as it was": (
        lambda: WrongReference(WRONG[NAME]),
        "reproduced",
        "release_ownership: expected TransferPending (G-idle), answered ok",
    ),
    "repaired": (lambda: WrongReference({}), "fixed", "all answers agree in 20 runs"),
    "wrong elsewhere": (lambda: WrongReference(WRONG["a witness is consumed twice"]), "fixed", "all answers agree"),
    "wrong in another way": (
        lambda: WrongReference({"begin_ownership_transfer": begin_panics}),
        "other",
        "begin is broken now",
    ),
    "at times": (AtTimes, "flaky", "does not repeat: seen in "),
    "dying": (lambda: Dying({}), "inconclusive", "fault of the adapter: "),
    "not offered": (lambda: Unsupporting("release_ownership"), "inconclusive", "does not offer release_ownership"),
    "showing less": (lambda: Silent({}), "inconclusive", "no longer shows audit"),
}


@pytest.fixture(scope="module")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("dossiers") / "d")


@pytest.mark.parametrize("way", WAYS)
def test_the_verdict_says_what_was_seen(way: str, dossier: Path) -> None:
    make, verdict, said = WAYS[way]
    verified = run_again(dossier, read_dossier(dossier), make())
    assert verified.verdict == verdict, verified
    assert said in verified.text()


def test_what_only_looks_and_was_not_judged_is_not_fixed(tmp_path: Path) -> None:
    """An operation that only reads does not end the run where it is unsupported; the divergence was seen by it."""
    folder = written(tmp_path / "d", name="a closed session has messages")
    last = read_dossier(folder).program.steps[-1].op
    assert OPERATIONS[last].reads_only
    verified = run_again(folder, read_dossier(folder), Unsupporting(last))
    assert verified.verdict == "inconclusive"
    assert "not every answer could be judged" in verified.text()


CODES: dict[Verdict, dict[Expected | None, int]] = {
    "reproduced": {None: 0, "reproduced": 0, "fixed": 1},
    "fixed": {None: 0, "reproduced": 1, "fixed": 0},
    "other": {None: 1, "reproduced": 1, "fixed": 1},
    "flaky": {None: 3, "reproduced": 3, "fixed": 1},
    "inconclusive": {None: 3, "reproduced": 3, "fixed": 3},
}


@pytest.mark.parametrize("expect", EXPECTATIONS)
@pytest.mark.parametrize("way", WAYS)
def test_the_exit_code_follows_from_the_verdict_and_what_is_expected(
    way: str, expect: Expected | None, dossier: Path
) -> None:
    make, verdict, _ = WAYS[way]
    verified = run_again(dossier, read_dossier(dossier), make())
    code = CODES[verdict][expect]
    assert verified.exit_code(expect) == code
    assert (f"  expected {expect}" in verified.text(expect)) == (code == 1 and expect is not None)


def test_what_cannot_be_read_is_a_usage_error_whatever_is_expected(tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / MANIFEST).write_text("{}")
    for expect in EXPECTATIONS:
        assert run(folder, sut=served("correct"), expect=expect, adapter_limits=PATIENT) == 2
        assert run(tmp_path / "nowhere", sut=served("correct"), expect=expect) == 2


def test_what_comes_and_goes_is_not_shown_to_be_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = unsteady(tmp_path / "d", "correct")
    for expect in EXPECTATIONS:
        assert run(folder, kept=True, expect=expect, adapter_limits=PATIENT) == 3
        assert "not seen in 20 runs; what does not repeat may still be there" in capsys.readouterr().out


def test_recorded_answers_show_no_repair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of the implementation runs; answers that agree now say that the statement of the contract changed."""
    folder = written(tmp_path / "d", command=None)
    for expect, code in CODES["reproduced"].items():
        assert run(folder, expect=expect) == code
    manifest = json.loads((folder / MANIFEST).read_text())
    answers = folder / ANSWERS
    record(WrongReference({}), read_dossier(folder).program, answers)
    sealed_again(folder, manifest)
    for expect in EXPECTATIONS:
        assert run(folder, expect=expect) == 3
        assert "the recorded answers agree with the contract as it is stated now" in capsys.readouterr().out
    answers.write_bytes(answers.read_bytes().replace(b'"a"', b'"b"', 1))
    sealed_again(folder, manifest)
    assert run(folder, expect=Expected.fixed) == 2
    assert "its parts do not fit: the answers are those to another program" in capsys.readouterr().err


def test_fixed_names_the_implementation_that_had_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "d")
    hello = read_dossier(folder).manifest.hello
    assert run(folder, sut=served("correct"), expect=Expected.fixed, adapter_limits=PATIENT) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"fixed  {folder}: fixed since {hello['name']} {hello['version']}: release_ownership: ")


@pytest.mark.parametrize(("sut", "expect", "code"), [(WRONG_STORE, "fixed", 1), (served("correct"), "fixed", 0)])
def test_the_command_line_takes_what_is_expected(
    sut: str, expect: str, code: int, dossier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["verify", str(dossier), "--sut", sut, "--expect", expect, "--json"])
    assert ended.value.code == code
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == ("fixed" if code == 0 else "reproduced")
    assert document["why"] is None


def test_an_expectation_that_there_is_not_names_those_that_there_are(
    dossier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["verify", str(dossier), "--expect", "mended"])
    assert ended.value.code == 2
    assert "'reproduced', 'fixed'" in capsys.readouterr().err
