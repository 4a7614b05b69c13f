"""Reads TorchServe's config.properties as Java does, and changes lines in it.

The grammar is java.util.Properties': `=`, `:` or a blank after the key, `#` and `!` for comments, a
backslash at the end of a line that goes on, and `\\u0041`. Two things are read as people mean them:
the file is UTF-8, where TorchServe takes it for Latin-1 (what we write for it to read is ASCII),
and blanks at the end of a value are none of it.
"""

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from javaproperties import KeyValue, escape, loads, parse

# What a value cannot hold as it stands: `escape` would mark each `:` and `=` of an address too.
_SPECIAL = re.compile(r"^ |[^\x20-\x7e]|\\")


def read_properties(file: Path) -> dict[str, str]:
    """The keys and values of a file; of a key that stands there twice the last one.

    OSError; ValueError where it is no UTF-8, or has an escape that is none.
    """
    return {key: value.rstrip() for key, value in loads(_text(file)).items()}


def changed_properties(file: Path, changes: Mapping[str, str]) -> str:
    """The file's text with these values; what else stands there, comments too, is as it was.

    A key that is not there yet comes at the end. Raises what `read_properties` does.
    """
    left, lines = dict(changes), []
    for element in parse(StringIO(_text(file))):
        if not isinstance(element, KeyValue) or element.key not in changes:
            lines.append(element.source)
        elif element.key in left:
            lines.append(_line(element.key, left.pop(element.key)))
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    return "".join([*lines, *(_line(key, value) for key, value in left.items())])


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


def _line(key: str, value: str) -> str:
    return f"{escape(key)}={_SPECIAL.sub(lambda match: escape(match[0]), value)}\n"
