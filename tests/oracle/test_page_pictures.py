"""The pictures of the page in the docs: they are there, small, and shown somewhere; what they show can be made anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.oracle.page_pictures import EVERY, FOLDER, KEPT, MOST_BYTES, Picture, report_of, taken
from tests.oracle.report_world import accepted, lane


@pytest.mark.parametrize("picture", KEPT, ids=lambda picture: picture.name)
def test_each_picture_is_there_and_small(picture: Picture) -> None:
    content = (FOLDER / picture.name).read_bytes()
    assert content[:4] + content[8:12] == b"RIFFWEBP"
    assert 10_000 < len(content) < MOST_BYTES


def test_there_are_no_others_and_the_docs_show_each() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {picture.name for picture in KEPT}
    shown = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.glob("*.md"))
    assert set(re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", shown)) == {picture.name for picture in KEPT}


def test_light_dark_and_narrow_are_looked_at_with_1_3_and_40_classes() -> None:
    assert {(picture.classes, picture.name.split("-")[2]) for picture in EVERY} == {
        (classes, f"{look}.webp") for classes in (1, 3, 40) for look in ("light", "dark", "narrow")
    }


@pytest.mark.parametrize("picture", [one for one in KEPT if one.width == 400], ids=lambda picture: picture.name)
def test_a_picture_is_taken_of_a_report(browser: Browser, picture: Picture, tmp_path: Path) -> None:
    results = [
        lane("programs", accepted()),
        lane("programs", accepted(op="close")),
        lane("programs", accepted(op="recv")),
    ]
    made = report_of(results, picture.classes)
    content = taken(browser, picture, made, tmp_path)
    assert content[8:12] == b"WEBP"
    assert len(content) < MOST_BYTES
