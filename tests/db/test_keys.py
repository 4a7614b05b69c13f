"""Keys of the front door: shown once, stored as their hash."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from db.access import Keys, Role
from db.engine import open_engine
from db.errors import NameTaken, RowRejected
from db.lookup import Lookup
from tests.db.sample_readings import all_at_once, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

Owner = Callable[[str], tuple[str, str] | None]


@pytest.fixture
def keys(database_url: str) -> Iterator[Keys]:
    engine = open_engine(database_url)
    yield Keys(engine)
    engine.dispose()


@pytest.fixture
def owner(database_url: str) -> Iterator[Owner]:
    """Name and role of who has the key of this text."""
    lookup = Lookup(database_url)
    yield lambda text: next(iter(lookup([sha256(text.encode()).digest()], []).keys.values()), None)
    lookup.close()


def test_a_key_is_found_by_its_text_and_has_its_name_and_role(keys: Keys, owner: Owner) -> None:
    begun = datetime.now(UTC)
    text = keys.add("持仓部 小王", Role.CORRECTOR)

    assert owner(text) == ("持仓部 小王", Role.CORRECTOR)
    (key,) = keys.list()
    assert (key.name, key.role, key.revoked_at) == ("持仓部 小王", Role.CORRECTOR, None)
    assert begun <= key.created_at <= datetime.now(UTC)


def test_keys_have_256_bits_and_none_is_like_another(keys: Keys) -> None:
    texts = {keys.add(f"name {n}", Role.CALLER) for n in range(20)}

    assert len(texts) == 20
    assert {len(text) for text in texts} == {43}  # 32 bytes in base64


def test_only_the_hash_is_stored(keys: Keys, database_url: str) -> None:
    text = keys.add("me", Role.ADMIN)

    (row,) = rows_of(database_url, "SELECT * FROM access_key")
    assert sha256(text.encode()).digest() in row
    assert text not in str(row)


@pytest.mark.parametrize("text", ["", "x", "é" * 43])
def test_another_text_is_no_key(keys: Keys, owner: Owner, text: str) -> None:
    keys.add("me", Role.ADMIN)

    assert owner(text) is None


def test_a_revoked_key_is_good_for_nothing_and_its_name_is_not_given_again(
    keys: Keys, owner: Owner
) -> None:
    text = keys.add("me", Role.ADMIN)

    assert keys.revoke("me") is True
    assert owner(text) is None
    assert keys.revoke("me") is False
    assert keys.revoke("nobody") is False
    (key,) = keys.list()
    assert key.revoked_at is not None
    with pytest.raises(NameTaken):
        keys.add("me", Role.CALLER)


def test_of_16_that_take_a_name_at_once_one_has_it(keys: Keys, owner: Owner) -> None:
    def add(_: int) -> str | NameTaken:
        try:
            return keys.add("me", Role.CALLER)
        except NameTaken as taken:
            return taken

    results = all_at_once(add, 16)
    (text,) = (result for result in results if isinstance(result, str))
    assert owner(text) is not None
    assert len(keys.list()) == 1


@pytest.mark.parametrize("name", ["", " me", "me ", "a\nb", "n" * 65])
def test_a_name_that_could_be_mistaken_is_refused(keys: Keys, name: str) -> None:
    with pytest.raises(RowRejected):
        keys.add(name, Role.CALLER)
    assert keys.is_empty()


def test_names_are_told_apart_to_the_letter(keys: Keys) -> None:
    for name in ("me", "Me", "mé"):
        keys.add(name, Role.CALLER)

    assert [key.name for key in keys.list()] == ["me", "Me", "mé"]


def test_keys_are_empty_until_the_first_and_never_again(keys: Keys) -> None:
    assert keys.is_empty()
    keys.add("me", Role.ADMIN)
    keys.revoke("me")
    assert not keys.is_empty()
