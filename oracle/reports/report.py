"""What a check concluded, as every form of the report is given it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Answer, Hello
from telltale_conformance.oracle.claims.catalogue import CLAIMS, in_order, title_of
from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.verdict.baseline import Entry, Standing
from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED, ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.oracle.verdict.not_covered import NotCovered
from telltale_conformance.oracle.verdict.required import Required
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from telltale_conformance.readable import counted

Stand = Literal["new", "known", "expired"]
"""Whether the baseline lists a divergence; ``expired`` when it does and its last day has passed."""


class Reproducer(Struct, frozen=True, kw_only=True):
    """A text that shows a divergence again when it is pasted somewhere."""

    title: str
    """Where to paste it, as ``Shell``."""
    text: str


Ending = Literal["minimal", "deadline", "flaky", "stale store", "not seen again", "inconclusive", "as found"]
"""The result of making a program smaller. ``deadline``: smaller, but perhaps not minimal. ``flaky``: it is
seen in some runs only; ``stale store``: only after other programs in the same process; ``not seen again``: in none.
``inconclusive``: the adapter failed. ``as found``: it was not run again."""


class Reduction(Struct, frozen=True, kw_only=True):
    """The result of running a divergence again and making its program smaller."""

    ending: Ending
    remark: str = ""
    """What one must know about it, in a sentence; empty where it is minimal and repeats."""
    divergence: LaneDivergence
    """The divergence as this program shows it."""
    program: Program | None
    """The smallest program that was found; None where the case has none to show."""
    notes: Mapping[int, str] = {}
    """Why each step is needed, by its number."""
    explanation: str = ""
    """The whole text for people, where there is one."""
    rate: Rate | None = None
    """How often it was seen, where it was run again."""
    answers: tuple[Answer, ...] = ()
    """All answers of a run of this program that shows it."""
    recorded: bool = False
    """The answer is the one of a recording, carried along as data."""
    hello: Hello | None = None
    """Who answered, where it is not the implementation under test."""


Minimiser = Callable[[LaneDivergence], Reduction]
"""Runs a divergence again and makes its program smaller."""


class Finding(Struct, frozen=True, kw_only=True):
    """All cases of one class of divergence."""

    key: Fingerprint
    fingerprint: str
    stand: Stand
    entry: Entry | None
    """The baseline's entry, where it lists the class."""
    lanes: tuple[str, ...]
    cases: tuple[str, ...]
    """The cases that show it, as ``corpus: corner-3.jsonl``."""
    divergence: LaneDivergence
    """The case with the fewest steps, or its minimal form."""
    program: Program | None
    """That case's steps up to the divergence."""
    ending: Ending
    """The result of making the program smaller."""
    remark: str
    """What one must know about that, in a sentence; empty where it is minimal and repeats."""
    rate: Rate | None
    """How often it was seen, where it was run again."""
    trace: tuple[str, int] | None
    """The recorded trace and its event, where the case is one."""
    notes: Mapping[int, str]
    reproducers: tuple[Reproducer, ...]
    files: Mapping[str, bytes]
    """The files of its dossier by name; none where it has no program."""

    @property
    def minimal(self) -> bool:
        """Whether its program is proven to be minimal."""
        return self.ending == "minimal"

    @property
    def repeats(self) -> bool:
        """Whether it repeats, as far as is known."""
        return self.ending not in ("flaky", "stale store", "not seen again")

    @property
    def folder(self) -> str | None:
        """The name of its dossier within the folder of the report; None where it has none."""
        return f"divergences/{self.short}" if self.files else None

    @property
    def short(self) -> str:
        """The beginning of the fingerprint, enough to tell findings of a report apart."""
        return self.fingerprint[:12]

    @property
    def fails(self) -> bool:
        """Whether it fails the gate."""
        return self.stand != "known"


def claims_seen(lanes: Iterable[LaneResult]) -> dict[str, ClaimStand]:
    """Return how each claim of the catalogue stands by all lanes together; empty where none watched any."""
    watched = [lane.claims for lane in lanes if any(one.occasions is not None for one in lane.claims.values())]
    found = dict.fromkeys(CLAIMS, NOT_JUDGED) if watched else {}
    for claims in watched:
        for claim, stand in claims.items():
            found[claim] = found.get(claim, NOT_JUDGED) + stand
    return found


