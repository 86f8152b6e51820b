# `make` lists the targets. Needed on PATH: git, make, Python 3.11 or newer. Everything else is fetched by `make setup`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup front demo test test-slow check bench bench-quick faults conformance mutants screenshots test-cases \
        format client docs migration wheel clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
RUN = .venv/bin/python tools/run.py
CASES ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## everything the project needs, into .venv and .tools (runs at once when nothing changed)
	@[ -n "$(PYTHON)" ] || { echo "Python ≥ 3.11 not found; name one: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" tools/bootstrap.py

front: setup ## build the front end into src/bihuan/web/static
	@.venv/bin/python tools/front.py build

demo: front ## start everything with a demo company: ready http://127.0.0.1:8000
	@exec .venv/bin/bihuan demo

test: front ## all tests except slow ones, faults and cases; front-end tests too
	@$(RUN) test

test-slow: front ## the tests that take minutes and are no part of make test
	@$(RUN) test-slow

check: front ## format, lint, strict types, import contract, generated client, permission matrix
	@$(RUN) check

test-cases: front ## acceptance on real data: make test-cases CASES=DIR
	@$(RUN) test-cases "$(CASES)"

faults: front ## kill -9 of every process at random moments under load, then backup and restore
	@$(RUN) faults

conformance: setup ## control semantics by scenario tables; the API against its contract
	@.tools/uv-* sync --quiet --frozen --inexact --group conformance
	@$(RUN) conformance

mutants: setup ## remove a guard, see the suite turn red; for each guard
	@.venv/bin/python tools/mutants.py

bench: front ## benchmarks with their peers, into bench/results.json
	@.tools/uv-* sync --quiet --frozen --inexact --group bench
	@.venv/bin/python bench/run.py

bench-quick: setup ## the same, small, under a minute, into bench/results-quick.json
	@.tools/uv-* sync --quiet --frozen --inexact --group bench
	@.venv/bin/python bench/run.py --quick

screenshots: front ## pictures of the pages into docs/screens
	@.venv/bin/python tools/screenshots.py

format: setup ## format and fix what can be fixed
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

client: front ## regenerate tests/contract/openapi.json and the front end's types
	@.venv/bin/python tools/client.py write

docs: setup ## regenerate docs/reference
	@.venv/bin/python tools/docs.py

migration: setup ## autogenerate a migration: make migration NAME=what_it_does
	@.venv/bin/python tools/migration.py "$(NAME)"

wheel: front ## the wheel with the built front end inside, into dist/
	@.tools/uv-* build --quiet --out-dir dist && ls dist

clean: ## remove what was built (not .venv, not data)
	@rm -rf build dist src/bihuan/web/static .pytest_cache .mypy_cache .ruff_cache
