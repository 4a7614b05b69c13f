#!/usr/bin/env bash
# Debian packages that the tests need: installed by apt when it may, otherwise named in one line.
set -euo pipefail

declare -A provides=(
  [mariadb-server]=/usr/sbin/mariadbd
  [chromium]=/usr/bin/chromium
  [fonts-noto-cjk]=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
  [fonts-wqy-microhei]=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc
  [fonts-wqy-zenhei]=/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc
)
missing=()
for name in "${!provides[@]}"; do
  [ -e "${provides[$name]}" ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "test: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "test: these Debian packages are missing; install them and run again: ${missing[*]}" >&2
  exit 1
fi
