"""Type-check the Lean model and its proofs."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.lean_bundle import (
    PROOF_ROOT,
    LeanTheorem,
    differs_from_modules,
    make_bundle,
    read_sources,
    theorems,
)
from telltale_conformance.lean_traces.lean_errors import LeanSourceError, LeanToolchainFailed
from telltale_conformance.lean_traces.lean_process import LeanProcess
from telltale_conformance.lean_traces.lean_rules import refuse_broken_rules
from telltale_conformance.lean_traces.lean_statements import unlike_pinned
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, find_toolchain

CHECK_DEADLINE: Final = 900.0
"""Seconds of CPU that a check may take."""


AXIOMS: Final = frozenset({"propext", "Classical.choice", "Quot.sound"})
"""The axioms that a theorem may depend on: those of Lean itself. A native Lean says which they are."""
_STATEMENT: Final = "\n#check @{0}\n"
_AXIOMS_TOO: Final = "\n#check @{0}\n#print axioms {0}\n"
_DEPENDS: Final = re.compile(r"'([^']+)' (?:depends on axioms: \[([^\]]*)\]|does not depend on any axioms)")
_TOLD: Final = 10


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
) -> LeanCheck:
    """Check the model and all proofs in one Lean run.

    Every theorem that has a sentence is asked for by name at the end, so a run that did not get so far, or lost
    one, does not pass.

    Args:
        toolchain: which Lean; the one found when ``None``.
        sources: another folder with the package.
        deadline: seconds of CPU.

    Raises:
        LeanSourceError: the sources break a rule or state something else than is pinned, an error or a warning of
            Lean, a theorem that rests on an axiom.
        LeanToolchainFailed: it passed over a theorem, or does not say what one rests on.
        LeanError: Lean failed.
    """
    texts = read_sources(sources)
    refuse_broken_rules(texts)
    unlike = unlike_pinned(texts)
    if unlike:
        raise LeanSourceError("; ".join(unlike[:_TOLD]), remedy="if that is meant, run `python -m tools.pin_theorems`")
    toolchain = find_toolchain() if toolchain is None else toolchain
    wanted = theorems(texts)
    asks_axioms = toolchain.kind == "native"
    tail = "".join(map(_AXIOMS_TOO.format if asks_axioms else _STATEMENT.format, (theorem.name for theorem in wanted)))
    bundle = make_bundle(PROOF_ROOT, texts, tail, is_module=not asks_axioms)
    difference = differs_from_modules(bundle, PROOF_ROOT, texts, tail, is_module=not asks_axioms)
    if difference is not None:
        raise LeanSourceError(f"the file that Lean is given is not the modules: {difference}")
    begun = time.monotonic()
    with LeanProcess(toolchain) as process:
        process.launch(bundle)
        messages = process.wait(deadline, "the check")
    said = [str(message.get("data", "")) for message in messages]
    statements = {}
    for data in said:
        name, _, statement = data.partition(" : ")
        statements[name.strip().removeprefix("@")] = " ".join(statement.split())
    if asks_axioms:
        _refuse_axioms([theorem.name for theorem in wanted], said)
    missing = [theorem.name for theorem in wanted if not statements.get(theorem.name)]
    if missing:
        raise LeanToolchainFailed(f"Lean does not confirm {', '.join(missing)}")
    found = tuple((theorem, statements[theorem.name]) for theorem in wanted)
    return LeanCheck(found, time.monotonic() - begun)


def _refuse_axioms(names: Sequence[str], said: Sequence[str]) -> None:
    """Refuse a theorem that rests on more than Lean's own axioms, or of which Lean does not say."""
    rests = {found[1]: found[2] or "" for data in said if (found := _DEPENDS.search(data))}
    for name in names:
        if name not in rests:
            raise LeanToolchainFailed(f"Lean does not say which axioms {name} rests on")
        foreign = sorted({axiom.strip() for axiom in rests[name].split(",") if axiom.strip()} - AXIOMS)
        if foreign:
            raise LeanSourceError(f"{name} rests on {', '.join(foreign)}")
