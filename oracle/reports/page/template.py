"""Filling a template of a page: one style for all pages, everything in the page, nothing fetched.

The page's own policy forbids any script and any style but those that are written in it, and every connection. Texts of
others are escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from telltale_conformance.files import packaged
from telltale_conformance.oracle.reports.places import without_roots
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
    **values: Any,
) -> str:
    """Return the text of a page.

    Args:
        template: the name of its template.
        styles: the names of its style sheets, in their order.
        script: the name of its script; None for a page that needs none.
        values: what the template shows; filter ``here`` asks for ``folder``, where the page is.
    """
    style = "".join(map(_part, styles))
    policy = f"default-src 'none'; style-src '{_digest(style)}'; "
    if script is not None:
        text = _part(script)
        policy += f"script-src '{_digest(text)}'; "
        values["script"] = Markup(text)  # noqa: S704 # a file of this package
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 # files of this package
            policy=policy + "base-uri 'none'; form-action 'none'",
            **values,
        )
    )


@cache
def _environment() -> Environment:
    """Return what the templates are read with. It keeps them compiled: a page is filled in a tenth of the time."""
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
    environment.filters["here"] = _here
    environment.filters["coded"] = coded
    return environment


@pass_context
def _here(context: Context, text: str) -> str:
    return visible(without_roots(text, context["folder"]))


def coded(text: str) -> Markup:
    """Show what stands in backticks as code."""
    return Markup(re.sub("`([^`]*)`", r"<code>\1</code>", str(escape(visible(text)))))  # noqa: S704 # it is escaped


def _part(name: str) -> str:
    return packaged(_PACKAGE, _TEMPLATES, name).decode()


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
