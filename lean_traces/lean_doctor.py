"""What Lean there is, and what is missing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telltale_conformance.files import content
from telltale_conformance.lean_traces.lean_bundle import model_hash, read_sources, theorems
from telltale_conformance.lean_traces.lean_errors import LeanError
from telltale_conformance.lean_traces.lean_package import PACKAGE, PACKAGE_SHA512, PACKAGE_VERSION, install_dir
from telltale_conformance.lean_traces.lean_rules import refuse_broken_rules
from telltale_conformance.lean_traces.lean_toolchain import (
    LEAN_VERSION,
    NODE_MINIMUM,
    find_node,
    find_toolchain,
    installed_toolchain,
    native_toolchain,
    verify_installed,
)

NEEDED_MEMORY = 4 * 2**30
"""Bytes that a run of the WebAssembly build needs free."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, what was found, and what to do if not."""

    name: str
    well: bool
    found: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings; ``usable`` says whether some Lean can be used now."""

    usable: bool
    findings: tuple[Finding, ...]


def diagnose(*, full: bool = False) -> Diagnosis:
    """Look at everything that a Lean run needs, without starting Lean.

    Args:
        full: also compare every byte of the installed toolchain (about a second).
    """
    findings = [
        Finding("pinned version", True, f"Lean {LEAN_VERSION}; {PACKAGE} {PACKAGE_VERSION} sha512-{PACKAGE_SHA512}"),
        _native(),
        _look(f"Node {NODE_MINIMUM} or later", lambda: str(find_node())),
        _installed(full),
        _memory(),
        _sources(),
    ]
    chosen = _look("toolchain in use", lambda: find_toolchain().describe())
    findings.append(chosen)
    return Diagnosis(chosen.well and findings[5].well, tuple(findings))


def _look(name: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, find())
    except LeanError as error:
        return Finding(name, False, error.problem, error.remedy)


def _native() -> Finding:
    def find() -> str:
        toolchain = native_toolchain()
        if toolchain is None:
            return "no `lean` on PATH (optional)"
        lake = "with lake" if toolchain.lake else "without lake"
        return f"{toolchain.describe()}, {lake}"

    return _look("native Lean", find)


def _installed(full: bool) -> Finding:
    def find() -> str:
        toolchain = installed_toolchain()
        if toolchain is None:
            return f"not installed (would be at {install_dir()})"
        if full:
            verify_installed()
        return str(install_dir()) + (", every byte compared" if full else "")

    return _look("WebAssembly build", find)


def _memory() -> Finding:
    free = _free_memory()
    disk = install_dir().parent
    while not disk.exists():
        disk = disk.parent
    room = shutil.disk_usage(disk).free
    text = f"{platform.machine()}, {os.cpu_count()} cores, {room >> 20} MB of disk free"
    if free is None:
        return Finding("memory", True, text)
    well = free >= NEEDED_MEMORY
    return Finding("memory", well, f"{free >> 20} MB free, {text}", "" if well else "have 4 GB free for a Lean run")


def _free_memory() -> int | None:
    try:
        for line in content(Path("/proc/meminfo")).splitlines():
            if line.startswith(b"MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _sources() -> Finding:
    def find() -> str:
        sources = read_sources()
        refuse_broken_rules(sources)
        return f"{model_hash(sources)}, {len(theorems(sources))} theorems, no rule broken"

    return _look("sources", find)
