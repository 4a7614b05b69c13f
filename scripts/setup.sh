#!/usr/bin/env bash
# Makes .venv with every package this checkout pins: `setup.sh service`; `setup.sh lean` without the
# packages of the engines paddle and onnxruntime; `setup.sh bulk` with Ray for `fundocr backfill` over many
# machines; `setup.sh dev` with that and the tools for tests and checks. Without a word: lean where .venv
# was made so, else service.
# Says in one line what is missing and how to mend it. A second run that finds nothing changed ends at once.
#
#   PYTHON           the Python to use; default: the first that fits of python3, python3.13 … 3.11
#   TORCH_INDEX_URL  another package index for torch, one with CPU builds for instance
set -euo pipefail
cd -P "$(dirname "$0")/.."
made_for=.venv/made-for
group=${1:-service}
if [ $# = 0 ] && [ "$(cat "$made_for" 2>/dev/null)" = lean ]; then group=lean; fi
torch=torch==2.13.0
log=.venv/setup.log
stamp=.venv/made-from

fail() { echo "setup: $1" >&2; exit 1; }

wanted() { # what the finished .venv was made from
  cat requirements/service.txt pyproject.toml scripts/setup.sh scripts/system_libraries.sh
  [ "$1" = service ] || cat "requirements/$1.txt"
}
fingerprint() { pwd; wanted "$1" | sha256sum; }
is_made() { [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint "$1")" ]; }

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
version() { "$1" -c 'import sys; print("Python %d.%d" % sys.version_info[:2])' 2>/dev/null; }

find_python() {
  local name
  if [ -n "${PYTHON:-}" ]; then
    [ -n "$(version "$PYTHON")" ] || fail "PYTHON=$PYTHON does not run; name a Python 3.11, 3.12 or 3.13"
    fits "$PYTHON" || fail "$PYTHON is $(version "$PYTHON"); set PYTHON to a Python 3.11, 3.12 or 3.13"
    python=$PYTHON
    return
  fi
  for name in python3 python3.13 python3.12 python3.11; do
    if fits "$name"; then python=$name; return; fi
  done
  fail "there is no Python 3.11, 3.12 or 3.13 here; install one (python3, python3-venv) or set PYTHON"
}

# Its scripts hold its path, so an environment that was moved is of no use; nor is a half-made one.
is_usable() { grep -qF "$PWD/.venv/bin/" .venv/bin/pip 2>/dev/null && .venv/bin/python -c 'import pip' 2>/dev/null; }

install() { # what it is, how many packages, options of pip…
  local what=$1 total=$2 why
  shift 2
  # (In the foreground, both of them: who interrupts this interrupts pip.)
  .venv/bin/python -m pip --disable-pip-version-check --no-color install --progress-bar off "$@" 2>&1 |
    ./scripts/setup_progress.sh "$what" "$total" "$log" && return
  why=$(sed -n 's/^ERROR: //p' "$log" | tail -n 1)
  fail "pip could not install $what: ${why:-see $PWD/$log} (all it said: $log)"
}

# One set-up at a time; the lock goes with this process.
exec 9<requirements/service.txt
flock -n 9 || { echo "setup: waiting for another set-up to end"; flock 9; }

if [ -n "${PYTHON:-}" ] && [ -x .venv/bin/python ]; then
  find_python
  [ "$(version "$python")" = "$(version .venv/bin/python)" ] ||
    fail ".venv is of $(version .venv/bin/python), not $(version "$python"); remove .venv or leave PYTHON unset"
fi
# What the tests need holds all that the service needs.
if [ -x .venv/bin/python ] && { is_made "$group" || is_made dev; }; then exit 0; fi
if [ "$group" = service ] && [ -x .venv/bin/python ] && is_made bulk; then exit 0; fi
if [ "$group" = lean ] && compgen -G '.venv/lib/python*/site-packages/paddleocr' >/dev/null; then
  fail ".venv holds PaddleOCR's packages already, and a lean one does not; remove .venv and run again"
fi

if ! is_usable; then
  find_python
  "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python has no venv; install it (python3-venv)"
  echo "setup: making .venv with $(version "$python")"
  "$python" -m venv --clear .venv >/dev/null || fail "$python could not make .venv in $PWD"
fi

count=$(grep -c '^[A-Za-z0-9].*==' "requirements/$group.txt")
echo "setup: installing the pinned packages ($group: $count, and torch); the first time this takes some minutes"
: >"$log"
rm -f "$stamp"
echo "$group" >"$made_for"
install "the packages of requirements/$group.txt" "$count" --require-hashes --no-deps --requirement "requirements/$group.txt"
# torch goes by itself: the wheels of one version differ between indexes (CPU, CUDA), so no hash fits
# all. What every one of them needs is pinned above; the plain wheel brings CUDA's packages along.
install "$torch" 1 ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} "$torch"
install "this project" 1 --no-deps --no-build-isolation --editable .
./scripts/system_libraries.sh
fingerprint "$group" >"$stamp"
