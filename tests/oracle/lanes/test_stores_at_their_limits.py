"""Lane ``limits`` tells stores that reach a limit, and then no longer do what every store must do there."""

from __future__ import annotations

import pytest

from telltale_conformance.model import limits, plan
from telltale_conformance.oracle.lanes import limits as lane
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.second_store import limits as second_limits
from tests.second_store.forms import Refused
from tests.second_store.in_process import InThisProcess
from tests.second_store.store import Store

SMALL = 70


class KnownHandlersRefused(Store):
    """Refuse a known name too where no more fit."""

    def counted(self, s, handler):
        if len(s["handler names"]) >= SMALL:
            raise Refused("limit exceeded: handlers")
        super().counted(s, handler)


class HandlersNeverForgotten(Store):
    """Count the names of before a reload."""

    def read_back(self, s):
        before = s.get("all names", set())
        s = super().read_back(s)
        s["handler names"] |= before
        return s

    def counted(self, s, handler):
        super().counted(s, handler)
        s.setdefault("all names", set()).add(handler)


class LabelsNeverForgotten(Store):
    """Count the labels of before a reload."""

    def read_back(self, s):
        before = s.get("all labels", set())
        s = super().read_back(s)
        s["labels"] |= before
        return s

    def become_current(self, sid, entry, lt):
        super().become_current(sid, entry, lt)
        s = self.sessions[sid]
        s["all labels"] = s.get("all labels", set()) | s["labels"]


class CapacityWithoutBuffers(Store):
    """Look at the capacity of buffers that there are none of."""

    def opened_from(self, sid, plan, config):
        if config["initial_capacity"] > SMALL:
            raise Refused("limit exceeded: capacity")
        return super().opened_from(sid, plan, config)


class LesserBuffers(Store):
    """Take fewer messages than the capacity says."""

    def admitted(self, buffer):
        return "WouldBlock" if len(buffer["values"]) > SMALL // 2 else super().admitted(buffer)


class LastRoleTwice(Store):
    """Give the last role the id of the one before it."""

    def plan(self, roles, initial_types):
        made = super().plan(roles, initial_types)
        ids = {role: min(index, SMALL - 2) for role, index in made["role_ids"].items()}
        return {**made, "role_ids": ids}


def ran(make: type[Store], monkeypatch: pytest.MonkeyPatch) -> LaneResult:
    for module, name in ((limits, "MOST"), (plan, "MOST_ROLES"), (second_limits, "MOST")):
        monkeypatch.setattr(module, name, SMALL)
    monkeypatch.setattr(Subject, "start", lambda self: InThisProcess(make=make))
    return lane.run(Subject(), Settings(divergences=100))


def test_the_second_store_does_its_work_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(Store, monkeypatch).verdict == "agree"


@pytest.mark.parametrize(
    "make",
    [
        KnownHandlersRefused,
        HandlersNeverForgotten,
        LabelsNeverForgotten,
        CapacityWithoutBuffers,
        LesserBuffers,
        LastRoleTwice,
    ],
)
def test_a_store_that_stops_at_a_limit_diverges(make: type[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(make, monkeypatch).verdict == "diverge"
