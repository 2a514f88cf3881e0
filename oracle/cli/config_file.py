"""The options that a project keeps in a file: ``telltale-conformance.toml``, or a table of ``pyproject.toml``.

Only the current folder is looked at, and each key is the option of the same name, as it would be typed there. The file
is the user's own, as a Makefile is: the command in it is run. It is read strictly, since a misspelt key would weaken a
check in silence. Schema ``config`` describes it.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta

from telltale_conformance.encoding import other_encoding
from telltale_conformance.errors import UsageError
from telltale_conformance.files import content
from telltale_conformance.oracle.cli.options import ContractName, EffortName, LevelName
from telltale_conformance.readable import json_line, one_line

FILE: Final = "telltale-conformance.toml"
PYPROJECT: Final = "pyproject.toml"
TABLE: Final = "telltale-conformance"
"""Of ``[tool]`` in ``pyproject.toml``."""
_MOST_BYTES: Final = 1 << 20


class Configuration(NamedTuple):
    """What a file sets."""

    path: Path
    values: Mapping[str, Any]
    """By the keys of the file."""


class _Key(NamedTuple):
    """A key: the form of its value, also in words."""

    form: Any
    allowed: str


_Text = Annotated[str, Meta(min_length=1, pattern=r"^[^\x00]+\Z")]
_Seconds = Annotated[float, Meta(gt=0)]


def _one_of(names: type[ContractName | EffortName | LevelName]) -> _Key:
    return _Key(names, f"one of {', '.join(names)}")


_COMMAND: Final = _Key(_Text, "a command, as one text")
_PATH: Final = _Key(_Text, "a path, as text")
KEYS: Final[Mapping[str, _Key]] = {
    "sut": _COMMAND,
    "sut-clients": _COMMAND,
    "contract": _one_of(ContractName),
    "level": _one_of(LevelName),
    "deadline": _Key(_Seconds, "a number of seconds above 0"),
    "lanes": _Key(Annotated[list[_Text], Meta(min_length=1)], "a list of names, each once"),
    "effort": _one_of(EffortName),
    "seed": _Key(Annotated[int, Meta(ge=0)], "a whole number from 0"),
    "workers": _Key(Annotated[int, Meta(ge=1)], "a whole number from 1"),
    "time-limit": _Key(_Seconds, "a number of seconds above 0"),
    "baseline": _PATH,
    "require": _Key(_Text, "all, core, or a path, as text"),
    "artifact": _PATH,
    "report": _PATH,
    "history": _PATH,
    "badge": _PATH,
    "minimise-seconds": _Key(Annotated[float, Meta(ge=0)], "a number of seconds from 0"),
    "fail-fast": _Key(bool, "true or false"),
    "examples": _Key(_Text, "a folder or a Redis URL, as text"),
}
"""All keys, each named as its option."""


class BadConfiguration(UsageError):
    """Thrown when a file of options cannot be read, or holds what there is not; the message names its line."""


def configuration(given: Path | None = None, folder: Path | None = None) -> Configuration | None:
    """Return the options of a project; None where it keeps none.

    Args:
        given: the file; without it those of the two names in the folder are looked at.
        folder: the current one by default.

    Raises:
        BadConfiguration: it cannot be read or is not well-formed, or there are two.
    """
    if given is not None:
        return _read(given, needed=True)
    here = folder or Path()
    own = _read(here / FILE) if (here / FILE).exists() else None
    shared = _read(here / PYPROJECT) if (here / PYPROJECT).exists() else None
    if own is not None and shared is not None:
        raise BadConfiguration(
            f"options are in {FILE} and in [tool.{TABLE}] of {PYPROJECT}", remedy="keep them in one of the two"
        )
    return own or shared


def _read(path: Path, *, needed: bool = False) -> Configuration | None:
    """Read one file; of ``pyproject.toml`` our table, and None where it has none and none is needed."""
    try:
        data = content(path, _MOST_BYTES)
        text = data.decode()
        table: Any = tomllib.loads(text)
    except OSError as error:
        raise BadConfiguration(f"cannot be read: {error.strerror or error}", place=path) from None
    except (ValueError, RecursionError) as error:  # what tomllib raises, and what is not UTF-8
        raise BadConfiguration(f"is not TOML: {other_encoding(data) or one_line(str(error))}", place=path) from None
    header = ""
    if path.name == PYPROJECT:
        header = f"tool.{TABLE}"
        tools = table.get("tool", {})
        if not isinstance(tools, dict) or TABLE not in tools:
            if needed:
                raise BadConfiguration(f"it has no table [{header}]", place=path)
            return None
        table = tools[TABLE]
        if not isinstance(table, dict):
            raise BadConfiguration(f"{header} must be a table", place=path)
    for key, value in table.items():
        problem = problem_with(key, value)
        if problem is not None:
            raise BadConfiguration(problem, place=_place(path, text, header, key))
    return Configuration(path, table)


def problem_with(key: str, value: Any) -> str | None:
    """Say what is wrong with a key or its value; None where nothing is."""
    if key not in KEYS:
        near = get_close_matches(key.replace("_", "-"), KEYS, n=1)
        meant = f"; did you mean {near[0]}? There" if near else ": there"
        return f"unknown key {json_line(key, 80)}{meant} are {', '.join(KEYS)}"
    form, allowed = KEYS[key]
    try:
        converted = msgspec.convert(value, form)
    except msgspec.ValidationError:
        converted = None
    wrong = (
        converted is None
        or (isinstance(converted, float) and not math.isfinite(converted))
        or (isinstance(converted, list) and len(set(converted)) < len(converted))
    )
    return f"{key} must be {allowed}; it is {_shown(value)}" if wrong else None


def _shown(value: Any) -> str:
    try:
        return json_line(value, 80)
    except TypeError:  # a date, which JSON has not
        return one_line(str(value), 80)


def _place(path: Path, text: str, header: str, key: str) -> str:
    """Return the file with the line of a key, where it stands on a line of its own."""
    table = ""
    begins = re.compile(rf"""\s*(?:"{re.escape(key)}"|'{re.escape(key)}'|{re.escape(key)})\s*[=.]""")
    for number, line in enumerate(text.splitlines(), 1):
        opened = re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(?:#.*)?$", line)
        if opened:
            table = opened[1].replace('"', "").replace("'", "")
            if table == (f"{header}.{key}" if header else key):
                return f"{path}:{number}"
        elif table == header and begins.match(line):
            return f"{path}:{number}"
    return str(path)
