"""What Lean would accept and a reader would not: every attempt to state ``1 = 2`` is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale_conformance.lean_traces import lean_statements
from telltale_conformance.lean_traces.lean_bundle import read_sources, theorems
from telltale_conformance.lean_traces.lean_check import check_proofs
from telltale_conformance.lean_traces.lean_errors import LeanSourceError, LeanTimeout, LeanToolchainFailed
from telltale_conformance.lean_traces.lean_rules import FORBIDDEN, broken_rules
from telltale_conformance.lean_traces.lean_statements import pinned, stated, unlike_pinned
from telltale_conformance.lean_traces.lean_tokens import tokens
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, sources_dir
from tests.lean_traces.lean_world import pretended

HOST = "Telltale.Proofs.Ownership"
ATTEMPTS = {
    "an axiom": "axiom cheat : (1 : Nat) = 2",
    "an axiom between two character literals": "def q := '\"' axiom cheat : (1 : Nat) = 2 def r := '\"'",
    "an axiom after an escaped quote": "def q := '\\'' axiom cheat : 1 = 2 def r := '\\''",
    "an axiom after a raw text that ends in a backslash": 'def q := r"\\" axiom cheat : 1 = 2 def r := r"\\"',
    "an axiom after a raw text with a mark in it": 'def q := r#"-- " /- "# axiom cheat : 1 = 2',
    "an axiom after a text with a comment in it": 'def q := "/-" axiom cheat : 1 = 2 def r := "-/"',
    "an axiom after nested comments": "/- /- -/ -/ axiom cheat : 1 = 2",
    "an axiom after a name with a prime": "def q' := 0 axiom cheat : 1 = 2 def r' := 0",
    "an axiom in an indented line": "  axiom cheat : 1 = 2",
    "a quoted name": "def «axiom» := 0",
    "native code": "theorem cheat : 1 = 2 := by native_decide",
    "native code as an option": "theorem cheat : 1 = 2 := by decide +native",
    "native code as a configuration": "theorem cheat : 1 = 2 := by decide (config := { native := true })",
    "a decision procedure that trusts the compiler": "theorem cheat (a b : BitVec 8) : a = b := by bv_decide",
    "the compiler's word": "theorem cheat : 1 = 2 := Lean.ofReduceBool _ true rfl",
    "sorry": "theorem cheat : 1 = 2 := sorry",
    "sorry within an interpolated text": 'def cheat := s!"{(sorry : Nat)}"',
    "admit": "theorem cheat : 1 = 2 := by admit",
    "warnings as no errors": "set_option warningAsError false",
    "a proof that is not checked": "set_option debug.skipKernelTC true",
    "a tactic of one's own": 'macro "easy" : tactic => `(tactic| exact cheat)',
    "an elaborator": 'elab "easy" : tactic => pure ()',
    "a notation": 'notation "1 = 2" => True',
    "an operator": 'infix:50 " = " => fun _ _ => True',
    "other numbers": "instance : OfNat Nat 2 := ⟨1⟩",
    "other numbers, in one place": "local instance (priority := high) two : OfNat Nat (2 : Nat) := ⟨1⟩",
    "another Nat": "abbrev Nat := Unit",
    "another Eq, by a longer name": "def Telltale.Eq (_ _ : Nat) : Prop := True",
    "an assumption for all that follows": "variable (h : (1 : Nat) = 2)",
    "the end of the file": "#exit",
    "a command that is run": "run_cmd pure ()",
    "evaluation": '#eval IO.FS.writeFile "answer" ""',
    "code in place of a definition": "@[implemented_by other] def cheat : Nat := 0",
    "foreign code": '@[extern "c"] def cheat : Nat := 0',
    "foreign code, added later": 'attribute [extern "c"] act',
    "an opaque constant": "opaque cheat : 1 = 2",
    "unsafe": "unsafe def cheat : 1 = 2 := cheat",
    "another meaning at run time": "@[csimp] theorem cheat : @List.map = @other := rfl",
    "a start-up action": "initialize cheat : IO.Ref Nat ← IO.mkRef 0",
    "all of Lean": "import Lean",
    "a command that is not listed": "deriving instance Repr for Own",
}


def with_lines(lines: str) -> dict[str, str]:
    sources = read_sources()
    return {**sources, HOST: sources[HOST].replace("namespace Telltale\n", f"namespace Telltale\n{lines}\n", 1)}


@pytest.mark.parametrize("lines", ATTEMPTS.values(), ids=ATTEMPTS)
def test_an_attempt_to_cheat_is_refused_with_its_place(lines: str) -> None:
    source = with_lines(lines)[HOST]
    place = 1 + source.splitlines().index(lines)
    found = broken_rules({HOST: source})
    assert found
    assert all(one.startswith(f"Telltale/Proofs/Ownership.lean:{place}: ") for one in found)


def test_the_check_refuses_before_it_starts_lean(tmp_path: Path) -> None:
    for module, text in with_lines(ATTEMPTS["native code as an option"]).items():
        path = tmp_path.joinpath(*module.split(".")).with_suffix(".lean")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with pytest.raises(LeanSourceError, match=r"not allowed in the sources: .*Ownership\.lean:\d+: native"):
        check_proofs(sources=tmp_path)


def native(tmp_path: Path, axioms: str) -> LeanToolchain:
    """A native Lean that confirms whatever it is asked for, and says of every theorem which axioms it rests on."""
    body = f"""
