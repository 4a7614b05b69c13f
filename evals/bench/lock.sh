#!/usr/bin/env bash
# Pins what the bench installs, with hashes, for Python 3.11: its plots (requirements/bench.txt) and each
# peer's own environment. What is pinned stays as it is; with --upgrade the newest that fit are taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
lock() { # target, more options…
  local target=$1
  shift
  .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --output-file "$target" "$@"
}
lock requirements/bench.txt --group bench --constraint requirements/dev.txt "$@"
for peer in paddlex rapidocr; do
  lock "evals/bench/peers/$peer.txt" "evals/bench/peers/$peer.in" "$@"
done
