"""The page of the Python API, the docstring of the package and what can be imported are the same."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import telltale_conformance
from tools.lint.homes import FACES
from tools.site.content import PROGRAMS, public_names

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


NAMES = public_names(PAGE)


def at_home(module: str, name: str) -> bool:
    """Return whether a module defines a name itself, by its source."""
    path = import_module(module).__file__
    assert path is not None
    for node in ast.parse(Path(path).read_text(encoding="utf-8")).body:
        match node:
            case (
                ast.FunctionDef(name=defined) | ast.ClassDef(name=defined) | ast.AnnAssign(target=ast.Name(id=defined))
            ):
                found = [defined]
            case ast.Assign(targets=targets):
                found = [target.id for target in targets if isinstance(target, ast.Name)]
            case _:
                continue
        if name in found:
            return True
    return False


def test_the_docstring_lists_the_modules_of_the_page() -> None:
    assert telltale_conformance.__doc__ is not None
    told = re.findall(r"``(telltale_conformance[\w.]*)``", telltale_conformance.__doc__)
    assert sorted(told) == sorted(NAMES)
    assert len(set(told)) == len(told) > 20


@pytest.mark.parametrize("module", NAMES)
def test_every_name_is_imported_from_where_the_page_says(module: str) -> None:
    names = NAMES[module]
    assert names
    assert len(set(names)) == len(names)
    if module == PROGRAMS:
        folder = ROOT / "src" / "telltale_conformance" / "adapters"
        assert set(names) == {path.stem for path in folder.glob("*.py")} - {"__init__"}
        return
    home = import_module(module)
    if module in FACES:
        assert sorted(names) == sorted(home.__all__), "a face hands on exactly what the page lists"
    for name in names:
        assert hasattr(home, name), name
        assert module in FACES or at_home(module, name), f"{name} is only imported there"


def test_every_name_has_one_place() -> None:
    places = [(module, name) for module, names in NAMES.items() for name in names]
    twice = {name for _, name in places if [other for _, other in places].count(name) > 1}
    assert twice <= {"protocols", "local_types"}


def classes_in(hint: Any) -> Iterator[type]:
    """The classes of the harness that an annotation names."""
    if isinstance(hint, type) and hint.__module__.startswith("telltale_conformance"):
        yield hint
    for part in get_args(hint):
        yield from classes_in(part)


def test_what_a_function_must_be_given_can_be_imported_too() -> None:
    """Classes of parameters without a default, and the levels and bounds of those with one."""
    plain = {PROGRAMS, "telltale_conformance.generators.strategies"}  # these take strategies and plain values
    public = [getattr(import_module(module), name) for module in NAMES.keys() - plain for name in NAMES[module]]
    reachable = {one for name in public for one in (name, *get_args(name)) if isinstance(one, type)}
    seen = set()
    for function in filter(inspect.isfunction, public):
        hints = get_type_hints(function)
        for name, parameter in inspect.signature(function).parameters.items():
            taken = set(classes_in(hints.get(name)))
            wanted = {one for one in taken if parameter.default is parameter.empty or issubclass(one, Enum)}
            assert wanted <= reachable, (function, name)
            seen |= wanted
    assert {"Level", "Bound", "Adapter"} <= {one.__name__ for one in seen}


@pytest.mark.parametrize("example", re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
def test_the_examples_run(example: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(example, "docs/api.md", "exec"), {"__name__": "example"})


def test_the_documents_name_only_what_the_page_lists() -> None:
    internal = {ROOT / "docs" / "internals.md"}
    imports = re.compile(
        r"^from (telltale_conformance[\w.]*) import (.+)$|`(telltale_conformance\.[\w.]+)", re.MULTILINE
    )
    for path in {*(ROOT / "docs").glob("*.md"), ROOT / "README.md"} - internal:
        for module, names, dotted in imports.findall(path.read_text(encoding="utf-8")):
            if module:
                assert set(names.split(", ")) <= set(NAMES[module]), path
            elif dotted not in NAMES:
                above, _, last = dotted.rpartition(".")
                assert last in NAMES.get(above, ()), f"{path}: {dotted}"
