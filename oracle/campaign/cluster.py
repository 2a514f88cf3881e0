"""The workers of a campaign: a cluster of dask.distributed, embedded in this process or named by its address."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.lanes.subject import hellos
from telltale_conformance.oracle.process.interrupts import deaf_to_interrupts
from telltale_conformance.oracle.process.sharing import CannotShare
from telltale_conformance.readable import one_line

if TYPE_CHECKING:
    from distributed import Client, Future

FETCH_SECONDS: Final = 10.0
"""How long the results of ended tasks may be on their way from the workers."""
CONNECT_SECONDS: Final = 30.0
"""How long a scheduler may take to answer, also one that is started again."""
GREETINGS: Final = 3
"""How often a worker is greeted whose adapter does not start: a busy machine may be slow once."""
PAGE_SECONDS: Final = 3.0
"""How long dask's dashboard may take to answer; its address is not printed where it does not."""
REFUSED_SECONDS: Final = 300.0
"""How long a campaign waits for a worker that may work where all that are there were refused."""
OWN_SECONDS: Final = 300.0
"""How long a campaign waits for a worker of its own, which dask starts again at once."""
CONNECTIONS: Final = 4096
"""To so many workers connections are kept: to make one for each result would take longer than to fetch it."""
QUIET: Final = {
    "distributed.worker.profile.enabled": False,  # it looks a hundred times a second at what a task does
    "distributed.admin.tick.interval": "1s",  # fifty times a second, in every process
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,  # no result is on two workers
}
"""What dask leaves alone on a cluster of our own: there, what is not a task takes a processor from tasks."""


class ClusterMissing(UsageError):
    """Thrown when dask.distributed is wanted and not installed."""

    remedy = "install it with: pip install 'telltale-conformance[cluster]'"


class ClusterGone(InconclusiveError):
    """Thrown when the scheduler cannot be reached, or has no worker that may work."""


def greeting(setup: Setup) -> str:
    """Return in what this worker differs from a campaign; empty where it may work. Runs on every worker."""
    return setup.differs(*hellos(setup.subject))


class Cluster:
    """A client of a scheduler, with the workers that may work.

    Args:
        setup: of the campaign.
        client: of the scheduler.
        address: of a scheduler that is not ours; None where it is embedded.
    """

    def __init__(self, setup: Setup, client: Client, address: str | None) -> None:
        self._setup = setup
        self._client = client
        self._address = address
        self._seen: dict[str, str] = {}
        self._greeted: set[str] = set()
        self._direct = True
        """Whether results are fetched from the workers; else through the scheduler."""
        self.refused: dict[str, str] = {}
        """The workers that may not work, with why."""
        self.doubted: dict[str, int] = {}
        """The workers whose adapter did not start so often; they get no task before it does."""
        self.fetched: dict[str, Any] = {}
        """What the tasks returned that ended last, by key; without those whose worker is gone or out of reach."""
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()

    @property
    def dashboard(self) -> str | None:
        """The address of dask's dashboard, where one answers: every scheduler names an address, also without one."""
        services = self._client.scheduler_info(n_workers=0).get("services", {})
        if not services.get("dashboard"):
            return None
        address = self._client.dashboard_link
        return address if _answers(address) else None

    @property
    def others_may_come(self) -> bool:
        """Whether somebody may start workers of another version; on a cluster of our own all are alike."""
        return self._address is not None

    def workers(self) -> dict[str, str]:
        """Return the workers that may work: their addresses, with their names."""
        known = self._workers_now()
        return {
            address: name for address, name in known.items() if not (address in self.refused or address in self.doubted)
        }

    def _workers_now(self) -> dict[str, str]:
        """Return all workers: their addresses, with their names; the last known ones while the scheduler is silent.

        ``Client.scheduler_info`` is not asked: what it returns may be the answer to another question of dask's own.
        """
        with suppress(OSError):
            found = self._client.sync(self._client.scheduler.identity, n_workers=-1)["workers"]
            self._seen = {address: str(one["name"]) for address, one in found.items()}
        return self._seen

    def greet(self) -> list[tuple[str, str]]:
        """Greet the workers that have come since; return those that are refused, each with why."""
        known = self._workers_now()
        fresh = [address for address in known if address not in self._greeted]
        if not fresh:
            return []
        self._greeted.update(fresh)
        refused = []
        answers = self._client.run(greeting, self._setup, workers=fresh, on_error="return")
        for address in fresh:
            answer = answers.get(address, "it is gone")
            failed = self.doubted.pop(address, 0)
            if not isinstance(answer, str):
                if failed + 1 < GREETINGS:
                    self.doubted[address] = failed + 1
                    self._greeted.discard(address)
                    continue
                answer = one_line(f"{type(answer).__name__}, {GREETINGS} times: {answer}", 300)
            if answer and answer != "it is gone":
                self.refused[address] = answer
                refused.append((f"{known[address]} ({address})", answer))
        return refused

    def greet_again(self) -> None:
        """Greet all workers once more, for one of them has become another."""
        self._greeted.clear()

    def submit(self, key: str, priority: int, function: Callable[..., Any], *args: Any) -> Future:
        """Give a task to a worker; it is given to another where that one is lost."""
        allowed = list(self.workers()) if self.refused or self.doubted else None
        future = self._client.submit(
            function, *args, key=key, priority=priority, pure=False, workers=allowed, allow_other_workers=False
        )
        future.add_done_callback(self._ended.put)
        return future

    def wait(self, seconds: float) -> list[Future]:
        """Return the tasks that have ended, once one has or the time is over; what they returned is fetched."""
        ended = []
        with suppress(queue.Empty):
            ended.append(self._ended.get(timeout=seconds))
            while True:
                ended.append(self._ended.get_nowait())
        self.fetched = self._results(ended)
        return ended

    def _results(self, futures: Sequence[Future]) -> dict[str, Any]:
        """Fetch what tasks returned, all at once from the workers themselves."""
        finished = [future for future in futures if future.status == "finished"]
        if not finished:
            return {}
        try:
            found = self._client.sync(
                self._client._gather, finished, direct=self._direct, callback_timeout=FETCH_SECONDS
            )
        except Exception:  # asked for one by one, they show whose worker is lost
            self._direct = False
            return {}
        return {future.key: result for future, result in zip(finished, found, strict=True)}

    def run_everywhere(self, function: Callable[[], list[str]]) -> list[str]:
        """Call a function on every worker that may work; return all that they say."""
        found: list[str] = []
        with suppress(Exception):  # a worker that is gone has nothing to say
            for said in self._client.run(function, workers=list(self.workers()), on_error="ignore").values():
                found += said
        return found

    @property
    def connected(self) -> bool:
        """Whether the scheduler answers."""
        return bool(self._client.status == "running")

    def reconnect(self) -> None:
        """Find the scheduler again, where it has been started again.

        Raises:
            ClusterGone: it does not come back.
        """
        if self._address is None:
            raise ClusterGone("the embedded scheduler has ended")
        with suppress(Exception):
            self._client.close(timeout=1)
        self._client = connected(self._address)
        self._direct = True
        self._greeted.clear()

    def close(self) -> None:
        """Leave the scheduler."""
        with suppress(Exception):
            self._client.close(timeout=5)


