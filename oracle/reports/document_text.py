"""What ``replay`` prints for a document of telltale's."""

from __future__ import annotations

from collections.abc import Iterator

from telltale_conformance.oracle.telltale.results import DocumentDivergence, DocumentResult
from telltale_conformance.readable import spelled, value_line


def document_text(result: DocumentResult) -> str:
    """Return the verdict on a document as text, with the divergence, what is not judged and what is not explained."""
    if result.error is not None:
        return "\n".join([spelled(f"{result.verdict}  {result.error}"), *_rest(result)])
    things = "records" if result.kind == "audit-log" else "events and slices"
    head = f"{result.verdict}  {result.trace}  {result.events} {things}"
    divergence = [] if result.first_divergence is None else _divergence_lines(result.first_divergence)
    return "\n".join([spelled(head), *divergence, *_rest(result)])


def _divergence_lines(first: DocumentDivergence) -> Iterator[str]:
    place = ", ".join(f"{name} {value}" for name, value in first.place.items() if name != "path")
    yield "  " + spelled(f"at {first.place['path']} ({place}): {first.op} diverges in {first.kind}")
    yield f"    args      {value_line(first.args)}"
    yield f"    expected  {value_line(first.expected)}"
    yield f"    actual    {value_line(first.actual)}"
    yield f"    decision  {spelled(first.reason)}"


def _rest(result: DocumentResult) -> Iterator[str]:
    yield from (f"  {spelled(note)}" for note in result.notes)
    if result.not_judged:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(result.not_judged.items()))
        yield f"  not judged: {spelled(counts)}"
    if result.not_explained:
        yield f"  not explained by the document: {result.not_explained}"
