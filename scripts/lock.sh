#!/usr/bin/env bash
# Pins every package with its hashes for Python 3.11–3.13: requirements/service.txt, bulk.txt (with Ray) on
# top, and dev.txt on top of both; lean.txt, service.txt without PaddleOCR's packages;
# mutation.txt for 3.11, the version that make mutation was run with.
# What is pinned already stays as it is; `lock.sh --upgrade` takes the newest versions that fit.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { # target, more options…
  local target=$1
  shift
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-annotate --no-emit-index-url --output-file "requirements/$target" --group torch-needs \
    "$@" pyproject.toml
}
lock service.txt --extra paddle "$@"
lock lean.txt --constraint requirements/service.txt "$@"
lock bulk.txt --extra paddle --group bulk --constraint requirements/service.txt "$@"
lock dev.txt --extra paddle --group dev --group bulk --constraint requirements/bulk.txt "$@"
.venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --output-file requirements/mutation.txt --group mutation \
  --constraint requirements/dev.txt "$@"
