#!/usr/bin/env bash
# The wheels of OpenCV and PaddlePaddle need a few system libraries that a slim machine lacks. Missing
# ones are installed by apt when it may, otherwise named in one line.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "setup: $1" >&2; exit 1; }

declare -A package=(
  [libGL.so.1]=libgl1 [libgomp.so.1]=libgomp1
  [libglib-2.0.so.0]=libglib2.0-0 [libgthread-2.0.so.0]=libglib2.0-0
)

missing() { # the sonames that the loader does not find for the installed wheels
  local libraries
  mapfile -t libraries < <(.venv/bin/python - <<'PYTHON'
from importlib.util import find_spec
from pathlib import Path

for name, pattern in (("cv2", "cv2*.so"), ("paddle", "base/libpaddle.so")):
    spec = find_spec(name)
    if spec and spec.origin:
        print(*Path(spec.origin).parent.glob(pattern), sep="\n")
PYTHON
  )
  ldd "${libraries[@]}" 2>/dev/null | awk '/not found/ {print $1}' | sort -u
}

mapfile -t sonames < <(missing)
[ ${#sonames[@]} -gt 0 ] || exit 0
for soname in "${sonames[@]}"; do
  [ -n "${package[$soname]:-}" ] || fail "the library $soname is missing; install the package that holds it and run again"
done
mapfile -t needed < <(for soname in "${sonames[@]}"; do echo "${package[$soname]}"; done | sort -u)
install="apt-get install --no-install-recommends ${needed[*]}"

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  fail "system packages are missing; install them and run again: sudo $install"
fi
echo "setup: installing ${needed[*]}"
log=.venv/apt.log
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${needed[@]}"; } >"$log" 2>&1 ||
  fail "apt could not install ${needed[*]} (all it said: $log)"
mapfile -t sonames < <(missing)
[ ${#sonames[@]} = 0 ] || fail "${sonames[*]} is still missing after $install"
