"""The image's root as far as it can be had without a container engine: the paths, the user, the
environment and the read-only root of deploy/docker/Dockerfile, over this machine's libraries.

What is not tried by this: that Debian's packages and the wheels install in a fresh root. `make
slim` does that.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import PROJECT

DOCKERFILE = PROJECT / "deploy" / "docker" / "Dockerfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What the last stage of the Dockerfile says. user: `uid:gid`."""

    workdir: str
    user: str
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile, in order: name and the rest, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    pairs = [line.strip().partition(" ") for line in lines if line.strip()]
    return [(name, rest.strip()) for name, _, rest in pairs]


def image() -> Image:
    """What a container of it is."""
    last = max(n for n, (name, _) in enumerate(instructions()) if name == "FROM")
    stage = dict(instructions()[last:])
    pairs = (part.partition("=") for part in shlex.split(stage["ENV"]))
    return Image(
        workdir=stage["WORKDIR"],
        user=stage["USER"],
        environment={name: value for name, _, value in pairs},
        entrypoint=_listed(stage["ENTRYPOINT"]),
        command=_listed(stage["CMD"]),
    )


def run_in(home: Path, script: str, *, tmp_options: str = "") -> subprocess.CompletedProcess[str]:
    """Run a bash script as the image would: read-only root, network and processes of its own.

    home: what is mounted at FUNDOCR_HOME. tmp_options: of the tmpfs at /tmp, as compose gives them.
    `$PYTHON` is the interpreter of the image's virtual environment.
    """
    built = image()
    uid, _, gid = built.user.partition(":")
    _made(home)
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(home, int(uid), int(gid))
    drop = ["setpriv", "--no-new-privs"]
    # Without root's rights one user alone can be had: the caller, who may not write here either.
    if is_root:
        drop += [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        drop += ["--inh-caps=-all", "--bounding-set=-all"]
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHON": f"{built.workdir}/.venv/bin/python",
        "FUNDOCR_THREADS": "1",
        **built.environment,
    }
    inside = shlex.join([*drop, "bash", "-euc", f"cd {built.workdir}\n{script}"])
    setup = _SETUP.format(
        project=shlex.quote(str(PROJECT)),
        workdir=built.workdir,
        root=shlex.quote(str(_made(home.parent / f"{home.name}-root"))),
        home=shlex.quote(str(home)),
        home_inside=built.environment["FUNDOCR_HOME"],
        tmp_options=tmp_options or "mode=1777",
        also=" ".join(map(shlex.quote, _also())),
        inside=inside,
    )
    rights = [] if is_root else ["--user", "--map-root-user"]
    unshare = ["unshare", *rights, "--mount", "--net", "--pid", "--fork", "--kill-child"]
    return subprocess.run(
        [*unshare, "bash", "-euc", setup],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _also() -> Sequence[str]:
    """Where this machine has the interpreter and its packages: at the same places inside."""
    prefixes = {sys.prefix, sys.base_prefix, str((PROJECT / ".venv" / "bin").resolve().parent)}
    real = {str(Path(prefix).resolve()) for prefix in prefixes}
    return sorted(path for path in real if not path.startswith(("/usr/", f"{PROJECT}/")))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in text.strip("[]").split(","))


# The tree is made on a tmpfs; then nothing in it can be written but FUNDOCR_HOME, /tmp, /dev/shm.
_SETUP = """
root={root}
mount -t tmpfs -o mode=755 tmpfs "$root"
bound() {{ # path on this machine, path inside
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2"
  mount -o remount,bind,ro "$root$2"
}}
for folder in /usr /etc /bin /sbin /lib /lib64; do
  if [ -L "$folder" ]; then cp -P "$folder" "$root$folder"
  elif [ -e "$folder" ]; then bound "$folder" "$folder"; fi
done
bound {project} {workdir}
for folder in {also}; do bound "$folder" "$folder"; done
mkdir -p "$root/proc" "$root/sys" "$root/dev/shm" "$root/tmp" "$root{home_inside}"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
for device in null zero full random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/dev/shm"
mount -t tmpfs -o "{tmp_options}" tmpfs "$root/tmp"
mount --bind {home} "$root{home_inside}"
mount -o remount,bind,ro "$root"
ip link set lo up
cd /
exec chroot "$root" {inside}
"""
