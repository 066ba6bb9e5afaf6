# Needs Python 3.11 and make. Everything else is fetched into .venv from the package index that pip is set up for.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TORCH := $(VENV)/torch
TORCH_VERSION := 2.13.0
DEMO_OUT ?= out/demo
TESTS ?=

# Two test processes and the models' servers share the cores: a thread pool of numpy in each only gets in their way.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: demo test test-distributed test-web test-torch check bench bench-torch mutation dev lock clean
.DEFAULT_GOAL := dev

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q probewright
	touch $(READY)

dev: $(READY) ## make the environment
	@echo "ready: . $(BIN)/activate, then probewright --help"

# torch itself is in no lock: whether its CPU or its CUDA build comes is up to the index that pip is set up for.
$(TORCH): $(READY) requirements-torch.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==$(TORCH_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements-torch.lock
	touch $(TORCH)

demo: $(READY) ## test a real small language model, with and without a cautious system prompt
	$(BIN)/probewright demo --out $(DEMO_OUT)

test: $(READY) ## all tests; TESTS="-m 'not model'" or a path picks some
	$(BIN)/probewright models add smollm2
	$(BIN)/python -m pytest -n 2 -m "not browser and not torch and not distributed" --ignore tests/torch $(TESTS)

test-distributed: $(READY) ## workers on PostgreSQL and Redis, from wheels; parts of them are killed
	$(BIN)/python -m pytest -n 2 -m distributed tests/distributed

test-web: $(READY) ## pages and reports in a real Chromium, at $$CHROMIUM or /usr/bin/chromium
	$(BIN)/python -m pytest -m browser tests/web

test-torch: $(TORCH) ## the engine transformers, the trainer local, and both example campaigns on the real model
	$(BIN)/probewright models add smollm2
	$(BIN)/python -m pytest -n 2 -m torch tests/torch tests/contract

check: $(READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## speed and memory, as ratios to the ideal
	$(BIN)/python -m bench

mutation: $(READY) ## would a test notice a wrong line in stats/ or the gate? most of an hour
	$(BIN)/uv pip install --quiet --python $(BIN)/python "mutmut>=3.8,<4"
	$(BIN)/python -m bench --strict mutation

bench-torch: $(TORCH) ## scoring, batches and training on the real model
	$(BIN)/probewright models add smollm2
	$(BIN)/python -m bench scoring training

lock: ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--extra local --extra distributed --extra text --extra dev --output-file requirements.lock pyproject.toml
	echo "torch ; sys_platform == 'never'" | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --extra local --extra distributed --extra text --extra dev --extra torch --override - \
		--no-emit-package torch --constraint requirements.lock --output-file requirements-torch.lock pyproject.toml

clean:
	rm -rf $(VENV) out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
