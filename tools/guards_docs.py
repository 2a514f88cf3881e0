"""Writes docs/generated/guards.md from the table of guards: ``python -m tools.guards_docs``."""

from __future__ import annotations

from pathlib import Path

from telltale_conformance.model.guard_table import GUARDS

GUARDS_PAGE = Path(__file__).parents[1] / "docs" / "generated" / "guards.md"

_INTRODUCTION = """# Guards

<!-- Written by `python -m tools.guards_docs`; do not edit. -->

A guard is a condition of the [contract](../contract.md) that can refuse an operation. Where the contract refuses, every
text, report and fingerprint names the guard whose check fired, and says what failed: "refused by G-live: owner or
generation of the capability are not the live owner's". Where it does not, the text is "every guard of its row passes"
and the name is `passes`.

Several guards answer with one error. They are distinguished all the same: a store that lacks G-honest and then loses
G-scope too has a new divergence, although both are a `ScopeViolation`.

The order is that of the contract. `hardened` stands with the guards that only this contract has. The last column is the
reason under which a refused receipt or witness is logged as Rejected, where the operation logs it.
"""


def document() -> str:
    """Return the page."""
    lines = ["| guard | stated in | passes when | fails when | error | logged as |", "|---|---|---|---|---|---|"]
    for guard in GUARDS.values():
        origin = f"{guard.origin}, `hardened`" if guard.hardened else guard.origin
        error = f"`{guard.error}`" if guard.text is None else f"text `{guard.text.replace('{}', '…')}`"
        lines.append(f"| {guard.name} | {origin} | {guard.holds} | {guard.failed} | {error} | {guard.logged or ''} |")
    return "\n".join([_INTRODUCTION, *lines, ""])


if __name__ == "__main__":
    GUARDS_PAGE.write_text(document(), encoding="utf-8")
