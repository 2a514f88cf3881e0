"""Dossiers: what was found can be run again, and what has changed since is said."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.oracle.adapters.protocol import Hello
from telltale_conformance.oracle.cli.minimise import run as minimise_command
from telltale_conformance.oracle.cli.verify import run, verify
from telltale_conformance.oracle.dossier.dossier import (
    ANSWERS,
    FILES,
    LEAN,
    MANIFEST,
    PROGRAM,
    PYTEST,
    Dossier,
    MalformedDossier,
    NotReproduced,
    Shown,
    dossier_files,
    environment_hashes,
    hello_document,
    read_dossier,
    write_dossier,
)
from telltale_conformance.oracle.dossier.seal import SEAL, seal_of
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.minimise_world import diverging, record, smallest
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "release ignores a pending transfer"
WRONG_STORE = served("pending_transfer_does_not_stop_a_release")


def written(folder: Path, command: str | None = WRONG_STORE, *, name: str = NAME) -> Path:
    write_dossier(folder, Dossier(smallest(name), Level.state, command, "why"), WrongReference(WRONG[name]))
    return folder


def sealed_again(folder: Path, manifest: dict[str, object]) -> None:
    """Change the manifest as somebody would who means to: with a new seal."""
    (folder / MANIFEST).write_text(json.dumps(manifest))
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != SEAL}
    (folder / SEAL).write_bytes(seal_of(files))


def test_it_holds_program_answers_and_hashes(tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    manifest, program, files = read_dossier(folder)
    assert (manifest.verdict, manifest.seq, len(program.steps)) == ("diverge", 3, 4)
    assert manifest.expected == {"err": {"TransferPending": {"claim_id": 1, "session_id": 0}}}
    assert manifest.actual == {"ok": None}
    assert set(manifest.hashes) == {"harness", "contract", "hello", "corpus"}
    assert set(files) == {"dossier.json", *FILES}
    assert set(manifest.missing) == set()
    events = [event for _, event in read_trace(folder / ANSWERS)]
    assert [event.operation.name for event in events] == [step.op for step in program.steps]
    assert events[-1].answer().result is None


def test_the_same_implementation_comes_to_the_same_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "d")
    assert run(folder, kept=True, adapter_limits=PATIENT) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"same verdict  {folder}: release_ownership: expected TransferPending (G-idle), answered ok")
    assert "harness" not in text


def test_what_has_changed_is_said_though_the_verdict_is_the_same(tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    path = folder / "dossier.json"
    manifest = json.loads(path.read_text())
    manifest["hashes"]["harness"] = manifest["hashes"]["corpus"] = "sha256:other"
    manifest["hello"]["version"] = "0.0.1"
    sealed_again(folder, manifest)
    verified = verify(folder, kept=True, adapter_limits=PATIENT)
    assert verified.verdict == "reproduced"
    assert verified.changed[:2] == (
        "harness: other content than when the dossier was written",
        "corpus: other content than when the dossier was written",
    )
    assert verified.changed[2].startswith('adapter\'s version: was "0.0.1", is ')


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_file_that_was_changed_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "d")
    with (folder / name).open("ab") as file:
        file.write(b" ")
    assert run(folder) == 2
    assert "is not the file that the dossier was written with" in capsys.readouterr().err


@pytest.mark.parametrize("name", [*FILES, MANIFEST, SEAL])
def test_a_file_that_is_gone_is_missed(name: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / name).unlink()
    assert run(folder) == 2


def unsteady(folder: Path, store: str) -> Path:
    """Write the dossier of a witness that was seen to be consumed twice in 7 of 20 runs."""
    defect = "a witness is consumed twice"
    about = Dossier(smallest(defect), Level.state, served(store), ending="flaky", rate=Rate(times=7, runs=20))
    write_dossier(folder, about, WrongReference(WRONG[defect]))
    return folder


@pytest.mark.parametrize(
    ("store", "code", "said"),
    [
        ("every_third_store_lets_a_witness_be_consumed_twice", 0, "same verdict"),
        ("witness_is_consumed_twice", 1, "other verdict"),
        ("correct", 3, "not seen in 20 runs"),
    ],
)
def test_what_does_not_repeat_must_come_and_go_again(
    store: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(unsteady(tmp_path / "d", store), kept=True, adapter_limits=PATIENT) == code
    text = capsys.readouterr().out
    assert said in text
    if code == 0:
        assert "seen in 7 of 20 runs" in text
    if code == 1:
        was, now = [line.split(maxsplit=1) for line in text.splitlines() if line.startswith(("  was", "  is"))]
        assert (was[0], now[0]) == ("was", "is")
        assert "seen in 20 of 20 runs" in now[1]


def told() -> Shown:
    last = diverging(NAME).steps[-1]
    key = Fingerprint(op=last.op, kind="outcome", expected="ok", actual="text", guard="passes")
    return Shown(key, last.seq, {"ok": None}, {"err": "no"})


def test_what_cannot_be_written_is_named_with_the_reason(tmp_path: Path) -> None:
    hello: Hello = WrongReference({}).hello
    about = Dossier(diverging(NAME), Level.state, None, left_out={PYTEST: "no implementation takes part"})
    files = dossier_files(about, told(), hello)
    assert set(files) == {"program.jsonl", "explanation.txt", LEAN, "dossier.json", SEAL}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    manifest, _, _ = read_dossier(tmp_path)
    assert manifest.missing == {PYTEST: "no implementation takes part", ANSWERS: "the program was not run again"}


def test_a_last_step_that_the_contract_skips_has_no_reproducer() -> None:
    given = diverging(NAME)
    last = Step(args={"capability": {"$ref": 10_000}}, op="release_ownership", seq=given.steps[-1].seq + 1)
    given = msgspec.structs.replace(given, steps=(*given.steps, last))
    shown = told()._replace(seq=last.seq)
    files = dossier_files(Dossier(given, Level.state, None), shown, WrongReference({}).hello)
    missing = json.loads(files["dossier.json"])["missing"]
    assert missing[PYTEST] == missing[LEAN] == "the contract does not carry out the last step"


def test_a_dossier_that_names_no_program_is_none(tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / PROGRAM).unlink()
    sealed_again(folder, json.loads((folder / "dossier.json").read_text()))
    with pytest.raises(MalformedDossier, match=r"it has no program\.jsonl"):
        read_dossier(folder)


def test_without_answers_and_adapter_nothing_can_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = dossier_files(Dossier(diverging(NAME), Level.state, None), told(), WrongReference({}).hello)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert run(tmp_path) == 3
    assert "no answers to hold against the contract: the program was not run again" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema": "x"}', '{"a": 1, "a": 2}'])
def test_no_dossier_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "d")
    (folder / "dossier.json").write_text(content)
    (folder / SEAL).write_bytes(
        seal_of({path.name: path.read_bytes() for path in folder.iterdir() if path.name != SEAL})
    )
    assert run(folder) == 2
    assert "dossier.json: " in capsys.readouterr().err


def test_a_missing_folder_and_another_version_are_refused(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere") == 2
    folder = written(tmp_path / "d")
    manifest = json.loads((folder / "dossier.json").read_text())
    for changed in ({"version": 4}, {"scheme": 4}):
        sealed_again(folder, {**manifest, **changed})
        with pytest.raises(MalformedDossier, match="no dossier of version 3"):
            read_dossier(folder)


@pytest.mark.parametrize("version", [1, 2])
def test_a_dossier_of_a_version_before_is_refused_with_the_way_to_make_a_new_one(
    version: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "d")
    manifest = json.loads((folder / "dossier.json").read_text())
    (folder / "dossier.json").write_text(json.dumps({**manifest, "version": version}))
    (folder / SEAL).unlink()
    assert run(folder) == 2
    said = capsys.readouterr().err
    assert f"a dossier of version {version}, which has no seal; make a new one from its program" in said
    assert f"telltale-conformance minimise {folder / 'program.jsonl'} --dossier NEW_FOLDER" in said


def test_an_adapter_that_does_not_start_is_inconclusive(tmp_path: Path) -> None:
    assert run(written(tmp_path / "d"), sut="/nonexistent/adapter") == 3


def test_a_recording_is_held_against_the_contract_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / "t.jsonl")
    folder = tmp_path / "d"
    assert minimise_command(trace, output=tmp_path / "s.jsonl", dossier=folder) == 0
    capsys.readouterr()
    assert run(folder, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["verdict"], document["changed"], document["why"]) == ("reproduced", [], None)


def test_what_does_not_diverge_gets_no_dossier(tmp_path: Path) -> None:
    about = Dossier(diverging(NAME), Level.state, None)
    with pytest.raises(NotReproduced):
        write_dossier(tmp_path / "d", about, WrongReference({}))
    assert not (tmp_path / "d").exists()


def test_several_are_run_again_in_turn_and_the_gravest_code_is_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from telltale_conformance.oracle.cli.app import app

    same = str(written(tmp_path / "same"))
    other = str(unsteady(tmp_path / "other", "witness_is_consumed_twice"))
    for folders, code, lines in (
        ((same, same), 0, 2),
        ((same, other), 1, 2),
        ((other, str(tmp_path / "none"), same), 2, 2),
    ):
        with pytest.raises(SystemExit) as ended:
            app(["verify", *folders, "--run", "--json"])
        assert ended.value.code == code
        printed = [json.loads(line)["dossier"] for line in capsys.readouterr().out.splitlines()]
        assert len(printed) == lines


def test_hashes_tell_contracts_and_hellos_apart() -> None:
    hello = hello_document(WrongReference({}).hello)
    one = environment_hashes("telltale-17", hello)
    assert one == environment_hashes("telltale-17", hello)
    other = environment_hashes("hardened", {**hello, "version": "9"})
    assert {name for name in one if one[name] != other[name]} == {"contract", "hello"}


def test_a_divergence_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    folders = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / str(number) / "t.jsonl")
        folders.append(tmp_path / str(number) / "d")
        code = minimise_command(
            trace,
            output=tmp_path / str(number) / "s.jsonl",
            sut=WRONG_STORE,
            dossier=folders[-1],
            adapter_limits=PATIENT,
        )
        assert code == 0
    one, two = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == two
    assert set(one) == {MANIFEST, SEAL, *FILES}
