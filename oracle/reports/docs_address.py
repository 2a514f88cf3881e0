"""Where the contract can be read on the network, as far as this installation knows."""

from __future__ import annotations

import os
from importlib import metadata
from typing import Final

_NAME: Final = "telltale-conformance"
_CONTRACT: Final = "docs/contract.md"


def docs_address(anchor: str) -> str | None:
    """Return the address of a row of the contract; None where no address of this project is known.

    It is known where the check runs as an action, by what GitHub's runner says of the action, and where the package was
    built with the address of its repository.
    """
    action = os.environ.get("GITHUB_ACTION_REPOSITORY", "")
    if action.rpartition("/")[2] == _NAME:
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        version = os.environ.get("GITHUB_ACTION_REF") or "HEAD"
        return f"{server}/{action}/blob/{version}/{_CONTRACT}#{anchor}"
    for line in _addresses():
        label, _, address = line.partition(", ")
        if label.lower() in ("repository", "source") and address.startswith(("https://", "http://")):
            return f"{address.rstrip('/')}/blob/HEAD/{_CONTRACT}#{anchor}"
    return None


def _addresses() -> list[str]:
    try:
        return metadata.metadata(_NAME).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return []
