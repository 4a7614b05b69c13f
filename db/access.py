"""Keys of the front door: who may do what, by the roles of `db.roles`.

Only a key's SHA-256 is stored; `db.lookup` finds the owner of a key.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection, Engine, insert, select, update

from db.column_types import text_sha256
from db.engine import for_writing
from db.errors import NameTaken, RowRejected
from db.roles import Role
from db.tables import access_key
from db.transactions import in_transaction

__all__ = ["Key", "Keys", "Role"]

_KEY_BYTES = 32
_LONGEST_NAME = 64
_COLUMNS = tuple(access_key.c[name] for name in ("name", "role", "created_at", "revoked_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """revoked_at: None while the key is good."""

    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """Threads of one process may share it. Every method raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)

    def add(self, name: str, role: Role) -> str:
        """Make a key for this name; its text, which nobody can be told again.

        NameTaken: there is, or was, a key of this name. RowRejected: a name must have 1 to 64
        characters and neither begin nor end with a space.
        """
        if not 0 < len(name) <= _LONGEST_NAME or name != name.strip() or not name.isprintable():
            raise RowRejected("A key's name needs 1 to 64 printable characters.")
        key = secrets.token_urlsafe(_KEY_BYTES)
        now = datetime.now(UTC)
        try:
            in_transaction(self._writer, partial(_add, name=name, role=role, key=key, now=now))
        except RowRejected:
            # Two looked at once, and neither saw the other's.
            if any(other.name == name for other in self.list()):
                raise NameTaken from None
            raise
        return key

    def list(self) -> list[Key]:
        """All keys that ever were, oldest first."""
        query = select(*_COLUMNS).order_by(access_key.c.id)
        rows = in_transaction(self._reader, lambda c: c.execute(query).mappings().all())
        return [Key(**{**row, "role": Role(row["role"])}) for row in rows]

    def revoke(self, name: str) -> bool:
        """End the key of this name; False where there is none that is good."""
        now = datetime.now(UTC)
        return in_transaction(self._writer, partial(_revoke, name=name, now=now))

    def is_empty(self) -> bool:
        """Whether no key was ever made."""
        query = select(access_key.c.id).limit(1)
        return in_transaction(self._reader, lambda c: c.execute(query).first()) is None


def _add(connection: Connection, name: str, role: Role, key: str, now: datetime) -> None:
    query = select(access_key.c.key_sha256).where(access_key.c.name == name)
    taken = connection.execute(query.with_for_update()).first()
    if taken is None:
        connection.execute(
            insert(access_key).values(
                name=name, role=role, key_sha256=text_sha256(key), created_at=now, revoked_at=None
            )
        )
    elif taken.key_sha256 != text_sha256(key):  # equal: an earlier try of this call was committed
        raise NameTaken


def _revoke(connection: Connection, name: str, now: datetime) -> bool:
    query = select(access_key.c.revoked_at).where(access_key.c.name == name)
    found = connection.execute(query.with_for_update()).first()
    if found is None or found.revoked_at not in (None, now):
        return False
    connection.execute(update(access_key).where(access_key.c.name == name).values(revoked_at=now))
    return True
