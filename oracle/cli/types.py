"""``telltale-conformance types``: check local and global types and protocols, print them in every form.

Exit code 0: every file was read and nothing is wrong with its types. 1: a type is not well-formed, a global type has
no projection, or the roles of a protocol do not fit together. 2: a file cannot be read or is malformed, an option is
wrong, or an output cannot be written. 3: with ``--compatible``, the search reached its limit; or the disk is full. The
gravest of all files counts: 2, then 1, then 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import write_program
from telltale_conformance.lean_traces.protocol_files import NESTING, Unreadable, read_protocols
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.model.types.caret import Position, excerpt
from telltale_conformance.model.types.json_shape import quoted
from telltale_conformance.model.types.lean_json import encode_global, encode_type_lean
from telltale_conformance.model.types.printer import print_global_type, print_local_type, print_name, print_pretty
from telltale_conformance.model.types.projection import Merging, NotProjectable, project_all
from telltale_conformance.model.types.type_json import encode_type
from telltale_conformance.model.values import DEFAULT_BUFFERS, BufferConfig
from telltale_conformance.oracle.cli.draw import drawing
from telltale_conformance.oracle.cli.terminal import say, say_json, tell, told, warn
from telltale_conformance.oracle.cli.type_subjects import Subject
from telltale_conformance.oracle.compatibility.as_program import as_program
from telltale_conformance.oracle.compatibility.buffer_text import buffer_text, parse_buffer
from telltale_conformance.oracle.compatibility.judging import STATES
from telltale_conformance.oracle.compatibility.telling import problem_sentence, row, run_lines, verdict_line
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE, USAGE, gravest
from telltale_conformance.readable import counted, one_line, visible

_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')
_MESSAGE: Final = 1000
_SPELLED_OUT: Final = 100
"""Problems that are shown at all."""
_EXCERPTS: Final = 20
"""How many problems of a file are shown with their line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command was asked for."""

    as_json: bool = False
    lean_json: bool = False
    plan: bool = False
    draw: Path | None = None
    compatible: bool = False
    buffer: str | None = None
    states: int = STATES
    program: Path | None = None
    merging: Merging = "full"


@told
def run(files: list[Path], options: Options) -> int:
    """Report on each file; return the exit code, as above."""
    only_one = next((name for name in ("draw", "program") if getattr(options, name) is not None), None)
    if not files or (only_one is not None and len(files) != 1):
        raise UsageError(f"name one file for --{only_one}" if files else "name at least one file")
    buffers = DEFAULT_BUFFERS if options.buffer is None else parse_buffer(options.buffer)
    return gravest(code for path in files for code in _codes(path, options, buffers))


def _codes(path: Path, options: Options, buffers: BufferConfig) -> Iterator[int]:
    """Report on a file or on each protocol of a folder; give the exit code of each."""
    try:
        for file in read_protocols(path):
            subject = Subject(file, options.merging, buffers, options.states)
            if options.draw is not None:
                _draw(subject, options.draw)
            if options.program is not None:
                _write_run(subject, options.program)
            yield _compatibility(subject, options) if options.compatible else _reported(subject, options)
    except Unreadable as error:
        _say_unreadable(path, error, options)
        yield USAGE


def _reported(subject: Subject, options: Options) -> int:
    report = _report(subject, options.lean_json)
    if options.lean_json and subject.has_value_types():
        warn(f"{subject.path}: the Lean form has no value types; they are left out there")
    if options.as_json:
        say_json(report)
    else:
        say("\n".join(_human(subject, report, options)))
    return AGREE if report["ok"] else DIVERGE


# --- do the roles fit?


def _compatibility(subject: Subject, options: Options) -> int:
    """Report whether the roles fit, and nothing else."""
    judged = subject.judgement
    if judged is None:
        reasons = "; ".join(f"{one['kind']}: {one['message']}" for one in subject.findings())
        why = "a single type has no roles to fit" if subject.single else f"the roles have no types together: {reasons}"
        raise Unreadable(why)
    types = dict(subject.protocol.types)
    if options.as_json:
        say_json(row(str(subject.path), judged, types))
    else:
        say("\n".join(_compatibility_lines(subject)))
    return {"yes": AGREE, "no": DIVERGE, "bounded": INCONCLUSIVE}[judged.compatible]


def _compatibility_lines(subject: Subject) -> Iterator[str]:
    judged = subject.judgement
    assert judged is not None
    yield f"{visible(str(subject.path))}: {verdict_line(judged)}"
    if judged.problem is not None:
        yield f"  {problem_sentence(judged)}"
        yield from run_lines(judged)
        if not judged.shortest:
            yield "  there may be a shorter run: the limit of states was reached while looking for one"
    yield from _capacity_lines(subject)


def _capacity_lines(subject: Subject) -> Iterator[str]:
    """Yield what fewer slots would do, where it makes a difference."""
    least = subject.least_capacity()
    if least is None or least[1] is None or least[1].problem is None:
        return
    capacity, below = least
    assert below is not None
    assert below.problem is not None
    fewer = buffer_text(below.product.buffers)
    yield f"  the least capacity that fits is {capacity}; with {fewer}: {below.problem.kind}"
    yield f"  {problem_sentence(below)}"


def _write_run(subject: Subject, path: Path) -> None:
    judged = subject.judgement
    if judged is None or judged.problem is None:
        warn(f"{subject.path}: no problem was found, so there is no run to write to {path}")
        return
    write_program(path, as_program(str(subject.path), judged, dict(subject.protocol.types)))


# --- the report


def _report(subject: Subject, lean_json: bool) -> dict[str, Any]:
    """Return what ``--json`` prints for a file that could be read."""
    found = list(subject.findings())
    types = []
    for role, local_type in subject.types.items():
        one: dict[str, Any] = {"role": role, "text": print_local_type(local_type)}
        one["json"] = _bounded(encode_type(local_type))
        if lean_json:
            one["lean_json"] = _bounded(encode_type_lean(local_type))
        types.append(one)
    return {
        "file": str(subject.path),
        "ok": not found,
        "problems": found,
        "roles": None if subject.single else list(subject.given.roles),
        "global": _global(subject),
        "types": types,
        "plan": None if any(one["json"] is None for one in types) else subject.plan,
        "blueprint": None if subject.plan is None else list(subject.plan.edge_blueprint),
        "compatibility": None
        if subject.judgement is None
        else row(str(subject.path), subject.judgement, dict(subject.protocol.types)),
        "error": None,
    }


def _global(subject: Subject) -> dict[str, Any] | None:
    """Return the global type and its projections."""
    whole = subject.given.global_type
    if whole is None:
        return None
    projections = [
        {
            "role": role,
            "text": None if isinstance(one, NotProjectable) else print_local_type(one),
            "error": one.message if isinstance(one, NotProjectable) else None,
        }
        for role, one in subject.projections.items()
    ]
    return {
        "text": print_global_type(whole),
        "json": _bounded(encode_global(whole)),
        "merging": subject.merging,
        "projections": projections,
    }


def _bounded(encoded: bytes) -> msgspec.Raw | None:
    """JSON for the report; None when it nests deeper than what readers of ours take."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(encoded):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return msgspec.Raw(encoded) if deepest + 8 <= NESTING else None  # the report adds a few levels


