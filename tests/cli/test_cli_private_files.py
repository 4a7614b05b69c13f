"""What commands write into FUNDOCR_HOME is its user's alone; what he asked for is as he has it."""

import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.rights import private
from pipeline.settings import Settings
from serving.failure import Failure
from serving.process import raise_file_handles
from tests.fundocr_command import fundocr


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Of a user whose own files everybody may read, in a folder that everybody reaches."""
    (tmp_path / "home").mkdir(mode=0o755)
    before = os.umask(0o022)
    yield tmp_path / "home"
    os.umask(before)


def modes(home: Path) -> dict[str, int]:
    return {
        path.relative_to(home).as_posix(): path.stat().st_mode & 0o777 for path in home.rglob("*")
    }


def test_the_database_is_private(home: Path) -> None:
    assert fundocr("db", "upgrade", home=home).returncode == 0
    assert modes(home) == {"var": 0o700, "var/fundocr.db": 0o600}
    assert os.umask(0o022) == 0o022, "the command has ended"


def test_files_that_were_asked_for_are_as_the_user_has_them(home: Path, tmp_path: Path) -> None:
    fundocr("db", "upgrade", home=home)
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "funds.csv").write_text("code,name\n011608,恒澜成长混合\n")
    case = {"lines": ["x"], "fund_code": "", "hold_share": ""}
    (tmp_path / "cases").write_text(json.dumps(case))
    for command in (
        ("export", "--out", out / "rows.csv"),
        ("funds", "convert", tmp_path / "funds.csv", "--out", out / "funds.csv"),
        ("evaluate", "--cases", tmp_path / "cases", "--html", out / "page.html"),
    ):
        done = fundocr(*command, home=home)
        assert done.returncode == 0, done.stderr
    assert modes(out) == dict.fromkeys(("rows.csv", "funds.csv", "page.html"), 0o644)


def test_doctor_tells_of_what_others_can_read_and_how_to_mend_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.rights._reach", lambda place: 0o077)  # pytest's are private
    settings = Settings(home=home, database_url=f"sqlite:///{home}/rows.db")
    assert private(settings) == "nobody else on this machine reads what the service writes"
    for name in ("var/log/front.log", "var/run/hold", "var/private/x", ".env", "rows.db"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("")
    (home / "var" / "private").chmod(0o700)
    (home / "var" / "run" / "hold").chmod(0o600)
    (home / "rows.db").chmod(0o640)
    with pytest.raises(Failure) as failure:
        private(settings)
    assert str(failure.value) == (
        f"Other users of this machine can read {home}/var/log/front.log, {home}/.env, "
        f"{home}/rows.db; run `chmod -R go= {home}/var {home}/.env {home}/rows.db`."
    )
    for name in ("var", ".env", "rows.db"):
        (home / name).chmod(0o700)
    assert private(settings).startswith("nobody else")


def test_what_nobody_else_can_reach_is_private(home: Path) -> None:
    (home / ".env").write_text("")
    home.chmod(0o700)
    private(Settings(home=home))


@pytest.mark.parametrize("soft", [256, None])
def test_as_many_files_may_be_open_as_the_machine_allows(soft: int | None) -> None:
    """None: as many as that from the first."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft or hard, hard))
        raise_file_handles()
        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised == (most if soft else hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
