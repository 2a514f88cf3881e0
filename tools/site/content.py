"""The text of the pages as the site shows them: links turned, the next release told, the API reference listed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ABOVE: Final = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
"""Pages of the site that lie above ``docs/`` in the repository."""
KINDS: Final = ("changed", "added", "fixed", "removed", "security")
"""Of fragments, in the order of the changelog."""
PACKAGE: Final = "telltale_conformance"
PROGRAMS: Final = f"{PACKAGE}.adapters"
"""The one module of the API page whose names are programs."""

_LINK: Final = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def as_on_site(markdown: str, source: str, pages: set[str]) -> str:
    """Return a page with its links as they are on the site; what is not on the site is named and not linked.

    Args:
        markdown: the text.
        source: its place on the site.
        pages: the places of all pages.
    """

    def turned(link: re.Match[str]) -> str:
        text, target = link.groups()
        name, hash_sign, anchor = target.partition("#")
        if not name or "://" in name:
            return link[0]
        if source in ABOVE:
            name = name.removeprefix("docs/") if name.startswith("docs/") else f"../{name}"
        if name.startswith("../") and "/" not in source:  # the file lies above docs/
            name = name.removeprefix("../")
            if name not in pages:
                return f"`{name}`" if text.strip("`") in name else f"{text} (`{name}`)"
        return f"[{text}]({name}{hash_sign}{anchor})"

    fenced = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(turned, part) for part in fenced)


def unreleased(changelog: str, fragments: Path = ROOT / "changelog.d") -> str:
    """Return the changelog with the fragments of the next release before the releases."""
    lines = ["## Not yet released", ""]
    for kind in KINDS:
        texts = [path.read_text(encoding="utf-8").strip() for path in sorted(fragments.glob(f"*.{kind}.md"))]
        if texts:
            lines += [f"### {kind.capitalize()}", "", *("* " + text.replace("\n", "\n  ") for text in texts), ""]
    head, mark, releases = changelog.partition("<!-- towncrier release notes start -->\n")
    return "\n".join([head + mark, *lines]) + releases


def public_names(page: str) -> dict[str, list[str]]:
    """Return the names in the tables of the API page, by module; a row without a module is of the one above."""
    names: dict[str, list[str]] = {}
    module = ""
    for named, row in re.findall(r"^\| (?:`([\w.]+)`)? *\| (`[^|]+) \|", page, re.MULTILINE):
        if named:
            module = PACKAGE if named == PACKAGE else f"{PACKAGE}.{named}"
        names.setdefault(module, []).extend(re.findall(r"`(\w+)`", row))
    return names


def api_reference(page: str) -> str:
    """Return the page that asks mkdocstrings for the docstrings of the public names."""
    lines = ["# API reference", "", "The docstrings of everything that [the Python API](api.md) lists.", ""]
    for module, names in public_names(page).items():
        if module == PROGRAMS:
            continue
        lines += [f"## `{module}`", "", *(f"::: {module}.{name}\n" for name in names)]
    return "\n".join(lines)
