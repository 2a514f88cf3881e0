"""Histories in the corpus: kept by what met in them, run again, merged, distilled for a check, named when lost."""

from pathlib import Path

import msgspec
import pytest

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent, Return
from telltale_conformance.lean_traces.races import race_of
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.campaign.events import TaskDone
from telltale_conformance.oracle.campaign.folder import DISTILLED_RACES, read_settings
from telltale_conformance.oracle.campaign.journal import events
from telltale_conformance.oracle.campaign.kept_histories import AGAIN, KeptHistories
from telltale_conformance.oracle.campaign.merging import distil, merge
from telltale_conformance.oracle.campaign.opening import begin, histories_in, opened
from telltale_conformance.oracle.campaign.plan import Task
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import Done, carry_out
from telltale_conformance.oracle.histories.judging import judge_bytes
from telltale_conformance.oracle.histories.meetings import few, meetings
from telltale_conformance.oracle.lanes import concurrent
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]


def call(seq: int, client: int, number: int, op: str) -> Call:
    return Call(seq, client, number, OPERATIONS[op], (), {})


def back(seq: int, client: int, number: int, error: str | None = None) -> Return:
    return Return(seq, client, number, Answer(error is None, {error: {}} if error else None, None))


def test_two_operations_meet_where_both_are_under_way() -> None:
    history: list[HistoryEvent] = [
        *(call(0, 0, 0, "close"), call(1, 1, 1, "observe"), back(2, 0, 0), call(3, 0, 2, "reap_closed")),
        *(back(4, 1, 1, "UnknownSession"), back(5, 0, 2), call(6, 0, 3, "close"), Crash(7, 0, 3)),
    ]
    assert meetings(history) == {
        ("meeting", "close", "ok", "observe", "UnknownSession"),
        ("meeting", "observe", "UnknownSession", "reap_closed", "ok"),
    }


def test_a_call_without_an_answer_has_met_too() -> None:
    cut = [call(0, 0, 0, "close"), call(1, 1, 1, "close"), Crash(2, 1, 1)]
    assert meetings(cut) == {("meeting", "close", "crash", "close", "crash")}


def test_few_histories_have_all_that_meets_in_many() -> None:
    one, two, three = (("meeting", "a", "ok", "b", str(number)) for number in range(3))
    met = {"x": {one}, "y": {one, two}, "z": {two}, "w": {three}}
    assert few(met) == ["y", "w"]
    assert few(met, 1) == ["y"]


def raced(campaign: Campaign, number: int) -> tuple[Task, Done]:
    """Work off a task of lane ``concurrent``."""
    plain = Task(number=number, lane="concurrent", turn=number)
    task = campaign.with_parents(plain)
    given = campaign.given(task)
    done = carry_out(campaign.setup, task, given)
    campaign.take(task, given, done)
    campaign.settle()
    return task, done


def test_histories_in_which_something_new_met_are_kept_and_their_races_run_again(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        first, done = raced(campaign, 900)
        assert first.parents == ()
        assert not done.faults
        kept = dict(campaign.histories.kept)
        assert kept
        again, _ = raced(campaign, 901)
        assert set(again.parents) <= set(kept.values())
        assert 0 < len(again.parents) <= AGAIN
    (told, _) = [event for event in events(folder) if isinstance(event, TaskDone)]
    assert {entry.address: entry.race for entry in told.histories} == kept
    for address, race in kept.items():
        history = folder / "corpus" / address[:2] / f"{address}.history.jsonl"
        assert judge_bytes(history.read_bytes()).verdict == "agree"
        assert race_of(histories_in(folder).race(race) or b"").pair


def test_what_met_before_is_not_kept_again_also_after_a_break(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        task, done = raced(campaign, 900)
        kept = dict(campaign.histories.kept)
    with opened(folder, read_settings(folder)) as found:
        assert found.remarks == []
        assert found.campaign.histories.kept == kept
        other = Task(number=902, lane="concurrent", turn=task.turn)
        found.campaign.take(other, (), done)
        assert found.campaign.histories.kept == kept


def test_a_lost_history_is_named_and_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    with campaign_in(folder) as campaign:
        _, done = raced(campaign, 900)
        kept = dict(campaign.histories.kept)
    address = next(iter(kept))
    damaged = folder / "corpus" / address[:2] / f"{address}.history.jsonl"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with opened(folder, read_settings(folder)) as found:
        (remark,) = found.remarks
        assert remark == f"histories of the corpus that are gone: 1, the first: {address}"
        assert address not in found.campaign.histories.met()
        found.campaign.take(Task(number=903, lane="concurrent", turn=3), (), done)
        assert found.campaign.histories.lost() == []  # what met in it is new again


def test_merged_campaigns_have_all_that_met_and_a_check_runs_their_races(tmp_path: Path) -> None:
    a, b, both, next_one = (tmp_path / name for name in ("a", "b", "both", "next"))
    for folder, number in ((a, 900), (b, 940)):
        with campaign_in(folder, seed=number) as campaign:
            raced(campaign, number)
    merge([a, b], both)
    met = [set().union(*histories_in(folder).met().values()) for folder in (a, b, both)]
    assert met[0] | met[1] == met[2]
    assert len(histories_in(both).kept) <= len(histories_in(a).kept) + len(histories_in(b).kept)
    races = concurrent.races_in(str(both / DISTILLED_RACES))
    assert {race.pair for race in races}
    result = concurrent.run(Subject(), Settings(cases=1, races=str(both / DISTILLED_RACES)))
    assert result.evidence.cases.planned == len(races) + 1
    assert result.evidence.cases.shown == len(races) + 1
    settings = begin(next_one, Subject(), hours=1.0, source=both)
    assert set().union(*KeptHistories(next_one / "corpus", settings.histories).met().values()) == met[2]


def test_without_histories_no_race_is_distilled_and_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        distil(tmp_path / "c", "telltale-17", campaign.setup.start, campaign.histories)
    assert concurrent.races_in(str(tmp_path / "c" / DISTILLED_RACES)) == ()
    (tmp_path / "x").write_text('{"schema":"another"}\n')
    with pytest.raises(UsageError, match="name the folder of a campaign"):
        concurrent.races_in(str(tmp_path / "x"))


def test_a_race_for_more_clients_than_there_are_is_not_run_again(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        raced(campaign, 900)
        races = [race_of(campaign.histories.race(race) or b"") for race in campaign.histories.kept.values()]
    wide = [msgspec.structs.replace(race, suffixes=(*race.suffixes, *[()] * 20)) for race in races]
    run = [concurrent.run(Subject(), Settings(cases=1), again=again) for again in (wide, races)]
    assert [result.evidence.cases.planned for result in run] == [1, 1 + len(races)]
