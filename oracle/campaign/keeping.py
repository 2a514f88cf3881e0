"""The adapters of a worker process: one for each thread, kept from task to task, of one campaign at a time."""

from __future__ import annotations

import threading
from typing import Final

from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.campaign.plan import Setup
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.process.cpu import Meter

_kept: Final[dict[int, tuple[str, Adapter]]] = {}
"""By thread, the campaign and its adapter."""
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