class Report(Struct, frozen=True, kw_only=True):
    """A check: what was judged, how, and the result."""

    harness: str
    """The version of the harness."""
    command: str | None
    """The adapter's command; None for the built-in reference."""
    again: str | None = None
    """The command that runs the same check again; None where it was not started by a command."""
    configured: str | None = None
    """The options that the project's file gave, and its name; None for none."""
    implementation: Hello
    contract: str
    level: Level
    seed: int
    effort: str
    cases: int | None = None
    """How many cases its lane was to try, in place of what the effort says."""
    time_limit: float | None = None
    """After how many seconds it would have been cut short; None for never."""
    seconds: float
    cpu_seconds: float = 0.0
    """Processor time of the lanes: of the harness, its workers and the adapters that have ended."""
    exit_code: int
    cut_short: str | None
    """Why the report is a partial one; None when every lane had its turn."""
    lanes: tuple[LaneResult, ...]
    self_tests: tuple[SelfTest, ...] = ()
    """What the harness shows of itself."""
    findings: tuple[Finding, ...]
    """Those that fail the gate first."""
    standing: Standing | None = None
    """What became of the baseline; None without one."""
    baseline: str | None = None
    """Its path."""
    artifact: str | None = None
    """The file of the repository beside which results are shown, as seen from its top, where the user chose one."""
    required: Required | None = None
    """The operations that must be offered; None for none."""
    lacking: tuple[str, ...] = ()
    """Those of them that are not."""
    not_covered: NotCovered = NotCovered()
    """What the verdict says nothing about."""

    @property
    def verdict(self) -> str:
        """The verdict in one word."""
        return {AGREE: "agree", DIVERGE: "diverge"}.get(self.exit_code, "inconclusive")

    @property
    def tally(self) -> Tally:
        """What was counted in all lanes."""
        return sum((lane.tally for lane in self.lanes), Tally())

    @property
    def judged(self) -> int:
        """How many answers were compared."""
        return self.tally.judged

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the gate."""
        return tuple(finding for finding in self.findings if finding.fails)

    @property
    def claims(self) -> dict[str, ClaimStand]:
        """How each claim of the catalogue stands by what was seen of the implementation; empty where none was watched.

        What lanes say about the contract itself is reported with those lanes.
        """
        found = claims_seen(self.lanes)
        for finding in self.findings:
            if finding.key.claim is not None:
                found[finding.key.claim] = found.get(finding.key.claim, NOT_JUDGED) + ClaimStand("broken", 1)
        return {claim: found[claim] for claim in in_order(found)}

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the verdict says nothing about, in phrases; claims with their names."""
        return self.not_covered.words(title_of)

    @property
    def apart(self) -> tuple[str, ...]:
        """How many divergences the baseline lists, in a phrase; empty where none was seen that it lists."""
        known = len(self.findings) - len(self.failing)
        return (f"{counted(known, 'known divergence')} apart",) if known else ()

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        name = f"{self.implementation.name} {self.implementation.version}".strip()
        failing, standing = self.failing, self.standing
        if failing:
            count = "one divergence" if len(failing) == 1 else f"{len(failing)} kinds of divergence"
            unsteady = sum(not finding.repeats for finding in failing)
            also = f"; {unsteady} of them did not repeat" if unsteady else ""
            sentence = f"{name} departs from contract {self.contract}: {count} that the gate does not accept{also}."
        elif any(lane.unexplained for lane in self.lanes):
            whole = ", ".join(lane.lane for lane in self.lanes if lane.unexplained)
            sentence = f"{name} departs from contract {self.contract} in what lane {whole} shows as a whole."
        elif self.lacking:
            count = "one required operation" if len(self.lacking) == 1 else f"{len(self.lacking)} required operations"
            sentence = f"{name} lacks {count}: {', '.join(self.lacking)}."
        elif self.exit_code == DIVERGE and standing is not None and (standing.stale or standing.expired):
            sentence = f"{name} shows nothing new, but the baseline is out of date."
        elif self.exit_code == AGREE:
            apart = "".join(f", {words}" for words in self.apart)
            sentence = f"{name} keeps contract {self.contract} in all {self.judged:,} answers judged{apart}."
        else:
            sentence = f"Nothing can be concluded about {name}: {self.open_question}."
        if self.not_covered.restricted_to:
            sentence += f" Only {self.not_covered.restricted_to[0]} was asked for."
        return f"{sentence} The run was cut short: {self.cut_short}." if self.cut_short else sentence

    @property
    def open_question(self) -> str:
        """Why nothing can be concluded, where that is so."""
        if self.cut_short:
            return "the run did not come to its end"
        lanes = [lane.lane for lane in self.lanes if lane.open]
        failing = [one.name for one in self.self_tests if one.fails]
        if failing and not lanes:
            return f"the harness does not pass its self-test {', '.join(failing)}"
        if lanes:
            return f"inconclusive in {', '.join(lanes)}"
        hollow = [name for name in self.not_covered.operations_unsupported if name in OPERATIONS]
        return f"offered and answered as unsupported: {', '.join(hollow)}" if hollow else "nothing was judged"
