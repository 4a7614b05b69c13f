"""`fundocr key`: made, listed and revoked; a key is shown once and never stored."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from db.engine import open_engine
from db.keys import Keys
from db.lookup import Lookup
from tests.cli.tables_of import database_of
from tests.fundocr_command import fundocr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    database_of(tmp_path)
    return tmp_path


def url_of(home: Path) -> str:
    return f"sqlite:///{home}/var/fundocr.db"


def good_keys(home: Path) -> dict[str, str]:
    """Roles of the keys that open something, by name."""
    engine = open_engine(url_of(home))
    found = {key.name: str(key.role) for key in Keys(engine).list() if key.revoked_at is None}
    engine.dispose()
    return found


def owner(home: Path, key: str) -> str | None:
    """Who the front door takes the bearer of this key for."""
    lookup = Lookup(url_of(home))
    hashed = sha256(key.encode()).digest()
    found = lookup([hashed], []).keys.get(hashed)
    lookup.close()
    return found[0] if found else None


@pytest.mark.parametrize("role", ["caller", "corrector", "admin"])
def test_a_key_is_printed_alone_and_stands_in_no_file(home: Path, role: str) -> None:
    done = fundocr("key", "add", "小王", "--role", role, home=home)
    assert done.returncode == 0
    assert re.fullmatch(rb"[\w-]{43}\n", done.stdout)
    assert b"shown once" in done.stderr
    assert good_keys(home) == {"小王": role}
    assert owner(home, done.stdout.decode().strip()) == "小王"
    files = [file for file in home.rglob("*") if file.is_file()]
    assert files
    assert not any(done.stdout.strip() in file.read_bytes() for file in files)


def test_keys_are_listed_and_revoked(home: Path) -> None:
    key = fundocr("key", "add", "orders", "--role", "caller", home=home).stdout.decode().strip()
    fundocr("key", "add", "boss", "--role", "admin", home=home)
    done = fundocr("key", "revoke", "orders", home=home)
    assert (done.returncode, done.stdout) == (0, b"The key 'orders' is revoked.\n")
    assert owner(home, key) is None
    orders, boss = fundocr("key", "list", home=home).stdout.decode().splitlines()
    assert re.fullmatch(r"orders +caller +made [\d: -]{16} UTC  revoked [\d: -]{16} UTC", orders)
    assert re.fullmatch(r"boss +admin +made [\d: -]{16} UTC", boss)
    assert key not in orders + boss


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "anonymous", "--role", "caller"), "'anonymous' is no name for a key"),
        (("add", "local", "--role", "caller"), "'local' is no name for a key"),
        (("add", "", "--role", "caller"), "'' is no name for a key"),
        (("add", "x" * 65, "--role", "caller"), "is no name for a key"),
        (("add", "two\nlines", "--role", "caller"), "is no name for a key"),
        (("add", "<b>", "--role", "caller"), "is no name for a key"),
        (("add", "taken", "--role", "caller"), "There is, or was, a key of this name"),
        (("revoke", "nobody"), "There is no key 'nobody' in use; see `fundocr key list`."),
    ],
    ids=range(8),
)
def test_what_cannot_be_done_is_said_in_one_line(
    home: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    fundocr("key", "add", "taken", "--role", "caller", home=home)
    done = fundocr("key", *arguments, home=home)
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert sentence in line
    assert good_keys(home) == {"taken": "caller"}


def test_without_tables_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = fundocr("key", "list", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"run `fundocr db upgrade`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
