"""The Lean sources as text: bundles and the theorems that the documentation lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.lean_bundle import (
    PROOF_ROOT,
    RUN_ROOT,
    LeanBundle,
    LeanMutant,
    differs_from_modules,
    make_bundle,
    model_hash,
    module_order,
    mutants_bundle,
    read_sources,
    theorems,
)
from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_program import ARGUMENTS, LEAN_OPERATIONS, NOT_IN_LEAN
from telltale_conformance.lean_traces.lean_statements import ONE_RUN, quantified
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from tests.lean_traces.lean_mutants import MUTANTS
from tools.pin_theorems import table, with_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "lean.md"


def test_the_model_knows_every_operation_of_the_contract() -> None:
    assert OPERATIONS.keys() - NOT_IN_LEAN == LEAN_OPERATIONS
    readers = re.findall(r'^  [\[,] \("(\w+)", (\d+), ', read_sources()["Telltale.Decode"], re.MULTILINE)
    assert {op: int(count) for op, count in readers} == {op: len(ARGUMENTS[op]) for op in LEAN_OPERATIONS}


def test_no_import_from_outside_of_the_package() -> None:
    sources = read_sources()
    for text in sources.values():
        assert set(re.findall(r"^(?:public )?import (\S+)$", text, re.MULTILINE)) <= set(sources)
    assert set(module_order(RUN_ROOT, sources)) | set(module_order(PROOF_ROOT, sources)) == set(sources)


def test_the_runner_has_no_proofs_in_it() -> None:
    assert not [module for module in module_order(RUN_ROOT, read_sources()) if ".Proofs" in module]


def test_the_bundle_has_the_tokens_of_its_modules() -> None:
    sources = read_sources()
    tail = "\n#check @Telltale.K1_hardened\n"
    bundle = make_bundle(PROOF_ROOT, sources, tail)
    assert differs_from_modules(bundle, PROOF_ROOT, sources, tail) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("theorem K9_terminal_refuses", "theorem K9_other"),
        ("\ntheorem K9_terminal_refuses", "\n/- -/ axiom cheat : False\ntheorem K9_terminal_refuses"),
        ("public section", "section"),
    ],
)
def test_a_bundle_that_is_not_its_modules_is_told_with_the_place(old: str, new: str) -> None:
    sources = read_sources()
    bundle = make_bundle(PROOF_ROOT, sources)
    assert bundle.text.count(old) >= 1
    changed = LeanBundle(bundle.text.replace(old, new, 1), bundle.places)
    told = differs_from_modules(changed, PROOF_ROOT, sources, "")
    assert told is not None
    assert "the modules have" in told


def test_a_line_of_the_bundle_is_traced_to_its_file() -> None:
    sources = read_sources()
    bundle = make_bundle(PROOF_ROOT)
    lines = bundle.text.splitlines()
    for number in range(5, len(lines) + 1, 97):
        path, line = bundle.source_line(number).split(":")
        original = sources[path.removesuffix(".lean").replace("/", ".")].splitlines()[int(line) - 1]
        assert original == lines[number - 1] or re.match(r"module$|public import|@\[expose\]", original)


@pytest.mark.parametrize(
    ("sources", "cause"),
    [
        ({"Telltale.A": "module\npublic import Telltale.B\n"}, "not in the package"),
        (
            {"Telltale.A": "public import Telltale.B\n", "Telltale.B": "public import Telltale.A\n"},
            "imports itself",
        ),
    ],
)
def test_imports_that_cannot_be_bundled(sources: dict[str, str], cause: str) -> None:
    with pytest.raises(LeanSourceError, match=cause):
        module_order("Telltale.A", sources)


def test_missing_sources_are_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(LeanSourceError, match="no Lean sources"):
        read_sources(tmp_path)


def test_the_hash_is_of_the_model_and_not_of_its_proofs() -> None:
    sources = read_sources()
    before = model_hash(sources)
    assert model_hash({**sources, "Telltale.Claims": "module\n"}) == before
    assert model_hash({**sources, "Telltale.Operations": sources["Telltale.Operations"] + "\n"}) != before


def test_a_change_that_does_not_apply_once_is_refused(tmp_path: Path) -> None:
    for old in ("no such text", "def "):
        mutant = LeanMutant("x", "Telltale.Operations", old, "", ("open",))
        with pytest.raises(LeanSourceError, match="exactly once"):
            mutants_bundle([mutant], tmp_path / "request", [tmp_path / "answer"])


def test_there_are_enough_changes_and_each_applies(tmp_path: Path) -> None:
    assert len(MUTANTS) >= 15
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    answers = [tmp_path / str(number) for number in range(len(MUTANTS))]
    assert mutants_bundle(MUTANTS, tmp_path / "request", answers).text.count(".Serve.once ") == len(MUTANTS)
    assert {operation for mutant in MUTANTS for operation in mutant.operations} <= LEAN_OPERATIONS


HOLDS_UNDER_BOTH = {"K7", "K20", "K21", "K22", "K24"}


def test_each_claim_has_its_theorems() -> None:
    names = {theorem.name.removeprefix("Telltale.") for theorem in theorems()}
    claims = {theorem.claim for theorem in theorems()} - {""}
    assert claims == {claim.id for claim in CLAIMS.values() if "Lean" in claim.proved_in}
    for claim in claims - {"K9", *HOLDS_UNDER_BOTH}:
        assert {f"{claim}_hardened", f"not_{claim}_telltale17"} <= names
    for claim in HOLDS_UNDER_BOTH - {"K7"}:
        assert {f"{claim}_hardened", f"{claim}_telltale17"} <= names
    assert {"K9_terminal_refuses", "K9_hardened_status", "not_K9_telltale17_status"} <= names
    assert {f"{claim}_in_a_store" for claim in ("K1", "K2", "K3", "K9", "K11", "K12", "K15")} <= names


def test_the_documentation_lists_every_theorem_with_its_sentence_and_what_it_holds_of() -> None:
    sources = read_sources()
    document = DOCUMENT.read_text(encoding="utf-8")
    rows = table(sources)
    assert rows.count("\n") == len(theorems(sources))
    assert with_table(document, rows) == document


def test_the_readme_tells_how_many_theorems_there_are() -> None:
    readme = DOCUMENT.parents[1].joinpath("README.md").read_text(encoding="utf-8")
    assert f"[{len(theorems())} theorems](docs/lean.md#the-theorems)" in readme


SHOW_ONE_RUN = {
    "Telltale.honest_run_with_two_tenures",
    "Telltale.honest_run_in_a_store",
    "Telltale.a_dishonest_client_sees_the_difference",
}


def test_every_theorem_quantifies_over_something_or_shows_one_run() -> None:
    for name, kinds in quantified(read_sources()).items():
        assert kinds, name
        assert (kinds == (ONE_RUN,)) == (name.startswith("Telltale.not_") or name in SHOW_ONE_RUN)


def test_what_a_theorem_holds_of_is_read_from_its_statement_and_its_claim() -> None:
    claims = (
        "/-- All. -/\ndef K1 (k : Contract) : Prop :=\n  ∀ (ops later : List OwnOp) (c' : Cap) (n : Nat),"
        " reached k ops = later\n"
    )
    proofs = {
        "Telltale.Claims": "public import Telltale.Proofs.A\n",
        "Telltale.Proofs.A": f"{claims}/-- One. -/\ntheorem K1_hardened : K1 .hardened := by\n  cases h : (o : Op)\n"
        "/-- Two. -/\ntheorem other (k : Contract) {st : Store} (h : st = st) : st = st := rfl\n"
        "/-- Three. -/\ntheorem not_K1_telltale17 : ¬ K1 .telltale17 := h\n",
    }
    assert quantified(proofs) == {
        "Telltale.K1_hardened": (
            "`hardened`",
            "sessions from their opening on",
            "sequences of ownership operations",
            "capabilities",
        ),
        "Telltale.other": ("both contracts", "stores"),
        "Telltale.not_K1_telltale17": (ONE_RUN,),
    }
