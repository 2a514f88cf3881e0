"""A campaign at work: tasks go to the workers, what comes back goes to the disk, and only then it is reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cluster import (
    OWN_SECONDS,
    REFUSED_SECONDS,
    Cluster,
    ClusterGone,
    greet_seconds,
)
from telltale_conformance.oracle.campaign.events import (
    Begun,
    Ended,
    Event,
    TaskLost,
    WorkerEvent,
)
from telltale_conformance.oracle.campaign.findings import MalformedFinding, Reduced, not_reduced, reduced
from telltale_conformance.oracle.campaign.plan import Task
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import Done, carry_out
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.process.interrupts import Interrupted, held_back
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.readable import one_line

if TYPE_CHECKING:
    from distributed import Future

AHEAD: Final = 3
"""How many tasks each worker has at hand."""
TRIES: Final = 3
"""How often a task is given to workers that it ends, or that cannot read it."""
IN_VAIN: Final = 24
"""After how many tasks in a row with faults and without a judged answer a campaign gives up."""
AT_THE_END: Final = 60.0
"""How many seconds more than its hours a campaign may take to finish what is under way."""
_LOOK_SECONDS: Final = 0.5


class Running:
    """A campaign on a cluster.

    Args:
        campaign: what is on the disk.
        cluster: its workers.
        seconds: how long tasks are begun, from when the workers are ready.
        tasks: how many tasks there are at most, those before a pause included; None for no such end.
        look: is called twice a second or so with the seconds that are left, to show how it stands.
        alone: is called every second or so with the seconds for which there has been no worker, 0 where there is one,
            and with how many workers there are.
    """

    def __init__(
        self,
        campaign: Campaign,
        cluster: Cluster,
        *,
        seconds: float,
        tasks: int | None = None,
        look: Callable[[float], None] = lambda left: None,
        alone: Callable[[float, int], None] = lambda seconds, workers: None,
    ) -> None:
        self._campaign = campaign
        self._cluster = cluster
        self._seconds = seconds
        self._until = 0.0
        self._most = tasks
        self._look = look
        self._alone = alone
        self._alone_since: float | None = None
        """Since when there has been no worker."""
        self._tasks: dict[str, tuple[Task, tuple[bytes, ...], Future]] = {}
        """Under way, by key."""
        self._reducing: dict[str, Future] = {}
        """Findings that are run again, by fingerprint."""
        self._waiting: list[str] = []
        """Findings that wait for that."""
        self._again: list[Task] = []
        """Tasks to be given once more."""
        self._tries: dict[str, int] = {}
        self._greeted = 0.0
        self._known: dict[str, str] = {}

    def run(self) -> str:
        """Work until the time is over, which begins with the first worker; return why it ended.

        Raises:
            ClusterGone: workers were refused or did not start, and none came in time that may work.
            OSError: the disk is full, or the folder cannot be written any more.
        """
        standing = self._campaign.standing
        self._await_worker()
        self._until = time.monotonic() + self._seconds
        self._campaign.note(Begun(at=self._campaign.now(), workers=len(self._known)))
        self._waiting = [found.fingerprint for found in standing.found.values() if found.made is None]
        try:
            why = self._work()
        except Interrupted as signal:
            why = f"interrupted by {signal.name}"
        with held_back():
            faults = [] if why.startswith("interrupted") else self._cluster.run_everywhere(keeping.close_all)
            told = tuple(one_line(fault, 300) for fault in faults)
            if why == "time":
                self._campaign.note(*self._without_result())
            self._campaign.note(Ended(at=self._campaign.now(), why=why, faults=told))
            self._campaign.settle()
        return why

    def _await_worker(self) -> None:
        """Wait until a worker is there that may work; nothing is written to the journal meanwhile."""
        self._greet()
        while not self._known:
            if not self._cluster.connected:
                self._begin_anew()
            self._hear()
            self._look(self._seconds)
            if time.monotonic() > self._greeted + greet_seconds(0):
                self._greet()

    def _work(self) -> str:
        """Give tasks and hear results until there is a reason to end, and return it."""
        standing = self._campaign.standing
        while True:
            if not self._cluster.connected:
                self._begin_anew()
            if time.monotonic() > self._greeted + greet_seconds(len(self._known)):
                self._greet()
            late = time.monotonic() > self._until
            if standing.in_vain >= IN_VAIN:
                return f"{standing.in_vain} tasks in a row had faults and not one judged answer"
            self._top_up(late)
            if self._all_done():
                return "tasks"
            if late and (not (self._tasks or self._reducing) or time.monotonic() > self._until + AT_THE_END):
                return "time"
            with held_back():
                self._hear()
                self._campaign.settle()
            self._look(max(0.0, self._until - time.monotonic()))

    def _without_result(self) -> Iterator[TaskLost]:
        """Yield the tasks that were begun and have no result when the time is over: what they would show is missing."""
        late = f"it had not ended {AT_THE_END:g} seconds after the time of the campaign"
        why = {task.number: late for task, _, _ in self._tasks.values()}
        why |= {task.number: "no worker ended it in time" for task in self._again if self._tries.get(f"{task.number}")}
        for number in sorted(why):
            yield TaskLost(at=self._campaign.now(), task=number, why=why[number])

    def _all_done(self) -> bool:
        """Whether as many tasks are finished as there are to be, and their findings have been run again."""
        under_way = self._tasks or self._again or self._reducing or self._waiting
        return self._most is not None and self._campaign.next_number() >= self._most and not under_way

    def _greet(self) -> None:
        """Look which workers came and went.

        Raises:
            ClusterGone: none may work, and none is to be waited for.
        """
        now, self._greeted = self._campaign.now(), time.monotonic()
        refused = self._cluster.greet()
        workers = self._cluster.workers()
        not_now = self._cluster.refused.keys() | self._cluster.doubted.keys()
        gone = [address for address in self._known if address not in workers and address not in not_now]
        events: list[Event] = [
            WorkerEvent(at=now, worker=f"{self._known[address]} ({address})", what="lost") for address in gone
        ]
        events += (WorkerEvent(at=now, worker=name, what="refused", why=why) for name, why in refused)
        if events:
            self._campaign.note(*events)
        if refused or (gone and self._cluster.refused):
            self._give_again()
        self._known = workers
        if workers:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = self._greeted
        alone = 0.0 if self._alone_since is None else self._greeted - self._alone_since
        self._alone(alone, len(workers))
        if not workers and self._cluster.refused and (alone >= REFUSED_SECONDS or not self._cluster.others_may_come):
            told = "; ".join(f"{name}: {why}" for name, why in self._campaign.standing.refused.items())
            waited = f", and no other one came within {alone:.0f} seconds" if self._cluster.others_may_come else ""
            raise ClusterGone(f"every worker was refused{waited}: {told}")
        if alone >= OWN_SECONDS and not self._cluster.others_may_come:
            raise ClusterGone(
                f"for {alone:.0f} seconds no worker of this machine was there",
                remedy="see that there is memory for them; what was reported is kept, and resume goes on",
            )

    def _top_up(self, late: bool) -> None:
        """Give tasks to the workers, so that each has some at hand; findings come first."""
        most = max(1, len(self._known) // 2)
        while self._waiting and len(self._reducing) < most:
            self._reduce(self._waiting.pop(0))
        while not late and len(self._tasks) < AHEAD * len(self._known):
            if self._again:
                self._give(self._again.pop(0))
            elif self._most is None or self._campaign.next_number() < self._most:
                self._give(self._campaign.next_task())
            else:
                break

    def _give(self, task: Task) -> None:
        given = self._campaign.given(task)
        tries = self._tries.get(f"{task.number}", 0)
        key = f"{self._campaign.setup.campaign}-{task.number}-{tries}-{time.monotonic_ns()}"
        future = self._cluster.submit(key, 0, carry_out, self._campaign.setup, task, given)
        self._tasks[key] = task, given, future

    def _reduce(self, fingerprint: str) -> None:
        try:
            divergence = self._campaign.findings.read(fingerprint)
        except MalformedFinding as error:
            self._campaign.take_reduced(not_reduced(fingerprint, str(error)))
            return
        key = f"{self._campaign.setup.campaign}-{fingerprint}-{time.monotonic_ns()}"
        self._reducing[fingerprint] = self._cluster.submit(key, 10, reduced, self._campaign.setup, divergence)

    def _hear(self) -> None:
        """Take in what has ended."""
        until = time.monotonic() + _LOOK_SECONDS
        while (left := until - time.monotonic()) > 0:
            for future in self._cluster.wait(left):
                self._take_in(future)

    def _take_in(self, future: Future) -> None:
        found = self._tasks.get(future.key)
        if found is not None and found[2] is future:
            del self._tasks[future.key]
            self._task_ended(*found)
            return
        for fingerprint, reducing in list(self._reducing.items()):
            if reducing is future:
                del self._reducing[fingerprint]
                self._reduced(fingerprint, future)

    def _task_ended(self, task: Task, given: tuple[bytes, ...], future: Future) -> None:
        if task.number in self._campaign.standing.tasks:
            return
        done = self._result(f"{task.number}", future)
        if isinstance(done, Done):
            self._waiting += self._campaign.take(task, given, done)
        elif done is None:
            self._again.append(task)
        else:
            self._campaign.note(TaskLost(at=self._campaign.now(), task=task.number, why=str(done)))

    def _reduced(self, fingerprint: str, future: Future) -> None:
        made = self._result(fingerprint, future)
        if made is None:
            self._waiting.append(fingerprint)
            return
        self._campaign.take_reduced(made if isinstance(made, Reduced) else not_reduced(fingerprint, str(made)))

    def _result(self, what: str, future: Future) -> Any:
        """Return what a task returned; None where it is to be given again, a text where that has been done enough."""
        if future.key in self._cluster.fetched:
            return self._cluster.fetched[future.key]
        if future.status == "finished":
            try:
                return future.result(timeout=30)
            except Exception as error:  # its worker was lost with what it returned
                problem: BaseException = error
        elif future.status == "error":
            try:
                problem = future.exception(timeout=30)
            except Exception as error:
                problem = error
        else:
            return None  # cancelled, since the scheduler is gone or it was taken back
        if isinstance(problem, OtherVersion):
            self._cluster.greet_again()
        self._tries[what] = self._tries.get(what, 0) + 1
        if self._tries[what] < TRIES and type(problem).__name__ != "KilledWorker":
            return None
        return one_line(fault_of_harness(Exception(f"{type(problem).__name__}: {problem}"), "on a worker"), 500)

    def _give_again(self) -> None:
        """Take back what is under way, and give it again to those that may work."""
        taken_back = [task for task, _, _ in self._tasks.values()]
        for _, _, future in self._tasks.values():
            future.cancel()
        self._again += taken_back
        self._tasks.clear()
        for fingerprint, future in self._reducing.items():
            future.cancel()
            self._waiting.append(fingerprint)
        self._reducing.clear()

    def _begin_anew(self) -> None:
        """Find the scheduler again after it was started again, and give it what was under way."""
        self._again += [task for task, _, _ in self._tasks.values()]
        self._waiting += self._reducing
        self._tasks.clear()
        self._reducing.clear()
        self._known = {}
        self._cluster.reconnect()
