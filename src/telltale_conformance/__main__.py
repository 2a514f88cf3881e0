"""The command line: ``telltale-conformance``, and ``python -m telltale_conformance``.

Signals are heard before anything else is imported; until the command runs there is nothing to save. When it has run
and Python takes itself apart, they come too late to change anything. Nor does a library in C that gives up and ends the
process, as OpenBLAS does where it gets no memory: its exit code would be that of a verdict.
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
_SAID: Final = b"telltale-conformance: inconclusive: a library ended the process; the last error of the system"


def main() -> None:
    """Run the command line."""
    for number in _SIGNALS:
        signal.signal(number, _end)
    atexit.register(_be_deaf)  # registered first, so that it runs last
    _let_exit_mean(_INCONCLUSIVE, _SAID)
    try:
        from telltale_conformance.oracle.cli import app

        app.main()
    except SystemExit as ended:
        _let_exit_mean(ended.code if isinstance(ended.code, int) else _INCONCLUSIVE)
        raise
    except Exception as error:  # what is caught below ends with a code of its own; here not even that is there
        _say(f"it cannot be started: {error!a}"[:1000])
        _let_exit_mean(_INCONCLUSIVE)
        raise SystemExit(_INCONCLUSIVE) from None


def _let_exit_mean(code: int, said: bytes | None = None) -> None:
    """From now on C's ``exit`` ends the process with this code, whichever it is given, and says something before.

    What was registered last runs first, so the last call counts. Python's own end comes before C's.
    """
    with suppress(Exception):  # without ctypes, or the memory for it
        import ctypes

        libc = ctypes.CDLL(None)
        register = libc["__cxa_atexit"]
        register(libc["_exit"], ctypes.c_void_p(code), None)
        if said is not None:
            register(libc["perror"], ctypes.c_char_p(said), None)


def _be_deaf() -> None:
    """Ignore signals: Python drops its handlers soon, and the exit code would be that of the signal."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    """End at once, past all that Python does at its end."""
    _say(f"ended by {signal.Signals(number).name}")
    os._exit(_INCONCLUSIVE)


def _say(why: str) -> None:
    with suppress(OSError):
        os.write(2, f"telltale-conformance: inconclusive: {why}\n".encode())


if __name__ == "__main__":
    main()
