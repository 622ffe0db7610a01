# Each target is one command; README.md shows the same without make.
# `make lab` needs Python 3.11 or newer and nothing else: the first call sets everything up.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/ready
JOBS ?= 2

.PHONY: lab test setup fetch build web nbval benchmarks lint clean

lab: $(READY)  ## open the course in JupyterLab
	$(BIN)/course lab

test: $(READY)  ## everything CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout 300 tests solutions/00_start_here

nbval: $(READY)  ## every solution notebook as a learner's kernel runs it, without the build's settings
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout 300 solutions

setup: $(READY)  ## only set up the environment

fetch: $(READY)  ## put all data into the cache, for work without a network
	$(BIN)/course fetch --all

build: $(READY)  ## make the notebooks from their sources
	$(BIN)/course build

web: $(READY)  ## the course as a static web site in build/web, offline
	$(BIN)/course web

benchmarks: $(READY)  ## the kernels against their peers
	$(BIN)/python -m benchmarks.bench_word2vec
	$(BIN)/python -m benchmarks.bench_glove
	$(BIN)/python -m benchmarks.bench_nt_xent
	$(BIN)/python -m benchmarks.bench_exact
	$(BIN)/python -m benchmarks.bench_pca
	$(BIN)/python -m benchmarks.bench_umap_layout

lint: $(READY)  ## style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment; data and learners' work stay
	rm -rf $(VENV)

# `ready` is written last, so that an interrupted set-up is taken up again.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; v = sys.version.split()[0]; sys.exit(0 if sys.version_info >= (3, 11) else f'The course needs Python 3.11 or newer; {sys.executable} is {v}. Set PYTHON=/path/to/python3.11 and try again.')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c "open('$(READY)', 'w').close()"
