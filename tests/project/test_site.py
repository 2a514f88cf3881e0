"""The site: built with every warning as an error, complete, and without anything that is loaded from elsewhere."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mkdocs.config import load_config

from tools.site.content import ABOVE, PROGRAMS, as_on_site, public_names, unreleased
from tools.source_tree import ROOT

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """The ids of a page, its text, and what a browser would load for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            if (tag, name) in LOADED and (tag, dict(attrs).get("rel")) != ("link", "canonical"):
                self.loads.append(value or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return folder


def page(site: Path, name: str) -> Page:
    return Page((site / name).read_text(encoding="utf-8"))


def test_every_document_is_a_page_and_loads_nothing_from_elsewhere(site: Path) -> None:
    documents = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    wanted = {*documents, *(Path(name).with_suffix(".html") for name in ABOVE), Path("api-reference.html")}
    wanted = {Path("index.html") if name == Path("README.html") else name for name in wanted}
    assert {path.relative_to(site) for path in site.rglob("*.html")} - {Path("404.html")} == wanted
    for name in wanted:
        assert [one for one in page(site, str(name)).loads if re.match(r"(https?:)?//", one)] == []


def test_the_anchors_of_the_contract_are_on_the_site(site: Path) -> None:
    anchors = re.findall(r'<a id="([\w-]+)">', (ROOT / "docs" / "contract.md").read_text(encoding="utf-8"))
    assert len(anchors) > 200
    assert set(anchors) <= page(site, "contract.html").ids


def test_the_reference_has_the_docstrings_of_what_the_api_page_lists_and_of_nothing_else(site: Path) -> None:
    names = public_names((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    wanted = {f"{module}.{name}" for module in names if module != PROGRAMS for name in names[module]}
    found = page(site, "api-reference.html").ids
    assert wanted <= found
    ours = {name for name in found if name.startswith("telltale_conformance.")}
    assert {name for name in ours if not any(name == one or name.startswith(f"{one}.") for one in wanted)} == set()


def test_session_types_are_highlighted(site: Path) -> None:
    for name in ("editors.html", "local-types.html", "protocols.html"):
        text = (site / name).read_text(encoding="utf-8")
        assert '<span class="kd">roles</span>' in text
        assert '<span class="err">' not in text


def test_the_changelog_tells_the_next_release(site: Path) -> None:
    fragment = next((ROOT / "changelog.d").glob("*.added.md")).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", (site / "CHANGELOG.html").read_text(encoding="utf-8"))
    assert "Not yet released" in text
    assert re.sub(r"[`*]", "", fragment).split(".")[0].split(",")[0][:40] in text


def test_broken_links_and_anchors_would_stop_the_build() -> None:
    config = load_config(str(ROOT / "mkdocs.yml"))
    assert config.strict
    links, nav = config.validation.links, config.validation.nav
    levels = [links.not_found, links.anchors, links.absolute_links, links.unrecognized_links]
    assert {*levels, nav.omitted_files, nav.not_found, nav.absolute_links} == {logging.WARNING}


PAGES = {"a.md", "generated/b.md", "CONTRIBUTING.md", "SECURITY.md"}


@pytest.mark.parametrize(
    ("source", "written", "shown"),
    [
        ("a.md", "[x](../CONTRIBUTING.md#tests)", "[x](CONTRIBUTING.md#tests)"),
        ("a.md", "[action.yml](../action.yml)", "`action.yml`"),
        ("a.md", "[`action.yml`](../action.yml)", "`action.yml`"),
        ("a.md", "[x](generated/b.md)", "[x](generated/b.md)"),
        ("a.md", "[x](#here)", "[x](#here)"),
        ("a.md", "[x](https://example.org/../y)", "[x](https://example.org/../y)"),
        ("a.md", "```text\n[x](../action.yml)\n```", "```text\n[x](../action.yml)\n```"),
        ("generated/b.md", "[x](../a.md#y)", "[x](../a.md#y)"),
        ("CONTRIBUTING.md", "[x](docs/a.md#y)", "[x](a.md#y)"),
        ("CONTRIBUTING.md", "[its page](changelog.d/README.md)", "its page (`changelog.d/README.md`)"),
        ("SECURITY.md", "[x](CONTRIBUTING.md)", "[x](CONTRIBUTING.md)"),
    ],
)
def test_links_lead_to_the_same_place_as_in_the_repository(source: str, written: str, shown: str) -> None:
    assert as_on_site(written, source, PAGES) == shown


def test_fragments_come_before_the_releases_by_kind(tmp_path: Path) -> None:
    (tmp_path / "+b.fixed.md").write_text("It works.\n")
    (tmp_path / "+a.added.md").write_text("A thing\nof two lines.\n")
    start = "<!-- towncrier release notes start -->\n"
    assert unreleased(f"# Changelog\n{start}\n## 1\n", tmp_path) == (
        f"# Changelog\n{start}\n## Not yet released\n\n### Added\n\n* A thing\n  of two lines.\n\n"
        "### Fixed\n\n* It works.\n\n## 1\n"
    )
