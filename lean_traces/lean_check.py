"""Type-check the Lean model and its proofs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.lean_bundle import (
    PROOF_ROOT,
    LeanTheorem,
    forbidden_words,
    make_bundle,
    read_sources,
    theorems,
)
from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_process import LeanProcess
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, find_toolchain

CHECK_DEADLINE: Final = 900.0
"""Seconds that a check may take; it takes about 120 on two free cores."""


@dataclass(frozen=True, slots=True)
class LeanCheck:
    """What a check found: every theorem with its statement as Lean prints it, and how long it took."""

    theorems: tuple[tuple[LeanTheorem, str], ...]
    seconds: float


def check_proofs(
    toolchain: LeanToolchain | None = None,
    *,
    sources: Path | None = None,
    deadline: float = CHECK_DEADLINE,
    said: Callable[[str], None] = lambda _text: None,
) -> LeanCheck:
    """Check the model and all proofs in one Lean run.

    Every theorem that has a sentence is asked for by name at the end, so a run that did not get so far, or lost
    one, does not pass.

    Args:
        toolchain: which Lean; the one found when ``None``.
        sources: another folder with the package.
        deadline: seconds.
        said: told what is being done.

    Raises:
        LeanSourceError: a forbidden word, an error or a warning of Lean, or a theorem that is not there.
        LeanError: Lean failed.
    """
    texts = read_sources(sources)
    words = forbidden_words(texts)
    if words:
        raise LeanSourceError("forbidden words: " + ", ".join(words))
    wanted = theorems(texts)
    asked = "".join(f"\n#check @{theorem.name}" for theorem in wanted)
    bundle = make_bundle(PROOF_ROOT, texts, tail=f"{asked}\n")
    toolchain = find_toolchain() if toolchain is None else toolchain
    said(f"checking {len(wanted)} theorems with {toolchain.describe()}")
    begun = time.monotonic()
    with LeanProcess(toolchain) as process:
        process.launch(bundle)
        messages = process.wait(deadline, "the check")
    statements = {}
    for message in messages:
        data = str(message.get("data", ""))
        name, _, statement = data.partition(" : ")
        statements[name.strip().removeprefix("@")] = " ".join(statement.split())
    missing = [theorem.name for theorem in wanted if not statements.get(theorem.name)]
    if missing:
        raise LeanSourceError(f"Lean does not confirm {', '.join(missing)}")
    found = tuple((theorem, statements[theorem.name]) for theorem in wanted)
    return LeanCheck(found, time.monotonic() - begun)
