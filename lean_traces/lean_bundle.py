"""The Lean sources as text: one file out of many, their hash, theorems, and changed copies.

The WebAssembly build can evaluate only what is in the file it is given, so the modules are put into one, in the
order of their imports. A native Lean takes the same file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.lean_errors import LeanSourceError
from telltale_conformance.lean_traces.lean_tokens import tokens
from telltale_conformance.lean_traces.lean_toolchain import sources_dir
from telltale_conformance.sinks import lean_string

RUN_ROOT: Final = "Telltale.Serve"
PROOF_ROOT: Final = "Telltale.Claims"

_IMPORT: Final = re.compile(r"^public import (\S+)$", re.MULTILINE)
_HEADER: Final = re.compile(r"^(module|public import \S+|@\[expose\] public section)$", re.MULTILINE)
_TOP: Final = "module\n\n@[expose] public section\nset_option compiler.extract_closed false\n"
"""How a bundle begins. Interpreted, a literal costs less where it stands than as a constant that is looked up."""
_TOP_OF_NO_MODULE: Final = "\n\n\nset_option compiler.extract_closed false\n"
"""How one begins in which ``#print axioms`` is to be asked, which a module refuses; of as many lines."""


@dataclass(frozen=True, slots=True)
class LeanBundle:
    """One Lean file made of modules.

    Attributes:
        text: the file.
        places: for each module its first line in the file, ascending.
    """

    text: str
    places: tuple[tuple[int, str], ...]

    def source_line(self, line: int) -> str:
        """Where a line of the file comes from, as ``Telltale/Sessions.lean:12``."""
        found = None
        for first, module in self.places:
            if first <= line:
                found = (first, module)
        if found is None:
            return f"bundle:{line}"
        return f"{found[1].replace('.', '/')}.lean:{line - found[0] + 1}"


def read_sources(root: Path | None = None) -> dict[str, str]:
    """Return the text of every module of the package, by name (``Telltale.Sessions``).

    Raises:
        LeanSourceError: the folder has no modules.
    """
    root = sources_dir() if root is None else root
    sources = {
        ".".join(path.relative_to(root).with_suffix("").parts): content(path).decode()
        for path in sorted((root / "Telltale").rglob("*.lean"))
    }
    if not sources:
        raise LeanSourceError(f"there are no Lean sources below {root}", remedy="install the package again")
    return sources


def module_order(root: str, sources: Mapping[str, str]) -> list[str]:
    """Return the module and all that it imports, each after its own imports.

    Raises:
        LeanSourceError: an import that is not in the package, or an import cycle.
    """
    order: list[str] = []
    open_modules: set[str] = set()

    def visit(module: str, by: str) -> None:
        if module in order:
            return
        if module not in sources:
            raise LeanSourceError(f"{by} imports {module}, which is not in the package")
        if module in open_modules:
            raise LeanSourceError(f"{module} imports itself by way of {by}")
        open_modules.add(module)
        for imported in _IMPORT.findall(sources[module]):
            visit(imported, module)
        order.append(module)

    visit(root, "the bundle")
    return order


def make_bundle(
    root: str, sources: Mapping[str, str] | None = None, tail: str = "", *, is_module: bool = True
) -> LeanBundle:
    """Return the modules that ``root`` needs in one file, with ``tail`` (commands to run) at its end.

    The WebAssembly build reads every file as a module, whatever ``is_module`` says.
    """
    sources = read_sources() if sources is None else sources
    parts = [_TOP if is_module else _TOP_OF_NO_MODULE]
    places = []
    line = _TOP.count("\n") + 1
    for module in module_order(root, sources):
        body = _HEADER.sub("", sources[module])
        if not body.endswith("\n"):
            body += "\n"
        places.append((line, module))
        parts.append(body)
        line += body.count("\n")
    parts.append(tail)
    return LeanBundle("".join(parts), tuple(places))


def run_bundle(mailbox: Path, idle_looks: int) -> LeanBundle:
    """Return the resident runner on a mailbox folder; it ends after so many looks of 2 ms without a request."""
    return make_bundle(RUN_ROOT, tail=f"\n#eval Telltale.Serve.main {lean_string(str(mailbox))} {idle_looks}\n")


def model_hash(sources: Mapping[str, str] | None = None) -> str:
    """Return the SHA-256 of the modules that make up the runner: what a corpus was exported with."""
    sources = read_sources() if sources is None else sources
    digest = hashlib.sha256()
    for module in module_order(RUN_ROOT, sources):
        digest.update(f"{module}\0{sources[module]}\0".encode())
    return "sha256:" + digest.hexdigest()


