"""The list of parts: all packages, all that is inside TorchServe's jar, and nothing guessed."""

import json
import zipfile
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from evals.audit.advisories import SERVICE, pinned
from evals.audit.jar import parts
from evals.audit.sbom import NotAsPinned, fault, sbom, written

JAR = Path(str(distribution("torchserve").locate_file("ts/frontend/model-server.jar")))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return sbom()


def components(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in document["components"] if one["type"] == kind}


def test_it_is_valid_by_its_own_schema(document: dict[str, Any]) -> None:
    text = written(document)
    assert json.loads(text) == document
    assert fault(text) is None


def test_a_document_that_is_wrong_is_not_called_valid(document: dict[str, Any]) -> None:
    assert fault(written({**document, "bomFormat": "none"})) is not None
    assert fault(written({**document, "surprise": 1})) is not None


def test_every_package_that_serves_is_in_it_as_pinned(document: dict[str, Any]) -> None:
    listed = {
        one["name"]: one["version"]
        for one in document["components"]
        if "pypi" in one.get("purl", "")
    }
    wanted = {name: str(version) for name, version in pinned(SERVICE, here=True).items()}
    assert wanted.items() <= listed.items()
    assert listed.keys() - wanted.keys() == {"torch"}
    assert all("@" in one["purl"] for one in document["components"] if "purl" in one)


def test_a_package_of_another_version_makes_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.audit.sbom.torch", lambda: "0.1")
    with pytest.raises(NotAsPinned, match="torch is installed as"):
        sbom()


def test_the_jar_is_in_it_with_its_parts_and_their_versions(document: dict[str, Any]) -> None:
    server = components(document, "application")["model-server.jar"]
    assert server["hashes"][0]["content"] == sha256(JAR.read_bytes()).hexdigest()
    inside = {one["name"]: one.get("version") for one in server["components"]}
    assert inside["netty-codec-http"] == "4.1.53.Final"
    assert inside["log4j-core"] == "2.17.1"
    assert inside["grpc-core"] == "1.50.0"
    assert inside["gson"] == "2.10.1"
    assert inside["snakeyaml"] is None, "the jar does not tell it, and it is not guessed"


def test_no_class_of_the_jar_is_of_an_unknown_part() -> None:
    found = parts(JAR)
    assert len(found) > 50
    assert [part for part in found if part.group == "?"] == []
    assert len({part.purl for part in found}) == len(found)


def test_a_part_that_nobody_knows_is_named_and_not_left_out(tmp_path: Path) -> None:
    jar = tmp_path / "a.jar"
    with zipfile.ZipFile(jar, "w") as new:
        new.writestr("com/example/new/Thing.class", b"")
        new.writestr("META-INF/maven/g/a/pom.properties", "groupId=g\nartifactId=a\nversion=1.2\n")
    found = {(part.group, part.name): part.version for part in parts(jar)}
    assert found == {("?", "com.example.new"): None, ("g", "a"): "1.2"}


def test_java_and_the_models_are_in_it_with_their_hashes(document: dict[str, Any]) -> None:
    (java,) = components(document, "platform").values()
    assert java["version"].startswith("21.")
    assert len(java["hashes"][0]["content"]) == 64
    models = components(document, "machine-learning-model")
    assert {"PP-OCRv6_small/det", "PP-OCRv6_small/rec", "PP-OCRv6_tiny/rec"} <= models.keys()
    for model in models.values():
        assert len(model["components"]) > 1
        assert all(len(file["hashes"][0]["content"]) == 64 for file in model["components"])


def test_what_others_wrote_of_the_pages_is_in_it(document: dict[str, Any]) -> None:
    chart = components(document, "library")["chart.js"]
    assert chart["purl"] == f"pkg:npm/chart.js@{chart['version']}"
