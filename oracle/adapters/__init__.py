"""Adapters: the implementations under test, in a process of their own or in this one.

All of them are ``~oracle.adapters.protocol.Adapter``: a ``hello``, ``reset()``, ``submit(requests)``
which yields one ``Answer`` per ``Request`` in order, and ``close()``; each is a context manager.

* ``SubprocessAdapter`` — a resident process that speaks the adapter protocol over stdin and stdout.
* ``InProcessAdapter`` — a Python object with one method per operation.
* ``ReferenceAdapter`` — the reference store of this project.

``submit`` draws requests ahead of the answers, up to the window. A differential runner takes the arguments of
later steps from the *reference's* results, so it can hand over whole programs, with ``RESET`` between them, and
compare answer by answer; a divergence shows at the first answer that differs. A caller who needs an answer to
form the next request yields ``AWAIT_ANSWERS`` first, or uses ``ask``.
"""

from __future__ import annotations

from telltale_conformance.oracle.adapters.direct import InProcessAdapter
from telltale_conformance.oracle.adapters.faults import AdapterFault, Diagnostic
from telltale_conformance.oracle.adapters.process import BadCommand, split_command
from telltale_conformance.oracle.adapters.protocol import (
    ANSWER_KINDS,
    AWAIT_ANSWERS,
    PROTOCOL_VERSION,
    RESET,
    Adapter,
    AdapterLimits,
    Answer,
    AnswerKind,
    Hello,
    Request,
)
from telltale_conformance.oracle.adapters.reference import ReferenceAdapter
from telltale_conformance.oracle.adapters.resident import SubprocessAdapter

__all__ = [
    "ANSWER_KINDS",
    "AWAIT_ANSWERS",
    "PROTOCOL_VERSION",
    "RESET",
    "Adapter",
    "AdapterFault",
    "AdapterLimits",
    "Answer",
    "AnswerKind",
    "BadCommand",
    "Diagnostic",
    "Hello",
    "InProcessAdapter",
    "ReferenceAdapter",
    "Request",
    "SubprocessAdapter",
    "ask",
    "split_command",
]


def ask(adapter: Adapter, request: Request) -> Answer:
    """Return the answer to one request, waiting for it.

    Raises:
        AdapterFault: the adapter failed.
    """
    return next(iter(adapter.submit([request])))
