"""The texts for ``decode`` (contract §20) that every check tries: forms of each type, its places, and spellings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from telltale_conformance.generators.decoding_places import all_places
from telltale_conformance.generators.decodings import Trial, Writer
from telltale_conformance.model.decoding.shapes import Named, Places, Record, Shape, Variants
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.decoding.texts import NESTING, nesting_of


@cache
def fixed_trials() -> tuple[Trial, ...]:
    """Return them, always the same: of every type each of its forms, in turn, and every near miss at every place."""
    trials = []
    for name, shape in TYPES.items():
        writer = Writer(Random(f"decode {name}"))
        sample = writer.written(shape)
        forms = [("plain", sample), *(("plain", writer.written(shape)) for _ in range(3))]
        forms += (*writer.forms(shape), *_spellings(sample), *_deep(shape, name, sample))
        forms += all_places(shape, Writer(Random(f"decode {name}, places")))
        trials += [Trial(name, form, text) for form, text in dict.fromkeys(forms) if nesting_of(text) <= NESTING]
    return tuple(trials)


def _escaped(text: str) -> str | None:
    """Return a text with the first letter of its first JSON text as an escape; None without a letter."""
    at = text.find('"') + 1
    if not at or not text[at].isascii() or not text[at].isalpha():
        return None
    return f"{text[:at]}\\u{ord(text[at]):04x}{text[at + 1 :]}"


def _spellings(sample: str) -> Iterator[tuple[str, str]]:
    """Yield a text as it may be written otherwise, and what is no JSON beside it."""
    spaced = sample.replace("{", "{ \t").replace(",", "\r\n,\n").replace("}", " }")
    yield "the text: white space", f" \t\r\n{spaced}\n "
    escaped = _escaped(sample)
    if escaped is not None:
        yield "texts: escapes", escaped
    for text in ("", " ", "nul", "NaN", "Infinity", "//", "{", '"'):
        yield "the text: none", text
    for before, after in (
        ("\ufeff", ""),
        ("", ","),
        ("", " x"),
        ("", "\x00"),
        ("", f" {sample}"),
        ("/**/", ""),
        ("", "//"),
        ("\f", ""),
        ("\u00a0", ""),
        ("", "]"),
    ):
        yield "the text: around", f"{before}{sample}{after}"
    yield "the text: cut", sample[:-1]
    yield "the text: single quotes", sample.replace('"', "'") if '"' in sample else "'x'"
    if sample[-1] in "]}" and len(sample) > 2:
        yield "the text: trailing comma", f"{sample[:-1]},{sample[-1]}"


def _deep(shape: Shape, name: str, sample: str) -> Iterator[tuple[str, str]]:
    """Yield texts that nest to the last level that is read."""
    if isinstance(shape, Record):
        levels = NESTING - 1
        yield "the text: nesting", f'{{"x":{"[" * levels}{"]" * levels},{sample[1:]}'
    if isinstance(shape, Variants) and shape.with_payload.get("Prod") == Places((Named(name), Named(name))):
        plain = f'"{shape.plain[0]}"'
        yield "the text: nesting", f'{{"Prod":[{plain},' * (NESTING // 2) + plain + "]}" * (NESTING // 2)
    if isinstance(shape, Variants) and "Mu" in shape.with_payload:
        yield "the text: nesting", '{"Mu":{"var":"t","body":' * (NESTING // 2) + '"End"' + "}}" * (NESTING // 2)
