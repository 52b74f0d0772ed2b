# The same targets serve people, continuous integration and pre-commit.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := client core services/api services/worker services/trainer services/ui deploy/local monitoring benchmarks
SOURCES := $(MEMBERS) deploy/k8s deploy/k8s/smoke-test tests conftest.py
STAMP := $(VENV)/.installed
# Where Python may not keep bytecode, each of the many processes that tests start compiles its libraries anew, in seconds.
unexport PYTHONDONTWRITEBYTECODE
DAGS_STAMP := dags/.venv/.tests-installed

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-ct test coverage test-unit test-dags measure fuzz check check-advisories check-dags check-dependencies \
  check-deploy check-images check-imports check-locks check-rules check-style check-types audit dashboards sync-client format lock lock-peers minikube \
  bench bench-quick load images image-sizes compose-env clean

##@ Use
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment: every dependency at its locked version, checked by hash

demo: $(STAMP) ## Train, serve and classify on this machine; stays up until Ctrl-C
	@$(BIN)/meadow demo

minikube: ## Run everything in a Kubernetes cluster on this machine (AIRFLOW=1: with continuous training)
	@deploy/k8s/minikube

demo-ct: $(STAMP) ## Watch the model keep itself trained: new images, a new model, new answers; with Airflow
	@$(BIN)/meadow demo-ct

##@ Work on it
# A process for each package, as in operation: services never share one, and their native libraries need not get along.
SUITES := $(addsuffix /tests,$(MEMBERS)) deploy/k8s/tests tests
SIDE_BY_SIDE := $(BIN)/python tests/support/suites.py

test: $(STAMP) $(DAGS_STAMP) ## Run all tests, those over the whole embedded stack included, four suites at a time
	@$(SIDE_BY_SIDE)

coverage: $(STAMP) ## The same, with the lines that no test has run; slower
	@rm -f .coverage
	@set -e; for suite in $(SUITES); do echo "== $$suite"; $(BIN)/pytest --cov --cov-append --cov-report= $$suite; done
	@$(BIN)/coverage report --skip-covered

test-unit: $(STAMP) $(DAGS_STAMP) ## Run the tests that need no running stack and are not slow
	@$(SIDE_BY_SIDE) --without tests/test_airflow.py -- -m "not system and not slow"

measure: $(STAMP) ## Measure models on your photographs: DATA=FOLDER, and OTHERS=FOLDER of other things
	@test -d "$(DATA)" || { echo "Name a folder with one sub-folder of images per class: make measure DATA=FOLDER" >&2; exit 2; }
	@set -e; for one in few_images risk_control label_errors near_duplicates unknown_images; do echo "== $$one"; \
	  $(BIN)/python -m meadow_trainer.tuning.$$one --data "$(DATA)" $(if $(OTHERS),$$(test $$one != unknown_images || echo --others "$(OTHERS)")); \
	done

fuzz: $(STAMP) ## Decode CASES=100000 mutated files of every type, for crashes, errors, memory and time; minutes
	@PYTHONPATH=tests/support $(BIN)/python -m image_fuzz --cases $(or $(CASES),100000)

test-dags: $(DAGS_STAMP) ## Run the tests of the DAGs, in an environment of their own
	@echo "== dags/tests"; cd dags && .venv/bin/python -m pytest

# In an order that suits --jobs=2 as well: what takes longest begins first.
check: check-types check-images check-locks check-dags check-style check-deploy check-dependencies check-imports check-advisories check-rules ## Check format, lint, types, dependencies, imports, locks, manifests, workflows, alerts

check-style: $(STAMP)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

# Both write the same cache, and so never at the same time.
check-types: $(STAMP)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/mypy --scripts-are-modules $(PROGRAMS)

check-dags: $(STAMP) $(DAGS_STAMP)
	cd dags && ../$(BIN)/ruff format --check . && ../$(BIN)/ruff check .
	cd dags && ../$(BIN)/mypy --python-executable .venv/bin/python dags plugins tests

# What a package imports it declares, and nothing else: another package's dependencies may change.
check-dependencies: $(STAMP)
	@for member in $(MEMBERS); do \
	  report=$$(cd $$member && $(CURDIR)/$(BIN)/deptry --no-ansi src 2>&1) || { echo "== $$member"; echo "$$report"; failed=1; }; \
	done; exit $${failed:-0}

