"""The schemas are sound, and take every recording."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from telltale_conformance.lean_traces import schemas
from telltale_conformance.lean_traces.schemas import UnknownSchema, validator
from telltale_conformance.model.operations import OPERATIONS
from tests import trace_files
from tests.lean_traces.schema_world import accepts
from tools.program_schema import printed, program_schema

RECORDINGS = sorted(trace_files.RECORDINGS.glob("*.jsonl.gz"))
SAMPLE = [path for index, path in enumerate(RECORDINGS) if index % 5 == 0 or path.name.startswith("corner")]


# --- the files


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schema_is_valid_under_its_own_dialect(name: str) -> None:
    Draft202012Validator.check_schema(schemas.load(name))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schema_has_identity_title_and_description(name: str) -> None:
    schema = schemas.load(name)
    assert schema["$id"].endswith(f"/{name}.json")
    assert schema["title"]
    assert schema["description"]


def test_every_file_is_named_and_every_name_has_a_file() -> None:
    folder = Path(schemas.__file__).parent / "schemas"
    assert sorted(path.stem for path in folder.glob("*.json")) == list(schemas.NAMES)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_reference_resolves(name: str) -> None:
    for reference in references(schemas.load(name)):
        file, _, pointer = reference.partition("#")
        target = schemas.load(file.removesuffix(".json") or name)
        for step in pointer.removeprefix("/").split("/") if pointer else []:
            target = target[step]
        assert isinstance(target, dict)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_definition_can_be_validated_against(name: str) -> None:
    for definition in schemas.load(name).get("$defs", {}):
        assert not accepts(name, object(), definition)


def test_operations_are_those_of_the_model() -> None:
    schema = schemas.load("operations")
    assert schema["properties"]["op"]["enum"] == list(OPERATIONS)
    assert list(schema["$defs"]) == list(OPERATIONS)
    for name, operation in OPERATIONS.items():
        assert set(schema["$defs"][name]["properties"]) == {parameter.rstrip("_") for parameter in operation.parameters}


def test_program_schema_is_derived_from_operations_and_domain() -> None:
    derived = printed(program_schema())
    assert schemas.text("program") == derived, "run python -m tools.program_schema"


def test_unknown_schema_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownSchema, match=r"'trace': there are adapter-answer, .*trace-header"):
        schemas.load("trace")


def test_unknown_definition_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownSchema, match="does not define 'Nothing': it defines U64"):
        validator("domain", "Nothing")
    with pytest.raises(UnknownSchema, match="it defines nothing"):
        validator("trace-end", "Nothing")


def test_a_loaded_schema_belongs_to_the_caller() -> None:
    schemas.load("domain").clear()
    assert schemas.load("domain")


def test_validators_are_made_once() -> None:
    assert validator("trace-event") is validator("trace-event")


# --- recordings

RESULTS = {
    **dict.fromkeys(("open", "open_with_sid", "active_count", "live_count", "next_session_id"), "U64"),
    **dict.fromkeys(("closed_session_ids", "session_ids"), "[U64]"),
    **dict.fromkeys(("reap_closed", "reap_sessions", "archived_closed"), "[ClosedSessionSummary]"),
    **dict.fromkeys(
        ("claim_ownership", "commit_ownership_transfer", "attenuate_ownership_scope"), "OwnershipCapability"
    ),
    **dict.fromkeys(("mark_owner_died", "cancel_abandoned_transfer"), "CancellationWitness"),
    **dict.fromkeys(("lookup_type", "original_type"), "LocalType?"),
    **dict.fromkeys(("unfold_mu", "unfold_if_var"), "LocalType"),
    "memory_usage": "MemoryUsage",
    "plan": "OpenPlan",
    "begin_ownership_transfer": "OwnershipReceipt",
    "issue_readiness_witness": "ReadinessWitness",
    "current_ownership": "OwnershipCapability?",
    "authority_audit_log": "[AuthorityAuditRecord]?",
    "lookup_handler": "Text?",
    "default_handler_for_session": "Text?",
    "lookup_trace": "[ValType]?",
    "lookup_branch_resolution": "BranchResolution?",
    "advance": "AdvanceResult",
    "unfold_if_var_with_scope": "[LocalType?]",
    "send": "EnqueueResult",
    "recv": "Value?",
    "observe": "SessionState",
    "decode_edge_json": "Edge",
}
"""What an operation answers: a definition of ``domain``, [several], or (?) null too; else null or a truth."""


def shaped(value: object, shape: str) -> bool:
    """Say whether a recorded answer is what the table names."""
    if shape.endswith("?"):
        return value is None or shaped(value, shape[:-1])
    if shape.startswith("["):
        return isinstance(value, list) and all(shaped(element, shape[1:-1]) for element in value)
    return accepts("domain", value, shape)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def references(schema: object) -> Iterator[str]:
    """Yield the targets of all ``$ref`` keywords in a schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from references(part)
    elif isinstance(schema, dict):
        for keyword, part in schema.items():
            if keyword == "$ref" and isinstance(part, str):
                yield part
            else:
                yield from references(part)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_recording_is_taken_and_its_answers_are_domain_values(path: Path) -> None:
    header, *events, end = lines(path)
    validator("trace-header").validate(header)
    validator("trace-end").validate(end)
    for event in events:
        validator("trace-event").validate(event)
        for record in event["audit"]:
            validator("domain", "AuthorityAuditRecord").validate(record)
        op = event["op"]
        if "ok" in event:
            assert shaped(event["ok"], RESULTS[op]) if op in RESULTS else event["ok"] in (None, True, False)
        elif not isinstance(event["err"], str):
            validator("domain", "AdvanceError" if op == "advance" else "OwnershipError").validate(event["err"])


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) == 146
