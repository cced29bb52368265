# The commands of the README. Everything runs from this checkout, in a virtual environment of its own.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

ORACLES := $(patsubst requirements/oracles-%.txt,.oracles/%/ready,$(wildcard requirements/oracles-*.txt))

.PHONY: help run demo test lint bench bench-full soak oracles pages static fonts card-fonts clips ptable requirements

help:            ## these lines
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

run: $(VENV)/ready        ## the centre and one tablet on this machine, to try by hand
	@$(BIN)/python -m survey demo

demo: $(VENV)/ready       ## the whole walk, unattended: 300 made-up respondents, ends in a JSON summary
	@$(BIN)/python -m survey demo --once --respondents 300

# Where a worker crashes, xdist waits for ever for the rest of its file; without another worker it ends and says so.
test: $(VENV)/ready-test  ## every test but the long sweeps
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --max-worker-restart=0

lint: $(VENV)/ready-test  ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/ready-test ## speed and memory as ratios within this run; the last line is JSON
	@$(BIN)/python -m tests.bench

bench-full: $(VENV)/ready-test oracles ## the same, with a million rows, and a peer on the same data
	@$(BIN)/python -m tests.bench --full

soak: $(VENV)/ready-test  ## 200 seeded kills each of tablet and centre, and a count after each
	@HEARD_SOAK_KILLS=200 $(BIN)/python -m pytest -q tests/test_killed_and_counted.py

oracles: $(ORACLES) ## other people's programs to be set against, each in an environment of its own

pages: $(VENV)/ready-test ## render the main pages into docs/pages (needs chromium)
	@PYTHONPATH=. $(BIN)/python tests/rendering.py

static:          ## maintainers: build style sheet and script anew from survey/static/source (needs Node and npm)
	@room=$$(mktemp -d) && cp -a survey/static/source/. tests/opening.js $$room && cd $$room && \
	  npm ci --ignore-scripts --no-audit --no-fund --silent && node build.mjs $(CURDIR)/survey/static && rm -rf $$room

card-fonts:      ## maintainers: cut the fonts of cards to the words on them anew (needs Node and npm)
	@room=$$(mktemp -d) && cp export/centre/fonts/*.json $$room && \
	  (cd $$room && npm ci --ignore-scripts --no-audit --no-fund --silent) && \
	  PYTHONPATH=. $(BIN)/python tests/card_fonts.py $$room/node_modules/@fontsource && rm -rf $$room

fonts: $(VENV)/ready-test ## maintainers: cut the fonts anew to the letters of our languages (needs Node and npm)
	@room=$$(mktemp -d) && cp -a survey/static/fonts/source/. $$room && \
	  (cd $$room && npm ci --ignore-scripts --no-audit --no-fund --silent) && \
	  PYTHONPATH=. $(BIN)/python tests/subsetting.py $$room/node_modules/@fontsource-variable && rm -rf $$room

clips:           ## maintainers: make what is read aloud anew where texts changed (needs espeak-ng and lame)
	@$(BIN)/python -m survey clips --speak

ptable:          ## maintainers: make anew the table by which published counts are moved
	@$(BIN)/python -m export.custodian.entropy

requirements:    ## maintainers: lock the dependencies anew (needs uv)
	@for set in tablet centre postgresql test; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate --extra $$set --no-emit-package heard pyproject.toml -o requirements/$$set.txt; done

.oracles/%/ready: requirements/oracles-%.txt
	@echo "Making an environment for what $*.txt lists."
	@$(PYTHON) -m venv .oracles/$*
	@.oracles/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/ready: requirements/centre.txt
	@echo "Making an environment in $(VENV) and installing what Heard needs (about a minute)."
	@$(PYTHON) -m venv $(VENV) || { echo "Debian keeps venv apart: sudo apt-get install python3-venv, then again."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/centre.txt
	@touch $@

$(VENV)/ready-test: $(VENV)/ready requirements/test.txt
	@echo "Installing what the tests need."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/test.txt
	@touch $@