# Which package may import which: the contracts are in pyproject.toml.
check-imports: $(STAMP)
	@report=$$($(BIN)/lint-imports --no-cache --no-logo 2>&1) || { echo "$$report"; exit 1; }

SCRIPTS := requirements/audit deploy/images/check-locks deploy/images/install deploy/images/sizes $(wildcard deploy/compose/config/*[!f]) \
  $(addprefix deploy/k8s/,check make-secrets minikube rules components/airflow/migrate.sh)
# Python without the ending by which it would be found.
PROGRAMS := deploy/images/answers deploy/images/load deploy/compose/make-env

check-deploy: $(STAMP)
	@deploy/k8s/check
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/hadolint deploy/images/Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec $(wildcard deploy/compose/*.yaml)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/ruff format --check $(PROGRAMS)
	$(BIN)/ruff check --extend-ignore INP001 $(PROGRAMS)

dashboards: $(STAMP) ## Write the Grafana dashboards anew from monitoring/src
	$(BIN)/python -m meadow_dashboards

# Whoever has no promtool should hear of it, and need not install it to change something else.
check-rules:
	@if command -v promtool >/dev/null; then \
	  promtool check config --lint=all monitoring/prometheus/prometheus.yml >/dev/null && \
	  promtool test rules monitoring/rules/tests/*.yml >/dev/null || \
	  { promtool check config monitoring/prometheus/prometheus.yml; promtool test rules monitoring/rules/tests/*.yml; exit 1; }; \
	else echo "WARNING: promtool is not installed: the alert rules were NOT checked (Debian: apt-get install prometheus)." >&2; fi

sync-client: $(STAMP) ## Write the synchronous client anew from the asynchronous one
	$(BIN)/python client/write_sync_client.py

format: $(STAMP) ## Format the code and mend what lint can mend
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	cd dags && ../$(BIN)/ruff format . && ../$(BIN)/ruff check --fix .

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
LOCK_INPUTS := pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
COMPILE_DEV = $(COMPILE) --all-extras --group dev $(addprefix --no-emit-package ,meadow meadow-core meadow-local meadow-trainer meadow-worker) $(LOCK_INPUTS)

# Tests of the DAGs run on exactly what Airflow runs on, and some packages more.
COMPILE_DAGS = $(COMPILE) --no-emit-package meadow dags/pyproject.toml
COMPILE_DAGS_DEV = $(COMPILE_DAGS) --group dags/pyproject.toml:dev

# What each image holds, of the versions that are tested here. Meadow's own packages are installed beside it.
COMPILE_IMAGE = $(COMPILE) --constraints $(or $(UNDER_$(1)),requirements/dev.txt) $(addprefix --no-emit-package ,meadow meadow-core) $(IMAGE_$(1))
# Off until a setting says where traces go.
TRACES := core/pyproject.toml --extra traces
IMAGE_api := services/api/pyproject.toml $(TRACES)
# Streamlit loads these for tables and charts only, which the pages do not have; they would more than double the image.
IMAGE_ui := services/ui/pyproject.toml $(addprefix --no-emit-package ,altair narwhals pandas pyarrow pydeck)
IMAGE_worker-cpu := services/worker/pyproject.toml --extra cpu $(TRACES)
IMAGE_worker-gpu := services/worker/pyproject.toml --extra gpu $(TRACES)
IMAGE_trainer := services/trainer/pyproject.toml $(TRACES)
IMAGE_flower := deploy/images/flower.in
IMAGE_mlflow := deploy/images/mlflow.in
# Airflow pins what the services have newer, so its versions are those of its own lock.
IMAGE_airflow := dags/pyproject.toml deploy/images/airflow.in
UNDER_airflow := dags/requirements.txt
IMAGE_LOCKS := api ui worker-cpu worker-gpu trainer flower mlflow airflow

lock: $(STAMP) ## Resolve the dependencies anew (UPGRADE=--upgrade for newer versions)
	$(COMPILE_DEV) $(UPGRADE) --output-file requirements/dev.txt >/dev/null
	$(COMPILE_DAGS) $(UPGRADE) --output-file dags/requirements.txt >/dev/null
	$(COMPILE_DAGS_DEV) --constraints dags/requirements.txt --output-file dags/requirements-dev.txt >/dev/null
	@set -e; $(foreach image,$(IMAGE_LOCKS),$(call COMPILE_IMAGE,$(image)) -o requirements/$(image).txt >/dev/null;)

lock-peers: $(STAMP) ## The same for the servers that the benchmarks compare with
	@set -e; for folder in benchmarks/peers/*/; do \
	  $(COMPILE) $(UPGRADE) $${folder}requirements.in --output-file $${folder}requirements.txt >/dev/null; done

# Resolves once more beside each lock, which must come out as it is.
FRESH := $(VENV)/fresh
STALE = { echo "requirements/$(1).txt is stale: run 'make lock'."; exit 1; }

check-locks: $(STAMP)
	@mkdir -p $(FRESH) && cp requirements/*.txt $(FRESH)/
	@$(COMPILE_DEV) --output-file $(FRESH)/dev.txt >/dev/null
	@cmp -s requirements/dev.txt $(FRESH)/dev.txt || $(call STALE,dev)
	@set -e; $(foreach image,$(IMAGE_LOCKS),$(call COMPILE_IMAGE,$(image)) -o $(FRESH)/$(image).txt >/dev/null; \
	  cmp -s requirements/$(image).txt $(FRESH)/$(image).txt || $(call STALE,$(image));)
	@cp dags/requirements.txt $(FRESH)/dags.txt && cp dags/requirements-dev.txt $(FRESH)/dags-dev.txt
	@$(COMPILE_DAGS) --output-file $(FRESH)/dags.txt >/dev/null
	@cmp -s dags/requirements.txt $(FRESH)/dags.txt || { echo "dags/requirements.txt is stale: run 'make lock'."; exit 1; }
	@$(COMPILE_DAGS_DEV) --constraints dags/requirements.txt --output-file $(FRESH)/dags-dev.txt >/dev/null
	@cmp -s dags/requirements-dev.txt $(FRESH)/dags-dev.txt || { echo "dags/requirements-dev.txt is stale: run 'make lock'."; exit 1; }

# Each image holds its own lock and nothing else: what it runs must load from that alone.
check-images: $(STAMP) $(DAGS_STAMP)
	@deploy/images/check-locks

check-advisories: $(STAMP)
	@requirements/audit

audit: $(STAMP) ## Look the locked versions up in a database of known vulnerabilities
	@requirements/audit --required

##@ Measure
BENCH := $(BIN)/python -m meadow_bench

bench: $(STAMP) ## Measure everything, against other servers too; writes benchmarks/RESULTS.md (ROWS="folder swap" for some of it)
	@$(BENCH) $(ROWS)

bench-quick: $(STAMP) ## The same with small counts: minutes, and rough
	@$(BENCH) --quick $(ROWS)

load: $(STAMP) ## Put a stack under load with Locust; writes benchmarks/RESULTS-load.md (STAGES="smoke soak" for some of it)
	@$(BIN)/python -m meadow_bench.loadtest $(STAGES)

##@ Ship
# Whose build a version is can be read from its labels.
BAKE = REVISION=$$(git rev-parse HEAD) SOURCE=$${SOURCE:-$$(git config --get remote.origin.url || echo unknown)} \
  docker buildx bake -f deploy/images/bake.hcl

images: ## Build the container images (TARGETS="api ui" for some; "gpu" and "airflow" are not in the default)
	@$(BAKE) --load $(TARGETS)

image-sizes: ## Show how large the built images are, and check that they hold what they should
	@deploy/images/sizes

compose-env: ## Make up the secrets that Compose starts with
	@deploy/compose/make-env

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
$(DAGS_STAMP): $(STAMP) dags/requirements-dev.txt client/pyproject.toml
	@test -x dags/.venv/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python dags/.venv
	@echo "Installing the locked dependencies of the DAGs ..."
	@$(BIN)/uv pip install --quiet --python dags/.venv/bin/python --require-hashes -r dags/requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python dags/.venv/bin/python --no-deps --no-build-isolation -e client
	@touch $@
