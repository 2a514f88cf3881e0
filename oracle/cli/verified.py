"""What running a dossier again showed, in words, and which exit code follows."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from telltale_conformance.oracle.cli.options import Expected
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE

Verdict = Literal["reproduced", "fixed", "other", "flaky", "inconclusive"]
"""``reproduced``: the same class at the same step; of one that does not repeat, that it still comes and goes.
``fixed``: every answer was judged and agrees. ``other``: another divergence. ``flaky``: it repeated when the dossier
was written, and now comes and goes. ``inconclusive``: nothing can be said, and ``why`` says for what reason."""

_WORDS: Final[dict[Verdict, str]] = {
    "reproduced": "same verdict",
    "fixed": "fixed",
    "other": "other verdict",
    "flaky": "flaky",
    "inconclusive": "inconclusive",
}


class Verified(Struct, frozen=True, kw_only=True):
    """What running a dossier again showed."""

    dossier: str
    verdict: Verdict = "inconclusive"
    was: str
    now: str
    written_with: str = ""
    """The implementation that the dossier was written with, and its version."""
    changed: tuple[str, ...] = ()
    """What is not as it was when the dossier was written."""
    why: str | None = None
    """Why nothing can be concluded."""

    def exit_code(self, expect: Expected | None) -> int:
        """Return the exit code where one verdict is expected, or none in particular.

        One that comes and goes leaves open whether it is the same, but it is certainly not fixed.
        """
        if self.verdict == "inconclusive" or (self.verdict == "flaky" and expect != "fixed"):
            return INCONCLUSIVE
        accepted = tuple(Expected) if expect is None else (expect,)
        return AGREE if self.verdict in accepted else DIVERGE

    def text(self, expect: Expected | None = None) -> str:
        """Return it for people."""
        lines = [f"{_WORDS[self.verdict]}  {self.dossier}: {self._first()}"]
        if self.verdict in ("other", "flaky", "inconclusive"):
            lines.append(f"  was  {self.was}")
        if self.now != self.was:
            lines.append(f"  is   {self.now}")
        lines.extend(f"  changed  {what}" for what in self.changed)
        if self.exit_code(expect) == DIVERGE and expect is not None:
            lines.append(f"  expected {expect}")
        return "\n".join(lines)

    def _first(self) -> str:
        if self.why is not None:
            return self.why
        if self.verdict == "fixed":
            return f"fixed since {self.written_with}: {self.was}"
        return self.was if self.verdict == "reproduced" else "another divergence"
