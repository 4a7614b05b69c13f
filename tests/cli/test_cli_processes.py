"""Every command of `fundocr` in a process of its own: that it starts, prints and ends as it says.

What it does stands in the other modules, where it runs in the tests' own process. `serve` is what
every test of the whole service starts.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer

from cli.main import app
from db.access import Keys, Role
from db.engine import for_writing, open_engine
from db.store import Store
from tests.cli.replay_rows import ANSWERED, HOST, read
from tests.cli.tables_of import database_of
from tests.fundocr_command import ROOT, fundocr_process
from tests.trial import share_compiled

SAMPLE = ROOT / "samples" / "licaitong_light_inline.png"
PAGE = {"lines": ["基金代码 011608", "可用份额 12.50"]}
CASE = PAGE | {"fund_code": "011608", "hold_share": "12.50"}
LEGACY = (
    "CREATE TABLE ocr_info (id INTEGER PRIMARY KEY, image_url TEXT, business_type TEXT,"
    " ocr_fund_code TEXT, ocr_hold_share TEXT, update_fund_code TEXT, update_hold_share TEXT)"
)
NO_SERVICE = "start the service first (`make serve`)"


@dataclass(frozen=True, kw_only=True)
class Command:
    """What is typed, and piped in; what must stand on each output: "" is nothing at all."""

    words: str
    stdin: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    code: int = 0
    stdout: str = ""
    stderr: str = ""


COMMANDS = [
    Command(
        words="backfill - --url-type 7min_local --dry-run",
        stdin=f"{HOST}/基金.png",
        stdout=",HOST_NOT_ALLOWED,",
        stderr="1 line in ",
    ),
    Command(words="db copy --to sqlite:///none.db", code=1, stderr="none.db are missing; run"),
    Command(words="db forget https://h/x", code=1, stdout="No row is stored for this link.\n"),
    Command(words="db import-legacy", stdout="0 rows of ocr_info: 0 are imported"),
    Command(words="db upgrade", stdout="have this version's form already.\n"),
    Command(words="deploy model_store/ocr_handler.mar", code=1, stderr=NO_SERVICE),
    Command(
        words="doctor",
        settings={"FUNDOCR_MAX_BYTES": "many"},
        code=1,
        stdout="wrong  settings     FUNDOCR_MAX_BYTES: ",
    ),
    Command(words="drift", stdout="nothing to compare with yet"),
    Command(words="evaluate --cases {home}/cases.jsonl", stdout="1 right (100.0 %), 0 wrong"),
    Command(words="export", stdout=f"{HOST}/1.png"),
    Command(words="extract", stdin=json.dumps(PAGE), stdout='"hold_share":"12.50"'),
    Command(words="funds check {home}/funds.csv", stdout="1 fund, version funds@"),
    Command(words="funds convert {home}/funds.csv", stdout="code,name\n011608,恒澜\n"),
    Command(
        words="import-corrections {home}/list.csv",
        code=1,
        stdout="0 corrections are stored, 1 line is not.\n",
        stderr="line 2: ",
    ),
    Command(words="key add 小王 --role caller", stdout="\n", stderr="shown once"),
    Command(words="key list", stdout="老王"),
    Command(words="key login-link 老王", stdout="/login?token=", stderr="It works once"),
    Command(words="key revoke nobody", code=1, stderr="There is no key 'nobody' in use"),
    Command(words="plan --pictures-per-day 1000", stdout="1,000 pictures a day"),
    Command(words="recognize {sample} --format jsonl", stdout='"fund_code":"202015"'),
    Command(words="replay", stdout="1 row: 1 same"),
    Command(words="reread --model 1.0", code=1, stderr=NO_SERVICE),
    Command(words="rollback", code=1, stderr=NO_SERVICE),
    Command(words="scale", code=1, stderr=NO_SERVICE),
    Command(words="stop", code=1, stderr="so there is none to stop"),
    Command(words="token inference", stdout="token-of-torchserve\n"),
    Command(words="versions", code=1, stderr=NO_SERVICE),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where no service runs: a row, a key, a case, a wrong list, an empty table of old."""
    home = tmp_path_factory.mktemp("home")
    share_compiled(home)
    engine = open_engine(database_of(home))
    Store(engine).save([read(1, ANSWERED, "layout")])
    Keys(engine).add("老王", Role.CALLER)
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql(LEGACY)
    engine.dispose()
    (home / "cases.jsonl").write_text(json.dumps(CASE), encoding="utf-8")
    (home / "funds.csv").write_text("011608,恒澜\n", encoding="utf-8")
    (home / "list.csv").write_text("image_url,fund_code,hold_share\nx,1,2\n", encoding="utf-8")
    key = {"inference": {"key": "token-of-torchserve"}}
    (home / "key_file.json").write_text(json.dumps(key), encoding="utf-8")
    return home


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.words)
def test_a_command_works_as_a_process(command: Command, home: Path) -> None:
    done = fundocr_process(
        *command.words.format(home=home, sample=SAMPLE).split(),
        home=home,
        stdin=command.stdin.encode(),
        settings=command.settings,
    )
    said = {"stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    assert done.returncode == command.code, said
    for name, text in said.items():
        wanted: str = getattr(command, name)
        assert wanted in text if wanted else text == "", said
    assert "Traceback" not in said["stderr"]


def names_in(group: typer.Typer) -> set[str]:
    """As they are typed: `export`, `key add`."""
    found = set()
    for one in group.registered_commands:
        assert one.callback is not None
        found.add(one.name or one.callback.__name__.replace("_", "-"))
    for below in group.registered_groups:
        assert below.typer_instance is not None
        prefix = f"{below.name} " if isinstance(below.name, str) else ""
        found |= {prefix + name for name in names_in(below.typer_instance)}
    return found


def test_the_table_has_every_command() -> None:
    tried = {
        name for name in names_in(app) for one in COMMANDS if f"{one.words} ".startswith(f"{name} ")
    }
    assert {"key add", "export"} < tried == names_in(app) - {"serve"}


def test_the_installed_program_is_the_command_line() -> None:
    program = Path(sys.executable).with_name("fundocr")
    done = subprocess.run([program, "--help"], capture_output=True, check=True)
    assert b"\n  recognize" in done.stdout
