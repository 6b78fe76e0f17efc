# Everything here is one line; the set-up itself is in playground/setup.
BIN := .venv/bin
SETUP := python3 -m playground.setup
PORT ?= 8000
COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.12 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help play test setup lint types format unit packs integration browser hostile lock

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

play: ## set up what is missing, then the site on http://127.0.0.1:8000 (PORT=n for another)
	@$(SETUP) play
	@$(BIN)/python manage.py play --port $(PORT)

test: setup lint types ## set up what is missing, then every check and every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

setup: ## the set-up alone
	@$(SETUP) test

lint: ## style and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: ## static types
	$(BIN)/mypy

format: ## rewrite the code in the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

unit packs integration browser hostile: ## the tests of one folder
	$(BIN)/python -m pytest tests/$@

lock: ## resolve the requirements anew (needs uv)
	$(COMPILE) --upgrade requirements.in --output-file requirements.lock
	$(COMPILE) --upgrade requirements-dev.in --constraints requirements.lock \
		--output-file requirements-dev.lock
	$(COMPILE) --upgrade playground/setup/node.in --output-file playground/setup/node.lock
