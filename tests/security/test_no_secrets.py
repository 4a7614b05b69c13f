"""Nothing secret is in what we hand out: the files of the repository, and both archives."""

import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import PROJECT

PASSWORD = "a password in an address"
# A shape that begins with plain letters is found ten times as fast as one that begins with \b.
SHAPES = {
    "a private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}",
    "a certificate": rb"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=]{20}",
    "a key of AWS": rb"A[KS]IA[0-9A-Z]{16}\b",
    "a key of Aliyun": rb"LTAI[0-9A-Za-z]{16,24}\b",
    "a token of GitHub": rb"gh[pousr]_[0-9A-Za-z]{36}",
    "a fine-grained token of GitHub": rb"github_pat_[0-9A-Za-z_]{22,}",
    "a token of GitLab": rb"glpat-[0-9A-Za-z_-]{20}",
    "a token of PyPI": rb"pypi-AgE[0-9A-Za-z_-]{50,}",
    "a token of npm": rb"npm_[0-9A-Za-z]{36}\b",
    "a token of Slack": rb"xox[abprs]-[0-9A-Za-z-]{10,}",
    "a key of Google": rb"AIza[0-9A-Za-z_-]{35}\b",
    "a JSON web token": rb"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
    "a key of our own": rb"[Bb]earer [0-9A-Za-z_-]{43}\b",
    "a session of our own": rb"fundocr_session=[0-9A-Za-z_-]{43}\b",
    PASSWORD: (
        rb"\b[a-z][a-z0-9+]*://(?!user:pass)[^\s/:@\"'<>{}$]+:(?!a-long-password@|password@|pass@)"
        rb"[^\s/@\"'<>{}$\x80-\xff]{3,}@"
    ),
    "a file of TorchServe's tokens": rb'"expiration time"\s*:\s*"\d{4}-',
    "a folder of a person": rb"/(?:home|Users)/(?!user\b|you\b)[a-z][\w.-]*/",
    "a folder of root": rb"(?<![\w.])/root/\w",
}
# Files with such names are for one machine alone.
PRIVATE = re.compile(
    r"(^|/)(\.env|key_file\.json|authorization|id_\w+|.*\.(pem|key|p12|pfx|jks|db))$"
)
ARCHIVES = ("ocr_handler.mar", "ocr_info_update.mar")
MANIFEST, SEAL = "manifest.json", "manifest.sha256"


def tracked() -> list[str]:
    """Every file that git hands out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True
    ).stdout
    return [name for name in listed.decode().split("\0") if name]


def members(archive: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(PROJECT / "model_store" / archive) as opened:
        for name in opened.namelist():
            yield name, opened.read(name)


def faults(content: bytes) -> list[str]:
    return [what for what, shape in SHAPES.items() if re.search(shape, content)]


def of_this_machine() -> list[bytes]:
    """Where the project lies here, and who runs it."""
    places = [PROJECT, Path.home()]
    return [str(place).encode() for place in places if len(place.parts) > 2]


def test_the_watch_sees_what_it_looks_for() -> None:
    seen = {
        "a private key": b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A" * 64,
        "a key of our own": b"Authorization: Bearer " + b"a" * 43,
        PASSWORD: b"mysql+pymysql://fundocr:s3cret@db/fundocr",
        "a file of TorchServe's tokens": b'{"key": "x", "expiration time": "2026-11-26T00:00:00Z"}',
        "a folder of a person": b"/home/anna/fundocr/",
    }
    for what, content in seen.items():
        assert faults(content) == [what]


def test_no_file_of_the_repository_holds_a_secret() -> None:
    found = {name: faults((PROJECT / name).read_bytes()) for name in tracked()}
    own = Path(__file__).relative_to(PROJECT).as_posix()  # it names what it looks for
    for name in found:
        if name.startswith("tests/"):  # their servers are made for them, and gone with them
            found[name] = [what for what in found[name] if what != PASSWORD]
    assert {name: what for name, what in found.items() if what and name != own} == {}


def test_no_file_of_the_repository_is_of_one_machine() -> None:
    names = tracked()
    assert len(names) > 300
    assert [name for name in names if PRIVATE.search(name)] == []
    here = of_this_machine()
    assert [n for n in names if any(one in (PROJECT / n).read_bytes() for one in here)] == []


def test_what_is_of_one_machine_is_kept_out_of_git() -> None:
    for name in (".env", "key_file.json", "var/run/authorization", "var/fundocr.db", "logs/x.log"):
        done = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=PROJECT, check=False)
        assert done.returncode == 0, name


@pytest.mark.parametrize("archive", ARCHIVES)
def test_no_archive_holds_a_secret(archive: str) -> None:
    files = dict(members(archive))
    assert len(files) > 20
    assert {name: what for name, one in files.items() if (what := faults(one))} == {}
    assert [name for name in files if PRIVATE.search(name)] == []


@pytest.mark.parametrize("archive", ARCHIVES)
def test_an_archive_tells_where_it_was_built_in_its_manifest_alone(archive: str) -> None:
    """docs/adr/0003: it remembers its home there."""
    home = str(PROJECT).encode()
    assert [name for name, one in members(archive) if home in one] == [MANIFEST]


def test_an_archive_has_what_the_repository_has_and_no_more() -> None:
    """But for the manifests and the weights."""
    names = {Path(name).name for name in tracked()}
    for archive in ARCHIVES:
        for name, _ in members(archive):
            is_ours = Path(name).name in names
            is_made = name.startswith(("model/", "MAR-INF/")) or name in (MANIFEST, SEAL)
            assert is_ours or is_made, name


def test_a_zip_inside_is_no_hiding_place() -> None:
    """Nothing that we hand out is packed in another packing."""
    packed = [name for name in tracked() if zipfile.is_zipfile(io.BytesIO(_start(name)))]
    assert packed == []


def _start(name: str) -> bytes:
    content = (PROJECT / name).read_bytes()
    return content if content[:2] == b"PK" else b""
