"""Lean sources in which most theorems are taken for granted, so that one run tries a few proofs alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

from telltale_conformance.lean_traces.lean_rules import COMMANDS
from telltale_conformance.lean_traces.lean_tokens import LeanToken, tokens

STUB = ":= sorry"


def stubbed(sources: Mapping[str, str], proved: Collection[str]) -> dict[str, str]:
    """The sources with the proofs of these theorems alone; every other theorem of the proofs is taken for granted."""
    return {
        module: _stubbed(module, text, proved) if ".Proofs." in module else text for module, text in sources.items()
    }


def _stubbed(module: str, text: str, proved: Collection[str]) -> str:
    begins = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    code = list(tokens(text, module))
    starts = [index for index, token in enumerate(code) if token.column == 0 and token.text in COMMANDS | {"macro"}]
    for start, end in reversed(list(zip(starts, [*starts[1:], len(code)], strict=True))):
        command = code[start:end]
        if command[0].text == "theorem" and command[1].text not in proved:
            first, last = command[_proof(command)], command[-1]
            text = (
                text[: begins[first.line - 1] + first.column]
                + STUB
                + text[begins[last.line - 1] + last.column + len(last.text) :]
            )
    return text


def _proof(command: Sequence[LeanToken]) -> int:
    """Where the proof begins: at the first ``:=`` or ``where`` outside of brackets."""
    depth = 0
    for index, token in enumerate(command):
        depth += (token.text in "([{⟨") - (token.text in ")]}⟩")
        if depth == 0 and (token.text == "where" or [token.text, command[index + 1].text] == [":", "="]):
            return index
    raise AssertionError(f"theorem {command[1].text} has no proof")
