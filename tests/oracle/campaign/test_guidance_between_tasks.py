"""Guidance between tasks: only what reaches something new is kept, and what is kept is changed."""

from hashlib import sha256
from pathlib import Path
from zlib import decompress

import pytest

from telltale_conformance.generators.guidance import Steps, reached_by
from telltale_conformance.generators.reached import Feature, Watch, played
from telltale_conformance.lean_traces.programs import Program, written_program
from telltale_conformance.oracle.campaign import guide, keeping
from telltale_conformance.oracle.campaign.corpus import Corpus
from telltale_conformance.oracle.campaign.features import numbers_in
from telltale_conformance.oracle.campaign.folder import read_settings
from telltale_conformance.oracle.campaign.guide import Guide, carried_out
from telltale_conformance.oracle.campaign.opening import opened
from telltale_conformance.oracle.campaign.plan import PARENTS, Setup
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import carry_out, number_of
from tests.oracle.campaign.campaign_world import ONESELF, campaign_in, small_tasks, worked, wrong

__all__ = ["small_tasks"]


def test_a_task_that_reaches_nothing_new_adds_nothing(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 1)
        task = campaign.next_task()
        given = campaign.given(task)
        done = carry_out(campaign.setup, task, given)
        campaign.take(task, given, done)
        before = list(campaign.standing.entries)
        assert not campaign._guide.taken(task, given, done)
        assert list(campaign.standing.entries) == before


def kept_by(folder: Path) -> tuple[list[str], list[bytes], set[int]]:
    """Return the programs that some tasks add to a corpus, with their files, and what is known after them.

    The first result of every second task is lost: it is run again when the others have ended.
    """
    with campaign_in(folder) as campaign:
        tasks = [campaign.next_task() for _ in range(6)]
        for task in tasks:
            given = campaign.given(task)
            done = carry_out(campaign.setup, task, given)
            if task.number % 2 == 0:
                campaign.take(task, given, done)
        for task in tasks[1::2]:
            given = campaign.given(task)
            campaign.take(task, given, carry_out(campaign.setup, task, given))
        campaign.settle()
        assert campaign.standing.found
        addresses = list(campaign.standing.entries)
        files = [campaign.corpus.read(address) or b"" for address in addresses]
        return addresses, files, set(campaign._guide._known)


def test_programs_that_workers_send_along_are_those_that_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker sends no more than it tells something new of, so what a lost result told of is made again."""
    wrong(monkeypatch, "witness ids go on after reaping")  # cases end where they diverge
    made_again: list[int] = []

    def noted(setup: Setup, program: Program, count: int) -> bytes:
        made_again.append(count)
        return carried_out(setup, program, count)

    monkeypatch.setattr(guide, "carried_out", noted)
    kept = kept_by(tmp_path / "made again")
    assert made_again
    some, whole = len(made_again), keeping.told_first
    monkeypatch.setattr(keeping, "told_first", lambda setup, numbers: whole(setup, numbers) | set(numbers))
    assert kept_by(tmp_path / "sent") == kept
    assert len(made_again) == some, "all are sent whole"
    assert all(sha256(data).hexdigest() == address for address, data in zip(*kept[:2], strict=True))


def test_a_worker_sends_along_what_it_tells_something_new_of_and_no_more(tmp_path: Path) -> None:
    told, sent = set[int](), [0, 0]
    with campaign_in(tmp_path / "c") as campaign:
        for reaching in [reaching for done in worked(campaign, 6) for reaching in done.reached]:
            places = zip(reaching.features, reaching.places, strict=True)
            steps = [1 + place for number, place in places if number not in told]
            told.update(reaching.features)
            sent[bool(steps)] += 1
            assert bool(reaching.program) == bool(steps)
            if reaching.program:
                program = written_program(decompress(reaching.program), "sent")
                assert len(program.steps) == max(steps)
    assert all(sent)


def test_a_program_is_kept_up_to_its_last_step_that_reaches_something_new(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        known: set[Feature] = set()
        for address in campaign.setup.start:
            known |= reached_by(steps_of(campaign, address), "telltale-17")
        worked(campaign, 7)
        assert len(campaign.standing.entries) > 10
        for address in campaign.standing.entries:
            found = list(played(steps_of(campaign, address), "telltale-17", watched=Watch))
            assert len(found) == len(steps_of(campaign, address))  # every step can be carried out
            before = {feature for one in found[:-1] for feature in one.features}
            assert set(found[-1].features) - before - known
            known |= before | set(found[-1].features)
        assert campaign._guide._known == set(map(number_of, known))  # as after a resume


def steps_of(campaign: Campaign, address: str) -> Steps:
    data = campaign.corpus.read(address)
    assert data is not None
    return written_program(data, address).steps


def test_mutants_are_made_from_what_was_kept(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 8)
        parents: set[str] = set()
        for _ in range(30):
            task = campaign.next_task()
            assert task.lane != "mutants" or len(task.parents) == PARENTS
            parents |= set(task.parents)
        assert parents & campaign.standing.entries.keys()
        assert parents & set(campaign.setup.start)


def test_an_unguided_campaign_keeps_nothing_and_finds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, ONESELF)
    with campaign_in(tmp_path / "c", guided=False) as campaign:
        while not campaign.standing.found and campaign.next_number() < 60:
            worked(campaign, 1)
        assert campaign.standing.found
        assert campaign.standing.cells
        assert not campaign.standing.entries


def test_a_resumed_campaign_knows_what_it_knew_and_plays_only_what_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 8)
        knew, entries = set(campaign._guide._known), dict(campaign.standing.entries)
        began = len(campaign.setup.start)
    assert all(entry.reached for entry in entries.values())
    played: list[object] = []

    def noted(steps: Steps, contract: str) -> set[Feature]:
        played.append(steps)
        return reached_by(steps, contract)

    monkeypatch.setattr(guide, "reached_by", noted)
    with opened(tmp_path / "c", read_settings(tmp_path / "c")) as found:
        assert found.campaign._guide._known == knew
    assert len(played) == began


def test_what_a_program_reached_that_is_gone_is_not_known_any_more(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        worked(campaign, 8)
        reached = {address: set(numbers_in(entry.reached)) for address, entry in campaign.standing.entries.items()}
        corpus, contract = campaign.corpus, campaign.setup.subject.contract
        setup, gone = campaign.setup, max(reached, key=lambda address: len(reached[address]))
    began = [written_program(corpus.read(address) or b"", address).steps for address in setup.start]
    at_the_start = {number_of(feature) for steps in began for feature in reached_by(steps, contract)}
    assert not reached[gone] & at_the_start
    corpus.place(gone).unlink()
    found = Guide(setup, Corpus(corpus.folder), reached)
    assert not found._known & reached[gone]
    assert gone not in found.addresses
    assert set().union(*(numbers for address, numbers in reached.items() if address != gone)) <= found._known
