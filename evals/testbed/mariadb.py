"""A private MariaDB server for tests: own data folder, own free port on loopback, ended by pid.

Its folder is in memory where there is room: what is committed survives the death of the server, and
nothing waits for a disk. An empty data folder is made once in a process and copied, and so are the
tables of a database that has them.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import pymysql

from db.upgrade import upgrade
from serving.ports import free_ports

_ADMIN = "tests_admin"
_SERVICE = "tests_service"
_PASSWORD = "only-for-tests"
_HOST = "127.0.0.1"
_START_SECONDS = 60
_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""Bytes that must be free in memory for servers to live there."""
_LOG_SIZE = "--innodb-log-file-size=24M"
_TEMPLATE = "tests_template"


class MariaDB:
    """A running server; `with MariaDB() as server:` starts it and removes it afterwards.

    `server.new_database()` gives the URL of an empty database for a user that may do all in it
    and nothing beside it, as in production: no SUPER, so read-only binds it too.

    address: where it listens. clients: from where its users may come. inside: a command that runs
    another one in some place, as serving.temporary.Trial has it.
    """

    def __init__(
        self,
        *,
        buffer_pool: str = "64M",
        address: str = _HOST,
        clients: str = _HOST,
        inside: Sequence[str] = (),
    ) -> None:
        self._buffer_pool, self._inside = buffer_pool, inside
        self._address, self._clients = address, clients
        self.folder = _new_folder()
        (self.port,) = free_ports(1, address)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._migrated: list[str] | None = None

    def __enter__(self) -> "MariaDB":
        try:
            shutil.copytree(_empty_data(), self.folder / "data")
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
                    *self._inside,
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
                    _LOG_SIZE,
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

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """SIGSTOP: inside it takes connections and says nothing; then it goes on."""
        tasks = Path(f"/proc/{self.pid}/task")
        os.kill(self.pid, signal.SIGSTOP)
        try:
            # One thread after the other notices it: on a busy machine one may still answer.
            while not all(_stands(task) for task in tasks.iterdir()):
                time.sleep(0.01)
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

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
        if upgraded:
            self.execute(f"USE {name}", *self._tables())
        return self._url(name)

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the administrator, in one connection; the rows of the last."""
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def status(self, name: str) -> int:
        """One of the server's counters, such as `Com_insert`."""
        return int(self.execute(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])

    def _tables(self) -> list[str]:
        """Statements that make what Alembic's migrations leave; they run once on a server."""
        if self._migrated is None:
            self.execute(f"CREATE DATABASE {_TEMPLATE}")
            self.execute(f"GRANT ALL ON {_TEMPLATE}.* TO {self._user(_SERVICE)}")
            upgrade(self._url(_TEMPLATE))
            self._migrated = ["SET foreign_key_checks = 0"]
            for (table,) in self.execute(f"SHOW TABLES FROM {_TEMPLATE}"):
                ((_, made),) = self.execute(f"SHOW CREATE TABLE {_TEMPLATE}.{table}")
                self._migrated.append(made)
            ((version,),) = self.execute(f"SELECT version_num FROM {_TEMPLATE}.alembic_version")
            self._migrated.append(f"INSERT INTO alembic_version VALUES ('{version}')")
        return self._migrated

    def _url(self, name: str) -> str:
        return f"mysql+pymysql://{_SERVICE}:{_PASSWORD}@{self._address}:{self.port}/{name}"

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

    def _wait(self) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _stands(task: Path) -> bool:
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"


def _new_folder() -> Path:
    """In memory where the machine has room there; containers often have 64 MB."""
    roomy = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= _ROOM
    # A run of the whole suite sets TMPDIR, and its folder in memory beside it.
    memory = os.environ.get("TESTS_IN_MEMORY", str(_IN_MEMORY))
    return Path(tempfile.mkdtemp(prefix="fundocr-mariadb-", dir=memory if roomy else None))


@cache
def _empty_data() -> Path:
    """A data folder that no server has used; making one takes ten times as long as a copy."""
    folder = _new_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = subprocess.run(
        [
            _program("mariadb-install-db"),
            "--no-defaults",
            *_as_root(),
            f"--datadir={folder / 'data'}",
            f"--tmpdir={folder}",
            _LOG_SIZE,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}\n{done.stderr}")
    return folder / "data"


def _as_root() -> list[str]:
    """mariadbd refuses to run as root unless told so by name."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _program(name: str) -> str:
    """Debian keeps the server in /usr/sbin, which is not on every user's PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed: apt-get install mariadb-server")
    return found
