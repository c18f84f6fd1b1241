# Every target does its own set-up from a bare Python 3.11 or newer; nothing else is assumed.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
            $$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
# Compiled modules are kept, as pip keeps them of what it installs: tests and measurements start Python often.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test check bench interop attacks fuzz format requirements clean services

help:
	@echo "make demo      train, sign, push, verify, load; then three attacks, each refused (under 3 minutes)"
	@echo "make test      the test suite"
	@echo "make check     formatting, lint, types, import contracts"
	@echo "make interop   our output read by other projects' tools, and the reverse"
	@echo "make attacks   the threat table as tests"
	@echo "make bench     measurements, as ratios against peers in the same run"
	@echo "make fuzz      parsers against changed input, 10 minutes each (FUZZ_SECONDS=600; tests/fuzz/README.md)"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer with venv was found: make PYTHON=/path/to/python3 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/demo.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.demo
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# The registry that the tests speak to comes from Debian where it can; tests that need it say why they skip where not.
services:
	@sh tests/services/install.sh

demo: $(VENV)/.demo
	@$(BIN)/python fixtures/demo/demo.py

test: $(VENV)/.dev services
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not interop" tests

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

interop: $(VENV)/.dev services
	@sh tests/interop/install.sh
	$(BIN)/python -m pytest -rs -m interop tests

attacks: $(VENV)/.dev services
	$(BIN)/python -m tests.attacks

bench: $(VENV)/.dev services
	@sh tests/interop/install.sh python
	$(BIN)/python -m tests.bench $(BENCH)

# There are wheels of atheris for some Pythons and platforms only; without it the blind fuzzer runs, and says so.
$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements/fuzz.txt && touch $@ || echo "atheris cannot be installed here"

# Hashes of text are the same each time, so that a seed stands for one run.
fuzz: $(VENV)/.fuzz
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.fuzz

# Needs uv, a resolver that writes hashes; install it anywhere.
requirements:
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements/run.txt
	for name in build demo dev fuzz interop; do uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt; done

clean:
	rm -rf $(VENV) .interop build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
