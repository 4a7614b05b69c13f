"""Finds names of settings that do not exist, or that stand twice: either would be ignored in
silence."""

import io
import os
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from pipeline.regular_file import read_text

_PREFIX = "FUNDOCR_"
# What Kubernetes and Docker tell a container of a service called fundocr; nobody has set them.
_OF_A_SERVICE = re.compile(
    r"FUNDOCR_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)"
)
_ADDRESS = re.compile(r"(tcp|udp|sctp)://.*")


def unknown_settings(fields: Collection[str], env_file: Path) -> list[str]:
    """One line for each FUNDOCR_ name of the environment, and of a file like `.env`, that is none
    of these fields', with the nearest one that is; and for each that the file gives two values.

    env_file: a text, or not there.
    """
    known = [field.upper() for field in fields]
    of_file = list(_bindings(env_file))
    wrong = [(name, "") for name, text in os.environ.items() if not _is_told(name, text)]
    wrong += [(name, f" in {env_file}") for name in dict.fromkeys(name for name, _ in of_file)]
    return [*_lines(wrong, known), *_given_twice(of_file, env_file)]


def _bindings(env_file: Path) -> Iterator[tuple[str, Binding]]:
    """As python-dotenv reads them, by which the settings are read."""
    try:
        text = read_text(env_file)
    except FileNotFoundError:
        return
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is not None:
            yield binding.key, binding


def _given_twice(of_file: list[tuple[str, Binding]], env_file: Path) -> Iterator[str]:
    """No value is told: it may be a password."""
    given: dict[str, list[Binding]] = {}
    for name, binding in of_file:
        given.setdefault(name.upper(), []).append(binding)
    for name, bindings in given.items():
        if name.startswith(_PREFIX) and len({one.value for one in bindings}) > 1:
            lines = " and ".join(str(one.original.line) for one in bindings)
            yield f"{name} in {env_file}: has several values, in lines {lines}; keep one of them"


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
