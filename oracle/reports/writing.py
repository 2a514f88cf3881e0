"""Writing all reports of a check into one folder, together or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from telltale_conformance.oracle.dossier.dossier import FILES, MANIFEST
from telltale_conformance.oracle.dossier.seal import SEAL
from telltale_conformance.oracle.reports.gitlab import gitlab
from telltale_conformance.oracle.reports.json_report import report_json
from telltale_conformance.oracle.reports.junit import junit
from telltale_conformance.oracle.reports.markdown import markdown
from telltale_conformance.oracle.reports.page.html import page
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.sarif import sarif

CODE_QUALITY: Final = "gl-code-quality-report.json"
"""The file of GitLab's code quality report."""
_FINGERPRINT: Final = "[0-9a-f]" * 12


def write_reports(report: Report, folder: Path) -> Path:
    """Write all forms of the report and return the path of its page.

    Every file is rendered before any is written, and each appears under its name whole; ``report.json`` comes last,
    so that who waits for it finds the others of the same run. Dossiers of former reports are removed.

    Raises:
        OSError: the folder cannot be written.
    """
    files = rendered(report, folder)
    written: list[tuple[Path, Path]] = []
    try:
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            written.append((Path(temporary), target))
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
                os.fchmod(file.fileno(), 0o666 & ~_umask())
        for temporary_path, target in written:
            temporary_path.replace(target)
    except BaseException:
        for temporary_path, _ in written:
            temporary_path.unlink(missing_ok=True)
        raise
    _remove_former(folder, files)
    return folder / "index.html"


def _remove_former(folder: Path, files: Mapping[str, str]) -> None:
    """Remove what former reports wrote into the folders of divergences, and nothing else."""
    for former in (folder / "divergences").glob(_FINGERPRINT):
        for name in (*FILES, MANIFEST, SEAL):
            if f"divergences/{former.name}/{name}" not in files:
                with suppress(OSError):
                    (former / name).unlink()
        with suppress(OSError):
            former.rmdir()


def rendered(report: Report, folder: Path) -> Mapping[str, str]:
    """Return the text of every file of the report by its name in the folder, in the order of writing."""
    dossiers = {
        f"{finding.folder}/{name}": content.decode()
        for finding in report.findings
        for name, content in finding.files.items()
    }
    return {
        **dossiers,
        "index.html": page(report, folder),
        "summary.md": markdown(report, folder),
        "junit.xml": junit(report),
        "report.sarif": sarif(report),
        CODE_QUALITY: gitlab(report),
        "report.json": report_json(report),
    }


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
