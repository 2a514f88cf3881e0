"""The fault kit: adapters that misbehave, each in one way, to try a harness on.

``python -m telltale_conformance.adapters.fault_kit NAME [--at N]`` is an adapter whose store knows three operations
and answers them rightly, until at the N-th of them (the third when not said) it does what its name says. ``--list``
prints the table: every name with what a harness must make of it. Nothing of this project is imported here, so that
an adapter starts in a few milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

CHUNK = 256 * 1024
LONG_LINE_BYTES = 1 << 30
FLOOD_BYTES = 64 << 20
PAUSE_SECONDS = 0.005
"""How long a slow adapter takes for each answer."""
CHILD_SECONDS = 600
"""How long a process that is left behind would live."""


class Misbehaviour(NamedTuple):
    """One way to fail."""

    does: str
    ends_as: str
    """What a harness must make of it: the code of a failure (inconclusive), ``agree``, ``panic``,
    ``unsupported``, ``bad_request``, or ``diverge``."""
    make: Callable[[int], Adapter]


class Adapter:
    """An adapter that does nothing wrong; its store can open sessions and list them."""

    protocol = 1
    name = "fault kit"

    def __init__(self, at: int) -> None:
        self.at = at
        self.operations = 0
        self.opened = 0

    def serve(self) -> None:
        """Answer requests until bye or the end of the input."""
        for line in sys.stdin.buffer:
            request = json.loads(line)
            op = request["op"]
            if op == "bye":
                self.bye()
            elif op in ("hello", "reset"):
                self.control(request)
            else:
                self.operations += 1
                if self.operations == self.at:
                    self.fault(request)
                else:
                    self.operation(request)

    def control(self, request: dict[str, Any]) -> None:
        """Answer hello or reset."""
        if request["op"] == "hello":
            self.answer(request, "ok", self.hello())
        else:
            self.reset()
            self.answer(request, "ok", None)

    def hello(self) -> dict[str, Any]:
        """Return what it says of itself."""
        return {
            "protocol": self.protocol,
            "name": self.name,
            "version": "1",
            "language": "python",
            "contract": "telltale-17",
            "ops": ["open", "session_ids", "next_session_id"],
            "observes": ["audit"],
        }

    def reset(self) -> None:
        """Forget all sessions."""
        self.opened = 0

    def operation(self, request: dict[str, Any]) -> None:
        """Answer an operation rightly."""
        op = request["op"]
        if op == "open":
            self.opened += 1
        result = {
            "open": self.opened - 1,
            "session_ids": [*range(self.opened)],
            "next_session_id": self.opened,
        }
        self.answer(request, "ok", result[op], audit=[])

    def fault(self, request: dict[str, Any]) -> None:
        """Answer the operation at which something goes wrong."""
        self.operation(request)

    def answer(self, request: dict[str, Any], kind: str, value: Any, **more: Any) -> None:
        """Print an answer."""
        self.print({"id": request["id"], kind: value, **more})

    def print(self, document: Any) -> None:
        """Print a line."""
        self.write(json.dumps(document, ensure_ascii=False).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Write bytes to stdout, at once."""
        while data:
            data = data[os.write(1, data) :]

    def bye(self) -> None:
        """End as one should."""
        os._exit(0)


def but(**members: Any) -> type[Adapter]:
    """Return the adapter that does nothing wrong, but for these members."""
    return type("But", (Adapter,), members)


def hang() -> NoReturn:
    """Do nothing, until the input ends and after."""
    while True:
        signal.pause()


def writing(text: bytes, end: Callable[[], NoReturn] | None = None) -> type[Adapter]:
    """Return an adapter whose fault is a line, with the id of the request for ``ID``; or half a line, and an end."""

    def fault(self: Adapter, request: dict[str, Any]) -> None:
        self.write(text.replace(b"ID", b"%d" % request["id"]) + (b"" if end else b"\n"))
        if end:
            end()

    return but(fault=fault)


def answering(kind: str, value: Any, **more: Any) -> type[Adapter]:
    """Return an adapter whose fault is an answer."""
    return but(fault=lambda self, request: self.answer(request, kind, value, **more))


# What each of these does is said in the table below.


