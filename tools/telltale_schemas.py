"""The schemas of telltale's own files, derived from the types that their readers decode them to.

    python -m tools.telltale_schemas

writes them again after a change of ``lean_traces/telltale/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from telltale_conformance.lean_traces.schemas import load
from telltale_conformance.lean_traces.telltale.audit_records import (
    AnyArtifact,
    LifecycleRecord,
    Record,
    RenamedArtifact,
    SemanticRecord,
)
from telltale_conformance.lean_traces.telltale.raw_events import KINDS, Other
from telltale_conformance.lean_traces.telltale.run_protocols import RunInput
from telltale_conformance.lean_traces.telltale.runs import RunOutput
from telltale_conformance.model.values import U64_MAX

Schema: TypeAlias = dict[str, Any]

FOLDER: Final = Path(__file__).parents[1] / "lean_traces" / "schemas"
_EXACTLY_ONE: Final = (AnyArtifact.__name__, RenamedArtifact.__name__, "Reason")
"""The types of which the reader asks that one of their fields is there, and no other."""


def telltale_schemas() -> dict[str, Schema]:
    """Derive every schema, by name."""
    return {
        "audit-log": _audit_log(),
        "run-events": _run_events(),
        "run-input": _run_input(),
        "run-output": _run_output(),
    }


def _run_input() -> Schema:
    root, types = _components(RunInput)
    said = "What a run of telltale's Lean runner or machine is made from, as far as `replay` reads it."
    return _schema("run-input", "The input of a run", f"{said} {_IGNORED}", root, _open(types))


def _run_output() -> Schema:
    root, types = _components(RunOutput)
    whole = {**_open(types), "RunOutput": types["RunOutput"]}
    said = "A run, `lean_bridge.v1`, in both dialects: the Lean runner leaves out what has a default."
    said += " Unknown fields are taken below the root."
    return _schema("run-output", "The output of a run", said, root, whole)


def _run_events() -> Schema:
    _, types = _components(*KINDS.values(), Other)
    types = _open(types)
    fields = {kind: _reference(fields.__name__) for kind, fields in KINDS.items()}
    types["Event"] = {
        "description": "One event, under its kind; those of other kinds have no rule.",
        **_one_member(fields, _reference(Other.__name__)),
    }
    events = {"type": "array", "items": _reference("Event")}
    local_types = {"type": "object", "additionalProperties": {"$ref": "domain.json#/$defs/LeanLocalType"}}
    types["Recording"] = {
        "description": "The events with the local types of each session, by role.",
        "type": "object",
        "properties": {"obs_trace": events, "local_types": {"type": "array", "items": local_types}},
        "required": ["obs_trace"],
        "additionalProperties": True,
    }
    root = {"anyOf": [events, _reference("Recording")]}
    said = "The machine's own events (`ObsEvent`), bare or in a recording."
    return _schema("run-events", "A run as raw events", f"{said} {_IGNORED}", root, types)


def _audit_log() -> Schema:
    _, types = _components(Record, LifecycleRecord, SemanticRecord)
    types = _bounded(types)
    for name in _EXACTLY_ONE:
        types[name] |= {"minProperties": 1, "maxProperties": 1}
    types["SemanticEntry"] = {
        "description": "A record, under `Authority`, or an entry of another kind, which is counted.",
        **_one_member({"Authority": _reference(SemanticRecord.__name__)}, True),
    }
    arrays = {
        "authority_audit_log": {"type": "array", "items": _reference(Record.__name__)},
        "semantic_audit_log": {"type": "array", "items": _reference("SemanticEntry")},
        "capability_lifecycle": {"type": "array", "items": _reference(LifecycleRecord.__name__)},
    }
    types["Named"] = {
        "description": "Logs under their names, with their session.",
        "type": "object",
        "properties": {"session": {"type": "integer", "minimum": 0, "maximum": U64_MAX}, **arrays},
        "anyOf": [{"required": [name]} for name in arrays],
        "additionalProperties": False,
    }
    bare = {**arrays, "semantic_audit_log": {**arrays["semantic_audit_log"], "prefixItems": [_KIND_FIRST]}}
    root = {"anyOf": [*bare.values(), _reference("Named"), {"type": "array", "items": _reference("Named")}]}
    said = "The audit logs of telltale's machine in their three forms, bare or under their names."
    return _schema("audit-log", "Audit logs", said, root, types)


_KIND_FIRST: Final[Schema] = {"$ref": "#/$defs/SemanticEntry", "propertyNames": {"pattern": "^[A-Z]"}}
"""A bare array is recognised by its first entry."""
_IGNORED: Final = "Unknown fields are taken."


def _schema(name: str, title: str, description: str, root: Schema, types: Schema) -> Schema:
    known = load("trace-header")
    return {
        "$schema": known["$schema"],
        "$id": known["$id"].replace("trace-header", name),
        "title": title,
        "description": f"{description} Derived from what the reader decodes it to; see docs/telltale-files.md.",
        **root,
        "$defs": {name: types[name] for name in sorted(types)},
    }


def _components(*types: type) -> tuple[Schema, Schema]:
    """Return the schema of the first type, and of all types by name."""
    (root, *_), found = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    return _plain(root), {name.removeprefix("_"): _plain(schema) for name, schema in found.items()}


def _plain(schema: Any) -> Any:
    """Return a schema without titles and defaults, its descriptions on one line and its names public."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain: Schema = {}
    for keyword, content in schema.items():
        if keyword == "properties":
            plain[keyword] = {name: _plain(value) for name, value in content.items()}
        elif keyword == "description":
            plain[keyword] = re.sub(r"\s+", " ", content).replace("``", "`")
        elif keyword == "$ref":
            plain[keyword] = content.replace("/_", "/")
        elif keyword not in ("title", "default"):
            plain[keyword] = _plain(content)
    return plain


def _open(types: Schema) -> Schema:
    """Return types whose unknown fields are taken."""
    return {name: {**schema, "additionalProperties": True} for name, schema in types.items()}


def _bounded(schema: Any) -> Any:
    """Return a schema whose integers have 64 bits."""
    if isinstance(schema, list):
        return [_bounded(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    bounded = {keyword: _bounded(content) for keyword, content in schema.items()}
    return {**bounded, "maximum": U64_MAX} if schema.get("type") == "integer" else bounded


def _one_member(fields: Schema, others: Any) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "additionalProperties": others,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def printed(schema: Schema) -> str:
    """Print a schema as the files hold it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in telltale_schemas().items():
        (FOLDER / f"{name}.json").write_text(printed(schema), encoding="utf-8")
