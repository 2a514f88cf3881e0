"""Files from outside are read within a bound, and with no more memory than they have bytes."""

from __future__ import annotations

import errno
import tracemalloc
from pathlib import Path

import pytest

from telltale_conformance.errors import of_file
from telltale_conformance.files import WHOLE_BYTES, content


def test_a_short_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        assert content(path) == b"x" * 1000
        assert tracemalloc.get_traced_memory()[1] < WHOLE_BYTES / 50
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 100])
def test_a_file_has_at_most_the_bytes_that_it_may_have(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    if size <= 10:
        assert content(path, 10) == b"x" * size
    else:
        with pytest.raises(OSError, match="it is larger than 10 bytes"):
            content(path, 10)


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, 3), (errno.EMFILE, 3), (errno.ENOENT, 2), (errno.EACCES, 2)]
)
def test_what_the_machine_lacks_is_no_bad_usage(number: int, code: int) -> None:
    assert of_file(OSError(number, "why"), "cannot be read", "f").exit_code == code
