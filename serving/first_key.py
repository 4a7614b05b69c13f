"""Makes the first admin key, and a log-in link, at the first start."""

from dataclasses import dataclass

FIRST_NAME = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKey:
    """link: the token of a log-in link: a key in an address would stay in the browser's history."""

    key: str
    link: str


def first_key(database_url: str) -> FirstKey | None:
    """The key of the first start, for an admin; None where a key was ever made."""
    from db.access import Keys, Role
    from db.engine import open_engine
    from db.errors import NameTaken
    from db.sessions import Sessions

    engine = open_engine(database_url)
    try:
        keys = Keys(engine)
        if not keys.is_empty():
            return None
        link = Sessions(engine).open_link(FIRST_NAME)
        return FirstKey(key=keys.add(FIRST_NAME, Role.ADMIN), link=link)
    except NameTaken:  # another service on this database starts at the same time
        return None
    finally:
        engine.dispose()
