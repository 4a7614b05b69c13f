"""Log-ins of the review pages, valid at every front door of the database; and links that log in
once."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection, Engine, delete, insert, select, update

from db.column_types import text_sha256
from db.engine import for_writing
from db.tables import page_session
from db.transactions import in_transaction

# A session ends this long after its last request …
SESSION = timedelta(hours=12)
# … which is written down no more often than this.
_RENEWED = timedelta(minutes=10)
# A log-in link works once, and no longer than this.
LINK = timedelta(hours=24)


class Sessions:
    """Only the sha256 of a session's token is stored. Threads may share it; every method raises
    StoreUnavailable.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)

    def open(self, name: str) -> str:
        """A new session of the key of this name; the token for its cookie."""
        return self._opened(name, text_sha256, SESSION)

    def open_link(self, name: str) -> str:
        """The token of a log-in link for the key of this name."""
        return self._opened(name, _link_digest, LINK)

    def use_link(self, token: str) -> str | None:
        """Whose link this is; it cannot be used again. None: it is none, used, or too old."""
        work = partial(_use, token=_link_digest(token), now=datetime.now(UTC))
        return in_transaction(self._writer, work)

    def _opened(self, name: str, digest: Callable[[str], bytes], lives: timedelta) -> str:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        work = partial(_open, token=digest(token), name=name, now=now, ends_at=now + lives)
        in_transaction(self._writer, work)
        return token

    def name(self, token: str) -> str | None:
        """Whose session this is; None when it is none, or has ended."""
        query = select(page_session.c.name, page_session.c.ends_at)
        query = query.where(page_session.c.token_sha256 == text_sha256(token))
        session = in_transaction(self._reader, lambda connection: connection.execute(query).first())
        now = datetime.now(UTC)
        if session is None or session.ends_at <= now:
            return None
        if session.ends_at < now + SESSION - _RENEWED:
            change = update(page_session).where(page_session.c.token_sha256 == text_sha256(token))
            later = change.values(ends_at=now + SESSION)
            in_transaction(self._writer, lambda connection: connection.execute(later).rowcount)
        return str(session.name)

    def close(self, token: str) -> None:
        """End a session."""
        change = delete(page_session).where(page_session.c.token_sha256 == text_sha256(token))
        in_transaction(self._writer, lambda connection: connection.execute(change).rowcount)


def _open(
    connection: Connection, token: bytes, name: str, now: datetime, ends_at: datetime
) -> None:
    is_mine = page_session.c.token_sha256 == token
    if connection.execute(select(page_session.c.name).where(is_mine)).first():
        return  # an earlier try of this call was committed
    connection.execute(delete(page_session).where(page_session.c.ends_at <= now))
    connection.execute(insert(page_session).values(token_sha256=token, name=name, ends_at=ends_at))


def _use(connection: Connection, token: bytes, now: datetime) -> str | None:
    is_it = page_session.c.token_sha256 == token
    query = select(page_session.c.name).where(is_it, page_session.c.ends_at > now)
    name = connection.scalar(query)
    if not connection.execute(delete(page_session).where(is_it)).rowcount:
        return None  # or somebody was quicker
    return name


def _link_digest(token: str) -> bytes:
    """Another one, so that no link is a session and no session a link."""
    return sha256(text_sha256(token)).digest()
