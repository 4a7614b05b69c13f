"""`fundocr key`: who may call the front door."""

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from cli.failure import USAGE, Failure, settings_or_failure

if TYPE_CHECKING:
    from db.keys import Keys

T = TypeVar("T")
FIRST_NAME = "admin"
# It is the actor of corrections: plain enough for every log and page.
_NAME = re.compile(r"[\w][\w .@-]{0,63}")


def add(name: str, role: str) -> int:
    """Make a key and print it alone, so that `key=$(fundocr key add …)` works."""
    from db.keys import Role
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
        ended = f"  revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else ""
        print(f"{key.name:<24} {key.role:<10} made {key.created_at:%Y-%m-%d %H:%M} UTC{ended}")
    return 0


def revoke(name: str) -> int:
    """From now on the key opens nothing, and sessions that it began end."""
    if not _with_keys(lambda keys: keys.revoke(name)):
        raise Failure(f"There is no key {name!r} in use; see `fundocr key list`.")
    print(f"The key {name!r} is revoked.")
    return 0


def first_key(database_url: str) -> str | None:
    """The key of the first start, for an admin; None where a key was ever made."""
    from db.engine import open_engine
    from db.errors import NameTaken
    from db.keys import Keys, Role

    engine = open_engine(database_url)
    try:
        keys = Keys(engine)
        return keys.add(FIRST_NAME, Role.ADMIN) if keys.is_empty() else None
    except NameTaken:  # another service on this database starts at the same time
        return None
    finally:
        engine.dispose()


def _with_keys(work: Callable[["Keys"], T]) -> T:
    from db.engine import open_engine
    from db.errors import BadDatabaseUrl, NameTaken, StoreError
    from db.keys import Keys

    try:
        engine = open_engine(settings_or_failure().resolved_database_url)
        try:
            return work(Keys(engine))
        finally:
            engine.dispose()
    except NameTaken:
        raise Failure("There is, or was, a key of this name; choose another.") from None
    except BadDatabaseUrl as error:
        raise Failure(f"FUNDOCR_DATABASE_URL is of no use. {error}", USAGE) from None
    except StoreError as error:
        raise Failure(
            f"{error} See that the database runs and that FUNDOCR_DATABASE_URL names it."
        ) from None
