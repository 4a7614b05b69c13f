#!/usr/bin/env bash
# Builds the archives that TorchServe loads: code, weights and a manifest of both.
#
#   ./archive.sh                              model_store/ocr_handler.mar and ocr_info_update.mar
#   ./archive.sh --version 2.0                model_store/ocr_handler-2.0.mar, beside the first
#   ./archive.sh --preset PP-OCRv4_mobile     other bundled weights (default: PP-OCRv6_cascade)
#   ./archive.sh --det DIR --rec DIR          your own, any PaddleOCR-format model folders
#   ./archive.sh --det DIR --rec DIR --first DIR      with a light recogniser that reads first
#   ./archive.sh --batch-size 4               so many pictures are read together (default: 8)
#   ./archive.sh --output DIR                 into another model store
set -eu
project=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "$project/.venv/bin/python" ]; then
  echo "archive.sh: there is no .venv here; run 'make setup' first" >&2
  exit 1
fi
exec "$project/.venv/bin/python" "$project/scripts/build_archive.py" "$@"
