"""What makes a check pass over a line says why. Tests have nothing for the type checker, which does not read them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.lint.sources import ROOMS

MARK: Final = r"type: ignore(?:\[[^\]]*\])?|noqa(?:: *[A-Z]+\d+(?:, *[A-Z]+\d+)*)?|nosec(?: B\d+)*|pragma: no \w+"
EXCUSES: Final = re.compile(rf"# ?(?:{MARK})(?:\s+# ?(?:{MARK}))*")
REASON: Final = re.compile(r"\s+# ?\w")


def problems(root: Path) -> Iterator[str]:
    """Yield every excuse without a reason."""
    for room in (*ROOMS, "tests"):
        for file in sorted((root / room).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            if not (path.startswith("src/") and path.split("/")[2] in ROOMS):
                yield from problems_of(path, file.read_text(encoding="utf-8"))


def problems_of(path: str, text: str) -> Iterator[str]:
    """Yield those of one file."""
    if not EXCUSES.search(text):
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        excuse = EXCUSES.match(token.string) if token.type == tokenize.COMMENT else None
        if excuse is None:
            continue
        place = f"{path}:{token.start[0]}"
        if path.startswith("tests/") and "type: ignore" in excuse[0]:
            yield f"{place}: no type checker reads the tests; take away {excuse[0]}"
        elif not REASON.match(token.string[excuse.end() :]):
            yield f"{place}: {excuse[0]} does not say why; write the reason after it, as a comment"
