"""Sessions of the pages: who is logged in, at whichever front door of the database he asks."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection, Engine, delete, insert, select, update

from db.engine import for_writing
from db.tables import page_session
from db.transactions import in_transaction

# A session ends this long after its last request …
SESSION = timedelta(hours=12)
# … which is written down no more often than this.
_RENEWED = timedelta(minutes=10)


class Sessions:
    """Only the sha256 of a session's token is stored. Threads may share it; every method raises
    StoreUnavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)

    def open(self, name: str) -> str:
        """A new session of the key of this name; the token for its cookie."""
        token = secrets.token_urlsafe(32)
        work = partial(_open, token=_digest(token), name=name, now=datetime.now(UTC))
        in_transaction(self._writer, work)
        return token

    def name(self, token: str) -> str | None:
        """Whose session this is; None when it is none, or has ended."""
        query = select(page_session.c.name, page_session.c.ends_at)
        query = query.where(page_session.c.token_sha256 == _digest(token))
        found = in_transaction(self._reader, lambda connection: connection.execute(query).first())
        now = datetime.now(UTC)
        if found is None or found.ends_at <= now:
            return None
        if found.ends_at < now + SESSION - _RENEWED:
            change = update(page_session).where(page_session.c.token_sha256 == _digest(token))
            later = change.values(ends_at=now + SESSION)
            in_transaction(self._writer, lambda connection: connection.execute(later).rowcount)
        return str(found.name)

    def close(self, token: str) -> None:
        """End a session."""
        change = delete(page_session).where(page_session.c.token_sha256 == _digest(token))
        in_transaction(self._writer, lambda connection: connection.execute(change).rowcount)


def _open(connection: Connection, token: bytes, name: str, now: datetime) -> None:
    is_mine = page_session.c.token_sha256 == token
    if connection.execute(select(page_session.c.name).where(is_mine)).first():
        return  # an earlier try of this call was committed
    connection.execute(delete(page_session).where(page_session.c.ends_at <= now))
    connection.execute(
        insert(page_session).values(token_sha256=token, name=name, ends_at=now + SESSION)
    )


def _digest(token: str) -> bytes:
    # Found by the hash: how long that takes tells nothing of the token.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
