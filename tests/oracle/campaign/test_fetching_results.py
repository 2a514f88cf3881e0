"""Results of ended tasks are fetched together from the workers; where that fails, each is asked for by itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from telltale_conformance.oracle.campaign.cluster import Cluster


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


def cluster_with(client: Client, *statuses: str) -> Cluster:
    cluster = Cluster(None, client, None)  # type: ignore[arg-type] # neither is used otherwise
    for number, status in enumerate(statuses):
        cluster._ended.put(SimpleNamespace(key=f"{number}", status=status))  # type: ignore[arg-type]
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
    cluster._ended.put(SimpleNamespace(key="1", status="finished"))  # type: ignore[arg-type]
    cluster.wait(0)
    assert [direct for _, direct in client.asked] == ([True, False] if status == "finished" else [True])
