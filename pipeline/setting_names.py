"""Finds FUNDOCR_ names that no setting has, such as mistyped ones."""

import os
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

_PREFIX = "FUNDOCR_"
# What Kubernetes and Docker tell a container of a service called fundocr; nobody has set them.
_OF_A_SERVICE = re.compile(
    r"FUNDOCR_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)"
)
_ADDRESS = re.compile(r"(tcp|udp|sctp)://.*")


def unknown_settings(fields: Collection[str], env_file: Path) -> list[str]:
    """One line for each FUNDOCR_ name of the environment, and of a file like `.env`, that is none
    of these fields', with the nearest one that is.

    env_file: a text, or not there.
    """
    known = [field.upper() for field in fields]
    of_file = dotenv_values(env_file, encoding="utf-8", interpolate=False)
    wrong = [(name, "") for name, text in os.environ.items() if not _is_told(name, text)]
    wrong += [(name, f" in {env_file}") for name in of_file]
    return list(_lines(wrong, known))


def _lines(given: list[tuple[str, str]], known: list[str]) -> Iterator[str]:
    for name, place in given:
        prefix, field = name.upper()[: len(_PREFIX)], name.upper()[len(_PREFIX) :]
        if prefix == _PREFIX and field not in known:
            near = get_close_matches(field, known, n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else "docs/settings.md has all"
            yield f"{name}{place}: there is no such setting; {hint}"


def _is_told(name: str, text: str) -> bool:
    is_port = name.endswith("_PORT") and _ADDRESS.fullmatch(text) is not None
    return is_port or _OF_A_SERVICE.fullmatch(name) is not None
