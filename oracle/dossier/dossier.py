"""Dossiers: one folder per divergence, with all that it takes to run it again and to see what has changed since.

``dossier.json`` names the class, both answers, the adapter with its hello, how often the divergence was seen, and the
hashes of the harness, the contract, the hello and the corpus; ``program.jsonl`` is the program,
``answers.jsonl`` a trace of what the implementation answered, ``test_reproducer.py`` a pytest file,
``reproducer.lean`` a check of the contract's side on the Lean model, ``explanation.txt`` the text for people,
``seal.sha256`` the hash of each file. What cannot be written is left out, and ``dossier.json`` says why.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.lean_errors import LeanProgramRefused
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, program_bytes, program_of
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, Header, Source
from telltale_conformance.lean_traces.trace import VERSION as TRACE_VERSION
from telltale_conformance.lean_traces.writer import TraceWriter, written_whole
from telltale_conformance.oracle.adapters import Adapter, Answer, Hello
from telltale_conformance.oracle.dossier.lean_file import lean_text
from telltale_conformance.oracle.dossier.parts import answers_problem, class_problem, missing_problem, program_problem
from telltale_conformance.oracle.dossier.pytest_file import pytest_text
from telltale_conformance.oracle.dossier.seal import SEAL, MalformedDossier, seal_of, sealed_files
from telltale_conformance.oracle.lanes.environment import contract_hash, corpus_hash, harness_hash, hash_of
from telltale_conformance.oracle.minimise.trying import Rate, Sighting, Trials
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import SCHEME, Fingerprint
from telltale_conformance.readable import one_line
from telltale_conformance.version import HARNESS_VERSION

FORMAT: Final = "telltale-conformance/dossier"
VERSION: Final = 3
MANIFEST: Final = "dossier.json"
PROGRAM: Final = "program.jsonl"
ANSWERS: Final = "answers.jsonl"
EXPLANATION: Final = "explanation.txt"
PYTEST: Final = "test_reproducer.py"
LEAN: Final = "reproducer.lean"
FILES: Final = (PROGRAM, ANSWERS, EXPLANATION, PYTEST, LEAN)
"""What a dossier holds beside its manifest and its seal."""
NOT_CONFIRMED: Final = (
    "the recorded answer is carried along as data: this program asks the same question again, up to names; "
    "whether the implementation still answers so is not shown. Name its adapter with --sut to find out."
)
"""The remark on a program that was made from a recording without its implementation."""
_NESTING: Final = 2000
_OLDER: Final = range(1, VERSION)


class Shown(NamedTuple):
    """A divergence as a run showed it, or as a trace recorded it."""

    fingerprint: Fingerprint
    seq: int
    """The diverging step."""
    expected: Any
    """The differing fields as the contract answers them, as JSON."""
    actual: Any
    """The same fields as the implementation answered them."""
    answers: tuple[Answer, ...] = ()
    """All answers of the run; none where it is not at hand."""


class Dossier(NamedTuple):
    """What a dossier is made of."""

    program: Program
    """Ends with the diverging step."""
    level: Level
    command: str | None
    """The command of the adapter; None where the answers are a recording or the built-in reference's."""
    explanation: str = ""
    ending: str = "minimal"
    """The result of making the program smaller."""
    remark: str = ""
    """What one must know about it: that it does not repeat, that its answer is recorded, that it is as it was found."""
    rate: Rate | None = None
    """How often it was seen, where that is known."""
    recorded: bool = False
    left_out: Mapping[str, str] = {}
    """Files that are not written, with why."""


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file ``dossier.json``."""

    schema: str
    version: int
    scheme: int
    """Of its fingerprint."""
    verdict: Literal["diverge", "flaky"]
    """``flaky``: it does not repeat, or only after other programs."""
    fingerprint: str
    """The digest of the class."""
    divergence: Fingerprint = msgspec.field(name="class")
    level: str
    seq: int
    """The diverging step."""
    expected: Any
    actual: Any
    ending: str
    remark: str
    rate: Rate | None
    recorded: bool
    """The answer is the one of a recording, carried along as data."""
    command: str | None
    hello: dict[str, Any]
    harness: str
    """The version of the harness that wrote the dossier."""
    hashes: dict[str, str]
    """Of the harness, the contract, the hello, and the corpus; the seal has those of the files."""
    missing: dict[str, str]
    """Files that a dossier has and this one has not, with why."""


class NotReproduced(InconclusiveError):
    """Thrown when the program of a dossier shows no divergence while the dossier is written."""


def write_dossier(folder: Path, about: Dossier, adapter: Adapter) -> list[Path]:
    """Run the program once more, write what it takes to do so again, and return the files.

    Raises:
        NotReproduced: the divergence is not there in this run.
        AdapterFault: the adapter failed.
    """
    seen = Trials(adapter, about.level).look(about.program, keep=True)
    shown = shown_in(seen)
    if shown is None:
        raise NotReproduced(seen.fault or "the program does not diverge any more")
    folder.mkdir(parents=True, exist_ok=True)
    files = dossier_files(about, shown, adapter.hello)
    for name, data in files.items():
        with written_whole(folder / name) as file:
            file.write(data)
    return [folder / name for name in files]


def shown_in(seen: Sighting) -> Shown | None:
    """Return the divergence of a run; None where there was none."""
    if seen.fingerprint is None or seen.divergence is None:
        return None
    expected, actual = seen.divergence.expected, seen.divergence.actual
    return Shown(seen.fingerprint, seen.at, expected, actual, seen.answers)


def dossier_files(about: Dossier, shown: Shown, hello: Hello) -> dict[str, bytes]:
    """Return the files of a dossier by name, its seal as the last."""
    files = {PROGRAM: program_bytes(about.program), EXPLANATION: about.explanation.encode() + b"\n"}
    missing = dict(about.left_out)
    carried_out = on_reference(about.program).steps
    if not carried_out or carried_out[-1].step.seq != shown.seq:
        missing |= dict.fromkeys((PYTEST, LEAN), "the contract does not carry out the last step")
    if shown.answers:
        files[ANSWERS] = answers_trace(about.program, shown.answers, hello)
    else:
        missing.setdefault(ANSWERS, "the program was not run again")
    if PYTEST not in missing:
        files[PYTEST] = pytest_text(about.program, shown.fingerprint, about.level, PYTEST, about.command).encode()
    try:
        if LEAN not in missing:
            files[LEAN] = lean_text(about.program, shown.fingerprint.text()).encode()
    except LeanProgramRefused as error:
        missing[LEAN] = str(error)
    document = hello_document(hello)
    unsteady = about.rate is not None and not about.rate.steady
    manifest = Manifest(
        schema=FORMAT,
        version=VERSION,
        scheme=SCHEME,
        verdict="flaky" if unsteady else "diverge",
        fingerprint=shown.fingerprint.digest,
        divergence=shown.fingerprint,
        level=about.level.name,
        seq=shown.seq,
        expected=shown.expected,
        actual=shown.actual,
        ending=about.ending,
        remark=about.remark,
        rate=about.rate,
        recorded=about.recorded,
        command=about.command,
        hello=document,
        harness=HARNESS_VERSION,
        hashes=environment_hashes(about.program.contract, document),
        missing=missing,
    )
    files[MANIFEST] = msgspec.json.format(encode(manifest), indent=2) + b"\n"
    return {**files, SEAL: seal_of(files)}


class Sealed(NamedTuple):
    """A dossier as it was read: each file once."""

    manifest: Manifest
    program: Program
    files: Mapping[str, bytes]


def read_dossier(folder: Path) -> Sealed:
    """Read a dossier; every file must be the one that was written, and the files must fit each other.

    Raises:
        MalformedDossier: it is not a dossier of this version, or was changed.
        MalformedTrace: its program or its answers are not in their format.
        UnknownContract: the model no longer states its contract.
    """
    _refuse_older(folder)
    files = sealed_files(folder)
    try:
        manifest = msgspec.convert(parse(files.get(MANIFEST, b""), _NESTING), Manifest)
    except (StrictJsonError, msgspec.ValidationError) as error:
        raise MalformedDossier(one_line(str(error)), place=folder / MANIFEST) from None
    if (
        manifest.schema != FORMAT
        or manifest.scheme != SCHEME
        or manifest.version != VERSION
        or manifest.level not in Level.__members__
    ):
        raise MalformedDossier(f"this is no dossier of version {VERSION}", place=folder / MANIFEST)
    if PROGRAM not in files:
        raise MalformedDossier(f"it has no {PROGRAM}", place=folder)
    dossier = Sealed(manifest, program_of(files[PROGRAM], str(folder / PROGRAM)), files)
    _refuse_unfitting(folder, dossier)
    return dossier


def _refuse_unfitting(folder: Path, dossier: Sealed) -> None:
    """Refuse a dossier whose files say different things, although they were sealed together."""
    manifest, program, files = dossier
    problem = (
        class_problem(manifest.fingerprint, manifest.divergence, manifest.hello)
        or missing_problem(files, manifest.missing, FILES)
        or program_problem(program, manifest.seq, manifest.divergence)
    )
    if problem is None and ANSWERS in files:
        problem = answers_problem(program, manifest.divergence, files[ANSWERS], str(folder / ANSWERS))
    if problem is not None:
        raise MalformedDossier(one_line(f"its parts do not fit: {problem}", 200), place=folder)


def _refuse_older(folder: Path) -> None:
    """Say of a dossier of a version before, which had no seal, how a new one is made."""
    try:
        document = parse(content(folder / MANIFEST), _NESTING)
    except (OSError, StrictJsonError):
        return  # the seal says what is wrong
    if isinstance(document, dict) and document.get("schema") == FORMAT and document.get("version") in _OLDER:
        raise MalformedDossier(
            f"a dossier of version {document['version']}, which has no seal",
            place=folder / MANIFEST,
            remedy="make a new one from its program: telltale-conformance minimise "
            f"{shlex.quote(str(folder / PROGRAM))} --dossier NEW_FOLDER",
        )


def answers_trace(program: Program, answers: Sequence[Answer], hello: Hello) -> bytes:
    """Return a trace of a run, as far as its answers are outcomes: a panic is none."""
    buffer = io.BytesIO()
    header = Header(
        contract=program.contract,
        meta={},
        observes=["audit"] if hello.audited else [],
        schema=TRACE_SCHEMA,
        source=Source(kind="implementation", name=hello.name, version=hello.version),
        version=TRACE_VERSION,
    )
    writer = TraceWriter(buffer, header)
    for item, answer in zip(on_reference(program).steps, answers, strict=False):
        if answer.kind in ("ok", "err"):
            writer.event(item.step.op, item.printed, _members(answer, audited=hello.audited))
    writer.end()
    return buffer.getvalue()


def _members(answer: Answer, *, audited: bool) -> dict[str, Any]:
    members: dict[str, Any] = {answer.kind: msgspec.Raw(answer.payload)}
    if audited:
        members["audit"] = msgspec.Raw(answer.audit or b"[]")
    return members


def hello_document(hello: Hello) -> dict[str, Any]:
    """Return a hello as JSON, its sets in order."""
    document: dict[str, Any] = msgspec.to_builtins(hello)
    return {
        name: sorted(value) if isinstance(value, list | set | frozenset) else value for name, value in document.items()
    }


def environment_hashes(contract: str, hello: dict[str, Any]) -> dict[str, str]:
    """Return the hashes of the harness, the contract, an adapter's hello, and the corpus."""
    return {
        "harness": harness_hash(),
        "contract": contract_hash(contract),
        "hello": hash_of([encode(hello)]),
        "corpus": corpus_hash(),
    }
