"""Where tests keep bytecode if Python may write none beside the sources.

The suite starts thousands of processes. Without bytecode each of them compiles what it imports, and a test run takes
much longer.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

PLACE: Final = Path(__file__).parent.parent / ".pytest_cache" / "bytecode"
"""Git ignores it."""


def keep_bytecode() -> None:
    """Let this process and its children keep bytecode in a folder of its own, which later runs find again."""
    if "PYTHONDONTWRITEBYTECODE" not in os.environ:
        return
    of_runs_before = PLACE / Path(tempfile.gettempdir()).relative_to("/")  # modules that tests wrote
    shutil.rmtree(of_runs_before, ignore_errors=True)
    del os.environ["PYTHONDONTWRITEBYTECODE"]
    os.environ["PYTHONPYCACHEPREFIX"] = str(PLACE)
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(PLACE)
