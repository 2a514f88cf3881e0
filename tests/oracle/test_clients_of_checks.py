"""The several clients of a check are of the implementation that it judges."""

import re
from pathlib import Path

import pytest

from telltale_conformance.oracle.cli.check import run
from tests.oracle.campaign.test_clients_of_campaigns import OTHERS, World
from tests.oracle.lane_world import PATIENT


def checked(world: World) -> int:
    """Return the exit code of a check of one lane that asks one client."""
    return run(
        sut=world.subject.command, sut_clients=world.subject.clients, lanes=["claims"], self_test=False, limits=PATIENT
    )


@pytest.mark.parametrize("other", OTHERS)
def test_clients_of_another_implementation_version_or_contract_are_refused(
    other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, why = OTHERS[other]
    world = World(tmp_path)
    world.say(**said)
    assert checked(world) == 3
    assert re.search(rf"--sut-clients is not what --sut is: {why}", capsys.readouterr().err)


def test_clients_of_the_same_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(World(tmp_path))
    written = capsys.readouterr()
    assert "--sut-clients" not in written.err
    assert "lane " in written.out
