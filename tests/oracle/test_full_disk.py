"""A full disk is what the machine lacks, whatever writes: exit code 3, the file is named, and nothing is left."""

import resource
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.writer import write_whole, written_whole
from telltale_conformance.oracle.cli import init, record, types
from telltale_conformance.oracle.cli.terminal import told
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.reports.trends.database import write_database
from telltale_conformance.oracle.symbolic.cross_check.obligations import Export
from tests.oracle.adapter_world import REFERENCE
from tests.oracle.minimise_world import program

PROTOCOL = "roles A, B\nA = !B{ok. end}\nB = ?A{no. end}\n"


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """Refuse every write to a file, as a full disk does, with another number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def ready(place: Path) -> int:
    Gate(badge=place).make_ready()
    return 0


def database(place: Path) -> int:
    write_database(place, [], [])
    return 0


def export(place: Path) -> int:
    Export(place.parent).finish()
    return 0


WRITING: dict[str, Callable[[Path], int]] = {
    "types --draw": lambda place: types.run([place.parent.with_name("p.session")], types.Options(draw=place)),
    "types --program": lambda place: types.run([place.parent.with_name("p.session")], types.Options(program=place)),
    "record": lambda place: record.run(shlex.join(REFERENCE), program(("session_ids", {})), place, deadline=30),
    "init": lambda place: init.run(place.parent, "python"),
    "check --badge": told(ready),
    "trends --duckdb": told(database),
    "prove --export": told(export),
}
"""How each command writes below a folder; beside that is a protocol to read."""


@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_is_told_with_the_file(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (tmp_path / "p.session").write_text(PROTOCOL)
    with no_file_may_grow():
        code = WRITING[command](folder / "out")
    said = capsys.readouterr().err
    assert (code, "File too large" in said, str(folder) in said) == (3, True, True), said
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_a_file_that_does_not_fit_is_named(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    with no_file_may_grow(), pytest.raises(OSError, match="File too large") as whole:
        write_whole(place, b"x")
    with no_file_may_grow(), pytest.raises(OSError, match="File too large") as opened, written_whole(place) as file:
        file.write(b"x")
    assert (whole.value.filename, opened.value.filename) == (str(place), str(place))


def test_a_bad_name_is_bad_usage_where_a_full_disk_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HarnessError) as failed:
        Gate(badge=tmp_path / "file" / "badge.json").make_ready()
    assert failed.value.exit_code == 2


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    link = tmp_path / "nothing"
    link.symlink_to("/dev/null")
    with pytest.raises(OSError, match="it is a device, not a regular file"):
        write_whole(link, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["nothing"]
    assert link.is_symlink()