def _dies(_: Adapter, request: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Slow(Adapter):
    def answer(self, request: dict[str, Any], kind: str, value: Any, **more: Any) -> None:
        time.sleep(PAUSE_SECONDS)
        super().answer(request, kind, value, **more)


class _Late(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        time.sleep(CHILD_SECONDS)
        self.operation(request)


class _HangsDeaf(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        hang()


class _Exits(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        os.write(2, b"fault kit: out of order\n")
        os._exit(7)


class _ClosesStdout(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        os.close(1)
        hang()


class _WrongId(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        self.operation({**request, "id": request["id"] + 1000})


class _TwoAnswers(Adapter):
    times = 1

    def fault(self, request: dict[str, Any]) -> None:
        self.times = 2
        self.operation(request)
        self.times = 1

    def write(self, data: bytes) -> None:
        super().write(data * self.times)


class _SpeaksFirst(Adapter):
    def serve(self) -> None:
        self.print({"id": 0, "ok": self.hello()})
        super().serve()


class _GigabyteLine(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        self.write(b'{"id":%d,"ok":"' % request["id"])
        for _ in range(LONG_LINE_BYTES // CHUNK):
            self.write(b"x" * CHUNK)
        self.write(b'","audit":[]}\n')


class _FloodsStderr(Adapter):
    def fault(self, request: dict[str, Any]) -> None:
        for _ in range(FLOOD_BYTES // CHUNK):
            os.write(2, b"I am still here. " * (CHUNK // 17))
        self.operation(request)


class _RefusesReset(Adapter):
    def control(self, request: dict[str, Any]) -> None:
        if request["op"] == "reset":
            self.answer(request, "unsupported", "this store cannot be emptied")
        else:
            super().control(request)


class _ChangesHello(Adapter):
    fault = _dies

    def hello(self) -> dict[str, Any]:
        return {**super().hello(), "version": str(os.getpid())}


class _LeavesChild(Adapter):
    own_session = False

    def fault(self, request: dict[str, Any]) -> None:
        child = os.fork()
        if child == 0:
            if self.own_session:
                os.setsid()
                if os.fork():
                    os._exit(0)
            hang()
        if self.own_session:
            os.waitpid(child, 0)
        self.operation(request)


class _LeavesDaemon(_LeavesChild):
    own_session = True


class _Racing(Adapter):
    """Lets two clients ask at once; does nothing wrong while one asks alone."""

    def hello(self) -> dict[str, Any]:
        return {**super().hello(), "clients": 2}

    def serve(self) -> None:
        rest = b""
        while data := os.read(0, CHUNK):
            *lines, rest = (rest + data).split(b"\n")
            requests = [json.loads(line) for line in lines]
            racing = [request for request in requests if "client" in request]
            for request in requests:
                if request["op"] == "bye":
                    self.bye()
                elif request["op"] in ("hello", "reset"):
                    self.control(request)
                elif len(racing) < 2 or request not in racing:
                    self.operation(request)
            if len(racing) > 1:
                self.race(racing)

    def race(self, requests: list[dict[str, Any]]) -> None:
        """Answer requests that came together."""
        for request in requests:
            self.operation(request)


class _GivesIdsTwice(_Racing):
    def race(self, requests: list[dict[str, Any]]) -> None:
        before = self.opened
        for request in requests:
            self.opened = before if request["op"] == "open" else self.opened
            self.operation(request)


class _AnswersOneOfTwo(_Racing):
    def race(self, requests: list[dict[str, Any]]) -> None:
        self.operation(requests[0])


class _DiesOfTwo(_Racing):
    def race(self, requests: list[dict[str, Any]]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class _MixesIdsUp(_Racing):
    def race(self, requests: list[dict[str, Any]]) -> None:
        for request in requests:
            self.operation({**request, "id": request["id"] + 1000})


RACING: dict[str, Misbehaviour] = {
    "two-clients": Misbehaviour("does nothing wrong with two clients", "agree", _Racing),
    "gives-ids-twice": Misbehaviour("opens two sessions at once under one id", "diverge", _GivesIdsTwice),
    "answers-one-of-two": Misbehaviour("loses one of two requests at once", "deadline", _AnswersOneOfTwo),
    "dies-of-two": Misbehaviour("is ended by a signal when two ask at once", "exited", _DiesOfTwo),
    "mixes-ids-up": Misbehaviour("answers two at once with ids of nobody", "wrong-id", _MixesIdsUp),
}
"""Those that go wrong only when two clients ask at once, by name; ``ends_as`` is of lane ``concurrent``."""
_HALF = b'{"id":ID,"ok"'
_TOO_DEEP = writing(b'{"id":ID,"ok":%b,"audit":[]}' % (b"[" * 100_000 + b"]" * 100_000))
_REFUSES_HELLO = but(control=lambda self, request: self.answer(request, "bad_request", "whoever you are, no"))
_BAD_HELLO = but(hello=lambda self: {**Adapter.hello(self), "ops": "all of them"})
KIT: dict[str, Misbehaviour] = {
    "correct": Misbehaviour("does nothing wrong", "agree", Adapter),
    "slow": Misbehaviour("answers rightly, but slowly", "agree", _Slow),
    "late": Misbehaviour("answers long after every deadline", "deadline", _Late),
    "hangs": Misbehaviour("does not answer", "deadline", but(fault=lambda *_: hang())),
    "hangs-deaf": Misbehaviour("does not answer and ignores signals", "deadline", _HangsDeaf),
    "hangs-at-start": Misbehaviour("does not answer hello", "deadline", but(serve=lambda _: hang())),
    "exits-at-once": Misbehaviour(
        "ends before hello", "exited", but(serve=lambda _: sys.exit("fault kit: cannot go on"))
    ),
    "dies": Misbehaviour("is ended by a signal", "exited", but(fault=_dies)),
    "exits": Misbehaviour("ends with status 7", "exited", _Exits),
    "closes-stdout": Misbehaviour("closes its stdout and goes on running", "exited", _ClosesStdout),
    "wrong-id": Misbehaviour("answers with another id", "wrong-id", _WrongId),
    "two-answers": Misbehaviour("answers a request twice", "two-answers", _TwoAnswers),
    "speaks-first": Misbehaviour("answers hello before it is asked, and again", "two-answers", _SpeaksFirst),
    "not-json": Misbehaviour("prints a message on stdout", "not-json", writing(b"opening a session")),
    "cut": Misbehaviour("prints JSON with a piece missing", "not-json", writing(b'{"id":ID,"ok":[1,}')),
    "repeated": Misbehaviour("prints a member twice", "not-json", writing(b'{"id":ID,"ok":0,"ok":1,"audit":[]}')),
    "too-deep": Misbehaviour("nests 100,000 deep", "not-json", _TOO_DEEP),
    "two-outcomes": Misbehaviour(
        "answers ok and err at once", "malformed-answer", answering("ok", 0, err="no", audit=[])
    ),
    "no-audit": Misbehaviour("leaves out the audit it observes", "malformed-answer", answering("ok", 0)),
    "half-line": Misbehaviour("prints half a line and exits", "half-line", writing(_HALF, lambda: os._exit(0))),
    "half-line-hangs": Misbehaviour("prints half a line and hangs", "half-line", writing(_HALF, hang)),
    "invalid-utf8": Misbehaviour("prints Latin-1", "invalid-utf8", writing(b'{"id":ID,"ok":"caf\xe9","audit":[]}')),
    "gigabyte-line": Misbehaviour("prints a line of a gigabyte", "line-too-long", _GigabyteLine),
    "floods-stderr": Misbehaviour("writes 64 MiB to stderr", "stderr-flood", _FloodsStderr),
    "ignores-reset": Misbehaviour("keeps its sessions over a reset", "reset-ignored", but(reset=lambda _: None)),
    "refuses-reset": Misbehaviour("answers reset with unsupported", "reset-refused", _RefusesReset),
    "refuses-hello": Misbehaviour("answers hello with bad_request", "hello-refused", _REFUSES_HELLO),
    "wrong-protocol": Misbehaviour("speaks protocol 2", "wrong-protocol", but(protocol=2)),
    "bad-hello": Misbehaviour("has a text for the list of operations", "malformed-hello", _BAD_HELLO),
    "changes-hello": Misbehaviour("dies, and says another hello next time", "hello-changed", _ChangesHello),
    "leaves-child": Misbehaviour("leaves a process behind", "left-processes", _LeavesChild),
    "leaves-daemon": Misbehaviour("leaves one in a session of its own", "left-processes", _LeavesDaemon),
    "ignores-bye": Misbehaviour("does not exit at bye", "no-clean-exit", but(bye=lambda _: hang())),
    "exits-with-one": Misbehaviour("exits with status 1 at bye", "no-clean-exit", but(bye=lambda _: os._exit(1))),
    "panics": Misbehaviour(
        "answers panic", "panic", answering("panic", "index out of bounds: the len is 0 but the index is 0")
    ),
    "unsupported": Misbehaviour("answers unsupported", "unsupported", answering("unsupported", "not in this build")),
    "bad-request": Misbehaviour(
        "answers bad_request", "bad_request", answering("bad_request", "missing field `roles`")
    ),
    "wrong-answer": Misbehaviour("answers something wrong", "diverge", answering("ok", 41, audit=[])),
}
"""All of them by name."""


def main() -> None:
    """Be one of them."""
    parser = argparse.ArgumentParser(
        prog="python -m telltale_conformance.adapters.fault_kit", description=__doc__.splitlines()[0]
    )
    parser.add_argument("name", nargs="?", choices={**KIT, **RACING}, metavar="NAME")
    parser.add_argument("--at", type=int, default=3, help="the operation at which it fails, from 1")
    parser.add_argument("--list", action="store_true", help="print all names and what they must end as")
    chosen = parser.parse_args()
    if chosen.list or chosen.name is None:
        for name, entry in {**KIT, **RACING}.items():
            print(f"{name:18} {entry.ends_as:16} {entry.does}")
        return
    {**KIT, **RACING}[chosen.name].make(chosen.at).serve()


if __name__ == "__main__":
    main()
