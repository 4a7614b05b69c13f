"""Archives that are well made and yet of no use, as an engineer's mistake makes them."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path

from tests.serve.archives import rewritten

# Each is added to the end of a module of a sound archive, whose manifest says so.
FAILS_TO_LOAD = ("db/store.py", "raise RuntimeError('this module cannot be imported')")
READS_WRONG = (
    "pipeline/answer.py",
    "_true = answer_body\n"
    "def answer_body(*given):\n"
    "    body = _true(*given)\n"
    "    if body['flag']:\n"
    "        body['data'] = body['data'] | {'hold_share': '1' + body['data']['hold_share']}\n"
    "    return body",
)
READS_NOTHING = (
    "pipeline/answer.py",
    "_true = answer_body\n"
    "def answer_body(*given):\n"
    "    empty = {'fund_code': '', 'hold_share': ''}\n"
    "    return _true(*given) | {'flag': False, 'data': empty}",
)
FAILS_TO_ANSWER = (
    "handlers/exchange.py",
    "def recognise_request(call):\n    raise RuntimeError('no picture is ever looked at')",
)


def version_of(archive: Path, into: Path, version: str) -> Path:
    """The same archive under another version."""
    return rewritten(archive, into, {}, version=version)


def with_mistake(archive: Path, into: Path, version: str, mistake: tuple[str, str]) -> Path:
    """The archive with a mistake in its code."""
    name, code = mistake
    with zipfile.ZipFile(archive) as file:
        facts = json.loads(file.read("manifest.json"))
        content = file.read(name) + f"\n\n{code}\n".encode()
    facts["files"][name] = sha256(content).hexdigest()
    changes = {name: content, "manifest.json": json.dumps(facts).encode()}
    return rewritten(archive, into, changes, version=version)


def cut_off(archive: Path, into: Path) -> Path:
    """The first half of an archive, as a copy that broke off leaves it."""
    content = archive.read_bytes()
    into.write_bytes(content[: len(content) // 2])
    return into
