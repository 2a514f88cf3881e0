"""Dossiers: one folder per divergence, with all that it takes to run it again and to see what has changed since.

``dossier.json`` names the class, both answers, the adapter with its hello, and the hashes of the harness, the
contract, the hello, the corpus and the other files; ``program.jsonl`` is the program, ``answers.jsonl`` a trace of
what the implementation answered, ``explanation.txt`` the text for people.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from lean_traces.codec import encode
from lean_traces.programs import Program, read_program, write_program
from lean_traces.strict_json import StrictJsonError, parse
from lean_traces.trace import TRACE_SCHEMA, VERSION, Header, MalformedTrace, Source
from lean_traces.writer import TraceWriter, written_whole
from model.contract import contract_named
from oracle.adapters import Adapter, Answer, Hello
from oracle.adapters.reference import reference_version
from oracle.compare import Level
from oracle.fingerprints import Fingerprint
from oracle.lanes.corpus import corpus_files
from oracle.lanes.describing import printable
from oracle.minimise.reference_side import on_reference
from oracle.minimise.trying import Sighting, Trials

SCHEMA: Final = "telltale-conformance/dossier"
MANIFEST: Final = "dossier.json"
PROGRAM: Final = "program.jsonl"
ANSWERS: Final = "answers.jsonl"
EXPLANATION: Final = "explanation.txt"
_PACKAGES: Final = ("model", "lean_traces", "generators", "oracle")
_SOURCES: Final = (".py", ".lark", ".json")
_NESTING: Final = 2000


class Dossier(NamedTuple):
    """What a dossier is made of."""

    program: Program
    """Ends with the diverging step."""
    fingerprint: Fingerprint | None
    level: Level
    command: str | None
    """The command of the adapter; None where the answers are a recording or the built-in reference's."""
    explanation: str = ""
    recorded: bool = False


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file ``dossier.json``."""

    schema: str
    version: int
    verdict: str
    fingerprint: str
    """The digest of the class."""
    divergence: Fingerprint = msgspec.field(name="class")
    level: str
    seq: int
    """The diverging step."""
    expected: Any
    actual: Any
    command: str | None
    hello: dict[str, Any]
    harness: str
    """The version of the harness that wrote the dossier."""
    hashes: dict[str, str]
    """Of the harness, the contract, the hello, the corpus, and of each file beside this one."""


class NotReproduced(Exception):
    """Thrown when the program of a dossier shows no divergence while the dossier is written."""


class MalformedDossier(Exception):
    """Thrown when a folder is no dossier, or one of its files is not the one that was written."""


def write_dossier(folder: Path, about: Dossier, adapter: Adapter) -> list[Path]:
    """Run the program once more, write what it takes to do so again, and return the files.

    Raises:
        NotReproduced: the divergence is not there in this run.
        AdapterFault: the adapter failed.
    """
    seen = Trials(adapter, about.level).look(about.program, keep=True)
    if seen.fingerprint is None or seen.divergence is None:
        raise NotReproduced(seen.fault or "the program does not diverge any more")
    folder.mkdir(parents=True, exist_ok=True)
    write_program(folder / PROGRAM, about.program)
    with written_whole(folder / ANSWERS) as file:
        file.write(answers_trace(about.program, seen, adapter.hello))
    with written_whole(folder / EXPLANATION) as file:
        file.write(about.explanation.encode() + b"\n")
    hello = hello_document(adapter.hello)
    manifest = Manifest(
        schema=SCHEMA,
        version=VERSION,
        verdict="diverge",
        fingerprint=seen.fingerprint.digest,
        divergence=seen.fingerprint,
        level=about.level.name,
        seq=seen.at,
        expected=printable(seen.divergence.expected),
        actual=printable(seen.divergence.actual),
        command=about.command,
        hello=hello,
        harness=reference_version(),
        hashes=environment_hashes(about.program.contract, hello) | _file_hashes(folder),
    )
    with written_whole(folder / MANIFEST) as file:
        file.write(msgspec.json.format(encode(manifest), indent=2) + b"\n")
    return [folder / name for name in (MANIFEST, PROGRAM, ANSWERS, EXPLANATION)]


def read_dossier(folder: Path) -> tuple[Manifest, Program]:
    """Read a dossier; every file must be the one that was written.

    Raises:
        MalformedDossier: it is no dossier of this version, or was changed.
        MalformedTrace: its program is not in its format.
    """
    try:
        manifest = msgspec.convert(parse((folder / MANIFEST).read_bytes(), _NESTING), Manifest)
        found = _file_hashes(folder)
    except OSError as error:
        raise MalformedDossier(f"{folder}: no dossier: {error}") from None
    except (StrictJsonError, msgspec.ValidationError) as error:
        raise MalformedDossier(f"{folder / MANIFEST}: {error}") from None
    if manifest.schema != SCHEMA or manifest.version != VERSION or manifest.level not in Level.__members__:
        raise MalformedDossier(f"{folder / MANIFEST}: this is no dossier of version {VERSION}")
    for name, hashed in found.items():
        if manifest.hashes.get(name) != hashed:
            raise MalformedDossier(f"{folder / name}: this is not the file that the dossier was written with")
    return manifest, read_program(folder / PROGRAM)


def answers_trace(program: Program, seen: Sighting, hello: Hello) -> bytes:
    """Return a trace of a run, as far as its answers are outcomes: a panic is none."""
    buffer = io.BytesIO()
    header = Header(
        contract=program.contract,
        meta={},
        observes=["audit"] if hello.audited else [],
        schema=TRACE_SCHEMA,
        source=Source(kind="implementation", name=hello.name, version=hello.version),
        version=VERSION,
    )
    writer = TraceWriter(buffer, header)
    for item, answer in zip(on_reference(program).steps, seen.answers, strict=False):
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
    rules = contract_named(contract)
    model = _sources("model")
    return {
        "harness": _hash(part for package in _PACKAGES for part in _sources(package)),
        "contract": _hash([encode({field.name: getattr(rules, field.name) for field in fields(rules)}), *model]),
        "hello": _hash([encode(hello)]),
        "corpus": _hash(part for path in corpus_files() for part in (path.name.encode(), path.read_bytes())),
    }


def _sources(package: str) -> list[bytes]:
    root = Path(str(resources.files(package)))
    found = sorted(path for path in root.rglob("*") if path.suffix in _SOURCES and "__pycache__" not in path.parts)
    return [part for path in found for part in (str(path.relative_to(root)).encode(), path.read_bytes())]


def _file_hashes(folder: Path) -> dict[str, str]:
    return {name: _hash([(folder / name).read_bytes()]) for name in (PROGRAM, ANSWERS, EXPLANATION)}


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return f"sha256:{digest.hexdigest()}"


__all__ = [
    "ANSWERS",
    "Dossier",
    "MalformedDossier",
    "MalformedTrace",
    "Manifest",
    "NotReproduced",
    "answers_trace",
    "environment_hashes",
    "hello_document",
    "read_dossier",
    "write_dossier",
]
