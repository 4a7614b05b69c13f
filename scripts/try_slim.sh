#!/usr/bin/env bash
# Tries `make demo` on a machine that holds only what the README asks for: a minimal Debian (or
# Ubuntu) root of the running release with python3-venv and make, made in a private temp folder and
# removed again. Needs root, debootstrap, about 6 GB in TMPDIR. Takes some minutes.
#
#   scripts/try_slim.sh               the last commit, as root: missing system libraries are installed
#   scripts/try_slim.sh --no-apt      as an ordinary user without apt: set-up must name the missing
#                                     packages in one line; with just these, the demo must pass
#   scripts/try_slim.sh --worktree    the files as they are now, not the last commit
#   scripts/try_slim.sh --serve       then also make serve, one request, make stop
#   scripts/try_slim.sh --image       instead: the steps of deploy/docker/Dockerfile, one after the other,
#                                     and the service as its container would run it: its user, a
#                                     read-only root, no network (Debian's Python for the image's)
#
# Mirror, package index, proxies and certificates are those that this machine is set up for.
# The second demo, and --serve, run without a network: nothing may be fetched any more.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "slim: $*"; }
fail() { echo "slim: $*" >&2; exit 1; }

user=root home=/root files=commit serve=no image=no
for option; do
  case $option in
    --no-apt) user=tester home=/home/tester ;;
    --worktree) files=worktree ;;
    --serve) serve=yes ;;
    --image) image=yes ;;
    *) fail "unknown option $option; see the head of scripts/try_slim.sh" ;;
  esac
done
[ "$(id -u)" = 0 ] || fail "making a root needs root; run it with sudo"
for tool in debootstrap unshare ip; do
  command -v "$tool" >/dev/null || fail "$tool is missing; install debootstrap, util-linux and iproute2"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/fundocr-slim.XXXXXX")
root=$work/root
project=$home/fundocr
include=python3-venv,make
if [ "$image" = yes ]; then project=/opt/fundocr include=python3-venv; fi
child=
clean_up() {
  # The child is the parent of a process namespace: with it everything inside ends.
  if [ -n "$child" ] && kill -KILL "$child" 2>/dev/null; then wait "$child" 2>/dev/null || true; fi
  # Every mount was made in a namespace that is gone now, so only our own files can be below.
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait_for() { # command…; in the background, so that a signal ends it at once
  "$@" </dev/null &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return $status
}

# --- what this machine is set up for ------------------------------------------------------------

settings=() # NAME=value for the processes inside
shared=()   # local folders that pip reads, at the same place inside, read-only
while IFS= read -r -d '' setting; do
  case ${setting%%=*} in
    PIP_* | TORCH_INDEX_URL | SSL_CERT_FILE | SSL_CERT_DIR | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE | \
      http_proxy | https_proxy | no_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY)
      settings+=("$setting") ;;
  esac
done < <(env -0)

copy_in() { # path…; to the same place inside, links resolved
  local path
  for path; do
    [ -e "$path" ] || continue
    mkdir -p "$root$(dirname "$path")"
    cp -RL "$path" "$root$(dirname "$path")/" 2>/dev/null || [ -d "$path" ] ||
      fail "could not copy $path"
  done
}

share_folders_of_pip() { # stdin: settings of pip; every local folder they name
  local path
  # shellcheck disable=SC2013  # one path a word
  for path in $(grep -oE '(file://|[ ='"'"'"]|^)/[^ ,'"'"'"]+' | grep -oE '/[^/].*' | sort -u); do
    path=$(realpath -m "$path")
    # The pages of an index link to files beside it.
    [[ $path != */simple ]] || path=$(dirname "$path")
    if [ -d "$path" ] && [ "$path" != / ]; then shared+=("$path"); elif [ -f "$path" ]; then copy_in "$path"; fi
  done
}

# --- the root -------------------------------------------------------------------------------------

