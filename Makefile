# Needs Python 3.11 or newer and make. Everything goes into .venv, pinned by constraints.txt.
# Another Python: make test PYTHON=/path/to/python

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench mutants pins clean

VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL = $(PIP) install --constraint constraints.txt --build-constraint constraints.txt
SUPPORTED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
# The versions that the pins are tried with come first, then whatever this machine calls Python.
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
WRITTEN := $(shell find src tests -name __pycache__ -prune -o -type f -print)
MARKDOWN := $(wildcard README.md docs)

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/.core ## Watch a day at a business customer of a post office
	@$(BIN)/partnerauth demo

test: $(VENV)/.dev ## Run the tests, and measure which branches they reach
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --cov --cov-report=

check: $(VENV)/.dev .coverage ## Format, lint, types, imports, catalogues, branches reached, docs
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/catalogues.py --check
	$(BIN)/python docs/generate.py --check
	$(BIN)/coverage report --fail-under=100 --include='*/partnerauth/policy/*,*/partnerauth/flows/*,*/partnerauth/steps/*'
	$(BIN)/python -m pytest $(MARKDOWN)

docs: $(VENV)/.dev ## Write the generated pages of docs/
	$(BIN)/python docs/generate.py

bench: $(VENV)/.bench ## Measure decisions beside peers, commands and bytes on every store
	$(BIN)/python benchmarks/decisions.py --write docs
	$(BIN)/python benchmarks/scaling.py --write docs

mutants: $(VENV)/.mutants ## Break the policy and the flows, a sample of ways, and see what no test notices
	$(BIN)/python tests/mutation/run.py --sample 600

pins: $(VENV)/.pip ## Renew constraints.txt with the newest versions of everything
	$(BIN)/python -m venv --clear build/pins
	build/pins/bin/python -m pip --quiet install --upgrade pip
	build/pins/bin/python -m pip --quiet install --editable '.[async,export,migrations,postgres,testing]' --group dev --group bench \
	  --group mutants
	{ sed '/^[^#]/d' constraints.txt; \
	  build/pins/bin/python -m pip freeze --all --exclude-editable --exclude setuptools; } > build/pins/constraints.txt
	mv build/pins/constraints.txt constraints.txt

clean: ## Remove whatever the other commands made, .venv included
	rm -rf $(VENV) build dist mutants .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

# Tests that are older than what they test say nothing about the branches it has now.
.coverage: $(WRITTEN) | $(VENV)/.dev
	$(MAKE) test

# The empty files below say what is installed, so that it is not done again until the pins or the project's needs change.
$(VENV)/.pip: constraints.txt
	@$(BIN)/python -c '$(SUPPORTED)' 2>/dev/null || { \
	  for python in $(PYTHONS); do \
	    if "$$python" -c '$(SUPPORTED)' 2>/dev/null; then \
	      echo "Setting up $(VENV) with $$("$$python" --version)"; exec "$$python" -m venv --clear $(VENV); \
	    fi; \
	  done; \
	  echo "partnerauth needs Python 3.11 or newer with its venv module, and none of these is one: $(PYTHONS)." >&2; \
	  echo "Install it (on Debian and Ubuntu also python3-venv), or name yours: make PYTHON=/path/to/python" >&2; \
	  exit 1; }
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

$(VENV)/.core: $(VENV)/.pip pyproject.toml
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.pip pyproject.toml
	@$(INSTALL) --editable '.[async,export,migrations,postgres,testing]' --group dev
	@touch $(VENV)/.core $@

$(VENV)/.bench: $(VENV)/.dev
	@$(INSTALL) --group bench
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev
	@$(INSTALL) --group mutants
	@touch $@
