# Nothing here touches anything outside this folder, except test-system, which installs Debian packages.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
LOCK := requirements/development.txt
PROJECTS := $(sort $(wildcard plugins/*/pyproject.toml))
PLUGINS := $(PROJECTS:%/pyproject.toml=%)
LINTED := src tests $(wildcard plugins) tools conftest.py docs
TYPED := src tests tools conftest.py docs/conf.py

.PHONY: help install run test test-system lint bench docs screenshots translations reference settings lock format clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

install: $(STAMP) ## core, every distribution under plugins/ and the development tools, into .venv

$(STAMP): $(LOCK) pyproject.toml setup.cfg $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mailhub needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . $(PLUGINS:%=-e %)
	@touch $@

# make run PORT=7000 CAPTURE_PORT=2025 PAGE_PORT=9025
PORT = 6543
CAPTURE_PORT = 1025
PAGE_PORT = 8025

run: install ## the hub, a capture server and a first account, all under var/
	@$(BIN)/python -m mailhub.cli.first_run --data var \
	    --port $(PORT) --capture-port $(CAPTURE_PORT) --page-port $(PAGE_PORT)

test: lint ## lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-system: ## what some tests need from the system (Debian, as root)
	@tools/install-system-packages

lint: install ## style, types and import rules
	$(BIN)/ruff check $(LINTED)
	$(BIN)/ruff format --check $(LINTED)
	$(BIN)/mypy $(TYPED)
	@for plugin in $(PLUGINS); do \
	    echo "mypy $$plugin"; \
	    MYPYPATH=$$plugin/src:$$plugin $(BIN)/mypy $$(find $$plugin/src $$plugin/tests -name '*.py') || exit 1; \
	done
	$(BIN)/lint-imports

format: install ## bring the code into shape
	$(BIN)/ruff check --fix-only --quiet $(LINTED)
	$(BIN)/ruff format $(LINTED)

bench: install ## figures, each with what it is held against
	$(BIN)/python -m tests.bench

docs: install ## the documentation, as HTML in docs/_build
	$(BIN)/python -m sphinx -W --keep-going --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

translations: install ## catalogues of all texts, from the code; tells what is not translated
	$(BIN)/python -W ignore -m tools.translations

# make screenshots ONLY=outbox
screenshots: install ## pictures of every page, in docs/_build/screenshots; those of the how-to pages in docs/images
	@$(BIN)/python -W ignore -m tools.screenshots --only "$(ONLY)"

reference: install ## all that is made of the code: ini files, docs/reference
	@for page in $(basename $(notdir $(wildcard tools/write_*.py))); do \
	    $(BIN)/python -W ignore -m tools.$$page || exit 1; \
	done

settings: install ## ini files and docs/reference/settings.md from the settings' own table
	$(BIN)/python tools/write_settings.py

lock: ## the locks anew, from what every pyproject.toml asks for
	$(PYTHON) tools/make_locks.py

clean: ## everything that was made here, except var/
	rm -rf .venv build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
