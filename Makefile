# Backissue. A machine needs Python 3.11 or newer, git and make; everything else is set up in .venv by the first target.
# PYTHON=/path/to/python3 chooses the interpreter, ARGS="..." goes to pytest.

BIN := .venv/bin
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	$(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench format lock clean
.NOTPARALLEL:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv hold what requirements-dev.lock pins (done by the others when needed)
	@PYTHON="$(PYTHON)" sh .ci/setup

demo: setup ## take in the examples, publish them into ./demo-output and say where
	@$(BIN)/python -m backissue.demo

test: setup ## run the tests, on all processors
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: setup ## lint, format, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup ## measure beside the peers (ARGS="parse --rounds 3" chooses); sets these up in .venv/peers
	@$(BIN)/python -m venv .venv/peers
	@.venv/peers/bin/python -m pip install --quiet --require-hashes --requirement benchmarks/peers.lock
	@$(BIN)/python -m benchmarks --peers .venv/peers $(ARGS)

format: setup ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: setup ## write the lock files anew from pyproject.toml; with UPGRADE=1, take the newest releases
	@set -eu; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT INT TERM; \
	$(BIN)/python -m venv "$$work/uv"; \
	"$$work/uv/bin/python" -m pip install --quiet uv; \
	PATH="$$work/uv/bin:$$PATH"; export PATH; \
	$(COMPILE) --extra dev pyproject.toml --output-file requirements-dev.lock; \
	$(COMPILE) --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock; \
	printf '%s\n' editables hatchling pip setuptools | \
	$(COMPILE) --constraint requirements-dev.lock - --output-file requirements-build.lock; \
	printf '%s\n' reader sgmllib3k | $(COMPILE) - --output-file benchmarks/peers.lock; \
	git diff --stat -- '*.lock'

clean: ## remove all that these targets made
	rm -rf .venv demo-output dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-artifacts
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
