"""The whole service as the image runs it: an ordinary user, a read-only root, no capability."""

import json
import re
from pathlib import Path

import pytest

from pipeline.settings import PROJECT
from serving.self_check import known_sample
from tests.deploy.container import image, run_in

# What compose.yaml mounts at /tmp.
TMP = "mode=1777,size=1g,exec"

SERVE = """
touch $HOME/said
$PYTHON -m cli serve >$HOME/said 2>&1 &
service=$!
until grep -q ^READY $HOME/said; do
  kill -0 $service || { cat $HOME/said; exit 1; }
  sleep 0.2
done
$PYTHON - "$1" <<'PYTHON'
import sys, urllib.request
from pathlib import Path
name, _, key = Path("/var/lib/fundocr/var/run/authorization").read_text().strip().partition(": ")
ask = urllib.request.Request(
    "http://127.0.0.1:8000/ocr_handler", Path(sys.argv[1]).read_bytes(),
    {"Content-Type": "image/png", name: key},
)
print("ANSWER", urllib.request.urlopen(ask, timeout=120).read().decode())
ready = urllib.request.urlopen("http://127.0.0.1:8000/readyz?parts=models", timeout=30)
print("READYZ", ready.status)
PYTHON
$PYTHON -m cli stop
wait $service
echo "ENDED $?"
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What it said over a whole life, and its FUNDOCR_HOME afterwards."""
    home = tmp_path_factory.mktemp("home")
    sample = known_sample().path.relative_to(PROJECT)
    done = run_in(home, f"set -- {sample}\n{SERVE}", tmp_options=TMP)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + (home / "said").read_text("utf-8"), home


def test_it_reads_a_sample_and_stops(lived: tuple[str, Path]) -> None:
    said, _ = lived
    found = re.search(r"^ANSWER (.*)$", said, re.MULTILINE)
    assert found is not None, said
    answer = json.loads(found.group(1))
    assert answer["data"] == known_sample().data
    assert answer["detail"]["source"] == "ocr"
    assert "READYZ 200" in said
    assert "ENDED 0" in said


def test_nothing_wanted_to_write_elsewhere(lived: tuple[str, Path]) -> None:
    """Who is refused says so, in some log or other."""
    said, home = lived
    texts = {path.name: path.read_text("utf-8", "replace") for path in home.rglob("*.log")}
    assert {"front.log", "ts_log.log", "model_log.log", "console.log"} <= set(texts)
    for name, text in {**texts, "console": said}.items():
        assert "Read-only file system" not in text, name
        assert "Permission denied" not in text, name


def test_what_openvino_has_compiled_is_kept_in_home(lived: tuple[str, Path]) -> None:
    _, home = lived
    assert any(path.is_file() for path in (home / "var" / "cache").iterdir())


def test_the_root_cannot_be_written_and_the_user_is_nobody(tmp_path: Path) -> None:
    """So that the tests above are about something."""
    script = """
    id -u
    for place in / /opt/fundocr /opt/fundocr/.venv /usr /etc /var; do
      ! touch "$place/x" 2>/dev/null || echo "could write $place"
    done
    touch "$FUNDOCR_HOME/x" /tmp/x
    grep CapEff /proc/self/status
    """
    done = run_in(tmp_path / "home", script)
    assert done.returncode == 0, done.stderr
    uid, capabilities = done.stdout.split("\n", 1)
    assert "could write" not in done.stdout
    if uid != "0":  # "0" is the caller himself, where he has no root's rights to give
        assert uid == image().user.partition(":")[0]
        assert re.fullmatch(r"CapEff:\t0+\n", capabilities)


def test_the_migration_runs_the_same_way(tmp_path: Path) -> None:
    done = run_in(tmp_path / "home", "$PYTHON -m cli db upgrade", tmp_options="mode=1777,size=64m")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "home" / "var" / "fundocr.db").is_file()
