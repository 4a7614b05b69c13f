"""Where TorchServe is and what opens it: its config file and its token file."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

KEY_FILE = "key_file.json"
Api = Literal["inference", "management", "API"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchServeAddress:
    """The addresses of one TorchServe's three APIs, without a slash at the end."""

    inference: str
    management: str
    metrics: str


def read_properties(file: Path) -> dict[str, str]:
    """The keys and values of a config.properties; comments stand on lines of their own."""
    pairs = (
        line.split("=", 1)
        for line in file.read_text(encoding="utf-8").splitlines()
        if "=" in line and not line.lstrip().startswith("#")
    )
    return {key.strip(): value.strip() for key, value in pairs}


def address_of(properties: dict[str, str]) -> TorchServeAddress:
    """The addresses that a config.properties sets, with TorchServe's own defaults."""
    return TorchServeAddress(
        inference=properties.get("inference_address", "http://127.0.0.1:8080"),
        management=properties.get("management_address", "http://127.0.0.1:8081"),
        metrics=properties.get("metrics_address", "http://127.0.0.1:8082"),
    )


def read_token(folder: Path, api: Api) -> str | None:
    """TorchServe's current token for one API; None while there is no readable token file.

    TorchServe writes key_file.json into the folder it is started in, anew at each start.
    """
    entry = _entry(folder, api)
    return None if entry is None else entry["key"]


def token_expiry(folder: Path, api: Api) -> datetime | None:
    """When the token stops working; None where that is not told."""
    entry = _entry(folder, api)
    try:
        time = datetime.fromisoformat((entry or {})["expiration time"])
    except (KeyError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _entry(folder: Path, api: Api) -> dict[str, str] | None:
    try:
        entry = json.loads((folder / KEY_FILE).read_text(encoding="utf-8"))[api]
        return {name: str(value) for name, value in entry.items()} if entry["key"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
