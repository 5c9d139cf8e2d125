# Everything a person has to remember about this repository: `make run`, `make test`, `make check`, `make bench`.
# Each of them stands on `make setup`, which is instant when nothing has changed.

BIN := .venv/bin
# Extra words for the tool behind a target, for example: make test ARGS="tests/engine -k deadline"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench bench-smoke clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Create .venv with everything in it (the others call it)
	@sh scripts/setup.sh

run: setup ## Start the demo: an organization with sample templates, on SQLite and local files under ./data
	@$(BIN)/handrail demo --data data $(ARGS)

test: setup ## Run every test, with a PostgreSQL of its own
	@$(BIN)/pytest --numprocesses=auto $(ARGS)

check: setup ## Run the linters, the formatter's check and the type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/pytest -q tests/lint

format: setup ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Run the benchmarks (minutes; writes bench/results)
	@$(BIN)/python -m bench $(ARGS)

bench-smoke: setup ## Run the benchmarks for a few seconds each, to see that they still run
	@$(BIN)/python -m bench --smoke $(ARGS)

clean: ## Remove .venv and the caches; ./data stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
