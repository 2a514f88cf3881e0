"""The command line: ``telltale-conformance``, and ``python -m telltale_conformance``.

Signals are heard before anything else is imported; until the command runs there is nothing to save. When it has run
and Python takes itself apart, they come too late to change anything.
"""

from __future__ import annotations

import atexit
import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Final

_INCONCLUSIVE: Final = 3  # stated in oracle.verdict.exit_codes, which costs an import
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Run the command line."""
    for number in _SIGNALS:
        signal.signal(number, _end)
    atexit.register(_be_deaf)  # registered first, so that it runs last
    from telltale_conformance.oracle.cli import app

    app.main()


def _be_deaf() -> None:
    """Ignore signals: Python drops its handlers soon, and the exit code would be that of the signal."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    """End at once, past all that Python does at its end."""
    with suppress(OSError):
        os.write(2, f"telltale-conformance: inconclusive: ended by {signal.Signals(number).name}\n".encode())
    os._exit(_INCONCLUSIVE)


if __name__ == "__main__":
    main()
