"""The schema of programs, derived from those of operations and domain values.

A program's step is an operation with its arguments where every value may be a reference to an earlier
result. Saying so once per value would be a second copy of the domain, so the file is derived; run this
module to write it again after a change of ``operations.json`` or ``domain.json``::

    python -m tools.program_schema
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

from telltale_conformance.lean_traces.schemas import load

Schema: TypeAlias = dict[str, Any]

PLACE: Final = Path(__file__).parents[1] / "lean_traces" / "schemas" / "program.json"
REFERENCE: Final[Schema] = {
    "description": (
        "The `ok` result of an earlier step; with `set`, that result with the named fields replaced, whose "
        "values may be references again. Where a value is due, an object of exactly this shape is always a "
        "reference."
    ),
    "type": "object",
    "properties": {
        "$ref": {
            "description": "The `seq` of the step; it lies before this one.",
            "type": "integer",
            "minimum": 0,
            "maximum": 18446744073709551615,
        },
        "set": {"type": "object"},
    },
    "required": ["$ref"],
    "additionalProperties": False,
}


def referable(schema: Schema) -> Schema:
    """Let a reference stand where a value of this schema is due."""
    return {"if": {"$ref": "#/$defs/reference"}, "else": with_references(schema)}


def with_references(schema: Any) -> Any:
    """Let references stand for every value inside a value of this schema."""
    if not isinstance(schema, dict):
        return schema
    derived = {}
    for keyword, content in schema.items():
        match keyword:
            case "$ref":
                derived[keyword] = "#/$defs/" + content.rpartition("/")[2]
            case "properties":
                derived[keyword] = {name: referable(value) for name, value in content.items()}
            case "prefixItems":
                derived[keyword] = [referable(value) for value in content]
            case "items" | "additionalProperties":
                derived[keyword] = referable(content) if isinstance(content, dict) else content
            case "anyOf":
                derived[keyword] = [with_references(alternative) for alternative in content]
            case _:
                derived[keyword] = content
    return derived


def used(names: set[str], definitions: Schema) -> set[str]:
    """Return these definitions and all that they refer to."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += references(definitions[name])
    return found


def references(schema: Any) -> list[str]:
    """Return the names of the definitions that a schema refers to."""
    if isinstance(schema, list):
        return [name for part in schema for name in references(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return own + [name for keyword, part in schema.items() if keyword != "$ref" for name in references(part)]


def program_schema() -> Schema:
    """Derive the schema of a program's lines."""
    operations, domain, header = load("operations"), load("domain")["$defs"], load("trace-header")
    arguments = operations["$defs"]
    values = used({name for schema in arguments.values() for name in references(schema)}, domain)
    header_fields = header["properties"]
    return {
        "$schema": header["$schema"],
        "$id": header["$id"].replace("trace-header", "program"),
        "title": "A line of a program",
        "description": (
            "A program is a trace without answers, whose arguments may refer to earlier results: a header, "
            "steps, an end. Beyond this schema a reader requires `seq` to ascend (with gaps, for steps "
            "may have been removed), a reference to name an earlier `seq`, and `steps` to count them. "
            "Derived from `operations` and `domain`: every value there may be a reference here."
        ),
        "type": "object",
        "if": {"required": ["schema"]},
        "then": {"$ref": "#/$defs/header"},
        "else": {
            "if": {"required": ["end"]},
            "then": {"$ref": "#/$defs/end"},
            "else": {"$ref": "#/$defs/step"},
        },
        "$defs": {
            "header": {
                "description": "First line: the contract that the program is meant for.",
                "type": "object",
                "properties": {
                    "schema": {"const": "telltale-conformance/program"},
                    "version": header_fields["version"],
                    "contract": {"description": "Name of the contract it is written for.", "type": "string"},
                    "meta": header_fields["meta"],
                },
                "required": ["schema", "version", "contract", "meta"],
                "additionalProperties": False,
            },
            "step": {
                "description": "One operation to carry out.",
                "type": "object",
                "properties": {
                    "seq": with_references({"$ref": "U64"}),
                    "op": operations["properties"]["op"],
                    "args": operations["properties"]["args"],
                },
                "required": ["seq", "op", "args"],
                "additionalProperties": False,
                "allOf": operations["allOf"],
            },
            "end": {
                "description": "Last line. There is no digest: people edit programs by hand.",
                "type": "object",
                "properties": {
                    "end": {"const": True},
                    "steps": {"description": "How many steps the program has.", "$ref": "#/$defs/U64"},
                },
                "required": ["end", "steps"],
                "additionalProperties": False,
            },
            "reference": REFERENCE,
            **{name: with_references(schema) for name, schema in arguments.items()},
            **{name: with_references(domain[name]) for name in domain if name in values},
        },
    }


def printed(schema: Schema) -> str:
    """Print a schema as the files hold it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PLACE.write_text(printed(program_schema()), encoding="utf-8")
