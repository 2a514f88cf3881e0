"""An adapter must say the same hello at each start: else what was greeted is not what is judged."""

import json
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.oracle.adapters import fault_kit
from telltale_conformance.oracle.adapters.faults import HelloChanged
from telltale_conformance.oracle.campaign import work
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.plan import Task
from telltale_conformance.oracle.cli import check
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from tests.oracle.adapter_world import script

CHANGES: dict[str, tuple[Any, str]] = {
    "ops": (["open", "next_session_id"], "ops without session_ids"),
    "version": ("2", "version 2 instead of 1"),
    "contract": ("hardened", "contract hardened instead of telltale-17"),
    "clients": (2, "clients 2 instead of 1"),
}
"""What is said from some start on, and how the message names it."""


def counting(folder: Path, methods: str) -> str:
    """Return the command of an adapter whose methods may ask how many started before it: ``start``."""
    return shlex.join(
        script(
            f"""
import pathlib, runpy
Base = runpy.run_path({fault_kit.__file__!r})["Adapter"]
count = pathlib.Path({str(folder / "starts")!r})
start = int(count.read_text()) if count.exists() else 0
count.write_text(str(start + 1))
class Counting(Base):
{methods}
Counting(3).serve()
"""
        )
    )


def changing(folder: Path, field: str, starts: int = 1) -> str:
    """Return the command of an adapter whose hello is another one after so many starts."""
    change = f"{{{field!r}: {CHANGES[field][0]!r}}} if start >= {starts} else {{}}"
    return counting(folder, f"    def hello(self): return {{**super().hello(), **({change})}}")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_process_that_is_greeted_is_judged(
    workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = counting(
        tmp_path,
        """
    def answer(self, request, kind, value, **more):
        super().answer(request, kind, 7 if start == 0 and request["op"] == "open" else value, **more)
""",
    )
    assert check.run(sut=wrong, lanes=["fixed"], workers=workers, as_json=True) == 1, capsys.readouterr()


@pytest.mark.parametrize("field", CHANGES)
def test_a_check_does_not_judge_another_implementation_than_it_greeted(
    field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.run(sut=changing(tmp_path, field), lanes=["fixed", "programs"], as_json=True) == 3
    first, lane = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["verdict"], lane["verdict"]) == ("agree", "inconclusive")
    assert "the adapter says another hello than at its first start" in str(lane["notes"])
    assert CHANGES[field][1] in str(lane["notes"])


def test_a_lane_of_several_clients_does_not_judge_another_implementation(tmp_path: Path) -> None:
    subject = Subject(command=changing(tmp_path, "version", starts=2))
    adapter = subject.start()
    adapter.close()
    greeted = Subject(command=subject.command, greetings={str(subject.command): adapter.hello})
    greeted.start().close()
    with pytest.raises(HelloChanged):
        greeted.start_clients()


def test_a_campaign_does_not_judge_another_implementation_than_it_began_with(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    settings = begin(folder, Subject(command=changing(tmp_path, "ops")), hours=1.0)
    with pytest.raises(OtherVersion, match="ops without session_ids"):
        work.carry_out(settings.setup(), Task(number=0, lane="programs", turn=0), ())
    with pytest.raises(OtherVersion, match="ops without session_ids"), opened(folder, settings):
        pass


def test_races_of_a_campaign_are_of_the_implementation_that_it_began_with(tmp_path: Path) -> None:
    settings = begin(tmp_path / "c", Subject(command=changing(tmp_path, "version", starts=2)), hours=1.0)
    done = work.carry_out(settings.setup(), Task(number=9, lane="concurrent", turn=0), ())
    assert done.tally.faults == 1
    assert "version 2 instead of 1" in done.faults[0]


def test_a_lane_starts_an_implementation_once_that_was_greeted(tmp_path: Path) -> None:
    count = tmp_path / "starts"
    subject = Subject(command=changing(tmp_path, "version", starts=99))
    with closing(subject.start()) as adapter:
        greeted = Subject(command=subject.command, greetings={str(subject.command): adapter.hello})
    before = int(count.read_text(encoding="utf-8"))
    run_lane("programs", greeted, Settings(cases=1))
    assert int(count.read_text(encoding="utf-8")) == before + 1
