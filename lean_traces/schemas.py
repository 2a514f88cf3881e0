"""The JSON Schemas of the formats, and validators that read them as strictly as the formats are meant.

The files in ``schemas/`` follow JSON Schema 2020-12 and are the authority on which documents are
well-formed. In one respect the standard is laxer than the formats: it counts 1.0 as an integer. The
validators here count Python integers alone, so give them documents from ``strict_json.parse``, where a
number with a point or an exponent, ``-0``, and an integer that no 64 bits can hold are floats.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import packaged

if TYPE_CHECKING:
    from jsonschema.protocols import Validator
    from referencing import Registry

NAMES: Final = (
    "adapter-answer",
    "adapter-request",
    "audit-log",
    "baseline",
    "campaign-event",
    "campaign-record",
    "campaign-report",
    "check-record",
    "comparison",
    "compatibility",
    "config",
    "domain",
    "history-event",
    "history-header",
    "operations",
    "program",
    "report",
    "run-events",
    "run-input",
    "run-output",
    "trace-end",
    "trace-event",
    "trace-header",
    "types",
)
"""All schemas, in ascending order."""


class UnknownSchema(HarnessError, ValueError):
    """Thrown when a schema, or a definition in one, is asked for that there is not."""


def text(name: str) -> str:
    """Return a schema as its file holds it.

    Raises:
        UnknownSchema: there is none of that name; the message lists those there are.
    """
    if name not in NAMES:
        raise UnknownSchema(f"unknown schema {name!r}: there are {', '.join(NAMES)}")
    return packaged("telltale_conformance.lean_traces", "schemas", f"{name}.json").decode()


def load(name: str) -> dict[str, Any]:
    """Return a schema as parsed JSON, the caller's own. Errors as of ``text``."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema


@cache
def validator(name: str, definition: str | None = None) -> Validator:
    """Return the validator of a schema, or of one of its ``$defs``.

    Documents that nest some sixty local types deep exceed Python's recursion limit in jsonschema: it raises
    RecursionError for them, never a wrong verdict.

    Raises:
        UnknownSchema: there is no such schema or definition.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    schema = load(name)
    reference = schema["$id"]
    if definition is not None:
        known = schema.get("$defs", {})
        if definition not in known:
            defined = ", ".join(known) or "nothing"
            raise UnknownSchema(f"schema {name!r} does not define {definition!r}: it defines {defined}")
        reference += f"#/$defs/{definition}"
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call] # stubs
    validator: Validator = strict({"$ref": reference}, registry=_registry())
    return validator


@cache
def _registry() -> Registry[Any]:
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    schemas = [load(name) for name in NAMES]
    for schema in schemas:
        del schema["$schema"]  # where it stands, jsonschema goes back to its own idea of an integer
    empty: Registry[Any] = Registry()
    named = [(schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas]
    return empty.with_resources(named).crawl()
