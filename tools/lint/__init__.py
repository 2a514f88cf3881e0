"""The project's own lint: what ruff, mypy and import-linter cannot know. ``python -m tools.lint`` runs it all."""
