# Everything here is one line; the set-up itself is in playground/setup.
BIN := .venv/bin
SETUP := python3 -m playground.setup
PORT ?= 8000
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.12 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help play test setup lint types format audit unit packs integration browser hostile check-versions check-links lock

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 25

play: ## set up what is missing, then the site on http://127.0.0.1:8000 (PORT=n for another)
	@$(SETUP) play
	@$(BIN)/python manage.py play --port $(PORT)

test: setup lint types ## set up what is missing, then every check and every test
	$(PYTEST)

setup: ## the set-up alone
	@$(SETUP) test

lint: ## style, spelling, and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/python -m pip check --quiet
	$(BIN)/codespell exercises/packs exercises/known_errors templates *.md docs/*.md

types: ## static types
	$(BIN)/mypy

format: ## rewrite the code in the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

unit packs integration browser hostile: ## the tests of one folder
	$(PYTEST) tests/$@

audit: setup ## known weaknesses of what is installed (needs the internet; CI calls it daily)
	@$(BIN)/python -m playground.setup.audit

check-versions: setup ## the claims of the packs on other releases of SQLAlchemy and FastAPI
	@$(BIN)/python -m playground.setup.versions

check-links: ## ask every address that the packs and the documents name (needs the internet)
	@$(BIN)/python -m playground.setup.links

lock: ## resolve the requirements anew (needs uv)
	$(COMPILE) --upgrade requirements.in --output-file requirements.lock
	$(COMPILE) --upgrade requirements-dev.in --constraints requirements.lock \
		--output-file requirements-dev.lock
	$(COMPILE) --upgrade playground/setup/node.in --output-file playground/setup/node.lock
	$(COMPILE) --upgrade playground/setup/audit.in --output-file playground/setup/audit.lock
