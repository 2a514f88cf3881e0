"""Dossiers of races: the program of several clients, a history of it that no order explains, how often it fails.

``dossier.json`` names the class, the command and the rate; ``race.json`` is the program, ``history.jsonl`` the history,
which ``replay`` judges, ``explanation.txt`` the text for people, ``seal.sha256`` the hash of each file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.races import MalformedRace, Race, race_of
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.dossier.dossier import EXPLANATION, MANIFEST, environment_hashes, hello_document
from telltale_conformance.oracle.dossier.parts import class_problem
from telltale_conformance.oracle.dossier.seal import SEAL, MalformedDossier, seal_of, sealed_files
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.readable import one_line
from telltale_conformance.version import HARNESS_VERSION

FORMAT: Final = "telltale-conformance/race-dossier"
VERSION: Final = 1
RACE: Final = "race.json"
HISTORY: Final = "history.jsonl"
_NESTING: Final = 2000


class RaceManifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file ``dossier.json`` of a race."""

    schema: str
    version: int
    fingerprint: str
    divergence: Fingerprint = msgspec.field(name="class")
    level: str
    ending: str
    remark: str
    rate: Rate | None
    command: str | None
    """The command of an adapter that offers clients; None for the built-in reference, or where there is the next."""
    clients: str | None
    """The command of one of several clients on one store."""
    hello: dict[str, Any]
    harness: str
    hashes: dict[str, str]


class SealedRace(NamedTuple):
    """A dossier of a race as it was read."""

    manifest: RaceManifest
    race: Race


def race_dossier(manifest: RaceManifest, race: bytes, history: bytes, explanation: str) -> dict[str, bytes]:
    """Return the files of a dossier by name, its seal as the last."""
    files = {
        RACE: race,
        HISTORY: history,
        EXPLANATION: explanation.encode() + b"\n",
        MANIFEST: msgspec.json.format(encode(manifest), indent=2) + b"\n",
    }
    return {**files, SEAL: seal_of(files)}


def race_manifest(
    key: Fingerprint,
    *,
    level: str,
    ending: str,
    remark: str,
    rate: Rate | None,
    command: str | None,
    clients: str | None,
    hello: Hello,
    contract: str,
) -> RaceManifest:
    """Return what ``dossier.json`` of a race holds."""
    document = hello_document(hello)
    return RaceManifest(
        schema=FORMAT,
        version=VERSION,
        fingerprint=key.digest,
        divergence=key,
        level=level,
        ending=ending,
        remark=remark,
        rate=rate,
        command=command,
        clients=clients,
        hello=document,
        harness=HARNESS_VERSION,
        hashes=environment_hashes(contract, document),
    )


def is_race_dossier(folder: Path) -> bool:
    """Say whether a folder is the dossier of a race."""
    return (folder / RACE).is_file()


def read_race_dossier(folder: Path) -> SealedRace:
    """Read the dossier of a race; every file must be the one that was written.

    Raises:
        MalformedDossier: it is not a dossier of this version, or was changed.
    """
    files = sealed_files(folder)
    try:
        manifest = msgspec.convert(parse(files.get(MANIFEST, b""), _NESTING), RaceManifest)
        race = race_of(files.get(RACE, b""))
    except (StrictJsonError, msgspec.ValidationError, MalformedRace) as error:
        raise MalformedDossier(one_line(str(error)), place=folder) from None
    if (manifest.schema, manifest.version) != (FORMAT, VERSION):
        raise MalformedDossier(f"this harness reads {FORMAT}, version {VERSION}", place=folder / MANIFEST)
    problem = class_problem(manifest.fingerprint, manifest.divergence, manifest.hello)
    if problem is not None:
        raise MalformedDossier(one_line(f"its parts do not fit: {problem}", 200), place=folder)
    return SealedRace(manifest, race)
