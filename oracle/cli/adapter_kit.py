"""The command ``adapter-kit``: tell an adapter's author, check by check, whether it speaks the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from telltale_conformance.oracle.adapters import (
    AdapterFault,
    AdapterLimits,
    SubprocessAdapter,
    split_command,
)
from telltale_conformance.oracle.adapters.kit import CHECKS, Check, NotOffered, Problem
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.verdict.exit_codes import AGREE, INCONCLUSIVE
from telltale_conformance.readable import last_lines

Status = Literal["passed", "failed", "advice", "skipped"]
_MARKS: dict[Status, str] = {"passed": "ok", "failed": "FAILED", "advice": "advice", "skipped": "skipped"}


class Result(NamedTuple):
    """What a check came to."""

    check: str
    status: Status
    """``advice`` is a failure that makes less of an implementation judged, and nothing wrong."""
    detail: str
    hint: str = ""

    def lines(self) -> str:
        """Return it for people."""
        text = f"{_MARKS[self.status]:8}{self.check:14}{self.detail}"
        return text + (f"\n{'':22}→ {self.hint}" if self.hint else "")


_OF_THE_CONTRACT: Final = frozenset(check.name for check in CHECKS if check.weight == "contract")


@told
def run(cmd: str, *, as_json: bool, deadline: float) -> int:
    """Check the adapter behind a command and print what was found.

    Args:
        cmd: the command, split into words without a shell.
        as_json: print one JSON object instead of a line per check.
        deadline: seconds for an answer; three times as long for the first one after a start.

    Returns:
        The exit code: 0 when the adapter can be used, 3 when not, 2 when the command makes no sense.
    """
    words = split_command(cmd)
    limits = AdapterLimits(
        deadline=deadline, start_deadline=3 * deadline, close_deadline=deadline, restarts=len(CHECKS) + 1
    )
    results = []
    for result in check_adapter(words, limits):
        results.append(result)
        if not as_json:
            say(result.lines())
    failed = [result.check for result in results if result.status == "failed"]
    if as_json:
        document = {
            "adapter": cmd,
            "checks": [result._asdict() for result in results],
            "verdict": "inconclusive" if failed else "agree",
        }
        say_json(document)
    elif failed:
        say(f"\nThe adapter cannot be used yet: {', '.join(failed)}.")
    else:
        say("\nThe adapter speaks the protocol. Next: telltale-conformance check --sut CMD")
        broken = [result.check for result in results if result.status == "advice" and result.check in _OF_THE_CONTRACT]
        if broken:
            say(f"The store behind it does not keep the contract, and check will say so: {', '.join(broken)}.")
    return INCONCLUSIVE if failed else AGREE


def check_adapter(command: list[str], limits: AdapterLimits) -> Iterator[Result]:
    """Yield the result of every check, in order, as it comes."""
    try:
        adapter = SubprocessAdapter(command, limits)
    except AdapterFault as fault:
        yield _failed("hello", fault)
        return
    hello = adapter.hello
    observes = "observes the log" if hello.audited else "does not observe the log"
    yield Result("hello", "passed", f"{hello.name} {hello.version} ({hello.language}), {hello.contract}, {observes}")
    with adapter:
        for check in CHECKS:
            yield (result := _run(check, adapter))
            if result.status == "failed" and adapter.pid == 0:
                try:
                    adapter.reset()
                except AdapterFault as fault:
                    yield _failed("restart", fault)
                    return
        yield _bye(adapter)
    yield _again(command, limits, adapter)


def _run(check: Check, adapter: SubprocessAdapter) -> Result:
    try:
        if adapter.pid == 0:
            adapter.reset()
        return Result(check.name, "passed", check.run(adapter))
    except NotOffered as lack:
        return Result(check.name, "skipped", str(lack))
    except Problem as problem:
        status: Status = "failed" if check.weight == "must" else "advice"
        return Result(check.name, status, problem.problem, problem.remedy)
    except AdapterFault as fault:
        return _failed(check.name, fault, "failed" if check.weight == "must" else "advice")


def _bye(adapter: SubprocessAdapter) -> Result:
    try:
        adapter.close()
    except AdapterFault as fault:
        return _failed("bye", fault)
    return Result("bye", "passed", "it exits with status 0 and leaves nothing behind")


def _again(command: list[str], limits: AdapterLimits, before: SubprocessAdapter) -> Result:
    try:
        with SubprocessAdapter(command, limits) as adapter:
            if adapter.hello == before.hello:
                return Result("again", "passed", "a second start says the same hello")
    except AdapterFault as fault:
        return _failed("again", fault)
    return Result("again", "failed", "a second start says another hello", "let it not depend on the start")


def _failed(check: str, fault: AdapterFault, status: Status = "failed") -> Result:
    shown = fault.diagnostic()
    parts = [f"{shown.message} [{shown.code}]"]
    if shown.request:
        parts.append(f"while waiting for {shown.request}")
    if shown.cause:
        parts.append(shown.cause)
    detail = "; ".join(parts)
    if shown.stderr:
        detail += f"\n{'':22}stderr: {last_lines(shown.stderr.strip(), 1, 200)[0]}"
    return Result(check, status, detail, shown.hint)