def differs_from_modules(
    bundle: LeanBundle, root: str, sources: Mapping[str, str], tail: str, *, is_module: bool = True
) -> str | None:
    """Say where a bundle is not its modules, token for token and in their order; None where it is.

    Raises:
        LeanSourceError: a comment or a text does not end.
    """
    wanted = [token.text for token in tokens(_TOP if is_module else _TOP_OF_NO_MODULE)]
    for module in module_order(root, sources):
        words = [token.text for token in tokens(sources[module], module)]
        wanted += words[_header_end(words) :]
    wanted += [token.text for token in tokens(tail)]
    for token, word in zip_longest(tokens(bundle.text), wanted):
        if token is None or token.text != word:
            place = "its end" if token is None else bundle.source_line(token.line)
            return f"{place}: the modules have {word or 'nothing more'} there"
    return None


def _header_end(words: Sequence[str]) -> int:
    """Return how many tokens the lines take that a bundle leaves out: ``module``, imports and the section."""
    at = 1 if words[:1] == ["module"] else 0
    while words[at : at + 2] == ["public", "import"]:
        at += 3
        while words[at : at + 1] == ["."]:
            at += 2
    section = ["@", "[", "expose", "]", "public", "section"]
    return at + len(section) if words[at : at + len(section)] == section else at


@dataclass(frozen=True, slots=True)
class LeanTheorem:
    """A theorem of the package.

    Attributes:
        name: its full name.
        claim: the claim that it is of (``K1``), or an empty text.
        sentence: what it says, in words: its documentation comment.
        module: where it is.
    """

    name: str
    claim: str
    sentence: str
    module: str


_THEOREM: Final = re.compile(r"^/--((?:(?!-/).)*)-/\n(?:@\[[^\]]*\]\s*\n?)?theorem (\S+)", re.MULTILINE | re.DOTALL)


def theorems(sources: Mapping[str, str] | None = None) -> list[LeanTheorem]:
    """Return the theorems that have a sentence, in the order of the sources; lemmas on the way have none."""
    sources = read_sources() if sources is None else sources
    found = []
    for module in module_order(PROOF_ROOT, sources):
        for match in _THEOREM.finditer(sources[module]):
            name = match[2]
            claim = re.match(r"(?:not_)?(K\d+)_", name)
            sentence = " ".join(match[1].split())
            found.append(LeanTheorem(f"Telltale.{name}", claim[1] if claim else "", sentence, module))
    return found


@dataclass(frozen=True, slots=True)
class LeanMutant:
    """One rule of the model changed, for testing that the comparison notices.

    Attributes:
        name: a fixed name of the change.
        module: the module that is changed.
        old, new: the text that is replaced; ``old`` occurs exactly once in the module.
        operations: the operations in which the change must show.
    """

    name: str
    module: str
    old: str
    new: str
    operations: tuple[str, ...]


_SHARED: Final = ("Telltale.Lists", "Telltale.Values", "Telltale.Types", "Telltale.Plan")
"""Modules that changed copies take from the original, in the order of their imports.

Where one of them is changed, it is copied, and so are those after it.
"""


def mutants_bundle(mutants: Sequence[LeanMutant], request: Path, answers: Sequence[Path]) -> LeanBundle:
    """One file with a changed copy of the model for each mutant; each answers the request into its own file.

    Args:
        mutants: the changes.
        request: a request (``lean_program.encode_request``).
        answers: a file per mutant.

    Raises:
        LeanSourceError: a change that does not apply exactly once.
    """
    sources = read_sources()
    order = module_order(RUN_ROOT, sources)
    parts = [_TOP, "\nset_option linter.unusedVariables false\n"]
    parts += [_HEADER.sub("", sources[module]) for module in order if module in _SHARED]
    for number, (mutant, answer) in enumerate(zip(mutants, answers, strict=True)):
        if sources.get(mutant.module, "").count(mutant.old) != 1:
            raise LeanSourceError(f"the change {mutant.name} does not apply exactly once to {mutant.module}")
        parts.append(f"\nnamespace Mutant{number}\nopen Telltale\n")
        shared = _SHARED[: _SHARED.index(mutant.module)] if mutant.module in _SHARED else _SHARED
        for module in order:
            if module not in shared:
                text = sources[module]
                if module == mutant.module:
                    text = text.replace(mutant.old, mutant.new)
                parts.append(_HEADER.sub("", text))
        parts.append(f"\nend Mutant{number}\n")
        parts.append(
            f"#eval Mutant{number}.Telltale.Serve.once {lean_string(str(request))} {lean_string(str(answer))}\n"
        )
    return LeanBundle("\n".join(parts), ())
