# The README's two commands are `make demo` and `make test`. Everything runs in .venv, which is made
# from the hashed lock with plain pip; nothing else has to be installed beforehand but Python 3.11+.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME ?= tenure-data-demo
# Two processes, whole files to one of them: files share servers and workspaces.
PARALLEL ?= -n 2 --dist loadfile
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres lint format lock bench shots case-study ci clean setup-browser

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tenure needs Python 3.11 or newer; say which with: make PYTHON=python3.11 demo"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp

demo: $(VENV)/run.stamp ## A simulated company, scored and validated, in the browser
	$(BIN)/tenure demo --home $(DEMO_HOME)

test: $(VENV)/dev.stamp ## The test suite (SQLite); what is not installed here is skipped, saying so
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-postgres: $(VENV)/dev.stamp ## Tests that have a database, on a private PostgreSQL server
	TENURE_TEST_DATABASE=postgres $(BIN)/python -m pytest $(PARALLEL) -m "not browser and not faults and not spark and not sdk and not realdata" $(ARGS)

lint: $(VENV)/dev.stamp ## Style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Lock dependencies with hashes and without addresses
	uv pip compile -q --generate-hashes --universal --no-emit-index-url --no-annotate --extra build --extra learn pyproject.toml -o requirements.lock
	uv pip compile -q --generate-hashes --universal --no-emit-index-url --no-annotate --extra dev pyproject.toml -o requirements-dev.lock

bench: $(VENV)/dev.stamp ## Every benchmark, each a ratio against a named reference in the same run
	$(BIN)/python benchmarks/run.py $(ARGS)

shots: $(VENV)/dev.stamp ## Screenshots of every page of the demo: light, dark, phone
	$(BIN)/python tools/shots.py $(ARGS)

case-study: $(VENV)/dev.stamp ## Import, score and validate a third-party set: make case-study SET=udacity
	$(BIN)/python docs/case-studies/run.py $(SET) $(ARGS)

ci: ## What the build server runs
	bash .ci/run

clean: ## Remove what was built (never a workspace)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist shots
