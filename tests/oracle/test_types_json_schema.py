"""What ``types --json`` prints is as its schema says: good files, files with problems, malformed ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.schemas import validator
from tests.installed import run_here

FILES = {
    "local types": "roles A, B\nA = B!m. end\nB = A?m. end\n",
    "a deadlock": "A = B?m. B!n. end\nB = A?n. A!m. end\n",
    "a global type": "global = A -> B : {l(Nat). end, r. B -> A : x. end}\n",
    "no projection": "global = A -> B : {l. B -> C : x. C -> A : k. end, r. C -> B : y. end}\n",
    "a problem": "A = rec t. t\n",
    "malformed": "roles\n",
}


@pytest.mark.parametrize("options", [(), ("--lean-json",)])
@pytest.mark.parametrize("case", FILES)
def test_the_report_is_as_its_schema_says(tmp_path: Path, case: str, options: tuple[str, ...]) -> None:
    path = tmp_path / "p.session"
    path.write_text(FILES[case])
    row = json.loads(run_here("types", path, "--json", *options).stdout)
    check = validator("types")
    check.validate(row)
    for name in row:
        assert not check.is_valid({key: value for key, value in row.items() if key != name}), name
