"""Stand-ins for Lean, and the real one where a test needs it."""

from __future__ import annotations

import sys
from pathlib import Path

from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, install, native_toolchain


def lean_to_use() -> LeanToolchain:
    """The native Lean, else the WebAssembly build, installed if it is not there yet."""
    return native_toolchain() or install()


def pretended(tmp_path: Path, body: str) -> LeanToolchain:
    """A toolchain whose Lean is a Python program; ``bundle`` is the file that it is given, ``folder`` its folder."""
    script = tmp_path / "pretended_lean.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "bundle = Path(sys.argv[-1])\n"
        "folder = bundle.parent\n" + body,
        encoding="utf-8",
    )
    return LeanToolchain("native", "4.28.0", (sys.executable, str(script)), None, None)


READY = "(folder / 'ready').write_text('ready')\n"
SERVE = """
n = 0
while True:
    n += 1
    request = folder / f"request-{n}"
    while not request.exists():
        time.sleep(0.001)
    answer(n, request.read_bytes())
"""
