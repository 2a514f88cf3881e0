"""The command line: ``telltale-conformance``, and ``python -m telltale_conformance``.

Signals are heard before anything else is imported; until the command runs there is nothing to save.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Final

_INCONCLUSIVE: Final = 3  # stated in oracle.verdict.exit_codes, which costs an import


def main() -> None:
    """Run the command line."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    from telltale_conformance.oracle.cli import app

    app.main()


def _end(number: int, frame: FrameType | None) -> None:
    """End at once, past all that Python does at its end."""
    with suppress(OSError):
        os.write(2, f"telltale-conformance: inconclusive: ended by {signal.Signals(number).name}\n".encode())
    os._exit(_INCONCLUSIVE)


if __name__ == "__main__":
    main()
