"""What commands print for people: their text with nothing in it that acts on the terminal, and every error alike."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec

import msgspec

from telltale_conformance.errors import HarnessError, InconclusiveError, of_file
from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.readable import block, few_lines, one_line
from telltale_conformance.sinks import json_text

NAME: Final = "telltale-conformance"
_NO_MEMORY: Final = ("can't start new thread", "failed to map segment", "annot allocate memory", "out of memory")
"""What errors of other classes say where there is not enough of it."""
Asked = ParamSpec("Asked")


def say(text: str) -> None:
    """Print a text for people, at once."""
    print(block(text), flush=True)


def say_json(document: Any) -> None:
    """Print a value as one line of JSON, at once; names of files that are not UTF-8 are spelled out."""
    try:
        text = encode(document).decode()
    except UnicodeEncodeError:
        text = encode(rebuilt(document, _without_surrogates)).decode()
    print(json_text(text), flush=True)


def _without_surrogates(field: str, part: Any) -> Any:
    if isinstance(part, msgspec.Struct):
        return rebuilt(msgspec.to_builtins(part), _without_surrogates)
    if isinstance(part, dict):
        return {_text(name): rebuilt(value, _without_surrogates) for name, value in part.items()}
    return _text(part) if isinstance(part, str) else DESCEND


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def warn(text: str) -> None:
    """Print a remark for people beside the output."""
    print(f"{NAME}: {block(text)}", file=sys.stderr, flush=True)


def tell(error: HarnessError) -> int:
    """Print an error: what is wrong, where, what to do. Return its exit code."""
    inconclusive = error.exit_code == InconclusiveError.exit_code
    report = few_lines(error.report())
    warn(f"inconclusive: {report}" if inconclusive else report)
    return error.exit_code


def told(command: Callable[Asked, int]) -> Callable[Asked, int]:
    """Let a command that an error ends print it and return its exit code."""

    @wraps(command)
    def telling(*args: Asked.args, **kwargs: Asked.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except HarnessError as error:
            return tell(error)
        except OSError as error:
            if error.errno is None:
                raise
            if error.filename is None:
                return tell(InconclusiveError(f"a file cannot be read or written: {error.strerror or error}"))
            return tell(of_file(error, "cannot be read or written", os.fspath(error.filename)))

    return telling


def tell_fault(error: Exception) -> int:
    """Print a fault of the harness and where it was, or that memory is lacking; return the exit code."""
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return tell(InconclusiveError("there is not enough memory"))
    traceback.print_exception(error)
    return tell(InconclusiveError(f"fault of the harness: {one_line(repr(error), 1000)}"))


def tell_lost(error: OSError, code: int) -> int:
    """Print that the output could not be written; return the exit code in place of ``code``."""
    problem = f"standard output cannot be written: {error.strerror or error}"
    if code:
        warn(problem)
        return code
    return tell(InconclusiveError(problem))
