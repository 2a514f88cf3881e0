"""The installed wheel, away from the checkout, finds wrong stores as the checkout does."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from tests.installed_wheel import Installed

ROOT = Path(__file__).parents[2]
WRONG = ("owner by case", "reference: scopes are read as lists", "generation wraps at 64", "claims begin at 0")
PARTS = ("tests/__init__.py", "tests/second_store", "tests/wrong_stores", "tests/oracle/wrong_references.py")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wrong stores and nothing of the harness."""
    folder = tmp_path_factory.mktemp("power")
    for part in map(Path, PARTS):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, folder / part)
    return folder


@pytest.mark.parametrize(("name", "code"), [("correct", AGREE), *((name, DIVERGE) for name in WRONG)])
def test_the_fixed_list_is_in_the_wheel(name: str, code: int, place: Path, wheel_environment: Installed) -> None:
    served = shlex.join(["python", "-m", "tests.wrong_stores", name])
    words = ("telltale-conformance", "check", "--lanes", "fixed", "--sut", served)
    done = wheel_environment.run(*words, cwd=place, PYTHONPATH=".")
    assert done.returncode == code, done.stdout + done.stderr
