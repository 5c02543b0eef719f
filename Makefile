# Everything happens in .venv of this folder; call `make` to see what there is.
# A second call does nothing that is already done, and needs no network.

BIN := .venv/bin
STAMPS := .venv/.stamps
INSTALL := sh requirements/venv.sh install
# The locks name every package, so pip has nothing to resolve; left to resolve, it stumbles over
# releases that are newer than the lock (an extra that some package asks for has no hash there).
LOCKED := --only-binary :all: --require-hashes --no-deps

# Python to build .venv with; empty: python3.11, or the first that is new enough.
PYTHON ?=
# Where to take torch from, for example https://download.pytorch.org/whl/cpu; empty: pip's own.
TORCH_INDEX ?=
# More arguments for pytest, for `clinigait demo` or for `clinigait dashboard`.
ARGS ?=
# Tests run on so many cores at once, four at most (2 GB each); 0: in this process, for a debugger.
CORES ?= auto
# `make lock UPGRADE=--upgrade` moves every pin to the newest version that fits.
UPGRADE ?=

FETCH_FILM = $(BIN)/python -c "from clinigait.io import fetch, sample; fetch.fetch(sample.DEMO_CLIP)"

# The shapes of synthetic bodies are made from the package anny: two minutes, once per user.
MAKE_BODIES = $(BIN)/python -c "from clinigait.synthesis.body_model import body_model; body_model()"

# Threads that wait should sleep: spinning ones slow a small machine down many times over.
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 0
export PYTHON

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
.PHONY: help setup demo dashboard weights bodies test test-slow lint format pictures lock bom clean FORCE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(STAMPS)/hrnet $(STAMPS)/server $(STAMPS)/package ## make .venv with everything, training and models too

demo: $(STAMPS)/package ## fetch the weights and assess the example into out/demo
	$(BIN)/clinigait weights fetch
	$(BIN)/clinigait demo $(ARGS)

dashboard: $(STAMPS)/package $(STAMPS)/server ## start the clinicians' dashboard on this machine
	$(BIN)/clinigait dashboard $(ARGS)

weights: $(STAMPS)/package ## fetch the weights and the example film, once per user
	$(BIN)/clinigait weights fetch
	$(FETCH_FILM)

bodies: $(STAMPS)/models ## make the shapes of synthetic bodies, once per user
	$(MAKE_BODIES)

test: setup try-weights ## run the tests with coverage
	$(BIN)/python -m pytest -n $(CORES) --maxprocesses 4 --dist loadfile --cov=clinigait $(ARGS)

test-slow: setup try-weights ## run the slow tests
	$(BIN)/python -m pytest -m slow $(ARGS)

.PHONY: try-weights
try-weights: $(STAMPS)/package
	@$(BIN)/clinigait weights fetch && $(FETCH_FILM) || \
	    echo "Not all weights and films could be fetched: tests that need them are skipped and say so."
	@$(MAKE_BODIES) || \
	    echo "The shapes of bodies could not be made: tests that need them are skipped and say so."

lint: $(STAMPS)/package $(STAMPS)/server $(STAMPS)/dev ## check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMPS)/dev ## put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: $(STAMPS)/package ## draw the pictures of docs/filming.md
	$(BIN)/python docs/make_pictures.py

bom: $(STAMPS)/package $(STAMPS)/server ## write build/bom.json, the bill of materials (CycloneDX)
	$(BIN)/python requirements/bom.py build/bom.json

clean: ## remove what tools leave behind; .venv and out/ stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	rm -rf .hypothesis .coverage .coverage.* coverage.xml htmlcov
	find clinigait apps protocols tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# --- .venv, step by step: each stamp stands for what is in it ---------------------------------
$(STAMPS)/venv: FORCE
	@sh requirements/venv.sh ensure

$(STAMPS)/base: requirements/base.txt $(STAMPS)/venv
	@echo "Installing what clinigait needs (about a minute)"
	@$(INSTALL) $(LOCKED) -r requirements/base.txt
	@touch $@

$(STAMPS)/package: pyproject.toml clinigait/_version.py apps/__init__.py protocols/__init__.py $(STAMPS)/base
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/server: requirements/server.txt $(STAMPS)/base
	@echo "Installing what the dashboard and the scoring of cohorts need"
	@$(INSTALL) $(LOCKED) -r requirements/server.txt
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/base
	@echo "Installing what the tests need"
	@$(INSTALL) $(LOCKED) -r requirements/dev.txt
	@touch $@

$(STAMPS)/torch: requirements/torch.txt $(STAMPS)/dev
	@echo "Installing torch"
	@$(INSTALL) $(if $(TORCH_INDEX),--index-url "$(TORCH_INDEX)") -r requirements/torch.txt
	@touch $@

$(STAMPS)/models: requirements/models.txt $(STAMPS)/torch
	@echo "Installing what training and the models need"
	@$(INSTALL) $(LOCKED) -r requirements/models.txt
	@touch $@

$(STAMPS)/hrnet: requirements/hrnet.txt $(STAMPS)/models
	@$(INSTALL) $(LOCKED) -r requirements/hrnet.txt
	@touch $@

FORCE:

# --- locks ------------------------------------------------------------------------------------
# uv resolves for every supported system and Python at once and writes the hash of every file.
UV := build/lock/bin/uv
COMPILE = $(UV) pip compile --quiet $(UPGRADE) --universal --python-version 3.11 \
    --fork-strategy fewest --generate-hashes --only-binary :all: --emit-build-options \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: $(STAMPS)/venv ## renew requirements/*.txt from pyproject.toml (UPGRADE=--upgrade: newest)
	$(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip install --disable-pip-version-check --quiet uv==0.13.9
	$(COMPILE) pyproject.toml requirements/build.in -c requirements/constraints.in \
	    -o requirements/base.txt
	$(COMPILE) pyproject.toml requirements/build.in -c requirements/base.txt --extra cohort \
	    --extra clinic -o requirements/server.txt
	$(COMPILE) pyproject.toml requirements/build.in -c requirements/base.txt \
	    -c requirements/server.txt --extra dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml requirements/torch.in -c requirements/base.txt \
	    -c requirements/server.txt --extra models --extra hrnet --extra synthesis \
	    --overrides requirements/no-torch.in -o requirements/models.txt
	$(COMPILE) requirements/hrnet.in --no-deps -o requirements/hrnet.txt
