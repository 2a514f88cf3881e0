"""The lock pins whatever ``pyproject.toml`` asks for, within its bounds, and the Makefile installs from it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.source_tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def in_group(name: str) -> Iterator[str]:
    for entry in PROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from in_group(entry["include-group"])


def locked() -> dict[str, Version]:
    pins: dict[str, Version] = {}
    for line in (ROOT / "requirements-dev.lock").read_text().splitlines():
        if line and not line.lstrip().startswith("#"):
            pin = Requirement(line)
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            pins[canonicalize_name(pin.name)] = Version(specifier.version)
    return pins


def asked_for() -> list[str]:
    project: dict[str, Any] = PROJECT["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    return [*project["dependencies"], *extras, *in_group("dev")]


@pytest.mark.parametrize("text", asked_for())
def test_the_lock_pins_each_requirement_within_its_bounds(text: str) -> None:
    requirement = Requirement(text)
    pins = locked()
    name = canonicalize_name(requirement.name)
    assert name in pins, f"{text} is not in requirements-dev.lock: run make lock"
    assert requirement.specifier.contains(pins[name]), f"{text}, but {name} {pins[name]} is locked: run make lock"


def test_every_requirement_has_both_bounds() -> None:
    for text in asked_for():
        operators = {specifier.operator for specifier in Requirement(text).specifier}
        assert {">=", "<"} == operators, text


def test_the_supported_pythons_are_named_once_each_in_metadata_and_tool() -> None:
    from tools.other_pythons import SUPPORTED

    prefix = "Programming Language :: Python :: 3."
    named = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if line.startswith(prefix)]
    assert tuple(named) == SUPPORTED
    assert PROJECT["project"]["requires-python"] == f">={SUPPORTED[0]}"
