"""What Lean sources may hold, so that a checked theorem means what its statement says.

Lean accepts a file with an axiom, with a proof by compiled code, or with a notation that makes ``1 = 2`` mean something
else.  So the sources are kept to the commands, attributes and classes listed here, and the statements of the theorems
are pinned (``lean_statements``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_tokens import LeanToken, tokens


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


FORBIDDEN: Final = _words(
    # a proof that shows nothing
    "sorry admit axiom opaque unsafe unsafeCast unsafeIO lcProof lcAny lcUnreachable skipKernelTC debug",
    # a proof by what the compiler makes of it
    "native native_decide bv_decide bv_check ofReduceBool ofReduceNat reduceBool reduceNat trustCompiler",
    "implemented_by extern export csimp init",
    # text that means something else than it says, and code that is run while the file is read
    "macro macro_rules elab elab_rules by_elab run_tac run_cmd run_elab run_meta syntax notation notation3",
    "infix infixl infixr prefix postfix binder_predicate unif_hint declare_syntax_cat initialize builtin_initialize",
    "eval eval_decl include_str delab app_delab",
    # what changes the statements of theorems that come after it, or what is checked of them
    "variable universe include omit set_option exit import deriving_handler default_instance seal unseal",
    "suppress_compilation noncomputable nonrec irreducible",
)
"""Words that no source may have outside of comments and texts; ``partial`` is allowed: no proof can use it."""
ALLOWED: Final[Mapping[tuple[str, str], int]] = {("Telltale.Lists", "csimp"): 1, ("Telltale.Proofs.Steps", "macro"): 1}
"""How often a module may have one of these words all the same.

``csimp`` names a function that is proved equal to the one that it is run for; the macro is a list of definitions that
the tactic ``simp`` unfolds.
"""
COMMANDS: Final = _words(
    "abbrev attribute def end inductive instance mutual namespace open partial public structure theorem",
    "unfolding_operations",
)
"""The words with which a command may begin."""
ATTRIBUTES: Final = _words("expose inline macro_inline specialize simp")
"""The attributes that a declaration may have, besides those that are allowed in one place."""
CLASSES: Final = _words("DecidableEq Inhabited")
"""The classes that may have instances: none by which ``=``, a number or an order means something else."""
CORE: Final = _words(
    "Nat Int Bool List Array Option Prod Sum String Char Fin Prop Type Sort True False And Or Not Iff Eq Ne HEq Exists",
    "Subtype Unit Decidable",
)
"""Names of Lean itself that no declaration may have, since statements would then speak of something else."""
_TOLD: Final = 10
_DECLARES: Final = _words("abbrev class def inductive instance structure theorem")


def refuse_broken_rules(sources: Mapping[str, str]) -> None:
    """Refuse sources that break a rule.

    Raises:
        LeanSourceError: the first places where they do, or a comment or a text that does not end.
    """
    found = broken_rules(sources)
    if found:
        more = f", and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        raise LeanSourceError("not allowed in the sources: " + ", ".join(found[:_TOLD]) + more)


def broken_rules(sources: Mapping[str, str]) -> list[str]:
    """Return every place where sources break these rules, as ``Telltale/Edges.lean:12: sorry``; comments are free.

    Raises:
        LeanSourceError: a comment or a text does not end.
    """
    found = []
    for module, source in sources.items():
        path = f"{module.replace('.', '/')}.lean"
        for line, what in _broken(module, list(tokens(source, path))):
            found.append(f"{path}:{line}: {what}")
    return found


def _broken(module: str, code: Sequence[LeanToken]) -> Iterator[tuple[int, str]]:
    left = {word: count for (owner, word), count in ALLOWED.items() if owner == module}
    for index, token in enumerate(code):
        after = [one.text for one in code[index + 1 : index + 4]]
        before = code[index - 1].text if index else ""
        if token.kind == "word" and token.text in FORBIDDEN and not _is_header(token, before, after):
            if left.get(token.text, 0):
                left[token.text] -= 1
            else:
                yield token.line, token.text
        if token.text == "#" and after[:1] and after[0].isidentifier():
            yield token.line, f"#{after[0]}"
        if token.kind == "word" and token.column == 0 and not _begins(token, before, after):
            yield token.line, f"a command that begins with {token.text}"
        if token.text == "attribute" and after != ["[", "local", "simp"]:
            yield token.line, "attribute that is not [local simp]"
        if token.text == "[" and before == "@":
            yield from _attributes(code, index + 1, left)
        if token.text in _DECLARES and (name := _declared(code, index + 1)) in CORE:
            yield token.line, f"a declaration called {name}"
        if token.text == "instance":
            yield from _instance(code, index)


def _is_header(token: LeanToken, before: str, after: Sequence[str]) -> bool:
    """Say whether an import is of the package's own modules; the bundle leaves these lines out."""
    return token.text == "import" and before == "public" and after[:2] == ["Telltale", "."]


def _begins(token: LeanToken, before: str, after: Sequence[str]) -> bool:
    """Say whether a word at the margin may stand there."""
    allowed_once = any(word == token.text for _, word in ALLOWED)
    continues = token.text in {"where", "with", "deriving"} or before == "|"
    return token.text in COMMANDS or continues or allowed_once or (token.text == "module" and not before)


def _declared(code: Sequence[LeanToken], index: int) -> str:
    """Return the last part of the name that stands here."""
    while index + 2 < len(code) and code[index + 1].text == "." and code[index + 2].kind == "word":
        index += 2
    return code[index].text if index < len(code) else ""


def _attributes(code: Sequence[LeanToken], index: int, left: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    allowed = ATTRIBUTES | {word for _, word in ALLOWED}
    while index < len(code) and code[index].text != "]":
        if code[index].kind == "word" and code[index].text not in allowed:
            yield code[index].line, f"attribute {code[index].text}"
        index += 1


def _instance(code: Sequence[LeanToken], index: int) -> Iterator[tuple[int, str]]:
    """Look at the class of an instance: the first word after the colon outside of all brackets."""
    depth = 0
    for position in range(index + 1, len(code) - 1):
        text = code[position].text
        depth += (text in "([{") - (text in ")]}")
        if depth == 0 and text == ":":
            if code[position + 1].text not in CLASSES:
                yield code[index].line, f"an instance of {code[position + 1].text}"
            return
    yield code[index].line, "an instance of no class"
