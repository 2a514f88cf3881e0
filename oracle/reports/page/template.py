"""Filling a template of a page: one style for all pages, everything in the page, nothing fetched.

The page's own policy forbids any script and any style but those that are written in it, and every connection. Texts of
others are escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from telltale_conformance.files import packaged
from telltale_conformance.oracle.reports.wording import occasions_text
from telltale_conformance.readable import visible
from telltale_conformance.sinks import html_text

_PACKAGE: Final = "telltale_conformance.oracle.reports.page"
_TEMPLATES: Final = "templates"


def filled(
    template: str,
    *,
    styles: tuple[str, ...] = ("page.css",),
    script: str | None = None,
    filters: Mapping[str, Callable[[str], str]] | None = None,
    **values: Any,
) -> str:
    """Return the text of a page.

    Args:
        template: the name of its template.
        styles: the names of its style sheets, in their order.
        script: the name of its script; None for a page that needs none.
        filters: those of this page alone, by name.
        values: what the template shows.
    """
    environment = Environment(
        loader=PackageLoader(_PACKAGE, _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=html_text,
    )
    environment.filters["visible"] = visible
    environment.filters["occasions"] = occasions_text
    environment.filters["begun"] = lambda text: f"{text[:1].upper()}{text[1:]}"
    environment.filters.update(filters or {})
    style = "".join(map(_part, styles))
    policy = f"default-src 'none'; style-src '{_digest(style)}'; "
    if script is not None:
        text = _part(script)
        policy += f"script-src '{_digest(text)}'; "
        values["script"] = Markup(text)  # noqa: S704 # a file of this package
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 # files of this package
        policy=policy + "base-uri 'none'; form-action 'none'",
        **values,
    )


def _part(name: str) -> str:
    return packaged(_PACKAGE, _TEMPLATES, name).decode()


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
