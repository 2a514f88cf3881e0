"""Results of ended tasks are fetched together from the workers; where that fails, each is asked for by itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telltale_conformance.oracle.campaign.cluster import QUIET, Cluster, cluster_of, connected, greet_seconds
from tests.oracle.campaign.campaign_world import campaign_in


class Client:
    """A client that notes how it is asked for results."""

    def __init__(self, *, reached: bool) -> None:
        self.reached = reached
        self.asked: list[tuple[int, bool]] = []

    def sync(self, function: object, futures: list[Any], *, direct: bool, callback_timeout: float) -> list[str]:
        self.asked.append((len(futures), direct))
        if not self.reached:
            raise TimeoutError
        return [f"result of {future.key}" for future in futures]

    def _gather(self) -> None: ...


def quiet(dask_worker: Any) -> tuple[bool, float]:
    """Say of a worker whether it samples what its task does, and how often its event loop is looked at."""
    return "profile" in dask_worker.periodic_callbacks, dask_worker._tick_interval


def test_the_workers_of_a_cluster_of_our_own_leave_the_processors_to_the_tasks(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign, cluster_of(campaign.setup, None, 1, None) as cluster:
        assert set(cluster._client.run(quiet).values()) == {(False, 1.0)}
        assert cluster.greet() == []
        assert len(cluster.workers()) == 1
        with connected(cluster._client.scheduler.address) as client:
            assert client.rpc.limit >= 2000  # a connection for each of many workers


def test_the_more_workers_there_are_the_more_seldom_the_scheduler_is_asked_for_all_of_them() -> None:
    assert [greet_seconds(workers) for workers in (0, 2, 100, 1000)] == [1.0, 1.0, 1.0, 10.0]


def test_what_is_left_alone_are_settings_that_dask_has() -> None:
    import dask
    import distributed

    assert distributed
    missing = object()
    assert [name for name in QUIET if dask.config.get(name, missing) is missing] == []


def cluster_with(client: Client, *statuses: str) -> Cluster:
    cluster = Cluster(None, client, None)
    for number, status in enumerate(statuses):
        cluster._ended.put(SimpleNamespace(key=f"{number}", status=status))
    return cluster


def test_all_that_ended_is_fetched_at_once_from_the_workers() -> None:
    client = Client(reached=True)
    cluster = cluster_with(client, "finished", "error", "finished")
    assert [future.key for future in cluster.wait(0)] == ["0", "1", "2"]
    assert cluster.fetched == {"0": "result of 0", "2": "result of 2"}
    assert client.asked == [(2, True)]
    assert cluster.wait(0) == []
    assert cluster.fetched == {}


@pytest.mark.parametrize("status", ["finished", "error"])
def test_what_cannot_be_fetched_is_left_to_be_asked_for_by_itself(status: str) -> None:
    client = Client(reached=False)
    cluster = cluster_with(client, status)
    assert [future.key for future in cluster.wait(0)] == ["0"]
    assert cluster.fetched == {}
    cluster._ended.put(SimpleNamespace(key="1", status="finished"))
    cluster.wait(0)
    assert [direct for _, direct in client.asked] == ([True, False] if status == "finished" else [True])
