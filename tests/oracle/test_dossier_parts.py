"""A dossier that somebody changed and sealed again: what its parts say of each other must still fit."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.lean_traces.programs import program_bytes
from telltale_conformance.oracle.cli.verify import run, run_again
from telltale_conformance.oracle.dossier.dossier import ANSWERS, MANIFEST, PROGRAM, read_dossier
from telltale_conformance.oracle.dossier.parts import _unanswered, class_problem
from telltale_conformance.oracle.dossier.seal import MalformedDossier
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.oracle.test_dossier import sealed_again, written
from tests.oracle.wrong_references import WRONG, WrongReference

OTHER = "a witness is consumed twice"

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def dossiers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two dossiers, of two mistakes."""
    folder = tmp_path_factory.mktemp("dossiers")
    written(folder / "one")
    written(folder / "other", name=OTHER)
    return folder


@pytest.fixture
def dossier(dossiers: Path, tmp_path: Path) -> Path:
    return shutil.copytree(dossiers / "one", tmp_path / "d")


def manifest_of(folder: Path) -> Manifest:
    document: Manifest = json.loads((folder / MANIFEST).read_text())
    return document


def put(*path: str, value: Any) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        *within, last = path
        for name in within:
            manifest = manifest[name]
        manifest[last] = value

    return change


CHANGES: dict[str, tuple[Callable[[Manifest], None], str]] = {
    "fingerprint": (put("fingerprint", value="0" * 64), "the fingerprint is not that of the class"),
    "the class's operation": (put("class", "op", value="open"), "the fingerprint is not that of the class"),
    "the class's guard": (put("class", "guard", value="G-open"), "the fingerprint is not that of the class"),
    "step": (put("seq", value=2), "step 2 of the program is begin_ownership_transfer, the divergence is of release"),
    "no step": (put("seq", value=9), "the program has no step 9"),
    "missing, and there": (put("missing", value={ANSWERS: "lost"}), f"{ANSWERS} is named as missing, and it is there"),
    "observes is a number": (put("hello", "observes", value=5), "hello: Expected `array`, got `int`"),
    "observes holds lists": (put("hello", "observes", value=[[1]]), "hello: Expected `str`, got `array`"),
    "no hello": (put("hello", value={}), "hello: Object missing required field"),
}


@pytest.mark.parametrize("which", CHANGES)
def test_a_manifest_that_does_not_fit_is_refused(which: str, dossier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, said = CHANGES[which]
    manifest = manifest_of(dossier)
    change(manifest)
    sealed_again(dossier, manifest)
    assert run(dossier) == 2
    assert f"{dossier}: its parts do not fit: {said}" in capsys.readouterr().err


def program_of_other(folder: Path) -> None:
    shutil.copy(folder.parent / "other" / PROGRAM, folder / PROGRAM)


def answers_of_other(folder: Path) -> None:
    shutil.copy(folder.parent / "other" / ANSWERS, folder / ANSWERS)


def no_answers(folder: Path) -> None:
    (folder / ANSWERS).unlink()


def under_the_other_contract(folder: Path) -> None:
    program = read_dossier(folder).program
    (folder / PROGRAM).write_bytes(program_bytes(msgspec.structs.replace(program, contract="hardened")))


def a_step_less(folder: Path) -> None:
    program = read_dossier(folder).program
    steps = (program.steps[0], *program.steps[2:])
    (folder / PROGRAM).write_bytes(program_bytes(msgspec.structs.replace(program, steps=steps)))


FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "another program": (program_of_other, "step 3 of the program is "),
    "other answers": (answers_of_other, "the answers are those to another program"),
    "no answers": (no_answers, f"{ANSWERS} is not there, and nothing says why"),
    "another contract": (
        under_the_other_contract,
        "the answers are of contract telltale-17, the program is of hardened",
    ),
    "a program without the claim": (a_step_less, "the answers are those to another program"),
}


