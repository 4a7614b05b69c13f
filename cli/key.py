"""`fundocr key`: who may call the front door."""

import re
import sys
from collections.abc import Callable
from typing import TypeVar

from cli.failure import USAGE, Failure, settings_or_failure

T = TypeVar("T")
# It is the actor of corrections: plain enough for every log and page.
_NAME = re.compile(r"[\w][\w .@-]{0,63}")


def add(name: str, role: str) -> int:
    """Make a key and print it alone, so that `key=$(fundocr key add …)` works."""
    from db.keys import Keys, Role
    from front.access import RESERVED

    if not _NAME.fullmatch(name) or name != name.strip() or name in RESERVED:
        raise Failure(
            f"{name!r} is no name for a key: 1 to 64 letters, digits, spaces, or . _ @ -; "
            f"not {' or '.join(sorted(RESERVED))}.",
            USAGE,
        )
    print(_with_keys(lambda keys: keys.add(name, Role(role))))
    print("This key is shown once; only its sha256 is stored.", file=sys.stderr)
    return 0


def show() -> int:
    """Names, roles and times; the keys themselves are known to nobody here."""
    found = _with_keys(lambda keys: keys.list())
    for key in found:
        revoked = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
        print(f"{key.name:<24} {key.role:<10} made {key.created_at:%Y-%m-%d %H:%M} UTC  {revoked}")
    return 0


def revoke(name: str) -> int:
    """From now on the key opens nothing, and sessions that it began end."""
    if not _with_keys(lambda keys: keys.revoke(name)):
        raise Failure(f"There is no key {name!r} in use; see `fundocr key list`.")
    print(f"The key {name!r} is revoked.")
    return 0
