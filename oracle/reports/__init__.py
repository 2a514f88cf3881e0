"""Reports: what a check concluded, for people and for machines, written together or not at all.

``writing.write_reports`` puts into one folder ``index.html`` (one self-contained page), ``summary.md``, ``report.json``
(schema ``report``), ``report.sarif`` (SARIF 2.1.0), ``junit.xml``, ``gl-code-quality-report.json`` (GitLab) and below
``divergences`` a dossier of each class.
"""
