"""A copy of the source tree in which the modules of a room hold their mutants."""

from __future__ import annotations

import ast
import difflib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents

from tools.mutation.rooms import Room
from tools.source_tree import copy_source

_STRICT: Final = re.compile(r",? strict=\w+")
_LITERAL: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


class Mutant(NamedTuple):
    """One changed function."""

    name: str
    """As mutmut chooses it: module, function and number."""
    function: str
    """Module and function, as a reader names it."""
    change: str
    """What was changed, as the lines before and after: the same from run to run, while numbers may move."""

    @property
    def reached_as(self) -> str:
        """The name under which mutmut notes that a test reaches the function."""
        return self.name.partition("__mutmut_")[0]


def mutated_tree(room: Room, tree: Path) -> Iterator[Mutant]:
    """Write the tree and yield its mutants, but those of what ``_plainer`` leaves out."""
    shutil.rmtree(tree, ignore_errors=True)
    copy_source(tree)
    for path in sorted(path for pattern in room.modules for path in tree.glob(pattern)):
        source = path.read_text(encoding="utf-8")
        mutated = mutate_file_contents(str(path), source)
        path.write_text(mutated.code, encoding="utf-8")
        module = module_of(path.relative_to(tree))
        bodies = _bodies(mutated.code)
        for name in mutated.mutant_names:
            original, _, _ = name.partition("__mutmut_")
            before, after = bodies[f"{original}__mutmut_orig"], bodies[name]
            if [_plainer(line) for line in before] == [_plainer(line) for line in after]:
                continue
            change = _change(before, after)
            yield Mutant(f"{module}.{name}", f"{module}.{_readable(original)}", change)


def module_of(path: Path) -> str:
    """Return the name by which a module is imported: what does not lie in the package is linked into it."""
    parts = path.with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "src" else ("telltale_conformance", *parts))


def _readable(mangled: str) -> str:
    """Return a function's name without mutmut's marks: ``x_f`` is a function, ``xǁCǁf`` a method."""
    return mangled.removeprefix("x_") if mangled.startswith("x_") else ".".join(mangled.split("ǁ")[1:])


def _bodies(code: str) -> dict[str, list[str]]:
    lines = code.splitlines()
    return {
        node.name: [
            lines[node.lineno - 1].strip().replace(node.name, _plain_name(node.name)),
            *(line.strip() for line in lines[node.lineno : node.end_lineno]),
        ]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef)
    }


def _plainer(line: str) -> str:
    """Return a line without sentences, of which tests pin few, and without what changes nothing.

    That is the case of an encoding's name, and ``strict`` of ``zip``, which promises what is so anyway.
    """
    line = _LITERAL.sub(lambda literal: '""' if " " in literal[0].strip('" ') else literal[0], line)
    return _STRICT.sub("", line.replace("UTF-8", "utf-8"))


def _plain_name(mangled: str) -> str:
    """Return the name that a mutant's function has in the source."""
    return _readable(mangled.partition("__mutmut_")[0]).rpartition(".")[2]


def _change(before: list[str], after: list[str]) -> str:
    lines = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    return "\n".join(lines)
