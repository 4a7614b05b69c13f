"""`fundocr key`: who may call the front door."""

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from db.roles import Role
from serving.failure import USAGE, Failure, settings_or_failure

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from db.access import Keys

T = TypeVar("T")
# It is the actor of corrections: plain enough for every log and page.
_NAME = re.compile(r"[\w][\w .@-]{0,63}")


def add(name: str, role: Role) -> int:
    """Make a key and print it alone, so that `key=$(fundocr key add …)` works."""
    from front.access import RESERVED

    if not _NAME.fullmatch(name) or name != name.strip() or name in RESERVED:
        raise Failure(
            f"{name!r} is no name for a key: 1 to 64 letters, digits, spaces, or . _ @ -; "
            f"not {' or '.join(sorted(RESERVED))}.",
            USAGE,
        )
    print(_with_keys(lambda keys: keys.add(name, role)))
    print("This key is shown once; only its sha256 is stored.", file=sys.stderr)
    return 0


def show() -> int:
    """Names, roles and times; the keys themselves are known to nobody here."""
    found = _with_keys(lambda keys: keys.list())
    for key in found:
        ended = f"  revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else ""
        print(f"{key.name:<24} {key.role:<10} made {key.created_at:%Y-%m-%d %H:%M} UTC{ended}")
    return 0


def revoke(name: str) -> int:
    """From now on the key opens nothing, and sessions that it began end."""
    if not _with_keys(lambda keys: keys.revoke(name)):
        raise Failure(f"There is no key {name!r} in use; see `fundocr key list`.")
    print(f"The key {name!r} is revoked.")
    return 0


def login_link(name: str) -> int:
    """Print an address that logs in as the owner of this key, once."""
    from db.access import Keys
    from db.sessions import LINK, Sessions
    from serving.front_address import front_url

    def opened(engine: "Engine") -> str:
        if not any(key.name == name and key.revoked_at is None for key in Keys(engine).list()):
            raise Failure(
                f"There is no key {name!r} in use: give the name of one, see `fundocr key list`."
            )
        return Sessions(engine).open_link(name)

    print(f"{front_url(settings_or_failure())}/login?token={_with_engine(opened)}")
    hours = LINK.total_seconds() / 3600
    print(f"It works once, within {hours:g} hours, as {name}.", file=sys.stderr)
    return 0


def _with_keys(work: Callable[["Keys"], T]) -> T:
    from db.access import Keys

    return _with_engine(lambda engine: work(Keys(engine)))


def _with_engine(work: Callable[["Engine"], T]) -> T:
    from db.engine import open_engine
    from db.errors import NameTaken
    from serving.database import database_faults

    with database_faults():
        engine = open_engine(settings_or_failure().resolved_database_url)
        try:
            return work(engine)
        except NameTaken:
            raise Failure("There is, or was, a key of this name; choose another.") from None
        finally:
            engine.dispose()
