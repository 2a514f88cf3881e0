"""Where the protocol of a run comes from: every form that ``--protocol`` reads, and what it says of a bad one."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.run_protocols import read_run_protocols
from telltale_conformance.model.types.lean_json import global_from_json, type_from_lean_json
from telltale_conformance.model.types.projection import Merging, project
from telltale_conformance.oracle.telltale.judging import judge_document
from tests.installed import run_here
from tests.oracle.run_world import NAMES, document, slim

WHOLE = document("golden_ping_pong", "input")["choreographies"][0]["global_type"]
(LOCAL,) = document("golden_ping_pong", "raw")["local_types"]
SENDS = json.loads(json.dumps(LOCAL).replace("pong", "gong"))
"""The local types of another protocol."""


def bundle(**parts: Any) -> dict[str, Any]:
    return {"schema_version": "protocol_bundle.v1", "global_type": WHOLE, "claims": [], **parts}


def in_folder(folder: Path, **files: Any) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def in_file(folder: Path, content: Any, name: str = "p.json") -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


FORMS: dict[str, Callable[[Path], Path]] = {
    "a bundle": lambda at: in_file(at, bundle(local_types=LOCAL)),
    "a packed bundle": lambda at: in_file(at, bundle(local_types=LOCAL), "p.json.gz"),
    "a bundle without local types": lambda at: in_file(at, bundle()),
    "a bundle with some": lambda at: in_file(at, bundle(local_types={"Bob": LOCAL["Bob"]})),
    "a global type": lambda at: in_file(at, WHOLE),
    "a folder": lambda at: in_folder(at / "p", input=WHOLE, **LOCAL),
    "a folder with a global type alone": lambda at: in_folder(at / "p", input=WHOLE),
    "a folder with local types alone": lambda at: in_folder(at / "p", **LOCAL),
    "a session file with both": lambda at: in_file(
        at, "global = Alice -> Bob : ping. Bob -> Alice : pong. end\nBob = Alice?ping. Alice!pong. end\n", "p.session"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_protocol_is_read_in_every_form(tmp_path: Path, form: str) -> None:
    (found,) = read_run_protocols(FORMS[form](tmp_path), DEFAULT_LIMITS)
    assert (sorted(found.roles), found.remarks) == (["Alice", "Bob"], ())
    expected = {role: type_from_lean_json(given) for role, given in LOCAL.items()}
    assert found.types == expected or form == "a session file with both"


@pytest.mark.parametrize("form", ["file", "folder"])
def test_local_types_that_are_no_projections_are_taken_and_said(tmp_path: Path, form: str) -> None:
    output = tmp_path / "run.json"
    output.write_text(json.dumps(slim("golden_ping_pong")))
    if form == "file":
        place = in_file(tmp_path, bundle(local_types=SENDS))
    else:
        place = in_folder(tmp_path / "p", input=WHOLE, **SENDS)
    done = run_here("replay", output, "--protocol", place)
    assert done.returncode == 1
    for role in LOCAL:
        said = f"the given type of {role} is not the projection of the global type; the given one is taken"
        assert f"{place}: {said}" in done.stdout


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "one local type": (lambda at: in_file(at, LOCAL["Bob"]), "p.json: this is one local type; a run's protocol has"),
    "no type": (lambda at: in_file(at, {"kind": "talk"}), "p.json: $: a local type with a kind of end, "),
    "a line that is none": (
        lambda at: in_file(at, "roles A, B\nA = B!x. end\nB = A?x. ned ?\n", "p.session"),
        "p.session: line 3, column 15: ",
    ),
    "several in a folder": (
        lambda at: in_folder(at / "p", first=WHOLE, second=WHOLE),
        "p: this folder has 2 protocols; name the file or folder of the one that was run",
    ),
    "an empty folder": (lambda at: in_folder(at / "p"), "p: this folder has no file with a protocol"),
    "a repeated key": (
        lambda at: in_file(at, json.dumps(bundle(local_types=LOCAL)).replace('"sort"', '"name": "x", "sort"', 1)),
        "$.global_type.branches[0].continuation.branches[0].label: the key `name` is given twice; give it once",
    ),
    "a repeated key in an input": (
        lambda at: in_file(
            at,
            json.dumps(document("golden_ping_pong", "input")).replace('"roles"', '"roles": [], "roles"'),
        ),
        "$.choreographies[0]: the key `roles` is given twice; give it once",
    ),
    "a choice that a role does not see": (
        lambda at: in_file(at, "global = A -> B : {l. B -> C : x. C -> A : k. end, r. C -> B : y. end}\n", "p.session"),
        "p.session: C does not see which branch",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_one_is_malformed_with_place_and_remedy(tmp_path: Path, case: str) -> None:
    made, problem = BAD[case]
    place = made(tmp_path)
    with pytest.raises(MalformedDocument) as thrown:
        read_run_protocols(place, DEFAULT_LIMITS)
    assert problem in str(thrown.value)
    assert "; " in str(thrown.value)


@pytest.mark.parametrize("merging", ["plain", "full"])
def test_projections_of_the_recorded_inputs_are_the_recorded_local_types(merging: Merging) -> None:
    compared = 0
    for name in NAMES:
        sessions = zip(document(name, "input")["choreographies"], document(name, "raw")["local_types"], strict=True)
        for choreography, recorded in sessions:
            whole = global_from_json(choreography["global_type"])
            assert recorded.keys() == set(choreography["roles"])
            for role, given in recorded.items():
                assert project(whole, role, merging) == type_from_lean_json(given), (name, role)
                compared += 1
    assert compared == 38


@pytest.mark.parametrize("first", [{"concurrency": 1}, {"schema_version": "lean_bridge.v1", "concurrency": 1}])
@pytest.mark.parametrize("kind", ["run", "input"])
def test_a_large_document_is_known_by_the_first_name_that_tells_what_it_is(
    tmp_path: Path, kind: str, first: dict[str, Any]
) -> None:
    names = {"run": "output", "input": "input"}
    whole = json.dumps({**first, **document("golden_ping_pong", names[kind])})
    path = tmp_path / "large.json"
    path.write_text(whole[:-1] + " " * 9_000_000 + "}")
    assert recognise(path).kind == kind


@pytest.mark.parametrize("what", ["link", "pipe", "device"])
def test_an_input_beside_a_run_that_cannot_be_read_is_an_error(tmp_path: Path, what: str) -> None:
    output = in_file(tmp_path, document("golden_ping_pong", "output"), "r.output.json")
    beside = tmp_path / "r.input.json"
    if what == "pipe":
        os.mkfifo(beside)
    else:
        beside.symlink_to("nowhere" if what == "link" else "/dev/zero")
    result, _ = judge_document(output, recognise(output))
    assert (result.verdict, str(beside) in (result.error or "")) == ("malformed", True)


def test_a_session_of_the_input_that_a_run_never_opens_is_named(tmp_path: Path) -> None:
    given = document("golden_ping_pong", "input")
    output = in_file(tmp_path, document("golden_ping_pong", "output"), "r.output.json")
    for more, told in ((1, False), (3, True)):
        in_file(tmp_path, {**given, "choreographies": given["choreographies"] * more}, "r.input.json")
        result, _ = judge_document(output, recognise(output))
        assert result.verdict == "agree"
        assert ("2 sessions of the protocol not opened in the run: of them nothing was judged" in result.notes) == told
