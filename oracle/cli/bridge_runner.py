"""The part of ``check`` that drives a runner of telltale's: inputs go in, its outputs are judged.

A runner reads one run input on stdin and prints one run output on stdout, as telltale's Lean runner does. What goes
wrong with the runner itself is inconclusive, never a verdict on it.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from telltale_conformance.errors import InconclusiveError, UsageError
from telltale_conformance.files import opened
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.lines import files_in
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.protocol_files import Unreadable, read_protocols
from telltale_conformance.lean_traces.telltale.documents import SUFFIXES, Recognised, recognise
from telltale_conformance.lean_traces.telltale.whole_document import Document, read_document
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.cli.bridge_export import global_of, run_inputs
from telltale_conformance.oracle.cli.replay import row_of
from telltale_conformance.oracle.cli.terminal import say, say_json, tell, told, warn
from telltale_conformance.oracle.reports.document_text import document_text
from telltale_conformance.oracle.reports.text import summary
from telltale_conformance.oracle.telltale.judging import judge_document
from telltale_conformance.oracle.telltale.results import DocumentResult
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import exit_code

MAX_STEPS: Final = 64
ORDERS: Final = 64
"""How many orders of branches are tried of one protocol."""
_SHOWN: Final = 300
"""How much of the runner's stderr is shown."""


class RunnerFault(InconclusiveError):
    """Thrown when the runner did not do its part; the message says how."""


@told
def run(
    command: str,
    inputs: Path,
    *,
    outputs: Path | None = None,
    contract: str | None = None,
    level: Level = Level.state,
    deadline: float = 10.0,
    as_json: bool = False,
) -> int:
    """Run the runner on every input, judge what it prints, and return the exit code.

    Args:
        command: starts the runner; it reads an input on stdin and prints a run output.
        inputs: a run input or a ``.session`` file, or a folder with the one or the other; inputs come first.
        outputs: the folder in which inputs and outputs are left side by side; nothing is left when None.
        contract: the contract's name; ``telltale-17`` when None.
        level: how strictly the runs are judged.
        deadline: seconds for one run.
        as_json: print one JSON object per run and nothing else.
    """
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "made"
        try:
            found = list(_inputs(inputs)) or list(_made(inputs, made))
        except Unreadable as error:
            return tell(error.within(inputs))
        if not found:
            problem = "no run inputs (lean_bridge.v1, .json or .json.gz) and no .session files here"
            return tell(UsageError(problem, place=inputs))
        if outputs is not None:
            _refuse_one_name_for_two(found, outputs)
        folder = outputs or Path(temporary) / "judged"
        folder.mkdir(parents=True, exist_ok=True)
        results = []
        for given in found:
            result = _judged(command, given.path, folder, contract, level, deadline)
            if outputs is None:
                result = _named(result, given, folder)
            results.append(result)
            if as_json:
                say_json(row_of(result))
            else:
                say(document_text(result))
    if not as_json:
        say(summary(results))
    return exit_code(result.verdict for result in results)


class _Given(NamedTuple):
    """A run input, and how people know it."""

    path: Path
    name: str


def _refuse_one_name_for_two(found: Sequence[_Given], outputs: Path) -> None:
    """Refuse inputs of which one would be left in the place of another.

    Raises:
        UsageError: there are two.
    """
    names: dict[str, str] = {}
    for given in found:
        name = _stem(given.path)
        if other := names.get(name):
            problem = f"{other} and {given.name} would both be left there as {name}.input.json"
            raise UsageError(problem, place=outputs, remedy="run their folders one at a time, or rename one of them")
        names[name] = given.name


def _named(result: DocumentResult, given: _Given, folder: Path) -> DocumentResult:
    """Return a result that names what was given: the files that it is about are gone when it is read."""
    output = str(folder / f"{_stem(given.path)}.output.json")
    error = result.error and result.error.replace(output, given.name).replace(str(given.path), given.name)
    return msgspec.structs.replace(result, trace=given.name, error=error)


def _inputs(place: Path) -> Iterator[_Given]:
    """Yield the run inputs that are at a place, damaged ones too."""
    files = files_in(place) if place.is_dir() else [place] if place.exists() else []
    for path in files:
        if path.name.endswith(SUFFIXES) and (_stem(path) + ".input" in path.name or _is_input(path)):
            yield _Given(path, str(path))


def _is_input(path: Path) -> bool:
    """Return whether it is an input by what it holds, or holds nothing that tells what it is."""
    try:
        found = recognise(path)
    except MalformedTrace:
        return True
    return found.kind == "input" or found.problem is not None


def _made(place: Path, folder: Path) -> Iterator[_Given]:
    """Make run inputs from the protocols at a place, one for each order of branches."""
    files = files_in(place) if place.is_dir() else [place]
    for number, path in enumerate(path for path in files if path.suffix == ".session"):
        for file in read_protocols(path):
            whole, roles = global_of(file)
            documents = list(run_inputs(whole, roles, MAX_STEPS, ORDERS + 1))
            if len(documents) > ORDERS:
                warn(f"{path}: only the first {ORDERS} orders of branches are run")
            for order, document in enumerate(documents[:ORDERS], 1):
                made = folder / str(number) / f"{path.stem}-{order}.input.json"
                write_whole(made, encode(document))
                yield _Given(made, f"{path}, order {order} of its branches")


def _judged(
    command: str, path: Path, folder: Path, contract: str | None, level: Level, deadline: float
) -> DocumentResult:
    name = _stem(path)
    given, output = folder / f"{name}.input.json", folder / f"{name}.output.json"
    try:
        document = read_document(path, DEFAULT_LIMITS)
        _look_at(document)
    except MalformedTrace as error:
        return DocumentResult(trace=str(path), kind="bridge-run", verdict="malformed", error=str(error))
    write_whole(given, document.data)
    try:
        write_whole(output, _printed(command, given, deadline))
    except RunnerFault as fault:
        return DocumentResult(trace=str(path), kind="bridge-run", verdict="inconclusive", error=f"{path}: {fault}")
    result, _ = judge_document(output, Recognised("run"), contract=contract, level=level, protocol=given)
    if result.verdict == "malformed":
        return DocumentResult(
            trace=str(path), kind="bridge-run", verdict="inconclusive", error=f"the runner's output: {result.error}"
        )
    return result


def _look_at(document: Document) -> None:
    """Check that an input is one JSON object, before a runner is asked about it.

    Raises:
        MalformedDocument: it is none.
    """
    try:
        document.members(document.data, "$")
    except (msgspec.DecodeError, RecursionError) as error:
        raise document.not_json(error, "one JSON object") from None


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".json").removesuffix(".input")


def _printed(command: str, given: Path, deadline: float) -> bytes:
    """Return what the runner prints for an input.

    Raises:
        RunnerFault: it does not start, does not end in time, fails, or prints nothing.
    """
    try:
        arguments = shlex.split(command)
        with opened(given) as file:
            done = subprocess.run(
                arguments,
                stdin=file,
                capture_output=True,
                timeout=deadline,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise RunnerFault(f"the runner did not end within {deadline:g} s") from None
    except (OSError, ValueError) as error:
        raise RunnerFault(f"the runner does not start: {error}") from None
    said = done.stderr.decode(errors="replace").strip()[-_SHOWN:]
    if done.returncode != 0:
        raise RunnerFault(f"the runner ended with {done.returncode}: {said or 'nothing on stderr'}")
    if not done.stdout.strip():
        raise RunnerFault(f"the runner printed no run on stdout; on stderr {said or 'nothing either'}")
    return done.stdout
