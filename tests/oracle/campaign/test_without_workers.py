"""A campaign without a worker says so, says how one is started, and waits; its time begins with the first one."""

import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import LocalCluster
from rich.text import Text

from telltale_conformance.oracle.adapters import AdapterFault
from telltale_conformance.oracle.campaign import running
from telltale_conformance.oracle.campaign.cluster import GREETINGS, REFUSED_SECONDS, Cluster, ClusterGone, cluster_of
from telltale_conformance.oracle.campaign.events import Begun, Ended, WorkerEvent
from telltale_conformance.oracle.campaign.journal import FILE, events
from telltale_conformance.oracle.campaign.live import ALONE_SECONDS, LINE_SECONDS, Live, LivePage
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.process.interrupts import Interrupted
from tests.oracle.campaign.campaign_world import campaign_in, small_tasks

__all__ = ["small_tasks"]

ADDRESS = "tcp://127.0.0.1:8786"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass whenever a campaign looks at the clock."""
    ticks = count()
    clock = SimpleNamespace(monotonic=lambda: float(next(ticks)), monotonic_ns=lambda: next(ticks))
    monkeypatch.setattr(running, "time", clock)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[LocalCluster]:
    """A real scheduler without workers; without a port for its dashboard dask would take 8787, whoever has it."""
    with LocalCluster(
        n_workers=0, processes=False, dashboard_address="127.0.0.1:0", host="127.0.0.1", protocol="tcp"
    ) as one:
        yield one


def after(times: int, what: Callable[[], None]) -> Callable[[float], None]:
    """Return what does something once it was called so often."""
    calls = count(1)

    def look(left: float) -> None:
        if next(calls) == times:
            what()

    return look


def interrupt() -> None:
    raise Interrupted(signal.SIGINT)


@pytest.mark.usefixtures("quick")
def test_it_waits_and_the_journal_says_nothing_of_it(
    tmp_path: Path, scheduler: LocalCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, address = tmp_path / "c", str(scheduler.scheduler_address)
    with campaign_in(folder) as campaign, cluster_of(campaign.setup, address, 1, None) as cluster:
        live = Live(campaign.standing, None, address)
        before = (folder / FILE).read_bytes()
        look = after(30, interrupt)
        with pytest.raises(Interrupted):
            Running(campaign, cluster, seconds=5.0, look=look, alone=live.alone).run()
    said = f"no worker is there: the campaign waits; start one with: dask worker {address} --nthreads 1"
    assert capsys.readouterr().err == f"telltale-conformance: {said}\n"
    assert (folder / FILE).read_bytes() == before
    assert campaign.standing == Standing()


class Late(Cluster):
    """A cluster whose first worker comes when it is asked for."""

    def __init__(self) -> None:
        self.refused = {}
        self.doubted = {}
        self.here: dict[str, str] = {}

    connected = True
    others_may_come = True

    def workers(self) -> dict[str, str]:
        return self.here

    def greet(self) -> list[tuple[str, str]]:
        return []

    def wait(self, seconds: float) -> list[object]:
        return []

    def submit(self, key: str, *args: object) -> SimpleNamespace:
        return SimpleNamespace(key=key, cancel=lambda: None)

    def run_everywhere(self, function: object) -> list[str]:
        return []


@pytest.mark.usefixtures("quick")
def test_its_time_begins_with_the_first_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cluster = Late()
    with campaign_in(tmp_path / "c") as campaign:
        live, lefts = Live(campaign.standing, None, ADDRESS), list[float]()
        comes = after(40, lambda: cluster.here.update({"tcp://w": "w"}))

        def look(left: float) -> None:
            lefts.append(left)
            comes(left)

        assert Running(campaign, cluster, seconds=20.0, look=look, alone=live.alone).run() == "time"
    assert lefts[:40] == [20.0] * 40
    assert lefts[40] < 20.0
    told = list(events(tmp_path / "c"))
    assert [event.workers for event in told if isinstance(event, Begun)] == [1]
    assert isinstance(told[-1], Ended)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in said] == [
        "no worker is there",
        "a worker is there",
    ]


class Mixed(Late):
    """A cluster whose workers are refused until the right one comes."""

    def __init__(self, *, ours: bool = False) -> None:
        super().__init__()
        self.others_may_come = not ours
        self._named = False

    def greet(self) -> list[tuple[str, str]]:
        if self._named:
            return []
        self._named = True
        self.refused["tcp://old"] = OLD
        return [("old (tcp://old)", OLD)]


OLD = "implementation store 0.9 instead of store 1.0"


@pytest.mark.usefixtures("quick")
def test_a_first_worker_of_another_version_is_refused_and_the_campaign_goes_on_with_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Mixed()
    with campaign_in(tmp_path / "c") as campaign:
        live = Live(campaign.standing, None, ADDRESS)
        comes = after(40, lambda: cluster.here.update({"tcp://w": "w"}))
        assert Running(campaign, cluster, seconds=20.0, look=comes, alone=live.alone).run() == "time"
    told = list(events(tmp_path / "c"))
    assert [(event.worker, event.why) for event in told if isinstance(event, WorkerEvent)] == [("old (tcp://old)", OLD)]
    assert isinstance(told[-1], Ended)
    said = [line.removeprefix("telltale-conformance: ") for line in capsys.readouterr().err.splitlines()]
    assert said == [
        f"worker old (tcp://old) was refused: {OLD}",
        f"every worker was refused: the campaign waits {REFUSED_SECONDS:.0f} seconds for another one; start one of the "
        f"right version with: dask worker {ADDRESS} --nthreads 1",
        "a worker is there: the campaign goes on",
    ]


@pytest.mark.usefixtures("quick")
def test_it_ends_where_no_worker_of_the_right_version_comes_in_time(tmp_path: Path) -> None:
    looks = list[float]()
    with campaign_in(tmp_path / "c") as campaign:
        running = Running(campaign, Mixed(), seconds=20.0, look=looks.append)
        with pytest.raises(ClusterGone, match=rf"no other one came within 30\d seconds: old \(tcp://old\): {OLD}"):
            running.run()
    assert looks  # it waited, and did not begin its time
    assert set(looks) == {20.0}


@pytest.mark.usefixtures("quick")
def test_a_cluster_of_our_own_does_not_wait_for_other_workers(tmp_path: Path) -> None:
    looks = list[float]()
    with campaign_in(tmp_path / "c") as campaign, pytest.raises(ClusterGone, match=r"every worker was refused: old"):
        Running(campaign, Mixed(ours=True), seconds=20.0, look=looks.append).run()
    assert looks == []


@pytest.mark.usefixtures("quick")
def test_it_ends_where_workers_of_its_own_do_not_start(tmp_path: Path) -> None:
    cluster, looks = Late(), list[float]()
    cluster.others_may_come = False
    ends = after(5000, lambda: pytest.fail("it waits without end"))

    def look(left: float) -> None:
        looks.append(left)
        ends(left)

    with campaign_in(tmp_path / "c") as campaign, pytest.raises(ClusterGone, match=r"for 30\d seconds no worker"):
        Running(campaign, cluster, seconds=20.0, look=look).run()
    assert set(looks) == {20.0}  # it waited, and did not begin its time


class Slow:
    """A client of a scheduler with two workers, one of which cannot greet so many times."""

    scheduler = SimpleNamespace(identity=None)

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked: list[list[str]] = []
        self.given: list[list[str] | None] = []

    def sync(self, function: object, **given: object) -> dict[str, dict[str, dict[str, str]]]:
        return {"workers": {"tcp://slow": {"name": "slow"}, "tcp://quick": {"name": "quick"}}}

    def run(self, function: object, setup: object, *, workers: list[str], on_error: str) -> dict[str, object]:
        self.asked.append(workers)
        answers: dict[str, object] = dict.fromkeys(workers, "")
        if "tcp://slow" in workers and self.failures:
            self.failures -= 1
            answers["tcp://slow"] = AdapterFault("no hello came within 30 s")
        return answers

    def submit(self, *args: object, workers: list[str] | None, **given: object) -> SimpleNamespace:
        self.given.append(workers)
        return SimpleNamespace(add_done_callback=lambda call: None)


@pytest.mark.parametrize("failures", [1, GREETINGS])
def test_a_worker_whose_adapter_does_not_start_is_greeted_again_before_it_is_refused(
    failures: int, tmp_path: Path
) -> None:
    client = Slow(failures)
    with campaign_in(tmp_path / "c") as campaign:
        cluster = Cluster(campaign.setup, client, ADDRESS)
    refused = cluster.greet()
    assert refused == []
    assert cluster.workers() == {"tcp://quick": "quick"}
    cluster.submit("key", 0, print)
    assert client.given == [["tcp://quick"]]
    for _ in range(GREETINGS):
        refused += cluster.greet()
    assert client.asked == [["tcp://slow", "tcp://quick"], *[["tcp://slow"]] * min(failures, GREETINGS - 1)]
    if failures == 1:
        assert refused == []
        assert set(cluster.workers()) == {"tcp://slow", "tcp://quick"}
        cluster.submit("key", 0, print)
        assert client.given[-1] is None
    else:
        assert refused == [("slow (tcp://slow)", f"AdapterFault, {GREETINGS} times: no hello came within 30 s")]
        assert set(cluster.workers()) == {"tcp://quick"}


def test_a_short_absence_is_not_said_and_a_long_one_again_and_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live(Standing(), None, ADDRESS)
    now = [0.0]
    monkeypatch.setattr("telltale_conformance.oracle.campaign.live.time", SimpleNamespace(monotonic=lambda: now[0]))
    live._printed = 0.0
    live.alone(ALONE_SECONDS - 0.1)
    live.alone(0.0)
    assert capsys.readouterr().err == ""
    live.alone(ALONE_SECONDS)
    now[0] = LINE_SECONDS + 1
    live.look(9.0)
    live.alone(0.0)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2].partition(";")[0] for line in said] == [
        "no worker is there: the campaign waits",
        "no worker is there: the campaign waits",
        "a worker is there: the campaign goes on",
    ]


@pytest.mark.parametrize(
    ("address", "said"), [(ADDRESS, f"dask worker {ADDRESS} --nthreads 1"), (None, "until dask has started one again")]
)
def test_the_page_of_a_terminal_says_it_too(address: str | None, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = LivePage(Standing(), None, address)
    page.alone(7.0)
    assert isinstance(found := page.page(), Text)
    assert said in found.plain.replace("\n", " ")
    assert capsys.readouterr().err == ""
