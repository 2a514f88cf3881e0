"""What was measured, kept beside the tool, and the section of docs/claims.md that is made from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tools.claims_completeness.measuring import Noticed
from tools.claims_completeness.unnoticed import NOTHING_CHANGES, why

MEASURED: Final = Path(__file__).with_name("measured.json")


def write(found: Iterable[Noticed]) -> None:
    """Keep what was measured."""
    rows = [json.dumps(asdict(noticed), ensure_ascii=False) for noticed in found]
    MEASURED.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


def measured() -> list[Noticed]:
    """Return what was measured."""
    return [Noticed(**row) for row in json.loads(MEASURED.read_text(encoding="utf-8"))]


def section() -> str:
    """Return the figures and the list of what no claim notices."""
    rows = measured()
    lines = ["| kind of change | changes | refuted | no longer proved | unnoticed |", "|---|---|---|---|---|"]
    for kind in dict.fromkeys(row.kind for row in rows):
        how = Counter(row.how for row in rows if row.kind == kind)
        lines.append(
            f"| {kind} | {how.total()} | {how['refuted']} | {how['no longer proved']} | {how['reference only']} |"
        )
    how = Counter(row.how for row in rows)
    lines.append(f"| all | {how.total()} | {how['refuted']} | {how['no longer proved']} | {how['reference only']} |")
    unnoticed: dict[str, list[str]] = {}
    none = 0
    for row in rows:
        if row.how == "reference only":
            kind, sentence = why(row.change)
            unnoticed.setdefault(f"{kind}: {sentence}", []).append(row.change)
            none += kind == NOTHING_CHANGES
    noticed, able = how["refuted"] + how["no longer proved"], how.total() - none
    lines += [
        "",
        f"Claims alone notice {noticed} of {how.total()} changes ({noticed / how.total():.1%}). {none} of the others"
        f" change nothing that an operation can show; of the remaining {able}, claims notice {noticed / able:.1%}.",
        "",
        "| unnoticed changes | why |",
        "|---|---|",
    ]
    lines += [f"| {'; '.join(changes)} | {reason} |" for reason, changes in unnoticed.items()]
    return "\n".join(lines)
