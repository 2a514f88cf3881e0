"""The texts for ``decode`` as programs of the fixed list: one for each type and form."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Final

from telltale_conformance.generators.fixed_decodings import fixed_trials
from telltale_conformance.generators.fixed_programs import FixedProgram
from telltale_conformance.lean_traces.programs import Step

OPERATION: Final = "decode"


@cache
def decoding_programs() -> tuple[FixedProgram, ...]:
    """Return them in the order of the types; a program is small, since a divergence ends it."""
    by_form = groupby(
        sorted(fixed_trials(), key=lambda trial: (trial.type_, trial.form)), lambda trial: (trial.type_, trial.form)
    )
    return tuple(
        FixedProgram(
            tells=(f"{OPERATION} {type_}, {form}",),
            steps=tuple(
                Step(args={"text": trial.text, "type": type_}, op=OPERATION, seq=seq)
                for seq, trial in enumerate(trials)
            ),
        )
        for (type_, form), trials in by_form
    )
