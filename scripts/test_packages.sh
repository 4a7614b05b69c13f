#!/usr/bin/env bash
# Debian packages that the tests need: installed by apt when it may, otherwise named in one line.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "test: $1" >&2; exit 1; }

provides=(
  mariadb-server=/usr/sbin/mariadbd
  nginx=/usr/sbin/nginx
  chromium-headless-shell=/usr/bin/chromium-headless-shell
  fonts-noto-cjk=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
  fonts-wqy-microhei=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc
  iproute2=/sbin/ip
  prometheus=/usr/bin/prometheus
  fonts-wqy-zenhei=/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc
)
missing=()
for pair in "${provides[@]}"; do
  [ -e "${pair#*=}" ] || missing+=("${pair%%=*}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  fail "Debian packages are missing; install them and run again: sudo apt-get install --no-install-recommends ${missing[*]}"
fi
echo "test: installing ${missing[*]}"
log=.venv/apt.log
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
  fail "apt could not install ${missing[*]} (all it said: $log)"
