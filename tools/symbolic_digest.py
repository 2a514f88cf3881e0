"""A digest of what z3 is asked for the claims, so that what another solver said of it is not kept beyond a change."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from typing import Final

SYMBOLIC: Final = Path(__file__).parents[1] / "oracle" / "symbolic"
ROOMS: Final = ("statement", "claims", "proof")


def symbolic_digest(folder: Path = SYMBOLIC) -> str:
    """Return the digest of the statement, the claims and their proofs; comments, docstrings and layout do not count."""
    found = hashlib.sha256()
    for module in sorted(path for room in ROOMS for path in (folder / room).rglob("*.py")):
        tree = _Code().visit(ast.parse(module.read_text(encoding="utf-8")))
        found.update(f"{module.relative_to(folder)}\n{ast.dump(tree)}\n".encode())
    return f"sha256:{found.hexdigest()}"


class _Code(ast.NodeTransformer):
    """Leaves out the texts that stand alone."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:  # the name that ast asks for
        """Drop docstrings."""
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else node
