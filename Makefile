# Everything a fresh clone needs is make and one of Python 3.10 to 3.14; PYTHON= names which one.
PYTHON ?=
ANY = $(shell for p in python3 python3.11 python; do $$p -c '' 2>/dev/null && echo $$p && break; done)
BOOTSTRAP = $(if $(PYTHON),$(PYTHON) tools/bootstrap.py,$(ANY) tools/bootstrap.py --choose)
VENV ?= .venv
WORKERS ?= 2
ARGS ?=

# libgomp's waiting threads must not spin: with anything else on the cores a step takes ten times
# as long. Has to be set before torch is imported.
export OMP_WAIT_POLICY = passive
export GOMP_SPINCOUNT = 0

.PHONY: help setup demo demo-slider web docs docs-test test lint check-env matrix clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo         set up, train a small model on drawn faces, show its landmarks'
	@echo 'make demo-slider  the same for drawn slider puzzles'
	@echo 'make web          build the browser demo (npm fetches onnxruntime-web) and serve it'
	@echo 'make docs         build the documentation site in build/site, with the browser demo if it is built'
	@echo 'make docs-test    build it; check links, run its code, examples and notebooks'
	@echo 'make test         set up, run the tests (ARGS="tests/models -k ghost" for some of them;'
	@echo '                  WORKERS=2 processes, each with one thread)'
	@echo 'make lint         set up, run ruff and mypy'
	@echo 'make claims       set up, compare the figures in README and model cards with the files'
	@echo 'make check-env    set up, print what is installed and what is missing'
	@echo 'make matrix       build the wheel, test the runtime on every Python of this machine'
	@echo 'make clean        remove build products and caches; results and .venv stay'
	@echo 'PYTHON=python3.12 and VENV=.venv choose the Python and the folder of the set-up;'
	@echo 'without PYTHON it is the newest of 3.10 to 3.14 here that can get a build of torch.'

setup:
	@$(BOOTSTRAP) $(VENV)

demo: setup
	$(VENV)/bin/python tools/demo.py faces

demo-slider: setup
	$(VENV)/bin/python tools/demo.py slider

web: setup
	$(VENV)/bin/python tools/web.py $(ARGS)

.venv-docs: requirements/docs.txt
	$(or $(PYTHON),$(ANY)) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
	touch .venv-docs

docs: .venv-docs
	.venv-docs/bin/zensical build --strict --config-file mkdocs.yml
	if [ -f build/web/index.html ]; then cp -r build/web build/site/demo; fi

docs-test: setup docs
	$(VENV)/bin/python -m pytest tests/docs

test: export OMP_NUM_THREADS = 1
test: setup
	$(VENV)/bin/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

lint: setup
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy

claims: setup
	$(VENV)/bin/python tools/claims.py

check-env: setup
	$(VENV)/bin/python -m pfld_mm.check_env

matrix:
	@$(or $(PYTHON),$(ANY)) tools/matrix.py $(ARGS)

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find configs pfld_mm tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