import json
for line in Path(sys.argv[-1]).read_text(encoding="utf-8").splitlines():
    said = None
    if line.startswith("#check @"):
        said = line.removeprefix("#check @") + " : True"
    elif line.startswith("#print axioms "):
        said = {axioms!r}.replace("NAME", line.removeprefix("#print axioms "))
    if said:
        print(json.dumps({{"severity": "information", "data": said}}))
"""
    return pretended(tmp_path, body)


@pytest.mark.parametrize(
    "axioms",
    ["'NAME' does not depend on any axioms", "'NAME' depends on axioms: [propext,\n Classical.choice, Quot.sound]"],
)
def test_a_native_lean_says_that_theorems_rest_on_its_own_axioms_only(tmp_path: Path, axioms: str) -> None:
    assert len(check_proofs(native(tmp_path, axioms)).theorems) == len(pinned())


@pytest.mark.parametrize(
    ("axioms", "cause"),
    [
        ("'NAME' depends on axioms: [propext, Lean.ofReduceBool]", r"rests on Lean\.ofReduceBool"),
        ("'NAME' depends on axioms: [sorryAx]", "rests on sorryAx"),
    ],
)
def test_a_theorem_on_other_axioms_is_refused(tmp_path: Path, axioms: str, cause: str) -> None:
    with pytest.raises(LeanSourceError, match=cause):
        check_proofs(native(tmp_path, axioms))


def test_a_lean_that_does_not_say_is_not_laid_to_the_sources(tmp_path: Path) -> None:
    with pytest.raises(LeanToolchainFailed, match="does not say which axioms") as caught:
        check_proofs(native(tmp_path, ""))
    assert "correct the Lean sources" not in str(caught.value)
    assert "lean doctor" in str(caught.value)


def test_the_deadline_of_a_check_counts_cpu(tmp_path: Path) -> None:
    with pytest.raises(LeanTimeout, match=r"more than 0\.5 s of CPU"):
        check_proofs(pretended(tmp_path, "while True: pass\n"), deadline=0.5)


def test_the_sources_keep_the_rules() -> None:
    assert broken_rules(read_sources()) == []


@pytest.mark.parametrize("word", sorted(FORBIDDEN))
def test_a_forbidden_word_is_found_in_code_and_nowhere_else(word: str) -> None:
    text = f'/- {word} /- {word} -/\n{word} -/\n-- {word}\ndef x := "{word}"\n  {word}\n'
    assert broken_rules({"Telltale.New": text}) == [f"Telltale/New.lean:5: {word}"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('def x := "never ends', "a text does not end"),
        ("/- /- -/", "a comment does not end"),
        ('def x := r#"no end"', "a raw text does not end"),
    ],
)
def test_what_does_not_end_is_refused(text: str, cause: str) -> None:
    with pytest.raises(LeanSourceError, match=rf"New\.lean:1: {cause}"):
        broken_rules({"Telltale.New": text})


def test_tokens_are_read_as_lean_reads_them() -> None:
    text = """def f' (c : Char) := c == '"' ∧ c ≠ '\\'' -- '"'
/-- " -/ theorem «a b» : r#"x"y"# = s!"n{k}" := h.1
"""
    assert [token.text for token in tokens(text)] == [
        *("def", "f'", "(", "c", ":", "Char", ")", ":", "=", "c", "=", "=", "'\"'", "∧", "c", "≠", "'\\''"),
        *("theorem", "a b", ":", 'r#"x"y"#', "=", "s!", '"n{k}"', "n", "k", ":", "=", "h", ".", "1"),
    ]


def test_every_theorem_is_pinned_and_states_what_is_pinned() -> None:
    sources = read_sources()
    assert unlike_pinned(sources) == []
    assert pinned().keys() == {theorem.name for theorem in theorems(sources)}


@pytest.mark.parametrize(
    ("module", "old", "new", "theorem"),
    [
        ("Generations", "find w.id (reached k sid roles ops).issued = some w →", "False →", "K2_hardened"),
        ("Generations", "  | .session, .fragments _ => False", "  | .session, .fragments _ => True", "K4_hardened"),
        (
            "Ownership",
            "theorem K9_terminal_refuses (k : Contract)",
            "theorem K9_terminal_refuses (h : False)",
            "K9_terminal_refuses",
        ),
    ],
)
def test_a_weaker_statement_or_definition_is_not_the_pinned_one(module: str, old: str, new: str, theorem: str) -> None:
    sources = read_sources()
    name = f"Telltale.Proofs.{module}"
    assert sources[name].count(old) >= 1
    changed = {**sources, name: sources[name].replace(old, new, 1)}
    assert f"Telltale.{theorem} states something else than what is pinned" in unlike_pinned(changed)


def test_a_longer_proof_is_still_the_pinned_statement() -> None:
    sources = read_sources()
    name = "Telltale.Proofs.Ownership"
    changed = sources[name].replace(":= by\n", ":= by\n  skip\n")
    assert changed != sources[name]
    assert unlike_pinned({**sources, name: changed}) == []


def test_a_theorem_without_pin_and_a_pin_without_theorem_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = read_sources()
    now = stated(sources)
    gone = next(iter(now))
    pins = {**now, "Telltale.of_old": "sha256:0"}
    del pins[gone]
    monkeypatch.setattr(lean_statements, "pinned", lambda: pins)
    assert unlike_pinned(sources) == [f"{gone} is not pinned", "Telltale.of_old is pinned and not there"]


def test_the_package_folder_is_whole() -> None:
    assert (sources_dir() / lean_statements.PINS).is_file()
