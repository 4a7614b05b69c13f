#!/usr/bin/env bash
# Makes .venv with every package this checkout pins: `setup.sh service`, or `setup.sh dev` with the
# tools for tests and checks. Says in one line what is missing and how to mend it. A second run that
# finds nothing changed ends at once.
set -euo pipefail
cd "$(dirname "$0")/.."
group=${1:-service}
python=${PYTHON:-python3}
torch=torch==2.13.0

fail() { echo "setup: $1" >&2; exit 1; }

wanted() { # what the finished .venv was made from
  cat requirements/service.txt pyproject.toml "$0" && { [ "$1" = service ] || cat requirements/dev.txt; }
}
is_made() { [ "$(cat ".venv/made-from-$1" 2>/dev/null)" = "$(pwd; wanted "$1" | sha256sum)" ]; }
# What the tests need holds all that the service needs.
if is_made "$group" || is_made dev; then exit 0; fi

if [ ! -x .venv/bin/python ]; then
  command -v "$python" >/dev/null || fail "no $python here; install Python 3.11, 3.12 or 3.13 (python3, python3-venv)"
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$("$python" --version) does not fit; set PYTHON to a Python 3.11, 3.12 or 3.13"
  "$python" -c 'import ensurepip' 2>/dev/null || fail "$python has no venv; install it (python3-venv)"
  echo "setup: making .venv with $("$python" --version)"
  "$python" -m venv .venv
fi
pip="$PWD/.venv/bin/python -m pip --disable-pip-version-check --quiet"

echo "setup: installing the pinned packages ($group)"
# torch goes by itself: wheels of one version differ between indexes (+cpu, CUDA), so no hash fits all.
# TORCH_INDEX_URL names another index for it, one with CPU builds for instance: the plain wheel brings
# CUDA along. --no-deps: what torch needs is pinned in the lock.
$pip install --require-hashes --no-deps --requirement "requirements/$group.txt"
$pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} "$torch"
$pip install --no-deps --no-build-isolation --editable .
./scripts/system_libraries.sh
(pwd; wanted "$group" | sha256sum) > ".venv/made-from-$group"
