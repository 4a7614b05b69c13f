"""Describes the machine and the versions that were measured, for the report."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = (
    "openvino", "paddleocr", "paddlepaddle", "torchserve", "sanic", "numpy", "sqlalchemy",
    "opencv-contrib-python", "pillow",
)  # fmt: skip
_TELLING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions, date, and how busy it was before anything began."""
    info = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    lines = dict(line.split("\t: ", 1) for line in info.splitlines() if "\t: " in line)
    lines = {key.strip(): value for key, value in lines.items()}
    flags = lines.get("flags", "").split()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": lines.get("model name", platform.machine()),
        "family/model": f"{lines.get('cpu family', '?')}/{lines.get('model', '?')}",
        "has": [flag for flag in _TELLING_FLAGS if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": _system(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def described(facts: dict[str, Any]) -> str:
    """The same in two lines."""
    packages = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    return (
        f"{facts['date']}: {facts['processor']} (family/model {facts['family/model']}, "
        f"{' '.join(facts['has'])}), {facts['cores']} cores, {facts['memory_gib']} GiB, "
        f"load before {facts['load_before']}\n"
        f"{facts['system']}, Python {facts['python']}, {packages}"
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()
