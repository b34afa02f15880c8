# Every target makes the environment it needs. `make help` lists them.

# A Python 3.11 to 3.13: python3 when it is one, else the newest of the others. Override: make PYTHON=/path/to/python
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$python && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
LINTED := src tests benchmarks examples models scripts hatch_build.py
SECOND := not sdk and not crash and not sandbox

.DEFAULT_GOAL := help
.PHONY: help install demo serve test test-unit test-sdk test-crash test-sandbox lint fix bench train-tiny docs lock build clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY)  ## create .venv with localassist, its development tools and the pinned versions

$(READY): pyproject.toml constraints.txt scripts/bootstrap.py
	@test -n "$(PYTHON)" || { echo "localassist needs Python 3.11, 3.12 or 3.13; none was found. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" scripts/bootstrap.py $(VENV)
	@touch $@

demo: $(READY)  ## a short real conversation, streamed, with the run's steps and timings
	@$(BIN)/python examples/demo.py

serve: $(READY)  ## serve the API on 127.0.0.1:8000 (options: make serve ARGS="--port 9000")
	@$(BIN)/localassist serve $(ARGS)

test: $(READY)  ## every test but those of test-sdk, test-crash and test-sandbox (options: ARGS="-k name")
	$(PYTEST) -m "$(SECOND)" $(ARGS)

test-unit: $(READY)  ## the tests that need no model, no server and no child process (under 20 s)
	$(PYTEST) tests/unit -m "$(SECOND)" $(ARGS)

test-sdk: $(READY)  ## the released openai SDKs, each in an environment of its own
	$(PYTEST) -m sdk $(ARGS) || test $$? -eq 5

test-crash: $(READY)  ## kill the engine's process again and again: nothing acknowledged is lost
	$(PYTEST) -m crash $(ARGS) || test $$? -eq 5

test-sandbox: $(READY)  ## attack the sandboxes, as root too where that is who runs it; `-rs` lists what was not run
	$(PYTEST) -m sandbox -rs $(ARGS)

lint: $(READY)  ## ruff check, ruff format --check, mypy --strict
	$(BIN)/ruff check $(wildcard $(LINTED))
	$(BIN)/ruff format --check $(wildcard $(LINTED))
	$(BIN)/mypy

fix: $(READY)  ## what ruff can mend and format by itself
	$(BIN)/ruff check --fix $(wildcard $(LINTED))
	$(BIN)/ruff format $(wildcard $(LINTED))

bench: $(READY)  ## run every benchmark; tables on the screen, JSON in benchmarks/results
	@for script in benchmarks/[a-z]*.py; do echo "== $$script" && $(BIN)/python $$script || exit 1; done

train-tiny: $(READY)  ## train the bundled model again (hours on a CPU; needs the retrieval extra's torch)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	cd models/localassist-tiny && $(abspath $(BIN))/python train.py $(ARGS)

docs: $(READY)  ## write docs/reference and the drawn parts of ARCHITECTURE.md from the code
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/draw_lifecycle.py

lock: $(READY)  ## resolve constraints.txt again (newest versions: ARGS=--upgrade)
	$(BIN)/python scripts/lock.py $(ARGS)

build: $(READY)  ## the sdist and the wheel, in dist/
	$(BIN)/python -m hatchling build

clean:  ## remove the environment and everything generated; the compiled llama.cpp stays in the user's cache
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
