# `make check` runs the gate, `make test` the whole test suite; both work on a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: check test nightly lint bench clean

check: .venv/installed
	$(BIN)/telltale-conformance check --report report

test: .venv/installed-dev
	$(BIN)/telltale-conformance lean install
	$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder

nightly: .venv/installed-dev
	$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder -m nightly

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev
	$(PYTEST) tests/benchmarks -o python_files='bench_*.py' -o python_functions='bench_*' --benchmark-only -s -p no:xdist --benchmark-disable-gc

clean:
	rm -rf .venv report build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,lean]'
	@touch $@ .venv/installed
