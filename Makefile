# The same targets serve people, continuous integration and pre-commit.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := core services/api services/worker services/trainer services/ui deploy/local monitoring benchmarks
SOURCES := $(MEMBERS) tests conftest.py
STAMP := $(VENV)/.installed
DAGS_STAMP := dags/.venv/.tests-installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage test-unit test-dags check check-dags check-rules dashboards format lock lock-peers check-locks bench bench-quick load clean

##@ Use
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment: every dependency at its locked version, checked by hash

demo: $(STAMP) ## Train, serve and classify on this machine; stays up until Ctrl-C
	@$(BIN)/meadow demo

##@ Work on it
# A process for each package, as in operation: services never share one, and their native libraries need not get along.
SUITES := $(addsuffix /tests,$(MEMBERS)) tests

test: $(STAMP) test-dags ## Run all tests, those over the whole embedded stack included
	@set -e; for suite in $(SUITES); do echo "== $$suite"; $(BIN)/pytest $$suite; done

coverage: $(STAMP) ## The same, with the lines that no test has run; slower
	@rm -f .coverage
	@set -e; for suite in $(SUITES); do echo "== $$suite"; $(BIN)/pytest --cov --cov-append --cov-report= $$suite; done
	@$(BIN)/coverage report --skip-covered

test-unit: $(STAMP) test-dags ## Run the tests that need no running stack
	@set -e; for suite in $(SUITES); do echo "== $$suite"; $(BIN)/pytest -m "not system" $$suite; done

test-dags: $(DAGS_STAMP) ## Run the tests of the DAGs, in an environment of their own
	@echo "== dags/tests"; cd dags && .venv/bin/python -m pytest

check: $(STAMP) check-locks check-dags check-rules ## Check format, lint, types, locks and alert rules
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy $(SOURCES)

check-dags: $(STAMP) $(DAGS_STAMP)
	cd dags && ../$(BIN)/ruff format --check . && ../$(BIN)/ruff check .
	cd dags && ../$(BIN)/mypy --python-executable .venv/bin/python dags plugins tests

dashboards: $(STAMP) ## Write the Grafana dashboards anew from monitoring/src
	$(BIN)/python -m meadow_dashboards

# Whoever has no promtool should hear of it, and need not install it to change something else.
check-rules:
	@if command -v promtool >/dev/null; then \
	  promtool check config --lint=all monitoring/prometheus/prometheus.yml >/dev/null && \
	  promtool test rules monitoring/rules/tests/*.yml >/dev/null || \
	  { promtool check config monitoring/prometheus/prometheus.yml; promtool test rules monitoring/rules/tests/*.yml; exit 1; }; \
	else echo "WARNING: promtool is not installed: the alert rules were NOT checked (Debian: apt-get install prometheus)." >&2; fi

format: $(STAMP) ## Format the code and mend what lint can mend
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	cd dags && ../$(BIN)/ruff format . && ../$(BIN)/ruff check --fix .

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
LOCK_INPUTS := pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
COMPILE_DEV = $(COMPILE) --all-extras --group dev --no-emit-package meadow $(LOCK_INPUTS)

# Tests of the DAGs run on exactly what Airflow runs on, and some packages more.
COMPILE_DAGS = $(COMPILE) dags/pyproject.toml
COMPILE_DAGS_DEV = $(COMPILE_DAGS) --group dags/pyproject.toml:dev

lock: $(STAMP) ## Resolve the dependencies anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE_DEV) $(UPGRADE) --output-file requirements/dev.txt >/dev/null
	$(COMPILE_DAGS) $(UPGRADE) --output-file dags/requirements.txt >/dev/null
	$(COMPILE_DAGS_DEV) --constraints dags/requirements.txt --output-file dags/requirements-dev.txt >/dev/null

lock-peers: $(STAMP) ## The same for the servers that the benchmarks compare with
	@set -e; for folder in benchmarks/peers/*/; do \
	  $(COMPILE) $(UPGRADE) $${folder}requirements.in --output-file $${folder}requirements.txt >/dev/null; done

check-locks: $(STAMP)
	@cp requirements/dev.txt $(VENV)/dev.txt.fresh
	@$(COMPILE_DEV) --output-file $(VENV)/dev.txt.fresh >/dev/null
	@cmp -s requirements/dev.txt $(VENV)/dev.txt.fresh || { echo "requirements/dev.txt is stale: run 'make lock'."; exit 1; }
	@cp dags/requirements.txt $(VENV)/dags.txt.fresh
	@$(COMPILE_DAGS) --output-file $(VENV)/dags.txt.fresh >/dev/null
	@cmp -s dags/requirements.txt $(VENV)/dags.txt.fresh || { echo "dags/requirements.txt is stale: run 'make lock'."; exit 1; }
	@cp dags/requirements-dev.txt $(VENV)/dags-dev.txt.fresh
	@$(COMPILE_DAGS_DEV) --constraints dags/requirements.txt --output-file $(VENV)/dags-dev.txt.fresh >/dev/null
	@cmp -s dags/requirements-dev.txt $(VENV)/dags-dev.txt.fresh || { echo "dags/requirements-dev.txt is stale: run 'make lock'."; exit 1; }

##@ Measure
BENCH := $(BIN)/python -m meadow_bench

bench: $(STAMP) ## Measure everything, against other servers too; writes benchmarks/RESULTS.md (ROWS="folder swap" for some of it)
	@$(BENCH) $(ROWS)

bench-quick: $(STAMP) ## The same with small counts: minutes, and rough
	@$(BENCH) --quick $(ROWS)

load: $(STAMP) ## Put a stack under load with Locust; writes benchmarks/RESULTS-load.md (STAGES="smoke soak" for some of it)
	@$(BIN)/python -m meadow_bench.loadtest $(STAGES)

clean: ## Delete the environment and the caches
	rm -rf $(VENV) dags/.venv .mypy_cache .ruff_cache .pytest_cache .coverage benchmarks/.envs benchmarks/.data

# uv's own lock would hold addresses; a requirements file with hashes does not.
$(STAMP): requirements/dev.txt requirements/uv.txt $(LOCK_INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Meadow needs Python 3.11 or newer; set PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies (several GB the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(MEMBERS))
	@touch $@

# Airflow needs other versions than the services do, so it never shares an environment with them.
$(DAGS_STAMP): $(STAMP) dags/requirements-dev.txt
	@test -x dags/.venv/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python dags/.venv
	@echo "Installing the locked dependencies of the DAGs ..."
	@$(BIN)/uv pip install --quiet --python dags/.venv/bin/python --require-hashes -r dags/requirements-dev.txt
	@touch $@
