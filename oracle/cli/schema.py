"""``telltale-conformance schema``: print a JSON Schema."""

from __future__ import annotations

import sys

from telltale_conformance.lean_traces import schemas


def run(name: str | None) -> int:
    """Print the schema of that name, or without one the names; return the exit code."""
    if name is None:
        print("\n".join(schemas.NAMES))
        return 0
    try:
        print(schemas.text(name), end="")
    except schemas.UnknownSchema as error:
        print(error, file=sys.stderr)
        return 2
    return 0
