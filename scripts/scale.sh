#!/usr/bin/env bash
# The long forms of what grows: rows, machines, pictures. All three are run; 1 when one of them misses.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
PYTHONPATH=. .venv/bin/python -m evals.drills.million_rows || status=1
.venv/bin/python -m tests.machines --rounds 2 || status=1
.venv/bin/python -m tests.bulk.scale --rounds 1 || status=1
exit $status
