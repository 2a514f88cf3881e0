"""Writes the fixed list that the package plays: ``python -m tests.wrong_stores.fixed_list``.

Every trigger of the catalogue and every sweep, each program once, the shortest first.
"""

from __future__ import annotations

from pathlib import Path

from telltale_conformance.generators.fixed_programs import FILE, FixedProgram, written_line
from telltale_conformance.lean_traces.writer import packed
from tests.wrong_stores.auth_proofs import AUTH_PROOFS
from tests.wrong_stores.auth_trees import AUTH_TREES
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.rows import rows
from tests.wrong_stores.steps import played
from tests.wrong_stores.sweeps import sweeps


def text() -> bytes:
    """Return the file as the catalogue gives it."""
    named = [
        (wrong.name, wrong.trigger) for wrong in (*CATALOGUE, *AUTH_TREES, *AUTH_PROOFS, *rows()) if wrong.trigger
    ] + [(name, played(play)) for name, play in sweeps()]
    programs: dict[bytes, FixedProgram] = {}
    for name, steps in named:
        key = written_line(FixedProgram((), steps))
        known = programs.get(key, FixedProgram((), steps))
        programs[key] = FixedProgram((*known.tells, name), steps)
    return b"".join(map(written_line, sorted(programs.values(), key=lambda program: len(program.steps))))


if __name__ == "__main__":
    place = Path(__file__).parents[2] / "generators" / "data" / "fixed" / FILE
    place.write_bytes(packed(text()))
