"""scripts/system_libraries.sh and the real loader; scripts/try_slim.sh tries what apt does."""

import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from pipeline.settings import PROJECT
from tests.setup.checkout import only_line, run_script

SCRIPT = "scripts/system_libraries.sh"


def test_nothing_is_said_where_every_library_is_there() -> None:
    done = run_script(PROJECT, [SCRIPT])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_library_that_no_known_package_holds_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(PROJECT / SCRIPT, tmp_path / SCRIPT)
    make = [sys.executable, "-m", "venv", "--without-pip", ".venv"]
    subprocess.run(make, cwd=tmp_path, check=True)
    package = next((tmp_path / ".venv" / "lib").glob("python3*")) / "site-packages" / "cv2"
    package.mkdir()
    (package / "__init__.py").touch()
    # A real shared object, which asks the loader for a library that no machine has.
    (real,) = Path(psutil.__file__).parent.glob("_psutil_linux*.so")
    (package / "cv2.abi3.so").write_bytes(real.read_bytes().replace(b"libc.so.6", b"libq.so.6"))
    done = run_script(tmp_path, [SCRIPT])
    assert done.returncode == 1
    assert "libq.so.6" in only_line(done.stderr)
