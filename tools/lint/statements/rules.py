"""The rules of ``hardened`` by name: each has functions of its own in the three files of the two contracts."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.lint.statements.faults import Fault
from tools.lint.statements.lean_guards import definitions
from tools.lint.statements.rows import DOCUMENT

FILES: Final = {
    "Python": "model/contract.py",
    "Lean": "lean_traces/lean/Telltale/Contract.lean",
    "z3": "oracle/symbolic/statement/contract.py",
}
NOT_STATED: Final[Mapping[str, Mapping[str, str]]] = {
    "z3": {
        "H13": "the plan is a question to Datalog",
        "H14": "unfolding is a question to Datalog",
        "H17": "a reload is stated with its claim",
    },
}
"""The rules that a statement leaves out, and why."""

_RULE = re.compile(r"(H\d+)\b")
_ROW = re.compile(r"^\| (H\d+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The file of the two contracts in one language."""

    language: str
    path: str
    source: str


def problems(root: Path) -> Iterator[str]:
    """Yield every rule without a function of its own, and every function without its rule."""
    files = [RuleFile(language, path, (root / path).read_text(encoding="utf-8")) for language, path in FILES.items()]
    yield from map(str, rule_faults((root / DOCUMENT).read_text(encoding="utf-8"), files))


def rule_faults(document: str, files: Sequence[RuleFile]) -> list[Fault]:
    """Compare the functions of the files with the table of rules of docs/contract.md, and with each other."""
    rules = _ROW.findall(document)
    if not rules:
        return [Fault(DOCUMENT, None, "no table of rules was found in §21")]
    faults = []
    stated: dict[str, dict[str, set[str]]] = {}
    for file in files:
        by_rule: defaultdict[str, set[str]] = defaultdict(set)
        for place, name, doc in _functions(file):
            named = _RULE.findall(doc.partition("\n")[0].partition(":")[0].partition("(")[0])
            if len(named) != 1 or named[0] not in rules:
                what = "its documentation must begin with the one rule of the contract that it states"
                faults.append(Fault(place, name, what))
            else:
                by_rule[named[0]].add(name)
        left_out = NOT_STATED.get(file.language, {})
        faults += [
            Fault(file.path, rule, "has no function here") for rule in rules if rule not in by_rule | left_out.keys()
        ]
        faults += [
            Fault(file.path, rule, f"is stated, though it is listed as left out ({why})")
            for rule, why in left_out.items()
            if rule in by_rule
        ]
        stated[file.language] = by_rule
    for rule in rules:
        names = [functions[rule] for functions in stated.values() if rule in functions]
        if len(names) > 1 and not set.intersection(*names):
            said = "; ".join(f"{language} {sorted(functions[rule])}" for language, functions in stated.items())
            faults.append(Fault(DOCUMENT, rule, f"no function has the same name everywhere: {said}"))
    return faults


def _functions(file: RuleFile) -> Iterator[tuple[str, str, str]]:
    """Place, name in words with underscores, and documentation of each function that asks for the contract."""
    if file.language == "Lean":
        for made in definitions(file.path, file.source):
            if made.doc:
                yield made.place, _with_underscores(made.name), made.doc.removeprefix("/--").strip()
        return
    for node in ast.walk(ast.parse(file.source)):
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        first = node.args.args[0].arg if node.args.args else ""
        if first == ("self" if file.language == "Python" else "contract"):
            yield f"{file.path}:{node.lineno}", node.name, ast.get_docstring(node) or ""


def _with_underscores(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f"_{found[1].lower()}", name)
