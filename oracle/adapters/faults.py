"""What can go wrong with an adapter itself: one class per failure.

None of them says anything of the implementation: they make what they hit *inconclusive*.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from telltale_conformance.errors import LONGEST_PROBLEM, InconclusiveError
from telltale_conformance.readable import both_ends, last_lines


class Diagnostic(NamedTuple):
    """A failure as reports show it."""

    code: str
    message: str
    cause: str
    hint: str
    request: str
    """The request that was waited for, as ``op #id``; empty outside of one."""
    stderr: str
    """The end of what the adapter wrote to stderr."""

    def __str__(self) -> str:
        lines = [f"{self.message} [{self.code}]"]
        if self.request:
            lines.append(f"  while waiting for: {self.request}")
        if self.cause:
            lines.append(f"  cause: {self.cause}")
        lines.append(f"  hint: {self.hint}")
        if self.stderr:
            lines.append("  the end of its stderr:")
            lines.extend(f"    {line}" for line in last_lines(self.stderr))
        return "\n".join(lines)


class AdapterFault(InconclusiveError):
    """An adapter failed; nothing is concluded about the implementation behind it.

    The remedy is what the adapter's author can do.
    """

    code: ClassVar[str]

    def __init__(self, problem: str, cause: str = "") -> None:
        super().__init__(problem)
        self.cause = both_ends(cause, LONGEST_PROBLEM)
        self.request = ""
        self.stderr = ""

    def __str__(self) -> str:
        return self.problem

    def report(self) -> str:
        """Return everything that is known of this failure."""
        return str(self.diagnostic())

    def diagnostic(self) -> Diagnostic:
        """Return everything a report shows of this failure."""
        return Diagnostic(self.code, self.problem, self.cause, self.remedy, self.request, self.stderr)


class CannotStart(AdapterFault):
    """Thrown when the command of the adapter cannot be executed."""

    code = "cannot-start"
    remedy = "give the path of an executable file; the command is split like a shell's but runs without one"


class Exited(AdapterFault):
    """Thrown when the adapter ends, or closes its stdout, before it answered everything."""

    code = "exited"
    remedy = "keep reading requests until the operation bye; see its stderr for why it ended"


class DeadlinePassed(AdapterFault):
    """Thrown when no answer came within the deadline of a request."""

    code = "deadline"
    remedy = "flush stdout after every answer, or raise the deadline if the operation may take that long"


class HalfLine(AdapterFault):
    """Thrown when an answer begins and its line never ends."""

    code = "half-line"
    remedy = "end every answer with one line feed and flush"


class LineTooLong(AdapterFault):
    """Thrown when a line is longer than the limit; it is not read any further."""

    code = "line-too-long"
    remedy = "print one answer per line and nothing else; raise the limit if such an answer is meant"


class InvalidUtf8(AdapterFault):
    """Thrown when an answer is not UTF-8."""

    code = "invalid-utf8"
    remedy = "write stdout as UTF-8 bytes, whatever the locale is"


class NotJson(AdapterFault):
    """Thrown when a line is not one JSON text."""

    code = "not-json"
    remedy = "print nothing but answers on stdout; messages for people go to stderr"


class MalformedAnswer(AdapterFault):
    """Thrown when a line is JSON and not an answer."""

    code = "malformed-answer"
    remedy = (
        'an answer is {"id":N} with exactly one of ok, err, unsupported, panic, bad_request; ok and err come '
        "with audit exactly when the hello observes audit"
    )


class WrongId(AdapterFault):
    """Thrown when an answer carries another id than the request that is due."""

    code = "wrong-id"
    remedy = "answer in the order of the requests and copy the id"


class TwoAnswers(AdapterFault):
    """Thrown when a request is answered a second time, or something is answered that was not asked."""

    code = "two-answers"
    remedy = "print exactly one line per request"


class StderrFlood(AdapterFault):
    """Thrown when more is written to stderr between two resets than the limit."""

    code = "stderr-flood"
    remedy = "log less, or raise the limit; stderr is kept only to be shown with a failure"


class HelloRefused(AdapterFault):
    """Thrown when hello is answered with anything but ok."""

    code = "hello-refused"
    remedy = "answer hello with ok, before anything else"


class WrongProtocol(AdapterFault):
    """Thrown when the adapter speaks another version of the protocol."""

    code = "wrong-protocol"
    remedy = 'this harness speaks version 1: answer {"protocol":1,…}'


class MalformedHello(AdapterFault):
    """Thrown when a hello lacks a field, or has one of another kind or too long a one."""

    code = "malformed-hello"
    remedy = "a hello has protocol, name, version, language, contract, ops (a list) and observes (a list)"


class HelloChanged(AdapterFault):
    """Thrown when a restarted adapter says another hello than before."""

    code = "hello-changed"
    remedy = "the hello must not depend on when the adapter is started"


class ResetRefused(AdapterFault):
    """Thrown when reset is answered with anything but ok."""

    code = "reset-refused"
    remedy = "answer reset with ok once the store is fresh"


class ResetIgnored(AdapterFault):
    """Thrown when the store is not as fresh after a reset as it was at the start."""

    code = "reset-ignored"
    remedy = "reset makes a new, empty store: session ids start again as in a new process"


class NoCleanExit(AdapterFault):
    """Thrown when the adapter does not exit with status 0 after bye."""

    code = "no-clean-exit"
    remedy = "exit with status 0 at the operation bye"


class LeftProcesses(AdapterFault):
    """Thrown when the adapter has exited and processes that it started have not; they are killed."""

    code = "left-processes"
    remedy = "end and wait for everything that the adapter starts before it exits"


class RestartsSpent(AdapterFault):
    """Thrown when the adapter failed more often than it may be restarted."""

    code = "restarts-spent"
    remedy = "see the first failure; raise the number of restarts only if failures are expected"


class Closed(AdapterFault):
    """Thrown when an adapter is used that failed and was not reset, or that was closed."""

    code = "closed"
    remedy = "reset after a failure; a closed adapter stays closed"
