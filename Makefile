# Everything that is done with a checkout, by one word each; `make` alone lists them.
# Each target sets up the environment first, which costs nothing once it is there.

PORT ?= 8080
DATA ?=
MINUTES ?= 10
ONLY ?=
ROUNDS ?= 10
ACCOUNTS ?= 10000000
UPGRADE ?=

bin := .venv/bin
python_code := $(wildcard src tests bench scripts)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check lint types contracts docs docs-check format coverage bench bench-stored bench-lists repeat soak cluster-test lock clean

help:  ## List these targets
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r target does; do printf '  make %-13s %s\n' "$$target" "$$does"; done

setup:  ## Build the environment in .venv (PYTHON=python3.12 chooses a Python)
	@sh scripts/setup.sh

run: setup  ## Start a sandbox on 127.0.0.1 (PORT=8080, DATA=directory to keep it in)
	@$(bin)/lastschrift sandbox --port $(PORT) $(if $(DATA),--data "$(DATA)")

test: setup  ## Run all tests, in random order on all cores
	$(bin)/pytest --numprocesses auto

check: lint types contracts docs-check test  ## Check all that CI checks

lint: setup  ## Check style and format
	$(bin)/ruff check
	$(bin)/ruff format --check

types: setup  ## Check types
	$(bin)/mypy $(python_code)

contracts: setup  ## Check which room imports which
	$(bin)/lint-imports --no-logo

docs: setup  ## Write the generated pages of docs/ anew
	$(bin)/python -m scripts.docs

docs-check: setup  ## Check that the generated pages are fresh
	$(bin)/python -m scripts.docs --check

format: setup  ## Format the code and mend what can be mended
	$(bin)/ruff check --fix
	$(bin)/ruff format

coverage: setup  ## Prove that the tests walk every branch of the domain
	$(bin)/coverage run -m pytest
	$(bin)/coverage report --include 'src/lastschrift/domain/*' --fail-under 100

bench: setup  ## Measure on both databases, and write docs/benchmarks*.md
	$(bin)/python -m bench --write
	$(bin)/python -m bench.postgres --write
	$(bin)/python -m bench.steady --write

bench-stored: setup  ## Measure with 10 million accounts stored (ACCOUNTS=10000000), a quarter of an hour
	$(bin)/python -m bench.stored --accounts $(ACCOUNTS) --write
	$(bin)/python -m bench.weights --write
	$(bin)/python -m bench.scaling --write

bench-lists: setup  ## Measure lists and searches with a million customers, some minutes
	$(bin)/python -m bench.lists --write

repeat: setup  ## Run the tests over and over, each time in another order (MINUTES=10)
	@sh scripts/repeat.sh $(MINUTES)

soak: setup  ## Try the promises at full length, some hours (ONLY=survives-kill,disk-full)
	@$(bin)/python -m scripts.soak $(if $(ONLY),--only "$(ONLY)")

cluster-test: setup  ## Kill primaries of a PostgreSQL cluster under load, as root (ROUNDS=10)
	@$(bin)/python -m tests.cluster --rounds $(ROUNDS) --write

lock: setup  ## Write requirements.txt anew from pyproject.toml (UPGRADE=--upgrade: newest versions)
	@sh scripts/lock.sh $(UPGRADE)

clean:  ## Remove the environment and all caches; data directories stay
	rm -rf .venv .venv-cluster tests/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
