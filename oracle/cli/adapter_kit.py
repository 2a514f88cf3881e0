"""The command ``adapter-kit``: tell an adapter's author, check by check, whether it speaks the protocol."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import (
    AdapterFault,
    AdapterLimits,
    Hello,
    SubprocessAdapter,
    split_command,
)
from telltale_conformance.oracle.adapters.kit import CHECKS, Check
from telltale_conformance.oracle.adapters.kit_results import Departure, NotOffered, Problem
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.lanes.prospects import Prospects, prospects
from telltale_conformance.oracle.verdict.exit_codes import AGREE, INCONCLUSIVE
from telltale_conformance.readable import last_lines
from telltale_conformance.sinks import shell_word

Status = Literal["passed", "failed", "advice", "skipped"]
_MARKS: dict[Status, str] = {"passed": "ok", "failed": "FAILED", "advice": "advice", "skipped": "skipped"}

_TIED: Final = "\N{NO-BREAK SPACE}"


class Result(NamedTuple):
    """What a check came to."""

    check: str
    status: Status
    """``advice`` is a failure that makes less of an implementation judged, and nothing wrong."""
    detail: str
    hint: str = ""
    for_check: bool = False
    """What was seen may be the store's doing, so that it is for ``check`` to judge."""

    def lines(self) -> str:
        """Return it for people."""
        text = f"{_MARKS[self.status]:8}{self.check:14}{self.detail}"
        return text + (f"\n{'':22}→ {self.hint}" if self.hint else "")


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
    hellos: list[Hello] = []
    for result in check_adapter(words, limits, hellos.append):
        results.append(result)
        if not as_json:
            say(result.lines())
    failed = [result.check for result in results if result.status == "failed"]
    ahead = prospects(hellos[0]) if hellos and hellos[0].contract in CONTRACTS else None
    if as_json:
        document = {
            "adapter": cmd,
            "checks": [result._asdict() for result in results],
            "can_judge": ahead,
            "verdict": "inconclusive" if failed else "agree",
        }
        say_json(document)
        return INCONCLUSIVE if failed else AGREE
    if ahead is not None:
        say("\n" + "\n".join(_told(ahead)))
    if failed:
        say(f"\nThe adapter cannot be used yet: {', '.join(failed)}.")
        return INCONCLUSIVE
    say(f"\nThe adapter speaks the protocol. Next: telltale-conformance check --sut {shell_word(cmd)}")
    left = [result.check for result in results if result.for_check]
    if left:
        say(f"Something was answered otherwise than the contract has it; check will judge it: {', '.join(left)}.")
    return AGREE


def _told(ahead: Prospects) -> Iterator[str]:
    """Yield what a check will and will not be able to judge, for people."""
    count = len(OPERATIONS)
    yield "What check can judge with the operations that are offered:"
    yield _listed("operations", f"{len(ahead.operations)} of {count}", ahead.operations)
    yield _listed(
        "rows", "by sections of the contract", [f"{name} {n} of {of}" for name, (n, of) in ahead.rows.items() if n]
    )
    yield _listed("claims", f"{len(ahead.claims)} of {len(CLAIMS)}", [CLAIMS[claim].title for claim in ahead.claims])
    yield _listed("lanes", f"{len(ahead.lanes)} of {len(ahead.lanes) + len(ahead.lanes_not)}", ahead.lanes)
    none = [name for name, (n, _) in ahead.rows.items() if not n]
    idle = [f"{lane} ({why})" for lane, why in ahead.lanes_not.items()]
    lines = [
        _listed("operations", str(len(ahead.operations_not)), ahead.operations_not),
        _listed("rows", "no row of these sections", none),
        _listed("successes", "refusals only, for want of other operations", ahead.refused_only),
        _listed("claims", str(len(ahead.claims_not)), [CLAIMS[claim].title for claim in ahead.claims_not]),
        _listed("lanes", str(len(idle)), idle),
        *(f"  {unseen}" for unseen in ahead.not_compared),
    ]
    names = (ahead.operations_not, none, ahead.refused_only, ahead.claims_not, idle)
    shown = [line for line, wanted in zip(lines, [*names, *ahead.not_compared], strict=True) if wanted]
    if shown:
        yield "What it cannot judge:"
        yield from shown


def _listed(what: str, count: str, names: Sequence[str]) -> str:
    """Return a line that counts and names, broken where it is long."""
    kept = [name.replace(" ", _TIED) for name in names]  # a claim is not parted from its name
    filled = textwrap.fill(
        f"{count}: {', '.join(kept)}" if names else count,
        100,
        initial_indent=f"  {what:12}",
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_TIED, " ")


def check_adapter(
    command: list[str], limits: AdapterLimits, greeted: Callable[[Hello], None] = lambda hello: None
) -> Iterator[Result]:
    """Yield the result of every check, in order, as it comes; a hello is handed on before."""
    try:
        adapter = SubprocessAdapter(command, limits)
    except AdapterFault as fault:
        yield _failed("hello", fault)
        return
    hello = adapter.hello
    greeted(hello)
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
        for_check = isinstance(problem, Departure) or check.weight == "contract"
        status: Status = "failed" if check.weight == "must" and not for_check else "advice"
        return Result(check.name, status, problem.problem, problem.remedy, for_check)
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
