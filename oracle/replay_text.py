"""What ``replay`` prints: a verdict per trace, its divergence spelled out, the closing line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from oracle.replay import FirstDivergence, TraceResult


def summary(results: Iterable[TraceResult]) -> str:
    """Return the closing line: traces by verdict, and what was and was not judged."""
    results = list(results)
    verdicts = Counter(result.verdict for result in results)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("agree", "diverge", "malformed", "inconclusive"))
    judged = sum(result.judged for result in results)
    uncovered = sum(result.uncovered for result in results)
    rest = sum(result.not_judged for result in results)
    return (
        f"{len(results)} traces: {counts}; "
        f"{judged} events judged, {uncovered} uncovered, {rest} not judged after a divergence"
    )


def result_text(result: TraceResult) -> str:
    """Return a trace's verdict as text, with the divergence or the error spelled out."""
    if result.error is not None:
        return f"{result.verdict}  {result.error}"
    head = f"{result.verdict}  {result.trace}  {result.events} events"
    if result.first_divergence is None:
        return head
    return "\n".join([head, *_divergence_lines(result.first_divergence, result)])


def _divergence_lines(first: FirstDivergence, result: TraceResult) -> Iterator[str]:
    yield f"  event {first.seq} (line {first.line}): {first.op} diverges in {first.kind}"
    yield f"    args      {_shown(first.args)}"
    for label, document in (("expected", first.expected), ("actual", first.actual)):
        for member, value in document.items():
            places = value if first.kind != "outcome" else {"": value}
            for place, content in places.items():
                yield f"    {label:<9} {member}{place.removeprefix('$')} = {_shown(content)}"
    yield f"    decided   {first.reason}"
    yield f"    state     {_shown(first.state)}"
    if result.not_judged:
        yield f"    {result.not_judged} later events not judged"


def _shown(value: object, length: int = 400) -> str:
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, sort_keys=True)
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"
