"""A resident Lean: started once, asked many times, through a folder that serves as mailbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from telltale_conformance.files import content, opened
from telltale_conformance.lean_traces.lean_answer import LeanRun, decode_answer
from telltale_conformance.lean_traces.lean_bundle import LeanBundle, read_sources, run_bundle
from telltale_conformance.lean_traces.lean_errors import (
    LeanCrashed,
    LeanError,
    LeanOutOfMemory,
    LeanSourceError,
    LeanTimeout,
    LeanToolchainFailed,
)
from telltale_conformance.lean_traces.lean_program import FirstCounters, encode_request
from telltale_conformance.lean_traces.lean_rules import refuse_broken_rules
from telltale_conformance.lean_traces.lean_toolchain import LeanToolchain, find_toolchain
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.readable import shortened

START_DEADLINE: Final = 300.0
"""Seconds that a start may take; it takes 20 to 30 on two free cores."""

ANSWER_DEADLINE: Final = 600.0
"""Seconds that an answer may take, unless told otherwise."""

_OPTIONS: Final = ("-DElab.async=false", "-j1", "-DwarningAsError=true", "--json", "-s", "200000")
_IDLE_LOOKS: Final = 300_000
_KEPT: Final = 4_000
_CLOCK_PER_CPU: Final = 10
"""How many seconds on the clock a CPU second may take before the process counts as standing still."""
_LOOK: Final = 1.0
"""Seconds between two looks at the CPU time."""
_MEMORY: Final = re.compile(
    r"out of memory|cannot enlarge memory|Aborted\(OOM\)|heap limit|WebAssembly\.Memory|memory allocation"
    r"|Array buffer allocation failed",
    re.IGNORECASE,
)
_STACK: Final = re.compile(r"stack overflow|Maximum call stack|stack-overflow", re.IGNORECASE)


class LeanProcess:
    """A running Lean on one bundle, with its files in a folder of its own.

    Used as a context manager: leaving it ends the process and removes the folder, whatever happened.
    """

    def __init__(self, toolchain: LeanToolchain) -> None:
        self.toolchain = toolchain
        self.folder = Path(tempfile.mkdtemp(prefix="telltale-lean-")).resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._bundle: LeanBundle | None = None
        self.seconds = 0.0
        """How long the start, or the whole run, took."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder; again does nothing."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            _end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self, bundle: LeanBundle) -> None:
        """Start Lean on a bundle, without waiting for anything."""
        self._bundle = bundle
        path = self.folder / "Bundle.lean"
        path.write_text(bundle.text, encoding="utf-8")
        self._spawn([*self.toolchain.command, *_OPTIONS, str(path)])

    def launch_executable(self, executable: Path, arguments: Sequence[str]) -> None:
        """Start a built model in place of Lean."""
        self._bundle = LeanBundle("", ())
        self._spawn([str(executable), *arguments])

    def _spawn(self, command: Sequence[str]) -> None:
        environment = {**os.environ, **dict(self.toolchain.environment)}
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            try:
                self._process = subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            except OSError as error:
                raise LeanCrashed(f"{command[0]} does not start: {error}") from None

    def wait_for(self, path: Path, deadline: float, what: str) -> None:
        """Wait until a file is there.

        Raises:
            LeanTimeout: it is not within ``deadline`` seconds; the process was ended.
            LeanSourceError, LeanOutOfMemory, LeanCrashed: the process ended before.
        """
        assert self._process is not None
        process = self._process
        until = time.monotonic() + deadline
        pause = 0.001
        while not path.exists():
            if process.poll() is not None and not path.exists():
                raise self.diagnose(process.returncode)
            if time.monotonic() > until:
                _end(process)
                raise LeanTimeout(f"{what} took more than {deadline:g} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)

    def wait(self, deadline: float, what: str) -> list[dict[str, object]]:
        """Wait until Lean has gone through the bundle; its messages.

        Args:
            deadline: seconds of CPU, so that a busy machine is no reason to give up; ten times as many on the clock.
            what: what is waited for.

        Raises:
            LeanTimeout, LeanSourceError, LeanOutOfMemory, LeanCrashed: as in ``wait_for``.
        """
        assert self._process is not None
        until = time.monotonic() + _CLOCK_PER_CPU * deadline
        code = None
        while code is None:
            try:
                code = self._process.wait(_LOOK)
            except subprocess.TimeoutExpired:
                used = _cpu_seconds(self._process.pid)
                if used > deadline or time.monotonic() > until:
                    _end(self._process)
                    raise LeanTimeout(f"{what} took more than {deadline:g} s of CPU, or it stands still") from None
        messages = self.messages()
        if code != 0 or any(m.get("severity") == "error" for m in messages):
            raise self.diagnose(code)
        return messages

    def messages(self) -> list[dict[str, object]]:
        """Return what Lean said so far, as its JSON messages; other lines are left out."""
        found = []
        for line in self._read("stdout", 8_000_000).splitlines():
            if line.startswith("{"):
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                if isinstance(message, dict) and "severity" in message:
                    found.append(message)
        return found

    def _read(self, name: str, most: int) -> str:
        try:
            with opened(self.folder / name) as file:
                return file.read(most).decode(errors="replace")
        except OSError:
            return ""

    def diagnose(self, code: int) -> LeanError:
        """Which failure it was that the process ended with this exit code."""
        errors = [m for m in self.messages() if m.get("severity") in ("error", "warning")]
        if errors:
            told = shortened("; ".join(map(self._place, errors[:5])), _KEPT)
            return LeanSourceError(told) if any(map(self._line, errors)) else LeanToolchainFailed(told)
        said = self._read("stderr", 1_000_000) + self._read("stdout", 1_000_000)
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith("[DEBUG")]
        tail = " | ".join(lines[-8:])[-600:]
        if _MEMORY.search(said) or code == -signal.SIGKILL:
            return LeanOutOfMemory(tail or f"it was killed (exit code {code})")
        if _STACK.search(said):
            return LeanCrashed(f"its stack was used up: {tail}", remedy="use local types that nest less deep")
        return LeanCrashed(f"exit code {code}; it said: {tail or 'nothing'}")

    def _place(self, message: dict[str, object]) -> str:
        return f"{self._line(message) or 'no place'}: {shortened(str(message.get('data', '')).strip(), 800)}"

    def _line(self, message: dict[str, object]) -> str:
        """Return the line of the sources that a message is about; empty where it is about none."""
        position = message.get("pos")
        line = position.get("line") if isinstance(position, dict) else None
        return self._bundle.source_line(line) if self._bundle and isinstance(line, int) else ""