def _answers(address: str) -> bool:
    """Say whether a page is there."""
    if not address.startswith(("http://", "https://")):
        return False
    direct = build_opener(ProxyHandler({}))  # a proxy for the internet does not reach the machines of a cluster
    try:
        with direct.open(address, timeout=PAGE_SECONDS):
            return True
    except URLError as error:
        return isinstance(error.reason, SSLCertVerificationError)  # a browser may know who certifies it
    except (OSError, HTTPException, ValueError):
        return False


def greet_seconds(workers: int) -> float:
    """Return how often it is looked which workers came and went; each look asks the scheduler for all of them."""
    return max(1.0, workers / 100)


def connected(address: str) -> Client:
    """Return a client of a scheduler.

    Raises:
        ClusterGone: it does not answer in time.
    """
    from distributed import Client

    until = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            return Client(address, timeout=5, set_as_default=False, connection_limit=CONNECTIONS)
        except ValueError as error:
            raise UsageError(f"no address of a scheduler: {error}", place=address) from None
        except (OSError, TimeoutError) as error:
            if time.monotonic() > until:
                raise ClusterGone(
                    f"the scheduler does not answer: {one_line(str(error), 200)}", place=address
                ) from None
            time.sleep(0.2)


@contextmanager
def cluster_of(setup: Setup, address: str | None, workers: int, dashboard: str | None) -> Iterator[Cluster]:
    """Give the workers of a campaign while the block runs.

    Args:
        setup: of the campaign.
        address: of a scheduler; None for workers of our own on this machine.
        workers: how many those are.
        dashboard: where dask's dashboard is served for them, as ``127.0.0.1:8787``; None for nowhere.

    Raises:
        ClusterMissing: dask.distributed is not installed.
        ClusterGone: the scheduler does not answer.
    """
    distributed_there()
    if address is not None:
        cluster = Cluster(setup, connected(address), address)
        try:
            yield cluster
        finally:
            cluster.close()
        return
    import dask
    from distributed import Client, LocalCluster

    try:
        with deaf_to_interrupts(), dask.config.set(QUIET):
            local = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=dashboard or "127.0.0.1:0",
                scheduler_kwargs={"dashboard": dashboard is not None},
                silence_logs=logging.CRITICAL,
                memory_limit=0,
            )
    except (OSError, RuntimeError) as error:
        raise CannotShare(error) from None
    try:
        cluster = Cluster(setup, Client(local, set_as_default=False), None)
        try:
            yield cluster
        finally:
            cluster.close()
    finally:
        with suppress(Exception):
            local.close(timeout=10)


def distributed_there() -> None:
    """See that dask.distributed is installed, and keep its remarks out of the output.

    Raises:
        ClusterMissing: it is not.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise ClusterMissing("a campaign needs dask.distributed") from None
    logging.getLogger(distributed.__name__).setLevel(logging.CRITICAL)
    logging.getLogger("tornado").setLevel(logging.CRITICAL)
