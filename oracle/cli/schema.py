"""``telltale-conformance schema``: print a JSON Schema."""

from __future__ import annotations

from telltale_conformance.lean_traces import schemas
from telltale_conformance.oracle.cli.terminal import told


@told
def run(name: str | None) -> int:
    """Print the schema of that name, or without one the names; return the exit code."""
    if name is None:
        print("\n".join(schemas.NAMES))
        return 0
    print(schemas.text(name), end="")
    return 0
