"""What is tried of ``decode``: every row of §20, every field of every type, and nothing that is not judged."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from telltale_conformance.generators.decodings import drawn_trial
from telltale_conformance.generators.fixed_decodings import fixed_trials
from telltale_conformance.model.decoding.reading import reading_of
from telltale_conformance.model.decoding.rows import Leniency, Refusal
from telltale_conformance.model.decoding.shapes import Record, Shape, Variants
from telltale_conformance.model.decoding.table import TYPES

READINGS = [(trial, reading_of(trial.type_, trial.text)) for trial in fixed_trials()]


def test_all_that_is_always_tried_is_judged() -> None:
    assert not [trial for trial, reading in READINGS if reading.doubts]


@pytest.mark.parametrize("row", Refusal)
def test_every_row_refuses_some_text(row: Refusal) -> None:
    assert sum(reading.refusal is row for _, reading in READINGS) >= 4


@pytest.mark.parametrize("row", Leniency)
def test_every_row_reads_some_text(row: Leniency) -> None:
    assert sum(reading.refusal is None and row in reading.leniencies for _, reading in READINGS) >= 2


@pytest.mark.parametrize("name", TYPES)
def test_of_every_type_texts_are_read_and_refused(name: str) -> None:
    of_type = [reading for trial, reading in READINGS if trial.type_ == name]
    assert sum(reading.refusal is None for reading in of_type) >= 3
    assert sum(reading.refusal is not None for reading in of_type) >= 20


def records_of(shape: Shape) -> list[Record]:
    if isinstance(shape, Variants):
        return [inner for inner in shape.with_payload.values() if isinstance(inner, Record)]
    return [shape] if isinstance(shape, Record) else []


@pytest.mark.parametrize("name", [name for name, shape in TYPES.items() if records_of(shape)])
def test_every_field_is_absent_null_and_given_twice(name: str) -> None:
    rows = Counter(reading.refusal for trial, reading in READINGS if trial.type_ == name)
    nulls = sum('":null' in trial.text for trial, _ in READINGS if trial.type_ == name)
    fields = [field for record in records_of(TYPES[name]) for field in record.fields]
    assert rows[Refusal.REPEATED] >= len(fields)
    assert nulls >= len(fields)
    absent = {trial.text for trial, _ in READINGS if trial.type_ == name and trial.form.endswith("records: absent")}
    assert len(absent) >= len(fields)


def test_every_variant_is_read_in_both_forms_or_with_its_payload() -> None:
    for name, shape in TYPES.items():
        if isinstance(shape, Variants):
            read = {trial.text for trial, reading in READINGS if trial.type_ == name and reading.refusal is None}
            for variant in shape.plain:
                assert {f'"{variant}"', f'{{"{variant}":null}}'} <= read
            for variant in shape.with_payload:
                assert any(text.startswith(f'{{"{variant}":') for text in read), (name, variant)


def test_drawn_texts_follow_from_the_seed_and_are_judged() -> None:
    drawn = [drawn_trial(Random(seed)) for seed in range(400)]
    assert drawn == [drawn_trial(Random(seed)) for seed in range(400)]
    readings = [reading_of(trial.type_, trial.text) for trial in drawn]
    assert not any(reading.doubts for reading in readings)
    assert {trial.type_ for trial in drawn} == TYPES.keys()
    refused = {reading.refusal for reading in readings} - {None}
    assert len(refused) >= 12
    assert sum(reading.refusal is None for reading in readings) >= 150
