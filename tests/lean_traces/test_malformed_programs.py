"""Every malformed program is refused with file, line, problem and remedy, word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import decode_arguments
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.programs import (
    Program,
    UnresolvedReference,
    cut_short,
    program_of,
    read_program,
    resolve,
    without,
    write_program,
    written_program,
)
from telltale_conformance.lean_traces.trace import MalformedTrace

HEADER = {"contract": "telltale-17", "meta": {}, "schema": "telltale-conformance/program", "version": 1}
OPEN = {"args": {"initial_types": {"A": "End"}, "roles": ["A"]}, "op": "open", "seq": 0}
CLOSE = {"args": {"sid": {"$ref": 0}}, "op": "close", "seq": 3}
END = {"end": True, "steps": 2}
LINES: list[Any] = [HEADER, OPEN, CLOSE, END]
SCHEMA = "see `telltale-conformance schema program`"


def program(*lines: Any) -> bytes:
    return b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)


def changed(number: int, **fields: Any) -> list[Any]:
    """The lines with fields of one of them changed, or dropped where they are ``...``."""
    lines = [dict(line) for line in LINES]
    lines[number].update(fields)
    lines[number] = {name: value for name, value in lines[number].items() if value is not ...}
    return lines


BEGINS = 'a program begins with "schema":"telltale-conformance/program","version":1'
MALFORMED: dict[str, tuple[list[Any], str]] = {
    "nothing": ([], "FILE: the file is empty; name a program"),
    "another schema": (changed(0, schema="x"), f"FILE:1: this is no program of this version; {BEGINS}"),
    "another version": (changed(0, version=2), f"FILE:1: this is no program of this version; {BEGINS}"),
    "version as text": (changed(0, version="1"), f"FILE:1: this is no program of this version; {BEGINS}"),
    "version true": (changed(0, version=True), f"FILE:1: this is no program of this version; {BEGINS}"),
    "no meta": (changed(0, meta=...), f"FILE:1: the header is not schema, version, contract, meta; {SCHEMA}"),
    "more in the header": (changed(0, more=1), f"FILE:1: the header is not schema, version, contract, meta; {SCHEMA}"),
    "contract": (changed(0, contract=17), f"FILE:1: contract must be text and meta an object; {SCHEMA}"),
    "meta": (changed(0, meta=[]), f"FILE:1: contract must be text and meta an object; {SCHEMA}"),
    "cut off": (LINES[:3], "FILE:4: there is no end line; the file was cut off"),
    "descending": (changed(1, seq=3), "FILE:3: seq 3 after 3; steps are numbered ascending"),
    "miscounted": (changed(3, steps=3), f"FILE:4: the end line does not count 2 steps; {SCHEMA}"),
    "counted as text": (changed(3, steps=2.0), f"FILE:4: the end line does not count 2 steps; {SCHEMA}"),
    "ended by 1": (changed(3, end=1), f"FILE:4: the end line does not count 2 steps; {SCHEMA}"),
    "of one step": ([LINES[0], LINES[1], LINES[3]], f"FILE:3: the end line does not count 1 step; {SCHEMA}"),
    "more at the end": (changed(3, more=1), f"FILE:4: the end line does not count 2 steps; {SCHEMA}"),
    "no args": (changed(1, args=...), f"FILE:2: step: Object missing required field `args`; {SCHEMA}"),
    "seq as text": (changed(1, seq="0"), f"FILE:2: step: Expected `int`, got `str` - at `$.seq`; {SCHEMA}"),
    "unknown operation": (changed(2, op="shut"), f"FILE:3: unknown operation `shut`; {SCHEMA}"),
    "negative": (changed(1, seq=-1), f"FILE:2: seq is negative; {SCHEMA}"),
    "a reference ahead": (
        changed(2, args={"sid": {"$ref": 3}}),
        f"FILE:3: `$ref` must be the number of an earlier step, not 3; {SCHEMA}",
    ),
    "arguments": (changed(1, args={"roles": []}), f"FILE:2: args of open: missing field `initial_types`; {SCHEMA}"),
    "arguments with references": (
        changed(2, args={"sid": {"$ref": 0}, "force": True}),
        "FILE:3: $.args: Additional properties are not allowed ('force' was unexpected); " + SCHEMA,
    ),
    "no object": ([HEADER, [1], *LINES[1:]], "FILE:2: the line is not a JSON object; every line is one JSON object"),
    "no JSON": (
        [HEADER, b"{]\n"],
        "FILE:2: not JSON at column 2: Expecting property name enclosed in double quotes; "
        "every line is one JSON object in UTF-8",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_program_is_refused_with_line_problem_and_remedy(case: str) -> None:
    lines, text = MALFORMED[case]
    with pytest.raises(MalformedTrace) as caught:
        program_of(program(*lines), "FILE")
    assert str(caught.value) == text


def test_what_nests_too_deep_is_refused_by_the_limit_that_was_given() -> None:
    deep: Any = "End"
    for _ in range(4):
        deep = {"Mu": {"body": deep, "var": "t"}}
    lines = changed(1, args={"initial_types": {"A": deep}, "roles": ["A"]})
    assert len(program_of(program(*lines), "FILE", Limits(nesting=11)).steps) == 2
    with pytest.raises(MalformedTrace, match=r"^FILE:2: .*10"):
        program_of(program(*lines), "FILE", Limits(nesting=10))
    text = json.dumps(lines[1]["args"]).encode()
    assert decode_arguments("open", text, 10)[0] == ["A"]
    with pytest.raises(ArgumentError, match=r"^args of open: .*9"):
        decode_arguments("open", text, 9)


def test_a_program_comes_back_from_its_file_and_without_some_steps(tmp_path: Path) -> None:
    read = program_of(program(*LINES), "FILE")
    assert [step.seq for step in read.steps] == [0, 3]
    write_program(tmp_path / "p.jsonl", read)
    assert read_program(tmp_path / "p.jsonl") == read
    rest = without(read, [3, 7])
    assert isinstance(rest, Program)
    assert (rest.contract, rest.meta, [step.seq for step in rest.steps]) == ("telltale-17", {}, [0])


def test_a_kept_program_is_read_and_cut_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(program(*LINES))
    kept = read_program(tmp_path / "p.jsonl")
    write_program(tmp_path / "p.jsonl", kept)
    data = (tmp_path / "p.jsonl").read_bytes()
    assert written_program(data, "p") == kept
    assert written_program(cut_short(data, 1) or b"", "p").steps == kept.steps[:1]
    assert cut_short(data, len(kept.steps)) == data
    assert cut_short(data, len(kept.steps) + 1) is None
    with pytest.raises(MalformedTrace, match="a step's operation is unknown; this is no program that was kept"):
        written_program(data.replace(b'"close"', b'"shut"'), "p")
    with pytest.raises(MalformedTrace, match=r"^p: .*; this is no program that was kept$"):
        written_program(b"x", "p")


def test_a_reference_to_what_is_not_there_is_told() -> None:
    with pytest.raises(UnresolvedReference, match=r"^step 5 has no result$"):
        resolve({"sid": {"$ref": 5}}, {4: 0})
    with pytest.raises(UnresolvedReference, match=r"^step 4 gave no object, so no fields can be set in it$"):
        resolve({"$ref": 4, "set": {"sid": 1}}, {4: 0})
