"""The power of the lanes: the page agrees with the catalogue, and lanes find what they are there to find."""

import re

import pytest

from telltale_conformance.oracle.lanes.subject import Settings
from tests.lean_traces.lean_mutants import MUTANTS
from tests.wrong_stores import power
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.lean import triggers
from tests.wrong_stores.power import MEASURED, NOT_ASKED, NOT_FOUND, PAGE, SEED, Part, Told, measure, page, read_page
from tests.wrong_stores.tellers import told_by

GENERATED = 60
"""Programs that must find nearly every store with one rule wrong."""


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]


def test_the_page_is_of_this_catalogue_and_these_lanes() -> None:
    heads, *stores = rows("Every store")
    assert heads[3:] == [lane for lane in MEASURED if lane in heads]
    assert {"fixed", "programs"} <= set(heads[3:])
    assert [row[0] for row in stores] == list(power.stores()), "run `make power`"
    assert all(row[3] != NOT_FOUND for row in stores[: len(CATALOGUE)]), "the fixed list finds every store listed"
    whole = [place for place, lane in enumerate(heads) if lane in ("fixed", "corpus", "programs", "claims")]
    for row in stores:
        assert NOT_ASKED not in [row[place] for place in whole], "run `python -m tests.wrong_stores.power --lacking`"


def test_the_figures_of_the_page_are_those_of_its_table() -> None:
    _, *kinds = rows("By kind and lane")
    _, *stores = rows("Every store")
    for kind, number, *found in kinds:
        those = [row for row in stores if kind in (row[1], "all")]
        assert int(number) == len(those)
        counted = [sum(row[place].isdecimal() for row in those) for place in range(3, len(stores[0]))]
        asked = [sum(row[place] != NOT_ASKED for row in those) for place in range(3, len(stores[0]))]
        other = sum(any(cell.isdecimal() for cell in row[4:]) for row in those)
        figures = [
            str(few) if most == len(those) else f"{few} of {most}" if most else NOT_ASKED
            for few, most in zip(counted, asked, strict=True)
        ]
        assert found == [*figures, str(other)], kind
    said = re.search(r"\*\*(\d+) of (\d+)\*\* with this seed", PAGE.read_text(encoding="utf-8"))
    assert said is not None
    listed = stores[: len(CATALOGUE)]
    generated = [row for row in listed if any(cell.isdecimal() for cell in row[4:])]
    assert [int(said[1]), int(said[2])] == [len(generated), len(CATALOGUE)]


def test_every_store_that_no_lane_but_the_fixed_list_finds_is_explained() -> None:
    _, *stores = rows("Every store")
    assert {row[0] for row in stores if not any(cell.isdecimal() for cell in row[4:])} == power.WHY.keys()


def test_the_page_is_what_its_figures_make_of_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "{" not in text.split("## Every store")[0]
    seed, told = read_page(text)
    assert page(told, seed) == text, "run `python -m tests.wrong_stores.power --lacking`"


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
    assert f"| {second} |" in page(known, SEED).split("## Every store")[1]
    assert read_page(page(known, SEED)) == (SEED, known)


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
    seed, known = read_page(PAGE.read_text(encoding="utf-8"))
    assert seed == SEED
    whole = [lane for lane, asked in known.items() if len(asked) == len(power.stores())]
    *_, told = measure(whole, SEED, 2)
    assert told == {lane: known[lane] for lane in whole}
    assert all(any(told[lane][name] is not None for lane in whole) for name in power.stores())
