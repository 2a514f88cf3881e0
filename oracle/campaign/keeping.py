"""What a worker process keeps from task to task, of one campaign at a time.

It keeps an adapter for each thread, and which features it has told the campaign of.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.process.cpu import Meter

_kept: Final[dict[int, tuple[str, Adapter]]] = {}
"""By thread, the campaign and its adapter."""
_told: Final[dict[str, set[int]]] = {}
"""By campaign, the features that this process has told of, by number."""
_MOST_TOLD: Final = 1 << 18
"""With more than that it begins anew."""
METER: Final = Meter()
"""Of the processor time of this worker."""


def adapter_of(setup: Setup) -> Adapter:
    """Return the adapter of this thread, started where there is none.

    Raises:
        OtherVersion: this harness, or the implementation, is another than that of the campaign.
        AdapterFault: it does not start.
    """
    thread = threading.get_ident()
    campaign, adapter = _kept.get(thread, ("", None))
    if adapter is not None and campaign == setup.campaign:
        return adapter
    drop()
    adapter = setup.subject.start()
    other = setup.differs(adapter.hello, None)
    if other:
        _close(adapter)
        raise OtherVersion(other)
    _kept[thread] = setup.campaign, adapter
    return adapter


def told_first(setup: Setup, numbers: Iterable[int]) -> set[int]:
    """Return those of these features that this process tells the campaign of for the first time."""
    if setup.campaign not in _told or len(_told[setup.campaign]) > _MOST_TOLD:
        _told.clear()
    told = _told.setdefault(setup.campaign, set())
    first = {number for number in numbers if number not in told}
    told |= first
    return first


def drop() -> None:
    """End the adapter of this thread."""
    _, adapter = _kept.pop(threading.get_ident(), ("", None))
    if adapter is not None:
        _close(adapter)


def close_all() -> list[str]:
    """End the adapters of all threads, between tasks; return what went wrong."""
    faults = [_close(adapter) for _, adapter in _kept.values()]
    _kept.clear()
    return [fault for fault in faults if fault]


def _close(adapter: Adapter) -> str:
    try:
        adapter.close()
    except AdapterFault as fault:
        return str(fault.diagnostic())
    return ""