def _cpu_seconds(pid: int) -> float:
    """Return the CPU seconds that a process and those that it started have used so far."""
    try:
        whole = psutil.Process(pid)
        times = [process.cpu_times() for process in (whole, *whole.children(recursive=True))]
    except psutil.Error:
        return 0.0  # it has just ended
    return sum(one.user + one.system for one in times)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, AttributeError):
        process.kill()
    process.wait()


class LeanModel(LeanProcess):
    """The resident model: ``with LeanModel.start() as model: model.run(programs)``."""

    _asked = 0

    @classmethod
    def start(cls, toolchain: LeanToolchain | None = None, deadline: float = START_DEADLINE) -> Self:
        """Start the model and wait until it is ready.

        Args:
            toolchain: which Lean; the one found when ``None``.
            deadline: seconds that the start may take.

        Raises:
            LeanError: any of them; nothing is left behind.
        """
        toolchain = find_toolchain() if toolchain is None else toolchain
        refuse_broken_rules(read_sources())
        model = cls(toolchain)
        try:
            begun = time.monotonic()
            if toolchain.lake is not None:
                from telltale_conformance.lean_traces.lean_lake import build_executable

                executable = build_executable(toolchain.lake, toolchain)
                model.launch_executable(executable, [str(model.folder), str(_IDLE_LOOKS)])
            else:
                model.launch(run_bundle(model.folder, _IDLE_LOOKS))
            model.wait_for(model.folder / "ready", deadline, "the start")
            model.seconds = time.monotonic() - begun
        except BaseException:
            model.close()
            raise
        return model

    def ask(self, request: bytes, deadline: float = ANSWER_DEADLINE) -> bytes:
        """Send a request and wait for its answer.

        Raises:
            LeanTimeout, LeanOutOfMemory, LeanCrashed: no answer.
        """
        self._asked += 1
        name = f"request-{self._asked}"
        part = self.folder / f"{name}.part"
        part.write_bytes(request)
        part.rename(self.folder / name)
        answer = self.folder / f"answer-{self._asked}"
        self.wait_for(answer, deadline, "an answer")
        text = content(answer)
        answer.unlink()
        (self.folder / name).unlink()
        return text

    def run(
        self, programs: Sequence[Program], deadline: float = ANSWER_DEADLINE, first: FirstCounters | None = None
    ) -> list[LeanRun]:
        """Run programs, each on a fresh store.

        Args:
            programs: any number; a request has them all, so thousands at a time are well.
            deadline: seconds for all of them.
            first: the counters of fresh sessions; those of the contract when None.

        Raises:
            LeanProgramRefused: a program cannot be read; the message names the step and the operation.
            LeanError: Lean failed.
        """
        if not programs:
            return []
        request = encode_request(programs, first)
        return decode_answer(self.ask(request.text, deadline), request)
