"""A private MariaDB server for tests: own data folder, own free port on loopback, ended by pid."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql

from cli.service.ports import free_ports
from db.upgrade import upgrade

_ADMIN = "tests_admin"
_SERVICE = "tests_service"
_PASSWORD = "only-for-tests"
_HOST = "127.0.0.1"
_START_SECONDS = 60


class MariaDB:
    """A running server; `with MariaDB() as server:` starts it and removes it afterwards.

    `server.new_database()` gives the URL of an empty database for a user that may do all in it
    and nothing beside it, as in production: no SUPER, so read-only binds it too.

    address: where it listens. clients: from where its users may come.
    """

    def __init__(
        self, *, buffer_pool: str = "64M", address: str = _HOST, clients: str = _HOST
    ) -> None:
        self._buffer_pool = buffer_pool
        self._address, self._clients = address, clients
        self.folder = Path(tempfile.mkdtemp(prefix="fundocr-mariadb-"))
        (self.port,) = free_ports(1, address)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def __enter__(self) -> "MariaDB":
        try:
            self._install()
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start on the same folder and port, and wait until it takes connections."""
        users = self.folder / "users.sql"
        users.write_text(
            f"CREATE USER IF NOT EXISTS {self._user(_ADMIN)} IDENTIFIED BY '{_PASSWORD}';\n"
            f"GRANT ALL ON *.* TO {self._user(_ADMIN)} WITH GRANT OPTION;\n"
            f"CREATE USER IF NOT EXISTS {self._user(_SERVICE)} IDENTIFIED BY '{_PASSWORD}';\n"
        )
        log = self.folder / "server.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [
                    _program("mariadbd"),
                    "--no-defaults",
                    *_as_root(),
                    f"--datadir={self.folder / 'data'}",
                    f"--port={self.port}",
                    f"--bind-address={self._address}",
                    "--skip-name-resolve",
                    # Relative to the data folder: an absolute path could exceed 107 bytes.
                    "--socket=server.sock",
                    "--pid-file=server.pid",
                    f"--init-file={users}",
                    f"--tmpdir={self.folder}",
                    f"--innodb-buffer-pool-size={self._buffer_pool}",
                    "--character-set-server=latin1",  # as an operator's server may have it
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except pymysql.err.OperationalError as error:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    tail = log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"mariadbd did not start ({error}):\n{tail}") from error
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server in good order; what was committed is there at the next start."""
        if self._process is not None:
            self._process.terminate()
            self._wait()

    def kill(self) -> None:
        """End the server at once (SIGKILL), as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def remove(self) -> None:
        """End the server and delete its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self, *, upgraded: bool = False) -> str:
        """A URL of a database of this server: empty, or with our tables."""
        self._databases += 1
        name = f"tests_{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        self.execute(f"GRANT ALL ON {name}.* TO {self._user(_SERVICE)}")
        url = f"mysql+pymysql://{_SERVICE}:{_PASSWORD}@{self._address}:{self.port}/{name}"
        if upgraded:
            upgrade(url)
        return url

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as the administrator; its rows."""
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def status(self, name: str) -> int:
        """One of the server's counters, such as `Com_insert`."""
        return int(self.execute(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])

    def _connect(self) -> "pymysql.Connection[Any]":
        return pymysql.connect(
            host=self._address,
            port=self.port,
            user=_ADMIN,
            password=_PASSWORD,
            charset="utf8mb4",
            connect_timeout=5,
            autocommit=True,
            ssl_disabled=True,
        )

    def _user(self, name: str) -> str:
        return f"'{name}'@'{self._clients}'"

    def _install(self) -> None:
        done = subprocess.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                *_as_root(),
                f"--datadir={self.folder / 'data'}",
                f"--tmpdir={self.folder}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}\n{done.stderr}")

    def _wait(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _as_root() -> list[str]:
    """mariadbd refuses to run as root unless told so by name."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    """Debian keeps the server in /usr/sbin, which is not on every user's PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed: apt-get install mariadb-server")
    return found
