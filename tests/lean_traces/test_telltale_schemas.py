"""The schemas of telltale's own files are those of the readers: they take every sample and refuse the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from telltale_conformance.lean_traces import schemas
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.documents import recognise
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.lean_traces.telltale.raw_events import read_raw
from telltale_conformance.lean_traces.telltale.run_protocols import read_run_protocols
from telltale_conformance.lean_traces.telltale.runs import read_output
from telltale_conformance.lean_traces.telltale.whole_document import Document
from telltale_conformance.lean_traces.trace import MalformedTrace
from tests.lean_traces.schema_documents import ODD_VALUES, places
from tests.oracle.run_world import NAMES, document
from tools.telltale_schemas import printed, telltale_schemas

SPOILT = 150
CAPABILITY = {"generation": 0, "owner_id": "a", "scope": {"Fragments": ["x"]}, "session_id": 0}
ENDED = {"OwnerDied": {"owner_id": "a"}}
CANCELLATION = {"generation": 0, "owner_id": "a", "reason": ENDED, "session_id": 0, "witness_id": 2}
RECORDS: list[Any] = [
    {"artifact": {"OwnershipCapability": CAPABILITY}, "event": "Issued", "reason": None, "tick": None},
    {"artifact": {"Cancellation": CANCELLATION}, "event": "Issued", "reason": "owner died", "tick": 3},
]
LIFECYCLES: list[Any] = [
    {"artifact": {"OwnershipCapability": CAPABILITY}, "lifecycle": "issued", "reason": None, "tick": None},
    {"artifact": {"CancellationWitness": CANCELLATION}, "lifecycle": "issued", "reason": "owner died", "tick": 3},
]
ENTRIES: list[Any] = [{"Authority": {**record, "session": 0}} for record in RECORDS] + [{"Publication": {"n": 1}}]
LOGS: list[Any] = [
    RECORDS,
    LIFECYCLES,
    ENTRIES,
    {"session": 0, "authority_audit_log": RECORDS},
    [{"authority_audit_log": RECORDS[:1], "session": 1}, {"capability_lifecycle": LIFECYCLES}],
    {"semantic_audit_log": ENTRIES, "session": 2},
]


def accepts(name: str, document: Any) -> bool:
    return bool(validator(name).is_valid(document))


@pytest.mark.parametrize("name", telltale_schemas())
def test_the_file_is_what_the_reader_s_types_say(name: str) -> None:
    assert schemas.text(name) == printed(telltale_schemas()[name]), "run python -m tools.telltale_schemas"


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_run_is_taken(name: str) -> None:
    output = document(name)
    for part in ("effect_trace", "semantic_objects"):  # most of the bytes, and hardly a rule
        output[part] = output[part][:2] if part == "effect_trace" else {**output[part], "observed_reads": []}
    assert accepts("run-output", output)
    assert accepts("run-input", document(name, "input"))
    raw = document(name, "raw")
    assert accepts("run-events", {key: raw[key] for key in ("obs_trace", "local_types")})
    assert accepts("run-events", raw["obs_trace"])
    for form in ("semantic_audit_log", "capability_lifecycle"):
        assert accepts("audit-log", {form: raw[form]})
    assert accepts("audit-log", raw["semantic_audit_log"])


def test_every_recorded_log_is_taken() -> None:
    raw = document("owned_commit_failed", "raw")
    last = raw["snapshots"][-1][0]["authority_audit_log"]
    assert last
    assert accepts("audit-log", last)


def read_as_output(path: Path, text: str) -> None:
    read_output(Document(str(path), text.encode()))


def read_as_input(path: Path, text: str) -> None:
    path.write_text(text)
    try:
        read_run_protocols(path, DEFAULT_LIMITS)
    except MalformedTrace as error:
        if "give one that has a projection" not in str(error):  # no schema says what has one
            raise


def read_as_events(path: Path, text: str) -> None:
    read_raw(Document(str(path), text.encode()))


def read_as_log(path: Path, text: str) -> None:
    path.write_text(text)
    what = recognise(path, DEFAULT_LIMITS)
    if what.kind != "logs":
        raise MalformedTrace(str(path), 0, "no log", "")
    with path.open("rb") as file:
        for _ in AuditLogReader(JsonStream(file, str(path), DEFAULT_LIMITS), what.dialect):
            pass


def said_by(read: Callable[[Path, str], None], path: Path, text: str) -> str | None:
    """Return what a reader says against a document; None where it takes it."""
    try:
        read(path, text)
    except MalformedTrace as error:
        return str(error)
    return None


def short_output() -> Any:
    """A recorded run cut short: the first events, the first steps, and a bit of the rest."""
    output = document("fixture_ping_pong")
    step = next(step for step in output["step_states"] if step["event"])
    return {
        **{key: output[key] for key in ("schema_version", "sessions", "status", "concurrency", "steps_executed")},
        "trace": output["trace"][:3],
        "step_states": [step, output["step_states"][-1]],
        "effect_trace": [{}],
        "semantic_objects": {
            "schema_version": output["semantic_objects"]["schema_version"],
            "authoritative_reads": output["semantic_objects"]["authoritative_reads"][:1],
        },
    }


def short_events() -> Any:
    raw = document("fixture_binary_choice", "raw")
    return {"obs_trace": raw["obs_trace"], "local_types": raw["local_types"]}


def spoilt(document: Any, rng: Random) -> Iterator[Any]:
    """Yield the document with one change each, and with two."""
    for number in range(SPOILT):
        changed = deepcopy(document)
        for _ in range(1 + number % 2):
            container, key = rng.choice(places(changed))
            match rng.choice(["drop", "add", "replace", "rename", "wrap"]):
                case "drop":
                    del container[key]
                case "add" if isinstance(container, dict):
                    container[rng.choice(["more", "session", "tick", "label", "event"])] = rng.choice(ODD_VALUES)
                case "replace":
                    container[key] = deepcopy(rng.choice(ODD_VALUES))
                case "rename" if isinstance(container, dict):
                    container[rng.choice(["more", "Closed", "session", "kind"])] = container.pop(key)
                case _:
                    container[key] = [container[key]]
        yield changed


READERS: dict[str, tuple[list[Any], Callable[[Path, str], None]]] = {
    "run-output": ([short_output()], read_as_output),
    "run-input": ([document("fixture_binary_choice", "input")], read_as_input),
    "run-events": ([short_events(), short_events()["obs_trace"]], read_as_events),
    "audit-log": (LOGS, read_as_log),
}


@pytest.mark.parametrize("name", READERS)
def test_reader_and_schema_agree_on_spoilt_documents(tmp_path: Path, name: str) -> None:
    samples, read = READERS[name]
    taken = refused = 0
    for sample in samples:
        for changed in spoilt(sample, Random(name)):
            text = json.dumps(changed)
            said = said_by(read, tmp_path / "changed.json", text)
            assert accepts(name, changed) == (said is None), f"the reader says {said}\n{text}"
            taken, refused = taken + (said is None), refused + (said is not None)
    assert refused > SPOILT / 5
    assert taken > SPOILT / 20
