"""The power of the lanes: the page agrees with the catalogue, and lanes find what they are there to find."""

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telltale_conformance.oracle.lanes.subject import Settings
from tests.lean_traces.lean_mutants import MUTANTS
from tests.wrong_stores import power
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.lean import triggers
from tests.wrong_stores.power import (
    HEADS,
    MEASURED,
    NOT_ASKED,
    NOT_FOUND,
    PAGE,
    SEED,
    TABLE,
    Part,
    Told,
    measure,
    page,
    read_seed,
    read_table,
    table,
)
from tests.wrong_stores.tellers import told_by

GENERATED = 60
"""Programs that must find nearly every store with one rule wrong."""


def rows(before: str) -> list[list[str]]:
    """Return the cells of the first table of the page that stands behind a text."""
    first = PAGE.read_text(encoding="utf-8").split(before)[1].split("\n|", maxsplit=1)[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in first.splitlines()]


def stores() -> list[list[str]]:
    """Return the cells of the table of every store."""
    return list(csv.reader(io.StringIO(TABLE.read_text(encoding="utf-8"))))


def test_the_table_is_of_this_catalogue_and_these_lanes() -> None:
    heads, *lines = stores()
    assert heads[3:] == [lane for lane in MEASURED if lane in heads]
    assert {"fixed", "programs"} <= set(heads[3:])
    assert [line[0] for line in lines] == list(power.stores()), "run `make power`"
    assert all(line[3] != NOT_FOUND for line in lines[: len(CATALOGUE)]), "the fixed list finds every store listed"
    whole = [place for place, lane in enumerate(heads) if lane in ("fixed", "corpus", "programs", "claims")]
    for line in lines:
        assert NOT_ASKED not in [line[place] for place in whole], "run `python -m tests.wrong_stores.power --lacking`"


def test_the_figures_of_the_page_are_those_of_the_table() -> None:
    _, _, *kinds = rows("## By kind and lane")
    _, *lines = stores()
    for kind, number, *found in kinds:
        those = [line for line in lines if kind in (line[1], "all")]
        assert int(number) == len(those)
        counted = [sum(line[place].isdecimal() for line in those) for place in range(3, len(lines[0]))]
        asked = [sum(line[place] != NOT_ASKED for line in those) for place in range(3, len(lines[0]))]
        other = sum(any(cell.isdecimal() for cell in line[4:]) for line in those)
        figures = [
            str(few) if most == len(those) else f"{few} of {most}" if most else NOT_ASKED
            for few, most in zip(counted, asked, strict=True)
        ]
        assert found == [*figures, str(other)], kind
    _, _, *parts = rows("# Power")
    for (_, *said), some in zip(parts, (lines[: len(CATALOGUE)], lines[len(CATALOGUE) :]), strict=True):
        by_list = sum(line[3].isdecimal() for line in some)
        by_others = sum(any(cell.isdecimal() for cell in line[4:]) for line in some)
        assert said == [str(len(some)), str(by_list), f"**{by_others}**"]


def test_every_store_that_no_lane_but_the_fixed_list_finds_is_explained() -> None:
    _, *lines = stores()
    assert {line[0] for line in lines if not any(cell.isdecimal() for cell in line[4:])} == power.WHY.keys()


def test_page_and_table_are_what_the_figures_make_of_them() -> None:
    text, figures = (path.read_text(encoding="utf-8") for path in (PAGE, TABLE))
    assert "{" not in text
    told = read_table(figures)
    assert table(told) == figures, "run `python -m tests.wrong_stores.power --lacking`"
    assert page(told, read_seed(text)) == text, "run `python -m tests.wrong_stores.power --lacking`"


def test_the_table_says_once_what_is_wrong() -> None:
    said = {line[0]: line[len(HEADS) - 1] for line in stores()[1:]}
    assert said["release ignores a pending transfer"] == ""
    assert said["log ring of 500"] == "The log shows its last 500 records."


