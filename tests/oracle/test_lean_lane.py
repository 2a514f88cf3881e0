"""The Lean model live: it exports the corpus again without difference and agrees on fresh programs.

That every trace is of today's model and agrees with the reference is shown without Lean, in ``test_corpus.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale_conformance.generators.corpus_programs import corpus_programs
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.shipped import CORPUS
from telltale_conformance.oracle.lanes.lean import compare_runs, diff_programs
from telltale_conformance.oracle.lanes.lean_export import corpus_differences, exported
from telltale_conformance.oracle.verdict.compare import Level


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.nightly)])
def test_exporting_the_corpus_again_gives_the_same_bytes(lean_model: LeanModel, tmp_path: Path, every: int) -> None:
    programs = list(corpus_programs())
    assert len(programs) >= 300
    traces = list(exported(lean_model, programs[::every]))
    left = {f"{name}.jsonl.gz" for name, _ in programs} - {name for name, _ in traces}
    gone = [f"{name} is no trace of the model any more" for name in sorted(left)]
    assert corpus_differences(CORPUS, iter(traces)) == gone

    name, content = traces[0]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "gone.jsonl.gz").write_bytes(b"")
    problems = corpus_differences(tmp_path, iter([(name, content + b"x"), traces[1]]))
    assert problems == [
        f"{name} differs from what the model answers now",
        f"{traces[1][0]} is not in the corpus",
        "gone.jsonl.gz is no trace of the model any more",
    ]


@pytest.mark.parametrize(
    ("contract", "programs"),
    [
        ("telltale-17", 100),
        ("hardened", 100),
        pytest.param("telltale-17", 2000, marks=pytest.mark.nightly),
        pytest.param("hardened", 2000, marks=pytest.mark.nightly),
    ],
)
def test_the_model_agrees_with_the_reference_on_fresh_programs(
    lean_model: LeanModel, contract: str, programs: int
) -> None:
    compared = list(compare_runs(lean_model, list(diff_programs(7, programs, 40, contract)), Level.state))
    assert len(compared) == programs
    assert [found.divergence for found in compared if found.divergence is not None] == []
    assert sum(found.tally.judged for found in compared) > 40 * programs
