.DEFAULT_GOAL := help
.PHONY: help run test test-sqlite test-postgres test-browser kill bench soak check format requirements upgrade editor clean
MAKEFLAGS += --no-print-directory

# The first Python that starts; bin/bootstrap.py finds the one that the product runs on.
PYTHON := $(shell for p in python3 python3.13 python3.12 python /usr/bin/python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1 && echo "$$p" && break; done)
ifeq ($(PYTHON),)
$(error No Python 3.9 or newer was found. Install Python 3.13)
endif
VENV := .venv/bin/python
export WORKERS ?= 2
ARGS ?=

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: ## Start Tandem from nothing: PORT, HOST, DATABASE_URL and DJANGO_SUPERUSER_* are honoured
	@exec $(PYTHON) bin/run.py

test: ## Run all tests: SQLite and PostgreSQL side by side, then the browser
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/test.py sqlite postgres browser -- $(ARGS)

test-sqlite: ## Run the tests that SQLite can show
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/test.py sqlite -- $(ARGS)

test-postgres: ## Run the tests on PostgreSQL: TEST_DATABASE_URL, or one from the wheel
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/test.py postgres -- $(ARGS)

test-browser: ## Run the tests that drive a Chromium
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/test.py browser -- $(ARGS)

kill: ## Kill, freeze and stop real processes and print the crash matrix; MATRIX=--short for each point once
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/test.py kill -- $(ARGS)
	@$(VENV) bin/test.py matrix -- $(MATRIX)

check: ## Lint, types, layers, migrations, requirements, the editor's script
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@$(VENV) -m mypy apps config bin manage.py tests
	@.venv/bin/lint-imports --no-logo
	@ENVIRONMENT=test SECRET_KEY=check $(VENV) manage.py makemigrations --check --dry-run
	@$(VENV) bin/requirements.py check
	@$(VENV) bin/frontend.py check

editor: ## Build the editor's script from frontend/ into static/editor; needs Node and npm
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/frontend.py build

bench: ## Measure the deployed system on both databases; ARGS="--only acks,arriving --seconds 20" for less
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) -m tests.bench $(ARGS)
	@$(VENV) bin/postgres.py --durable $(VENV) -m tests.bench --postgres $(ARGS)

soak: ## Finish 200,000 runs on PostgreSQL and watch the memory; RUNS=5000 for less
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) bin/postgres.py --durable $(VENV) -m tests.bench --postgres --soak $(or $(RUNS),200000) $(ARGS)

format: ## Sort imports, fix what can be fixed, format
	@$(PYTHON) bin/bootstrap.py dev
	@$(VENV) -m ruff check --fix .
	@$(VENV) -m ruff format .

requirements: ## Compile requirements/*.in into hashed files, keeping versions
	@$(PYTHON) bin/requirements.py compile

upgrade: ## Compile requirements/*.in to the newest versions
	@$(PYTHON) bin/requirements.py upgrade

clean: ## Remove the virtual environment and caches; the data in var/ stays
	rm -rf .venv .tools frontend/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