def test_a_lane_measured_again_leaves_the_figures_of_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known: Told = {lane: dict.fromkeys(power.stores(), 3) for lane in ("fixed", "guided")}
    places = tmp_path / "power.md", tmp_path / "power.csv"
    for place, text in zip(places, (page(known, SEED), table(known)), strict=True):
        place.write_text(text, encoding="utf-8")
    kept: list[Told | None] = []

    def found(lanes: list[str], _seed: int, _workers: int, *, known: Told) -> Iterator[Told]:
        kept.append(dict(known))
        yield {**known, **{lane: dict.fromkeys(power.stores(), 5) for lane in lanes}}

    monkeypatch.setattr(power, "PAGE", places[0])
    monkeypatch.setattr(power, "TABLE", places[1])
    monkeypatch.setattr(power, "measure", found)
    monkeypatch.setattr(sys, "argv", ["power", "--lanes", "guided"])
    power.main()
    assert kept == [{"fixed": known["fixed"]}]
    assert {
        lane: set(figures.values()) for lane, figures in read_table(places[1].read_text(encoding="utf-8")).items()
    } == {
        "fixed": {3},
        "guided": {5},
    }


def test_what_is_known_is_not_measured_again_and_what_is_lacking_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Here:
        def __init__(self, *args: object, **others: object) -> None: ...
        def __enter__(self) -> "Here":
            return self

        def __exit__(self, *raised: object) -> None: ...
        def map(self, measure_part: object, parts: list[Part]) -> list[dict[str, int | None]]:
            asked.extend(name for part in parts for name in part.names)
            return [dict.fromkeys(part.names, 7) for part in parts]

    monkeypatch.setattr(power, "ProcessPoolExecutor", Here)
    first, second, *others = power.stores()
    known: Told = {"programs": {first: None, **dict.fromkeys(others, 3)}}
    (told,) = measure(["programs"], SEED, 2, known=known)
    assert asked == [second]
    assert told == {"programs": {**known["programs"], second: 7}}
    assert f"\n{second}," in table(known)
    assert (read_seed(page(known, SEED)), read_table(table(known))) == (SEED, known)


def test_programs_find_nearly_every_store_with_a_plain_rule_wrong() -> None:
    wrongs = [wrong for wrong in CATALOGUE if wrong.kind in ("rules", "records")][::3]
    tellers, result = told_by("programs", "telltale-17", wrongs, Settings(seed=3, cases=GENERATED))
    assert result.divergences == ()
    lacking = [wrong.name for wrong in wrongs if wrong.name not in tellers.told]
    assert len(lacking) <= len(wrongs) / 8, lacking


def test_every_change_of_the_lean_model_has_a_program_that_tells_it() -> None:
    assert len(MUTANTS) >= 30
    assert list(triggers()) == sorted(triggers(), key=[mutant.name for mutant in MUTANTS].index)
    assert triggers().keys() == {mutant.name for mutant in MUTANTS}, "run `python -m tests.wrong_stores.lean`"


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_a_store_that_is_not_asked_yet_would_have_answered_rightly(contract: str) -> None:
    wrongs = [wrong for wrong in CATALOGUE if wrong.contract == contract][:: 3 if contract == "hardened" else 7]
    settings = Settings(seed=5, cases=12)
    told = [told_by("programs", contract, wrongs, settings, may_sleep=may)[0].told for may in (True, False)]
    assert told[0] == told[1]
    assert told[0]


@pytest.mark.nightly
def test_no_store_survives_and_the_page_says_what_is_measured() -> None:
    assert read_seed(PAGE.read_text(encoding="utf-8")) == SEED
    known = read_table(TABLE.read_text(encoding="utf-8"))
    whole = [lane for lane, asked in known.items() if len(asked) == len(power.stores())]
    *_, told = measure(whole, SEED, 2)
    assert told == {lane: known[lane] for lane in whole}
    assert all(any(told[lane][name] is not None for lane in whole) for name in power.stores())
