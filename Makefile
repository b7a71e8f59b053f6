# The two commands: `make course` makes everything, `make test` checks everything.
# The environment is made once, in .venv, and again when pyproject.toml or constraints.txt change.

VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTHONS := python3 python3.13 python3.12 python3.11

# Programs that are started by name, such as nbgrader's alembic, come from the environment; what the
# caller's shell has active must not leak into it.
export PATH := $(abspath $(BIN)):$(PATH)
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME CONDA_PREFIX

.PHONY: course site pdf epub audit test test-slow test-arguments lint format clean
.DEFAULT_GOAL := course

course: $(INSTALLED)
	@$(BIN)/seq2gpt course all

# The site alone, with the model of `make course` if there is one; the book as one file beside it.
site: $(INSTALLED)
	$(BIN)/seq2gpt course site

pdf epub: $(INSTALLED)
	$(BIN)/seq2gpt course site --format $@

# Every page in a browser, light and dark: faults, accessibility, weight, links; the speed of the GPT in the page.
audit: site
	$(BIN)/python -m tests.audit build/site
	$(BIN)/python -m tests.audit.speed build/site

test: lint
	$(BIN)/seq2gpt course build --check
	$(BIN)/python -m pytest -q -n 2 --dist loadscope -m "not slow"

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -q -m slow

# Which optional arguments could be ignored without a test noticing: an hour or more.
test-arguments: $(INSTALLED)
	$(BIN)/python tests/ignored_arguments.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What these commands made; not the environment, not your runs, nothing that you wrote.
clean:
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find src autograder book tests -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	@set -e; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
	  for python in $(PYTHONS); do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	    then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 with the venv module was found; install one (Debian: python3-venv)." >&2; exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$($$found --version)"; \
	  $$found -m venv --clear $(VENV); \
	fi; \
	echo "Installing seq2gpt and its tools into $(VENV); the first time takes some minutes"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,hub,serve,onnx,course,book,exam,dev]'
	@touch $@
