"""The several clients of a campaign are of the implementation that it judges, from its beginning and on each worker."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.oracle.adapters import fault_kit
from telltale_conformance.oracle.campaign import work
from telltale_conformance.oracle.campaign.cluster import greeting
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.merging import merge
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.plan import Task
from telltale_conformance.oracle.campaign.report import report_lines, report_of
from telltale_conformance.oracle.campaign.standing import standing_in
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.lanes.subject import Subject
from tests.oracle.adapter_world import script
from tests.oracle.campaign.campaign_world import small_tasks

__all__ = ["small_tasks"]


class World:
    """An implementation whose clients say whatever a file holds."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said.json"
        self.subject = Subject(command=self._command("sut"), clients=self._command("clients"))
        self.folder = folder / "c"
        self.say()

    def _command(self, who: str) -> str:
        return shlex.join(
            script(
                f"""
import json, pathlib, runpy
Base = runpy.run_path({fault_kit.__file__!r})["Adapter"]
class Saying(Base):
    def hello(self):
        said = json.loads(pathlib.Path({str(self._said)!r}).read_text())
        return {{**super().hello(), **(said if {who!r} == "clients" else {{}})}}
    def fault(self, request):
        self.operation(request)
Saying(3).serve()
"""
            )
        )

    def say(self, **members: Any) -> None:
        """Let the clients say this from their next start on, beside what the adapter says."""
        self._said.write_text(json.dumps(members))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "version": ({"version": "2"}, "implementation .* 2 instead of .* 1"),
    "implementation": ({"name": "another one"}, "implementation another one 1 instead of"),
    "contract": ({"contract": "hardened"}, "contract hardened instead of telltale-17"),
}


def test_an_adapter_of_another_contract_is_not_judged(world: World) -> None:
    """As in a check: it would be said to depart from a contract that it never claimed to keep."""
    with pytest.raises(InconclusiveError, match="follows contract telltale-17, and hardened was asked for"):
        begin(world.folder, world.subject, contract="hardened", hours=1.0)
    assert not (world.folder / "campaign.json").exists()


FEWER = ["open", "next_session_id"]


@pytest.mark.parametrize("other", OTHERS)
def test_clients_of_another_implementation_version_or_contract_are_refused_at_the_beginning(
    other: str, world: World
) -> None:
    said, why = OTHERS[other]
    world.say(**said)
    with pytest.raises(InconclusiveError, match=rf"--sut-clients is not what --sut is: {why}"):
        begin(world.folder, world.subject, hours=1.0)
    assert not (world.folder / "campaign.json").exists()


def test_clients_that_offer_other_operations_are_named_in_the_report(world: World) -> None:
    begin(world.folder, world.subject, hours=1.0)
    report = report_of(read_settings(world.folder), standing_in(world.folder))
    assert report.clients_differ == ""
    world.say(ops=FEWER)
    other = begin(world.folder.with_name("other"), world.subject, hours=1.0)
    report = report_of(other, standing_in(world.folder.with_name("other")))
    assert report.clients_differ == "ops without session_ids"
    said = "the clients of --sut-clients say another hello than --sut: ops without session_ids"
    assert said in list(report_lines(report))


def test_clients_that_become_others_are_refused_on_workers_and_by_resume(world: World) -> None:
    settings = begin(world.folder, world.subject, hours=1.0)
    world.say(ops=FEWER)
    assert greeting(settings.setup()) == "its clients: ops without session_ids"
    with pytest.raises(OtherVersion, match="its clients: ops without session_ids"), opened(world.folder, settings):
        pass


def test_races_are_of_the_clients_that_the_campaign_began_with(world: World) -> None:
    settings = begin(world.folder, world.subject, hours=1.0)
    world.say(version="2")
    done = work.carry_out(settings.setup(), Task(number=9, lane="concurrent", turn=0), ())
    assert done.tally.faults == 1
    assert "version 2 instead of 1" in done.faults[0]
    assert not done.met


def test_campaigns_whose_clients_offer_other_operations_are_not_merged(world: World) -> None:
    begin(world.folder, world.subject, hours=1.0)
    world.say(ops=FEWER)
    begin(world.folder.with_name("other"), world.subject, hours=1.0)
    with pytest.raises(UsageError, match="its clients: ops without session_ids"):
        merge([world.folder, world.folder.with_name("other")], world.folder.with_name("m"))
