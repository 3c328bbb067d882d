# Everything a contributor types. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PAGE := frontend/dist/index.html
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help run test test-long check format protos api dev page tools clean

help: ## list the targets
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

run: $(STAMP) $(PAGE) ## start the studio; Ctrl-C stops it
	@exec $(BIN)/python -m limner.cli run

test: $(STAMP) $(PAGE) tools ## run everything a change must pass
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore=tests/e2e
	@# By themselves: playwright keeps an event loop running in its process, beside which no other may run.
	$(BIN)/python -m pytest tests/e2e
	cd frontend && npm run --silent test

test-long: $(STAMP) $(PAGE) tools ## run the long proofs
	$(BIN)/python -m pytest -m long

check: $(STAMP) frontend/node_modules/.package-lock.json ## formatting, lint, types, imports, contracts, freshness
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/buf lint protos
	$(BIN)/buf format --diff --exit-code protos
	@if git rev-parse --verify --quiet main:protos/buf.yaml >/dev/null; then \
	  $(BIN)/buf breaking protos --against '.git#branch=main,subdir=protos'; fi
	@$(MAKE) --no-print-directory protos api
	@git diff --exit-code --stat -- limner frontend/openapi.json frontend/src/api/gen
	cd frontend && npm run --silent check

format: $(STAMP) ## format everything
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/buf format -w protos
	cd frontend && npx biome check --write .

protos: $(STAMP) ## regenerate limner/<package>/v1 from protos/
	@$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=. --grpc_python_out=. \
	  --mypy_out=quiet:. --mypy_grpc_out=quiet,async_only:. $$(find protos/limner -name '*.proto' | sort)

api: $(STAMP) frontend/node_modules/.package-lock.json ## regenerate the page's types from the gateway's OpenAPI document
	@$(BIN)/python -m gateway.openapi > frontend/openapi.json
	@cd frontend && npm run --silent api

dev: $(STAMP) $(PAGE) ## start the studio beside a page server that reloads
	@trap 'kill 0' EXIT; $(BIN)/python -m limner.cli run & cd frontend && npm run dev

bench-%: $(STAMP) ## run benchmarks/<topic>.py: overhead, quality, arbiter, vae, tiling, gateway, memory, speed
	@$(BIN)/python -m benchmarks.$*

page: $(PAGE) ## build the frontend

tools: # Debian's chromium and spin, where they may be installed; otherwise their tests skip and say so
	@{ command -v chromium && command -v spin && command -v gcc; } >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium spin gcc libc6-dev >/dev/null; }; } || \
	  echo "chromium or spin is not installed: the tests that need them will be skipped"

clean: ## remove what was built, but not the studio's home
	rm -rf $(VENV) build dist frontend/node_modules frontend/dist benchmarks/out

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# The pair first: they must match, and are left out of the constraints (see docs/decisions/0004).
	@$(BIN)/python -c 'import torch, torchvision' 2>/dev/null || \
	  $(BIN)/pip install --quiet --disable-pip-version-check 'torch==2.14.1' 'torchvision==0.29.1'
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json | $(STAMP)
	@cd frontend && npm ci --silent --no-audit --no-fund
	@touch $@

$(PAGE): frontend/node_modules/.package-lock.json $(shell find frontend/src frontend/index.html frontend/vite.config.ts 2>/dev/null)
	@cd frontend && npm run --silent build
	@touch $@
