"""`fundocr key`: made, listed and revoked; a key is shown once and never stored."""

import re
import signal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

import pytest

from db.access import Keys
from db.engine import open_engine
from db.lookup import Lookup
from db.sessions import Sessions
from serving.failure import Failure
from serving.front_process import Front
from serving.serve import serve
from serving.torchserve import TorchServeAddress
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


def test_a_log_in_link_is_made_whenever_it_is_asked_for(home: Path) -> None:
    none = fundocr("key", "login-link", home=home)
    assert (none.returncode, none.stdout) == (1, b"")
    assert none.stderr.startswith(b"There is no key 'admin' in use: give the name of one")
    for name in ("admin", "boss"):
        fundocr("key", "add", name, "--role", "admin", home=home)
    engine = open_engine(url_of(home))
    for arguments, name in ((), "admin"), (("boss",), "boss"), (("boss",), "boss"):
        done = fundocr("key", "login-link", *arguments, home=home)
        assert done.returncode == 0
        link = re.fullmatch(rb"http://127\.0\.0\.1:8000/login\?token=([\w-]{43})\n", done.stdout)
        assert link is not None
        assert done.stderr.decode() == f"It works once, within 24 hours, as {name}.\n"
        assert Sessions(engine).use_link(link[1].decode()) == name
    engine.dispose()
    fundocr("key", "revoke", "boss", home=home)
    assert fundocr("key", "login-link", "boss", home=home).returncode == 1


def test_a_first_start_that_is_broken_off_has_made_no_key_that_nobody_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second start comes to READY, as far as it knows, and is stopped then."""
    stops: list[Callable[..., None]] = []

    class Part:
        address = TorchServeAddress(inference="http://t:1", management="m", metrics="m")
        properties: ClassVar[dict[str, str]] = {}
        chosen: ClassVar[list[object]] = []
        is_broken = True

        def __init__(self, *_: object) -> None:
            pass

        def __getattr__(self, _: str) -> Callable[..., None]:
            return lambda *_: None

        def start(self) -> int:
            if Part.is_broken:
                raise Failure("broken off")
            return 1

    monkeypatch.setattr("serving.serve.TorchServe", Part)
    monkeypatch.setattr("serving.serve.RunFile", Part)
    for name in ("require_address", "wait_ready", "start"):
        monkeypatch.setattr(Front, name, lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda _, stop: stops.append(stop))
    monkeypatch.setattr("serving.serve.raise_file_handles", lambda: None)
    monkeypatch.setattr("serving.serve._keepers", lambda *_: stops[-1]() or ())
    (tmp_path / "var" / "run").mkdir(parents=True)
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    with pytest.raises(Failure, match="broken off"):
        serve()
    assert good_keys(tmp_path) == {}
    assert capsys.readouterr().out == ""
    Part.is_broken = False
    assert serve() == 0
    said = capsys.readouterr().out
    (key,) = re.findall(r"^  admin +(\S+)$", said, re.MULTILINE)
    assert said.startswith("READY") and owner(tmp_path, key) == "admin"
    assert serve() == 0
    assert "admin" not in capsys.readouterr().out


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
