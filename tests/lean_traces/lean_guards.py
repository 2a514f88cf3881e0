"""Every guard of every operation of the Lean model taken out, one at a time, and the proof that then fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from telltale_conformance.lean_traces.lean_bundle import LeanBundle, module_order, read_sources
from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_process import LeanProcess
from tests.lean_traces.lean_stubs import stubbed
from tests.lean_traces.lean_world import lean_to_use

WITH_GUARDS: Final = ("Telltale.Ownership", "Telltale.Witnesses", "Telltale.Mutations")
"""The modules whose operations begin with guards."""
_OPERATION: Final = re.compile(r"^def (\w+) [^\n]*: Turn :=$.*?(?=^$)", re.MULTILINE | re.DOTALL)
_GUARD: Final = re.compile(r"\b(g[A-Z]\w*)((?: \([^()]*\)| [\w.]+)*) <\|\s*")
_DECLARATION: Final = re.compile(r"(?:@\[.*\] )?(?:theorem|def|inductive|structure|instance|macro) (\S+)")
_HEADER: Final = re.compile(r"\A.*?^(?=namespace Telltale)", re.MULTILINE | re.DOTALL)
TOP: Final = (
    "module\n\n@[expose] public section\n\nset_option warn.sorry false\nset_option linter.unusedVariables false\n"
)


@dataclass(frozen=True, slots=True)
class GuardTaken:
    """A guard that an operation no longer has.

    Attributes:
        operation: the definition in the model.
        guard: the guard's definition.
        about: what it is asked of, as written there.
        module: where the operation is.
        start, end: the text that goes.
    """

    operation: str
    guard: str
    about: str
    module: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return f"{self.operation} without {self.guard}{self.about}"

    @property
    def proof(self) -> str:
        """The proof that cannot be made any more: of a theorem, or of the lemma that it follows from."""
        return BROKEN.get((self.operation, self.guard)) or BROKEN["*", self.guard]


BROKEN: Final[Mapping[tuple[str, str], str]] = {
    ("*", "gOpen"): "K9_terminal_refuses",
    ("*", "gActive"): "over_refused",
    ("*", "gLive"): "stale_refused",
    ("*", "gNamed"): "died_by_name",
    ("*", "gHonest"): "K6_hardened",
    ("*", "gScope"): "session_scoped",
    ("*", "gMatch"): "K7_only_the_pending",
    ("*", "gCounter"): "given_numbers_counted",
    ("attenuate", "gWithin"): "K4_hardened",
    ("transfer", "gWithin"): "K5_hardened",
    ("transfer", "gIdle"): "K7_no_second",
    ("claim", "gUnowned"): "K12_owner_ends_recorded",
    ("*", "gIdle"): "orderly_pending",
    ("release", "gIdle"): "backed_after",
    ("consume", "gUnconsumed"): "consumed_refused",
    ("consume", "gUnchanged"): "replay_step",
    ("consume", "gBound"): "old_witness_refused",
    ("mutate", "gOwnEdge"): "touches_own",
    ("hostCall", "gOpen"): "K28_hardened",
    ("hostCall", "gUnowned"): "K28_hardened",
}
"""For a guard of an operation, or of every other operation that has it: the proof that fails without it."""

BY_ITS_SENTENCE: Final[Mapping[tuple[str, str], str]] = {
    ("claim", "gUnowned"): "K21_only_by_commit",
    ("release", "gLive"): "old_refused",
    ("validate", "gLive"): "K23_accepts_the_live",
    ("attenuate", "gLive"): "K23_refusals_true",
    ("consume", "gUnchanged"): "K2_hardened_presented",
}
"""Proofs of what claims say without a word of the log, and a guard of each without which it fails.

``K1_hardened_live`` looks at what is refused through ``old_refused`` alone.  Without its guard a narrowing refuses a
stale capability with what ``K23_refusals_true`` forbids: as a violation by an owner who is not the live one.
"""

LEFT_OUT: Final = {
    ("commit", "gGiver"): "it refuses nothing: a pending transfer is from the live owner (backed_after, contract §1)",
    ("hostCall", "gActive"): "K28 is about owners; only the comparison with the reference notices it",
}
"""Guards without which every proof is still made, and why."""


@cache
def guards_taken() -> tuple[GuardTaken, ...]:
    """Return every guard that decides and can be left out; one that gives the next its value (``fun o =>``) cannot."""
    return tuple(taken for taken in _guards_taken() if (taken.operation, taken.guard) not in LEFT_OUT)


def _guards_taken() -> Iterator[GuardTaken]:
    sources = read_sources()
    for module in WITH_GUARDS:
        for operation in _OPERATION.finditer(sources[module]):
            for guard in _GUARD.finditer(operation[0]):
                at = operation.start()
                yield GuardTaken(operation[1], guard[1], guard[2], module, at + guard.start(), at + guard.end())


def failed_in_copies(changes: Sequence[GuardTaken | None], proofs: Sequence[Sequence[str]]) -> list[set[str]]:
    """Return the declarations that Lean refuses in a copy of the model for each change; None changes nothing.

    A copy has the modules that its proofs need. All other theorems are taken for granted.
    """
    sources = read_sources()
    text = TOP
    ends = []
    for number, (change, tried) in enumerate(zip(changes, proofs, strict=True)):
        text += f"namespace Copy{number}\n" + _copy(sources, change, tried, f"_{number}") + f"\nend Copy{number}\n"
        ends.append(text.count("\n"))
    lines = text.split("\n")
    failed: list[set[str]] = [set() for _ in changes]
    with LeanProcess(lean_to_use()) as process:
        process.launch(LeanBundle(text, ()))
        with suppress(LeanSourceError):
            process.wait(3600, "copies of the model without a guard")
        for message in process.messages():
            position = message.get("pos")
            if message["severity"] == "error":
                assert isinstance(position, dict), message
                line = position["line"]
                copy = next(number for number, end in enumerate(ends) if line <= end)
                failed[copy].add(_declared(lines, line))
    return failed


def _copy(sources: Mapping[str, str], change: GuardTaken | None, tried: Sequence[str], suffix: str) -> str:
    modules = dict.fromkeys(module for name in tried for module in module_order(_home(sources, name), sources))
    needed = {module: sources[module] for module in modules}
    if change is not None:
        whole = needed[change.module]
        needed[change.module] = whole[: change.start] + whole[change.end :]
    bodies = [_HEADER.sub("", text) for text in stubbed(needed, tried).values()]
    return "\n".join(bodies).replace("unfolding_operations", f"unfolding_operations{suffix}")


def _home(sources: Mapping[str, str], proof: str) -> str:
    return next(
        module for module, text in sources.items() if re.search(rf"^(?:@\[.*\] )?theorem {proof}\b", text, re.M)
    )


def _declared(lines: Sequence[str], line: int) -> str:
    names = (_DECLARATION.match(text) for text in reversed(lines[:line]))
    return next(name[1] for name in names if name)