@pytest.mark.parametrize("which", FILES)
def test_files_that_do_not_fit_are_refused(
    which: str, dossiers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = shutil.copytree(dossiers, tmp_path / "both")
    change, said = FILES[which]
    change(both / "one")
    sealed_again(both / "one", manifest_of(both / "one"))
    assert run(both / "one") == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("store", ["wrong", "right"])
def test_nothing_is_fixed_that_the_answers_do_not_show(store: str, dossiers: Path, tmp_path: Path) -> None:
    """At a lower level even the wrong store agrees: its dossier would be a proof of repair."""
    name = "a closed session has messages"
    folder = written(tmp_path / "d", name=name)
    manifest = manifest_of(folder)
    assert manifest["class"]["class"] == "payload"
    sealed_again(folder, {**manifest, "level": "outcome"})
    verified = run_again(folder, read_dossier(folder), WrongReference(WRONG[name] if store == "wrong" else {}))
    assert verified.verdict == "inconclusive"
    assert verified.why == "the answers in the dossier do not show this divergence, by the contract as it is stated now"


def test_answers_that_agree_show_nothing_to_fix(dossier: Path) -> None:
    """The answers of a right store under the name of a divergence."""
    right = written(dossier.parent / "right")
    lines = (right / ANSWERS).read_bytes().splitlines(keepends=True)
    assert b'"ok":null' in lines[-2]
    refused = b'"err":{"TransferPending":{"claim_id":1,"session_id":0}}'
    body = b"".join([*lines[:-2], lines[-2].replace(b'"ok":null', refused)])
    end = json.dumps({"digest": f"sha256:{sha256(body).hexdigest()}", "end": True, "events": len(lines) - 2})
    (dossier / ANSWERS).write_bytes(body + end.encode() + b"\n")
    sealed_again(dossier, manifest_of(dossier))
    assert run_again(dossier, read_dossier(dossier), WrongReference({})).verdict == "inconclusive"


def ended(body: bytes) -> bytes:
    """The lines of a trace with its end line."""
    end = {"digest": f"sha256:{sha256(body).hexdigest()}", "end": True, "events": body.count(b"\n") - 1}
    return body + json.dumps(end).encode() + b"\n"


def test_answers_that_show_another_divergence_show_nothing_to_fix(dossier: Path) -> None:
    *lines, last, _ = (dossier / ANSWERS).read_bytes().splitlines(keepends=True)
    other = last.replace(b'"ok":null', b'"err":{"SessionClosed":{"session_id":0}}')
    assert other != last
    (dossier / ANSWERS).write_bytes(ended(b"".join((*lines, other))))
    sealed_again(dossier, manifest_of(dossier))
    assert run_again(dossier, read_dossier(dossier), WrongReference({})).verdict == "inconclusive"


ODD: dict[str, tuple[Callable[[bytes, bytes, bytes], bytes], str]] = {
    "no JSON": (lambda body, last, end: ended(body + b"what\n"), "the last answer is no line of a trace"),
    "no line": (lambda body, last, end: body, "the last answer is no line of a trace"),
    "no end": (lambda body, last, end: body + last, "more than the end line, or less"),
    "no answer": (lambda body, last, end: ended(body + b"{}\n"), "the last line is no answer to"),
    "of another step": (
        lambda body, last, end: ended(body + last.replace(b'"seq":', b'"seq":1')),
        "the last line is no answer to",
    ),
    "another end": (lambda body, last, end: body + last + end, "the digest is not that of the lines before"),
}


@pytest.mark.parametrize("which", ODD)
def test_only_the_answer_is_what_no_trace_has(which: str, dossier: Path) -> None:
    *lines, last, end = (dossier / ANSWERS).read_bytes().splitlines(keepends=True)
    odd = re.sub(rb'"audit":.*,"ok"', b'"audit":17,"ok"', last)
    assert odd != last
    (dossier / ANSWERS).write_bytes(ended(b"".join((*lines, odd))))
    sealed_again(dossier, manifest_of(dossier))
    assert run_again(dossier, read_dossier(dossier), WrongReference({})).verdict == "fixed"
    made, said = ODD[which]
    (dossier / ANSWERS).write_bytes(made(b"".join(lines), odd, end))
    sealed_again(dossier, manifest_of(dossier))
    with pytest.raises(MalformedDossier, match=said):
        read_dossier(dossier)


def test_a_race_names_its_own_class() -> None:
    key = Fingerprint(op="claim_ownership", kind="outcome", expected="ok", actual="Unclaimed", guard="passes")
    hello = msgspec.to_builtins(WrongReference({}).hello)
    assert class_problem(key.digest, key, hello) is None
    assert class_problem("0" * 64, key, hello) == "the fingerprint is not that of the class"


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        (["open", "memory_usage", "close", "observe"], 0),
        (["open", "close", "observe"], 0),
        (["open", "memory_usage", "close"], 1),
        (["open", "close"], 1),
        (["open"], 3),
        ([], 4),
        (["open", "observe"], None),
        (["close"], None),
        (["open", "memory_usage", "close", "observe", "open"], None),
        (["open", "memory_usage", "memory_usage"], None),
    ],
)
def test_a_step_that_only_reads_may_have_no_answer(heard: list[str], left: int | None) -> None:
    """The adapter offers it and says that it is unsupported: the run goes on without it."""
    asked = [(op, b"{}") for op in ("open", "memory_usage", "close", "observe")]
    assert _unanswered(asked, [(op, b"{}") for op in heard]) == left
