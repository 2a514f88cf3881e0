"""The folder of a campaign: its settings, and that one campaign at a time works in it.

``campaign.json`` says what is judged and how; ``journal.jsonl`` what happened; ``corpus/`` the programs; ``found/`` and
``findings/`` the divergences; ``distilled.jsonl.gz`` few of its programs that reach most, for ``check --corpus``.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import HarnessError, UsageError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.strict_json import StrictJsonError, converted
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.adapters import AdapterLimits, Hello
from telltale_conformance.oracle.campaign.durable import UNFINISHED, put_durably
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.dossier.dossier import hello_document
from telltale_conformance.oracle.lanes.identity import Identity
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.verdict.compare import Level

FILE: Final = "campaign.json"
FORMAT: Final = "telltale-conformance/campaign"
VERSION: Final = 2
CORPUS: Final = "corpus"
FOUND: Final = "found"
DOSSIERS: Final = "findings"
NAMED_BY: Final = 12
"""By how many characters of their fingerprint findings are named."""
DISTILLED: Final = "distilled.jsonl.gz"
DISTILLED_RACES: Final = "distilled-races.jsonl"
LOCK: Final = ".lock"


class MalformedCampaign(HarnessError):
    """Thrown when a folder is not that of a campaign, or its settings cannot be read."""

    remedy = "name a folder that `telltale-conformance campaign` wrote"


class ChangedCampaign(MalformedCampaign):
    """Thrown when the settings of a campaign are not those that it began with."""

    remedy = "restore the file from a copy; for other settings begin another campaign in another folder"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file ``campaign.json``."""

    schema: str = FORMAT
    version: int = VERSION
    campaign: str
    command: str | None
    clients: str | None
    contract: str
    level: str
    seed: int
    hours: float
    deadline: float
    """Seconds for one answer."""
    guided: bool
    identity: Identity
    hello: dict[str, Any]
    clients_hello: dict[str, Any] | None = None
    """What one of several clients said, where they have a command of their own."""
    start: tuple[str, ...]
    """The addresses of the programs that the corpus began with."""
    histories: dict[str, str] = {}
    """The addresses of the histories that it began with, each with that of its race."""
    merged: bool = False
    """Several campaigns were merged into this folder; it cannot be resumed."""
    checksum: str = ""
    """Of all other members, as written."""

    def setup(self) -> Setup:
        """Return what the workers need of it."""
        limits = AdapterLimits(deadline=self.deadline)
        return Setup(
            campaign=self.campaign,
            subject=Subject(command=self.command, clients=self.clients, contract=self.contract, limits=limits),
            hello=msgspec.convert(self.hello, Hello),
            clients_hello=msgspec.convert(self.clients_hello, Hello | None),
            identity=self.identity,
            level=Level[self.level],
            seed=self.seed,
            guided=self.guided,
            start=self.start,
        )


def settings_of(setup: Setup, hours: float, histories: Mapping[str, str]) -> Settings:
    """Return the settings of a new campaign."""
    subject = setup.subject
    return Settings(
        campaign=setup.campaign,
        command=subject.command,
        clients=subject.clients,
        contract=subject.contract,
        level=setup.level.name,
        seed=setup.seed,
        hours=hours,
        deadline=subject.limits.deadline,
        guided=setup.guided,
        identity=setup.identity,
        hello=hello_document(setup.hello),
        clients_hello=None if setup.clients_hello is None else hello_document(setup.clients_hello),
        start=setup.start,
        histories=dict(histories),
    )


def write_settings(folder: Path, settings: Settings) -> None:
    """Write the settings of a campaign."""
    document = msgspec.to_builtins(settings)
    whole = encode({**document, "version": VERSION, "checksum": _checksum(document | {"version": VERSION})})
    put_durably(folder / FILE, msgspec.json.format(whole, indent=2) + b"\n")


_decode: Final = msgspec.json.Decoder(Settings).decode


def _checksum(document: dict[str, Any]) -> str:
    others = {name: value for name, value in document.items() if name != "checksum"}
    return sha256(msgspec.json.encode(others, order="sorted")).hexdigest()


def read_settings(folder: Path) -> Settings:
    """Read the settings of a campaign.

    Raises:
        MalformedCampaign: there are none, or they are not in their format.
        ChangedCampaign: they were changed after they were written.
    """
    path = folder / FILE
    try:
        data = content(path)
        settings = converted(_decode, data)
        known = settings.level in Level.__members__ and settings.contract in CONTRACTS
        if known:
            settings.setup()  # with a hello that is one
    except OSError as error:
        raise MalformedCampaign(f"this is no campaign: {error.strerror}", place=path) from None
    except (StrictJsonError, msgspec.ValidationError) as error:
        raise MalformedCampaign(str(error), place=path) from None
    if settings.schema != FORMAT or settings.version != VERSION or not known:
        raise MalformedCampaign(f"this is no campaign of version {VERSION}", place=path)
    if settings.checksum != _checksum(msgspec.json.decode(data)):
        raise ChangedCampaign("the settings of the campaign were changed after it began", place=path)
    return settings


def found_in(folder: Path) -> list[str]:
    """Return the names of the files of findings, one for each."""
    return sorted(path.name for path in (folder / FOUND).glob("*.json") if not path.name.startswith(UNFINISHED))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other campaigns out of a folder, which is made where it is missing, and gone again where nothing came of it.

    Raises:
        UsageError: another campaign runs in it.
    """
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError("another campaign runs in this folder", place=folder) from None
        yield
    finally:
        if made and os.listdir(folder) == [LOCK]:
            (folder / LOCK).unlink()
            folder.rmdir()
        os.close(handle)


def refuse_used(folder: Path, names: Sequence[str] = (FILE,)) -> None:
    """Refuse a folder that holds a campaign already.

    Raises:
        UsageError: it does.
    """
    if any((folder / name).exists() for name in names):
        raise UsageError(
            "a campaign is there already",
            place=folder,
            remedy=f"go on with: telltale-conformance campaign resume {folder}",
        )
