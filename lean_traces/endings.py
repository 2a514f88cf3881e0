"""The end line of a trace or a history: what makes a cut or altered file recognisable."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from telltale_conformance.readable import json_line

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class EndProblem(NamedTuple):
    """What is wrong with an end line, and what to do."""

    problem: str
    remedy: str


def end_problem(document: dict[str, Any], events: int, digest: str, what: str) -> EndProblem | None:
    """Say what is wrong with an end line.

    Args:
        document: the line.
        events: how many there were.
        digest: of the lines before, in hexadecimal.
        what: the kind of file, as ``trace``.
    """
    if document.keys() != {"end", "events", "digest"} or document["end"] is not True:
        remedy = f"the writer of the {what} must close it so"
        return EndProblem("the end line is not `end` (true), `events` and `digest`", remedy)
    if type(document["events"]) is not int or document["events"] != events:
        shown = json_line(document["events"], 40)
        noun = "event" if shown == "1" else "events"
        return EndProblem(f"the end line counts {shown} {noun}, there are {events}", f"record the {what} again")
    given = document["digest"]
    if not isinstance(given, str) or not _DIGEST.fullmatch(given):
        return EndProblem("`digest` is not `sha256:` and 64 hex digits", f"record the {what} again")
    if given != f"sha256:{digest}":
        return EndProblem("the digest is not that of the lines before", "the file was changed: record it again")
    return None
