# Everything is set up by the first target that needs it: no step before these.
#   make run GPU=cuda     builds llama.cpp for a GPU (cuda, metal or vulkan) instead of the CPU
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test lint fmt docs images models wheel tuf-conformance clean

PYTHON ?= python3
GPU ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/made-for-$(or $(GPU),cpu)
TRAINER_STAMP := $(VENV)/made-for-trainer
TEST_MODELS := qwen2.5-coder-0.5b smollm2-135m
PYTEST_ARGS ?=

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|' 2>/dev/null \
	  || sed -nE 's/^([a-z-]+):.*## (.*)/  make \1   \2/p' $(firstword $(MAKEFILE_LIST))

run: $(STAMP)  ## set up, fetch a model and show Echo at work on a file of this repository
	@$(BIN)/echoctl demo

test: $(TRAINER_STAMP) lint models  ## lint, then every test, with real weights and echo_core covered to 100%
	@ECHO_MODELS="$${ECHO_MODELS:-$$($(BIN)/echoctl paths models)}" \
	  $(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered $(PYTEST_ARGS)

lint: $(TRAINER_STAMP)  ## ruff, mypy and the import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fmt: $(TRAINER_STAMP)  ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: $(TRAINER_STAMP)  ## write the generated documents again
	@$(BIN)/python docs/generate.py

images: $(TRAINER_STAMP)  ## make the pictures of inspector and console in docs/images again
	@$(BIN)/python docs/screenshots.py

models: $(STAMP)
	@for name in $(TEST_MODELS); do $(BIN)/echoctl models pull "$$name"; done

wheel: $(STAMP)  ## build dist/*.whl
	@$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

# The VS Code extension. It carries the wheel, so that what it installs fits it.
.PHONY: packages vsix lint-editor test-editor
packages vsix: wheel  ## build the wheel and the extension that carries it, in dist/
	@VENV="$(VENV)" packaging/editor.sh vsix

lint-editor: $(STAMP)  ## the extension: tsc and eslint
	@VENV="$(VENV)" packaging/editor.sh lint

test-editor: lint-editor vsix  ## the extension in a real VS Code, with the real server behind it
	@ECHO_MODELS="$${ECHO_MODELS:-$$($(BIN)/echoctl paths models)}" VENV="$(VENV)" packaging/editor.sh test $(STORY)

clean:  ## remove what these targets made here (models and profiles stay)
	rm -rf $(VENV) dist build editor-client/vscode/dist editor-client/vscode/node_modules editor-client/vscode/server .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find bench echo_core echo_runtime echo_engine echo_pages echo_lsp daemon trainer docs tests -name __pycache__ -prune -exec rm -rf {} +

$(STAMP): pyproject.toml packaging/setup.sh packaging/amx-probe.c
	@PYTHON="$(PYTHON)" VENV="$(VENV)" GPU="$(GPU)" packaging/setup.sh
	@touch $@

# What tests and the trainer need: nothing of it is fetched by `make run`.
$(TRAINER_STAMP): $(STAMP)
	@VENV="$(VENV)" EXTRA=trainer packaging/setup.sh
	@touch $@

tuf-conformance: $(TRAINER_STAMP)  ## the public suite of The Update Framework against our client: SUITE=its folder
	@cd "$(SUITE)" && PYTHONPATH=. "$(abspath $(BIN))/python" -m pytest tuf_conformance \
	  --entrypoint "$(abspath $(BIN))/python $(abspath tests/conformance/tuf_client.py)"

.PHONY: loop
loop: $(TRAINER_STAMP)  ## from a session and three packages' histories to dataset versions, every process real
	@$(BIN)/python -m bench.loop $(BENCH_ARGS)

# Benchmarks, each beside its peer (docs/performance.md). The last line of each is one JSON object.
#   make bench-latency BENCH_ARGS="--model qwen2.5-coder-1.5b --keys 60"
.PHONY: bench-latency bench-infill bench-context bench-overhead bench-editor bench-cancel bench-crash bench-swap bench-gpu bench-gaps bench-record bench-verify bench-truncate bench-distil bench-secrets bench-intake bench-curate bench-train bench-gate
BENCH_ARGS ?=
BENCH_STAMP := $(VENV)/made-for-bench
BENCH = ECHO_MODELS="$${ECHO_MODELS:-$$($(BIN)/echoctl paths models)}" $(BIN)/python -m bench.$(@:bench-%=%) $(BENCH_ARGS)

bench-latency: $(BENCH_STAMP) models  ## keystroke to proposal, beside llama.cpp's own server
	@$(BENCH)

bench-infill: $(BENCH_STAMP) models  ## how often the right text is proposed, beside the same
	@$(BENCH)

bench-context: $(TRAINER_STAMP) models  ## the same with what else is in hand, and without it
	@$(BENCH)

bench-overhead: $(TRAINER_STAMP)  ## what language server and daemon add, without a model
	@$(BENCH)

bench-editor: $(TRAINER_STAMP) vsix  ## what the VS Code extension costs: its start, its size, memory
	@$(BENCH)

bench-record: $(TRAINER_STAMP)  ## what recording costs, beside the same rows in plain sqlite3
	@$(BENCH)

bench-cancel: $(BENCH_STAMP) models  ## time until the engine is free after a cancel
	@$(BENCH)

bench-crash: $(TRAINER_STAMP)  ## what kill -9 and torn logs lose: nothing acknowledged
	@$(BENCH)

bench-swap: $(BENCH_STAMP) models  ## other weights while somebody types: adapters, files, going back
	@$(BENCH)

bench-gpu: $(TRAINER_STAMP)  ## the same typing on whatever llama.cpp was built for, without a peer
	@$(BENCH)

bench-gaps: $(TRAINER_STAMP)  ## what following thousands of gaps costs at an edit
	@$(BENCH)

bench-verify: $(TRAINER_STAMP)  ## what the checks find of planted faults, and refuse of good code
	@$(BENCH)

bench-truncate: $(TRAINER_STAMP)  ## where what was kept is cut: exact prefixes that end where units do
	@$(BENCH)

bench-distil: $(TRAINER_STAMP) models  ## what judging a sample costs, and what typing notices of it
	@$(BENCH)

bench-intake: $(TRAINER_STAMP)  ## bundles into a real intake, on SQLite and PostgreSQL, with kill -9: BENCH_ARGS="--minutes 10"
	@$(BENCH)

bench-secrets: $(TRAINER_STAMP)  ## recall and precision on a corpus of labelled secrets: BENCH_ARGS="--corpus DIR"
	@$(BENCH)

bench-gate: $(BENCH_STAMP) models  ## samples a minute that the gate judges, beside llama.cpp's own server
	@$(BENCH)

bench-curate: $(BENCH_STAMP)  ## a dataset version of up to a million samples, here and on Ray
	@$(BENCH)

bench-train: $(BENCH_STAMP) models  ## tokens a second of training and its memory, beside a plain loop
	@$(BIN)/python -m pip install --quiet --editable '.[training]'
	@$(BENCH)

.PHONY: flywheel
FLYWHEEL_ARGS ?=
flywheel: $(TRAINER_STAMP) models  ## developers type, a trainer learns, clients update: FLYWHEEL_ARGS="--quick"
	@ECHO_MODELS="$${ECHO_MODELS:-$$($(BIN)/echoctl paths models)}" $(BIN)/python -m bench.flywheel $(FLYWHEEL_ARGS)

$(BENCH_STAMP): $(TRAINER_STAMP)
	@$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@
