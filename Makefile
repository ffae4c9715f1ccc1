# `make` lists the targets. Everything lives in .venv; nothing else on the machine is touched,
# except that as root a missing browser, bubblewrap or venv module is installed with apt.

.DEFAULT_GOAL := help
.PHONY: help setup book test check bench traces colab jax pins lint fix notebooks shots lock class-demo clean
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3
QUICK := not keras and not parity and not browser and not book and not long

help:        ## list the targets
	@grep -E '^[a-z-]+: .*##' Makefile | sed -E 's/:.*## */\t/' | expand -t 14 | sed 's/^/  make /'

setup:       ## make or refresh the environment in .venv
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here: install Python 3.11, 3.12 or 3.13 (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) tools/environment.py

book: setup  ## build the book: _build/html/index.html
	@$(VENV)/python tools/book.py

test: lint book pins  ## all that must hold, in a real browser and with Keras too
	@$(VENV)/python tools/browser.py --install || true
	@$(VENV)/python tools/walls.py --install || true
	$(VENV)/pytest --nbval-lax --nbval-cell-timeout=60 chapters
	$(VENV)/pytest -n 2 --dist loadfile

check: setup lint  ## lint, and the tests that need neither Keras nor a browser
	$(VENV)/pytest -n 2 --dist loadfile -m "$(QUICK)"

colab: setup ## the chapters as a whole, in an environment with Colab's versions, TensorFlow too
	@$(VENV)/python tools/environment.py .venv-colab-keras tests/colab/keras.txt
	COURSE_COLAB=.venv-colab-keras $(VENV)/pytest tests/colab

jax: setup   ## the parity of rules and networks on Keras's JAX backend, in an environment of its own
	@$(VENV)/python tools/environment.py .venv-jax tests/parity/jax.txt
	KERAS_BACKEND=jax JAX_ENABLE_X64=1 .venv-jax/bin/pytest tests/parity -m "not browser"

pins: setup
	@$(VENV)/python tools/environment.py .venv-colab tests/colab/requirements.txt

bench: setup ## how fast, beside the peers in one run: benchmarks/results.json
	@$(VENV)/python tools/browser.py --install || true
	$(VENV)/python -m benchmarks.run

traces: setup ## record again what Keras, PyTorch, papers and this library do: tests/conformance/
	@$(VENV)/python tools/traces.py

lint: setup  ## style, types, floors, docstrings, notebooks
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo
	$(VENV)/numpydoc lint $$(find course_lib -name '*.py' -not -name '_*')
	$(VENV)/python tools/notebooks.py --check
	$(VENV)/python tools/colab.py --check
	$(VENV)/python tools/exercise_sets.py --check

fix: setup   ## let the tools repair what they can
	$(VENV)/python tools/colab.py
	$(VENV)/python tools/exercise_sets.py
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .
	$(VENV)/python tools/notebooks.py

notebooks: setup  ## execute the chapters and store the outputs that tests compare
	$(VENV)/python tools/notebooks.py --update

shots: setup  ## pictures of the built pages at two widths, light and dark
	@$(VENV)/python tools/shots.py

lock: setup  ## compile requirements.txt from pyproject.toml
	@uv=$$(command -v uv || echo $(VENV)/uv); \
	$$uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest \
	  --no-header --no-annotate --no-emit-package course-lib -o requirements.txt

class-demo: setup ## a class of 200 synthetic submissions, marked, with its overview
	@$(VENV)/python tools/walls.py --install || true
	@$(VENV)/python -m exercises.grader.demo

clean:       ## delete what make made, except the environment
	rm -rf _build _generated
