"""A Lean check of the contract's side of a divergence: the independent model runs the program, too.

The file holds the program as a request to the model and the answer that the Python reference gives to its last
step; Lean evaluates the model on the request and compares. It says nothing about the implementation: it shows that
two statements of the contract, written apart, demand the same here.
"""

from __future__ import annotations

import msgspec

from telltale_conformance.lean_traces.lean_answer import as_lean_escapes
from telltale_conformance.lean_traces.lean_bundle import RUN_ROOT, LeanBundle, make_bundle
from telltale_conformance.lean_traces.lean_program import encode_request
from telltale_conformance.lean_traces.printing import encode, encode_answer
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.sinks import lean_comment, lean_string

_IMPORT = f"import {RUN_ROOT}\n"
_TEMPLATE = """
/-!
{title}

The answer that the contract `{contract}` demands of the last step, checked on the Lean model.
In the folder of the Lean package: `lake build`, then `lake env lean` with the path of this file. No output but the
line below means that the model gives this very answer; otherwise Lean reports an error.
-/

/-- The program, as the model reads it. -/
def request : String :=
  {request}

/-- The answer to its last step. -/
def expected : String :=
  {expected}

/-- Says whether the last answer before the end line is the expected one. -/
def lastIs (wanted : String) (before : String) : List String -> Bool
  | [] => false
  | line :: rest => if line = "{{\\"end\\":true}}" then before = wanted else lastIs wanted line rest

#eval show IO Unit from
  if lastIs expected "" ((Telltale.Serve.answer request).splitOn "\\n") then
    IO.println "the Lean model gives the expected answer"
  else
    throw (IO.userError "the Lean model gives another answer")
"""


def lean_text(program: Program, title: str) -> str:
    """Return the Lean file of a program.

    Raises:
        LeanProgramRefused: the program cannot be written as a request to the Lean model.
    """
    request = encode_request([program]).text.decode()
    outcome = on_reference(program).steps[-1].outcome
    document = msgspec.json.decode(encode_answer(outcome, audited=True), type=dict[str, msgspec.Raw])
    member = "ok" if "ok" in document else "err"
    expected = encode({member: document[member]})[:-1] + b',"audit":' + encode(document["audit"]) + b"}"
    return _IMPORT + _TEMPLATE.format(
        title=lean_comment(title),
        contract=lean_comment(program.contract),
        request=_lines(request),
        expected=lean_string(as_lean_escapes(expected).decode()),
    )


def lean_bundle(text: str) -> LeanBundle:
    """Return such a file as one with the model in it, for a Lean that cannot evaluate imported code."""
    return make_bundle(RUN_ROOT, tail=text.removeprefix(_IMPORT))


def _lines(text: str) -> str:
    return f'String.intercalate "\\n" {_list(text.split(chr(10)))}'


def _list(parts: list[str]) -> str:
    return "[" + ",\n    ".join(lean_string(part) for part in parts) + "]"
