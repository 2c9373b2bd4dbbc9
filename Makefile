# The verbs of the project. Every one of them makes what it needs first.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
SLUICE := $(VENV)/bin/sluice
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help setup demo test check format clean docs
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: $(VENV)/.ready ## the virtual environment with pinned dependencies

$(VENV)/.ready: requirements.lock pyproject.toml
	python3 -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Sluice needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
