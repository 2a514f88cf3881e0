"""Workers that only wait: many in one process, for what a scheduler can take.

``python -m tests.benchmarks.fake_workers ADDRESS COUNT SECONDS BYTES`` speaks with a scheduler of dask as its workers
do: each registers, has a connection and an address of its own, sends heartbeats with the figures of a real worker,
takes tasks one after the other, gives them up when they are stolen, and returns so many bytes. It never looks at what a
task is, so that a thousand of them need less of a processor than what is measured. A task takes half of the seconds to
one and a half, so that they do not end in waves.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import sys
import time
from heapq import heappop, heappush
from typing import Any, Final

import dask
from distributed import Worker
from distributed.batched import BatchedSend
from distributed.comm import connect
from distributed.core import Server, Status
from distributed.protocol import to_serialize

AT_ONCE: Final = 20
"""How many register at the same time."""
_TYPE: Final = pickle.dumps(bytes)
_SELDOM: Final = {
    "distributed.admin.tick.interval": "1h",
    "distributed.admin.tick.cycle": "1h",
    "distributed.admin.system-monitor.interval": "1h",
    "distributed.worker.profile.enabled": False,
}
"""What a server of dask does for itself, which here would be done a thousand times in one process."""


class FakeWorker(Server):
    """A worker of one thread whose tasks only wait.

    Args:
        name: unlike that of any other.
        seconds: how long a task takes in the mean.
        result: what each returns.
    """

    def __init__(self, name: str, seconds: float, result: bytes) -> None:
        ignored = ("cancel-compute", "acquire-replicas", "remove-replicas", "refresh-who-has", "remove-worker")
        super().__init__(
            handlers={"get_data": self.get_data},
            stream_handlers={
                "compute-task": self.compute,
                "free-keys": self.free,
                "steal-request": self.steal,
                "close": self.leave,
                **dict.fromkeys(ignored, lambda **message: None),
            },
            deserialize=False,
            needs_workdir=False,
        )
        self._name = name
        self._seconds = seconds
        self._result = result
        self._random = random.Random(name)
        self._waiting: list[tuple[Any, str, int]] = []
        self._at_work: str | None = None
        self._stream = BatchedSend(interval="2ms", loop=self.loop)

    async def begin(self, scheduler: str, like: dict[str, Any]) -> None:
        """Register with a scheduler; ``like`` has what a real worker says of itself."""
        await self.listen("tcp://127.0.0.1:0")
        comm = await connect(scheduler, deserialize=False)
        telling = {"op": "register-worker", "reply": False, "address": self.address, "name": self._name}
        await comm.write({**telling, **like, "now": time.time(), "server_id": self.id}, serializers=["msgpack"])
        answer = await comm.read(deserializers=["msgpack"])
        assert answer["status"] == "OK", answer
        self._stream.start(comm)
        self._tasks = [
            asyncio.create_task(self.handle_stream(comm)),
            asyncio.create_task(self._beat(scheduler, like["metrics"], answer["heartbeat-interval"])),
        ]

    async def over(self) -> None:
        """Wait until the scheduler is gone."""
        await self._tasks[0]
        self._tasks[1].cancel()

    async def _beat(self, scheduler: str, metrics: dict[str, Any], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            executing = {} if self._at_work is None else {self._at_work: 1.0}
            answer = await self.rpc(scheduler).heartbeat_worker(
                address=self.address, now=time.time(), metrics=metrics, executing=executing, extensions={}
            )
            seconds = answer["heartbeat-interval"]

    def compute(self, *, key: str, priority: Any, run_id: int, **message: Any) -> None:
        """Take a task."""
        heappush(self._waiting, (priority, key, run_id))
        self._go_on()

    def _go_on(self) -> None:
        if self._at_work is None and self._waiting:
            _, self._at_work, run_id = heappop(self._waiting)
            seconds = self._seconds * (0.5 + self._random.random())
            asyncio.get_running_loop().call_later(seconds, self._ended, self._at_work, run_id, time.time())

    def _ended(self, key: str, run_id: int, began: float) -> None:
        self._at_work = None
        self._stream.send(
            {
                "op": "task-finished",
                "status": "OK",
                "key": key,
                "run_id": run_id,
                "nbytes": len(self._result),
                "type": _TYPE,
                "typename": "bytes",
                "metadata": {},
                "thread": 1,
                "startstops": [{"action": "compute", "start": began, "stop": time.time()}],
                "stimulus_id": f"task-finished-{time.time()}",
            }
        )
        self._go_on()

    def free(self, *, keys: list[str], **message: Any) -> None:
        """Forget tasks that nobody wants any more."""
        self._waiting = sorted(one for one in self._waiting if one[1] not in keys)

    def steal(self, *, key: str, stimulus_id: str) -> None:
        """Give up a task that was not begun."""
        there = [one for one in self._waiting if one[1] == key]
        for one in there:
            self._waiting.remove(one)
        self._waiting.sort()
        state = "ready" if there else "executing" if key == self._at_work else None
        self._stream.send({"op": "steal-response", "key": key, "state": state, "stimulus_id": stimulus_id})

    async def get_data(self, comm: Any, keys: list[str], **message: Any) -> Any:
        """Send the results of tasks to whoever asks."""
        await comm.write({"status": "OK", "data": {key: to_serialize(self._result) for key in keys}})
        await comm.read()
        return Status.dont_reply

    async def leave(self, **message: Any) -> None:
        """End; the scheduler says so."""
        await self._stream.close()


async def real_worker(scheduler: str) -> dict[str, Any]:
    """Return what a real worker says of itself when it registers."""
    import tempfile

    async with Worker(scheduler, nthreads=1, memory_limit=0, local_directory=tempfile.gettempdir()) as worker:
        from distributed.versions import get_versions

        return {
            "status": "running",
            "nthreads": 1,
            "resources": {},
            "memory_limit": None,
            "local_directory": worker.local_directory,
            "services": {},
            "nanny": None,
            "pid": os.getpid(),
            "versions": get_versions(),
            "metrics": await worker.get_metrics(),
            "extra": await worker.get_startup_information(),
            "stimulus_id": f"worker-connect-{time.time()}",
        }


async def work(scheduler: str, count: int, seconds: float, size: int) -> None:
    """Be so many workers of a scheduler until it ends."""
    dask.config.set(_SELDOM)
    like, result = await real_worker(scheduler), os.urandom(size)
    workers = [FakeWorker(f"fake-{os.getpid()}-{number}", seconds, result) for number in range(count)]
    for first in range(0, count, AT_ONCE):
        await asyncio.gather(*(one.begin(scheduler, like) for one in workers[first : first + AT_ONCE]))
    await asyncio.gather(*(one.over() for one in workers))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
