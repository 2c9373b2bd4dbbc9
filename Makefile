# The verbs of the project. Every one of them makes what it needs first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SLUICE := $(VENV)/bin/sluice
CODE := __main__.py automation bench cli components documents engine gateways lab policies stacks tests workloads
# Bytecode is kept, for the many programs that start, but not beside the sources.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo example test quick check format docs clean \
	bench-controller bench-engine bench-lab bench-release

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.ready ## the virtual environment with pinned dependencies (PYTHON=python3.13)

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Sluice needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## everything from nothing to a promotion and a rollback (KEEP=1, INTERVAL=10s)
	$(PY) -m examples.demo

example: setup ## one example in the lab, from nothing to its end (NAME=apisix, apisix-ab, gateway-api, istio, nginx-argo, traefik)
	$(PY) -m examples.run $(NAME)

test: setup check ## all tests, with one closing line
	@# Both begin with what waits for labs (tests/conftest.py): more beside it would make users of the stories wait.
	$(PY) -m pytest -n 2

quick: setup check ## the tests that need no program of the lab: three minutes
	$(PY) -m pytest tests --ignore tests/lab --ignore tests/engine

check: setup ## format, lint, types, import contracts, generated docs: a minute at most
	$(VENV)/bin/ruff format --check --quiet $(CODE)
	$(VENV)/bin/ruff check --quiet $(CODE)
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m docs.generate --check

format: setup ## format and mend what can be mended
	$(VENV)/bin/ruff format --quiet $(CODE)
	$(VENV)/bin/ruff check --quiet --fix $(CODE)

docs: setup ## write the generated pages anew
	$(PY) -m docs.generate

bench-controller: setup ## a driver under load: lateness, updates, threads (CANARIES=38)
	$(PY) -m bench.controller

bench-engine: setup ## stack updates: times and memory, the official engine beside
	$(PY) -m bench.engine

bench-lab: setup ## the lab: times, memory, weights, throughput
	$(PY) -m bench.lab

bench-release: setup ## steps and releases: times, the official engine beside
	$(PY) -m bench.release

clean: ## remove what the verbs made in this folder (the cache of binaries stays)
	rm -rf $(VENV) bench/out .sluice .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