def _say_unreadable(path: Path, error: Unreadable, options: Options) -> None:
    tell(error.within(path))
    if options.as_json and not options.compatible:
        line, column = error.position or (None, None)
        fault = {"message": error.problem, "line": line, "column": column}
        empty: dict[str, Any] = dict.fromkeys(("roles", "global", "types", "plan", "blueprint", "compatibility"))
        report = {"file": str(path), "ok": False, "problems": [], "error": fault, **empty}
        say_json(report)


def _human(subject: Subject, report: dict[str, Any], options: Options) -> Iterator[str]:
    found = report["problems"]
    verdict = "well-formed" if report["ok"] else counted(len(found), "problem")
    yield f"{visible(str(subject.path))}: {verdict}"
    for index, one in enumerate(found[:_SPELLED_OUT]):
        place = None if one["line"] is None else Position(one["line"], one["column"])
        file = subject.path if one["file"] is None else subject.path / one["file"]
        where = f":{place.line}:{place.column}" if place else f":at {one['path']}" if one["path"] else ""
        if not where and one["file"] is None:
            where = ":roles"
        whose = "" if one["role"] is None or place else f" of {quoted(one['role'])}"
        yield f"{visible(f'{file}{where}{whose}')}: {one['kind']}: {one_line(one['message'], _MESSAGE)}"
        if place and index < _EXCERPTS:
            yield excerpt(subject.texts[one["file"]], place)
    if len(found) > _SPELLED_OUT:
        yield f"and {len(found) - _SPELLED_OUT:,} more problems; --json lists all"
    if not subject.single:
        yield "\nroles " + ", ".join(map(print_name, subject.given.roles))
    yield from _global_lines(subject)
    for one, (role, local_type) in zip(report["types"], subject.types.items(), strict=True):
        projected = "" if role in subject.given.types or role is None else f"   # projected, {subject.merging} merging"
        yield "" if role is None else f"\n{print_name(role)} ={projected}"
        yield "  " + print_pretty(local_type, indent=2)
        if options.lean_json:
            lean = one["lean_json"]
            yield (bytes(lean).decode() if lean else f"(its JSON nests deeper than {NESTING} levels, the limit)")
    if subject.plan is not None:
        yield "\nedges"
        for (a, b), sender, receiver in subject.plan.edge_blueprint:
            yield f"  {a} → {b}   {print_name(sender)} → {print_name(receiver)}"
        if options.plan and report["plan"] is not None:
            yield "\nopen plan"
            yield encode(subject.plan).decode()
        elif options.plan:
            yield f"\nopen plan: not shown, its JSON nests deeper than {NESTING} levels, the limit"

    if subject.judgement is not None and subject.judgement.problem is None:
        yield f"\n{verdict_line(subject.judgement)}"
        yield from _capacity_lines(subject)


def _global_lines(subject: Subject) -> Iterator[str]:
    whole = subject.given.global_type
    if whole is None:
        return
    yield "\nglobal =\n  " + print_pretty(whole, indent=2)
    if subject.merging == "full" and subject.projections:
        plain = project_all(whole, subject.projections, "plain")
        refused = [
            print_name(role)
            for role, one in plain.items()
            if isinstance(one, NotProjectable) and not isinstance(subject.projections[role], NotProjectable)
        ]
        if refused:
            yield f"  (plain merging, which telltale's Lean has, refuses the projection on {', '.join(refused)})"


def _draw(subject: Subject, path: Path) -> None:
    if subject.plan is None:
        raise Unreadable("has a single type and no roles, so there is no blueprint to draw")
    title = f"Edge blueprint of {subject.path.name}"
    write_whole(path, drawing(title, subject.plan.roles, subject.edges(), subject.labels()).encode())
