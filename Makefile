# `make check` runs the gate, `make test` the whole test suite; both work on a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
LOCK := requirements-dev.lock

.PHONY: check test proofs templates nightly pictures power mutation lint lint-ci site audit bench pythons lock release clean

check: .venv/installed
	$(BIN)/telltale-conformance check --report report

test: .venv/installed-dev
	$(BIN)/telltale-conformance lean install
	$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder

# Checks every theorem of the Lean model: four minutes of one core, the rest of what CI asks.
proofs: .venv/installed-dev
	$(BIN)/telltale-conformance lean install
	$(BIN)/telltale-conformance lean check

# Builds and runs every template of `init` as it is written, with its own test.
templates: .venv/installed-dev
	$(PYTEST) -m nightly tests/project/test_new_projects.py

nightly: .venv/installed-dev
	$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder -m nightly

# Asks every wrong store of the catalogue what a check asks, and writes docs/power.md and docs/power.csv.
power: .venv/installed-dev
	$(BIN)/python -m tests.wrong_stores.power

# Changes the harness itself in a seeded sample of places, and looks whether a test notices: docs/mutation.md.
mutation: .venv/installed-dev
	$(BIN)/python -m tools.mutation $(MUTATION)

# Makes the pictures of the page in docs/pictures anew, after a change of the page.
pictures: .venv/installed-dev
	$(BIN)/python -m tests.oracle.page_pictures

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -r model lean_traces generators oracle src/telltale_conformance
	$(BIN)/python -m tools.lint
	$(PYTEST) --collect-only -qq -m '' >.venv/collected || { cat .venv/collected; exit 1; }
	$(BIN)/python -m tools.ci_lint

# The last of these alone: workflows, action, hooks and the examples of docs/ci.md.
lint-ci: .venv/installed-dev
	$(BIN)/python -m tools.ci_lint

# Builds the documents as a site in site/, with every warning as an error.
site: .venv/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# Holds the locked packages against the published advisories; needs the network.
audit: .venv/installed-dev
	$(BIN)/pip-audit --requirement $(LOCK) --no-deps --disable-pip

bench: .venv/installed-dev
	$(PYTEST) tests/benchmarks -o python_files='bench_*.py' -o python_functions='bench_*' --benchmark-only -s -p no:xdist --benchmark-disable-gc

# Installs the wheel under every other Python that is supported and here, and runs it.
pythons: .venv/installed-dev
	$(BIN)/python -m tools.other_pythons

# Writes the lock anew after a change in pyproject.toml; `make lock UPGRADE=--upgrade` takes the newest of everything.
lock: .venv/installed-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra cluster --extra cross-check --extra duckdb --extra lean --group dev \
	  --custom-compile-command 'make lock' $(UPGRADE) pyproject.toml --output-file $(LOCK)

# Builds and checks sdist and wheel in dist/, and writes the changelog. Publishing is left to you.
release: .venv/installed-dev
	$(BIN)/python -m tools.release

clean:
	rm -rf .venv report site build dist src/*.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml $(LOCK)
	$(PIP) --constraint $(LOCK) --editable .
	@touch $@

.venv/installed-dev: .venv/bin/python pyproject.toml $(LOCK)
	$(PIP) --requirement $(LOCK)
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ .venv/installed