make_root() {
  local codename mirror
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # Other origins in the sources (drivers, clouds) are passed over.
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
    'Created-By: Packages' 'Origin: Debian' >"$work/sources" || true
  [ -s "$work/sources" ] || apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
    'Created-By: Packages' 'Origin: Ubuntu' >"$work/sources" || true
  mirror=$(awk -v c="$codename" '$1 == c && $2 == "main" {print $3; exit}' "$work/sources")
  [ -n "$mirror" ] || fail "apt knows no mirror of '$codename'; run apt-get update first"

  say "making a minimal root of $codename"
  wait_for unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    debootstrap --variant=minbase --include="$include" "$codename" "$root" "$mirror" \
    >"$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }

  awk '{print "deb", $3, $1, $2}' "$work/sources" | sort -u >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^(Acquire::[A-Za-z-]+::(Proxy|CaInfo|Verify)|Acquire::Check)' \
    >"$root/etc/apt/apt.conf.d/90-like-this-machine" || true
  copy_in /etc/apt/trusted.gpg.d /etc/ssl/certs /etc/resolv.conf /etc/hosts
  chroot "$root" useradd --create-home tester

  local file
  for file in /etc/xdg/pip/pip.conf /etc/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf "${PIP_CONFIG_FILE:-}"; do
    if [ -f "$file" ]; then
      share_folders_of_pip <"$file"
      # What is root's own here is the tester's inside.
      [[ $file != "$HOME"/* ]] || { install -D -m 644 "$file" "$root$home/${file#"$HOME/"}"; continue; }
      copy_in "$file"
    fi
  done
  share_folders_of_pip < <(printf '%s\n' "${settings[@]}")
  mapfile -t shared < <(printf '%s\n' "${shared[@]}" | sort -u)
}

copy_project() {
  mkdir -p "$root$project"
  if [ "$files" = commit ]; then
    say "copying $(git rev-parse --short HEAD), the last commit"
    git archive HEAD | tar -x -C "$root$project"
  else
    say "copying the files as they are now"
    git ls-files -z --cached --others --exclude-standard --deduplicate >"$work/files"
    tar -c --null --ignore-failed-read --files-from "$work/files" 2>/dev/null | tar -x -C "$root$project"
  fi
  chroot "$root" chown -R "$user:" "$home"
}

# --- running inside ---------------------------------------------------------------------------

enter() { # online|offline command…; in namespaces of its own
  [ "$1" = online ] || ip link set lo up
  shift
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || mount --rbind /sys "$root/sys"
  mkdir -p "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  local folder
  for folder in "${shared[@]}"; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
    mount -o remount,bind,ro "$root$folder"
  done
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" \
    USER="$user" "${settings[@]}" /usr/sbin/chroot --userspec="$user:$user" "$root" \
    /bin/bash -c 'cd "$0" && exec "$@"' "$project" "$@"
}

inside() { # online|offline command…
  local network=()
  [ "$1" = online ] || network=(--net)
  wait_for unshare --mount --propagation private --pid --fork --kill-child "${network[@]}" \
    bash -c "set -euo pipefail; $(declare -p root home project user settings shared)
      $(declare -f enter); enter \"\$@\"" enter "$@"
}

timed() { # name, limit in seconds, online|offline, command…
  local name=$1 limit=$2 began=$SECONDS
  shift 2
  inside "$@" || fail "$name failed after $((SECONDS - began)) s"
  local took=$((SECONDS - began))
  say "$name: $took s, at most $limit s (load of the machine: $(cut -d ' ' -f 1-2 /proc/loadavg))"
  [ "$took" -le "$limit" ] || slow+=("$name")
}

# --- the image ----------------------------------------------------------------------------------

leave_out_what_is_ignored() { # by .dockerignore, of names at the top; the others were not copied
  local name
  while read -r name; do
    case $name in *[*]* | "") ;; *) rm -rf "${root:?}$project/$name" ;; esac
  done <.dockerignore
}

steps() { # every RUN of the Dockerfile, in order, each ended by a zero byte
  python3 - <<'PYTHON'
import re
from pathlib import Path

text = re.sub(r"^\s*#.*\n", "", Path("deploy/docker/Dockerfile").read_text(), flags=re.MULTILINE)
for line in text.replace("\\\n", "").splitlines():
    if line.startswith("RUN "):
        print(line.removeprefix("RUN ").strip(), end="\0")
PYTHON
}

seal() { # command…; as the container runs it, in namespaces of its own
  ip link set lo up
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=1777,size=1g tmpfs "$root/tmp"
  mount --bind "$root/var/lib/fundocr" "$root/var/lib/fundocr"
  mount -o remount,bind,ro "$root"
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/fundocr FUNDOCR_HOME=/var/lib/fundocr FUNDOCR_FRONT_ADDRESS=0.0.0.0:8000 \
    PYTHONDONTWRITEBYTECODE=1 /usr/sbin/chroot "$root" setpriv --reuid=10001 --regid=10001 \
    --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    /bin/bash -c 'cd "$0" && exec "$@"' "$project" "$@"
}

try_image() {
  leave_out_what_is_ignored
  local step
  while IFS= read -r -d '' step <&3; do
    say "RUN ${step:0:72}"
    timed "this step" 1800 online bash -euc "$step"
  done 3< <(steps)
  say "the service as user 10001 on a read-only root, without a network"
  # shellcheck disable=SC2016  # it is expanded inside
  wait_for unshare --mount --propagation private --pid --fork --kill-child --net \
    bash -c "set -euo pipefail; $(declare -p root project); $(declare -f seal); seal \"\$@\"" seal \
    bash -euc '
    id -u
    ! touch /opt/fundocr/x 2>/dev/null
    /usr/bin/tini -- /opt/fundocr/.venv/bin/fundocr serve >/tmp/serve.log 2>&1 &
    trap "cat /tmp/serve.log" EXIT
    until grep -q ^READY /tmp/serve.log; do kill -0 $! || exit 1; sleep 0.2; done
    .venv/bin/python - samples/alipay_light_rows.png <<PYTHON | tee /tmp/answer
import sys, urllib.request
from pathlib import Path
name, _, key = Path("/var/lib/fundocr/var/run/authorization").read_text().strip().partition(": ")
to = urllib.request.Request(
    "http://127.0.0.1:8000/ocr_handler", Path(sys.argv[1]).read_bytes(),
    {"Content-Type": "image/png", name: key})
print(urllib.request.urlopen(to, timeout=60).read().decode())
PYTHON
    grep -q "\"hold_share\":\"1234.56\"" /tmp/answer
    kill -TERM $!
    wait $!' || fail "the image's service failed"
}

# --- the trial --------------------------------------------------------------------------------

slow=()
make_root
copy_project

if [ "$image" = yes ]; then
  try_image
  say "passed: each step of the Dockerfile, and its service"
  exit 0
fi

if [ "$user" != root ]; then
  chmod a-x "$root/usr/bin/apt-get" "$root/usr/bin/apt"
  say "first make demo as an ordinary user: it must end by naming what is missing"
  ! inside online make demo 2>"$work/said" || fail "make demo passed: nothing was missing"
  grep -v '^make' "$work/said" >"$work/line" || true
  cat "$work/line"
  [ "$(wc -l <"$work/line")" = 1 ] || fail "that is not one line"
  packages=$(sed -n 's/^setup: .* --no-install-recommends //p' "$work/line")
  [ -n "$packages" ] || fail "that line names no packages"
  say "installing just these"
  chmod a+x "$root/usr/bin/apt-get"
  user=root
  # shellcheck disable=SC2086  # one package a word
  inside online bash -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"' \
    apt $packages >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; fail "apt failed"; }
  user=tester
fi

say "first make demo"
timed "first make demo" 600 online make demo
say "second make demo, without a network"
timed "second make demo" 60 offline make demo

if [ "$serve" = yes ]; then
  say "make serve, one request, make stop, without a network"
  # shellcheck disable=SC2016  # it is expanded inside
  timed "make serve … make stop" 90 offline bash -euc '
    make serve >/tmp/serve.log 2>&1 &
    trap "cat /tmp/serve.log" EXIT
    until grep -q ^READY /tmp/serve.log; do kill -0 $! || exit 1; sleep 0.2; done
    picture=$(echo samples/*.png | cut -d" " -f1)
    .venv/bin/python - "$picture" <<PYTHON
import sys, urllib.request
body = open(sys.argv[1], "rb").read()
to = urllib.request.Request("http://127.0.0.1:8000/ocr_handler", body, {"Content-Type": "image/png"})
print(urllib.request.urlopen(to, timeout=60).read().decode())
PYTHON
    make stop
    wait $!'
fi
[ ${#slow[@]} = 0 ] || fail "right, but too slow: ${slow[*]}"
say "passed"
