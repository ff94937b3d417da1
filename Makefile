# Needs make and Python 3.11 or newer; uses uv where it is installed.

PYTHON  ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# More than two cores: much of the time is spent waiting for processes.
WORKERS ?= 4
ARGS    ?=

# The stamps' names carry Python's version, so another interpreter or a changed pyproject.toml installs again.
VERSION := $(shell $(or $(PYTHON),python3) -c 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null)
BIN     := .venv/bin
READY   := .venv/.installed-$(VERSION)
DEMO    := .venv-demo/.installed-$(VERSION)
SHIPPED := $(shell find src examples -type f ! -name '*.pyc' ! -path '*/.*' 2>/dev/null)

# What some tests use where it is there; without it they say that they skipped.
BESIDE  := $(CURDIR)/.beside
ifneq ($(wildcard $(BESIDE)/node_modules/.bin/azurite-blob),)
  export MODELWRIGHT_AZURITE ?= $(BESIDE)/node_modules/.bin/azurite-blob
endif
ifneq ($(wildcard $(BESIDE)/python/bin/modelwright),)
  export MODELWRIGHT_OTHER_PYTHON ?= $(BESIDE)/python/bin/python
endif

.PHONY: help demo test test-full beside check format-check lint types imports house bench format clean
.DEFAULT_GOAL := help

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO)  ## live the story of examples/01_flights; ARGS=--keep leaves the endpoint up
	.venv-demo/bin/modelwright demo $(ARGS)

test: $(READY)  ## run all tests; ARGS='tests/ledger -k race' runs some
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-full: $(READY)  ## survival: every crash point, 200 random kills; appends what it found to build/survival.jsonl
	@mkdir -p build
	MODELWRIGHT_TEST_FULL=1 MODELWRIGHT_SURVIVAL_RESULTS=$(CURDIR)/build/survival.jsonl \
	  $(BIN)/python -m pytest -n $(WORKERS) tests/survival $(ARGS)

beside:  ## install what some tests want beside the package: Azurite by npm, another Python by uv
	sh scripts/beside.sh $(BESIDE)

check: format-check lint types imports house  ## all that CI checks beside the tests

format-check: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy --strict src tests scripts

imports: $(READY)
	$(BIN)/lint-imports --no-logo --no-cache

house: $(READY)
	$(BIN)/python scripts/house.py

bench: $(READY)  ## measure beside peers, into bench/RESULTS.md; ARGS='join serve' measures some
	$(BIN)/python -m bench $(ARGS)

format: $(READY)  ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what these commands made
	rm -rf .venv .venv-demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml scripts/install.sh
	sh scripts/install.sh .venv "$(or $(PYTHON),python3)" '.[dev]' -e
	@rm -f .venv/.installed-* && touch $@

$(DEMO): pyproject.toml scripts/install.sh $(SHIPPED)
	sh scripts/install.sh .venv-demo "$(or $(PYTHON),python3)" '.[demo]'
	@rm -f .venv-demo/.installed-* && touch $@
