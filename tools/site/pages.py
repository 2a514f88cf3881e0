"""A hook of mkdocs: pages of the site that are not in ``docs/``, and links to what is not on the site.

The documents are written for the repository. ``CHANGELOG.md``, ``CONTRIBUTING.md`` and ``SECURITY.md`` lie above
``docs/`` and become pages beside the others. The changelog is shown with the fragments of the next release. The API
reference is made of the docstrings of exactly the names that ``docs/api.md`` lists.
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools.site.content import ABOVE, ROOT, api_reference, as_on_site, unreleased


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for name in ABOVE:
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=unreleased(text) if name == "CHANGELOG.md" else text))
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "api-reference.md", content=api_reference(page)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links that hold in the repository into links that hold on the site."""
    return as_on_site(markdown, page.file.src_uri, {file.src_uri for file in files})
