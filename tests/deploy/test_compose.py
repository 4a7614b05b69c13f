"""compose.yaml: parsed as it stands, against its example.env and the program. No engine runs it."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
import yaml

from cli.main import app
from pipeline.settings import PROJECT, Settings
from tests.deploy.container import image
from tests.front.app_routes import routes

DOCKER = PROJECT / "deploy" / "docker"
FILE = DOCKER / "compose.yaml"
OURS = ("migrate", "fundocr")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


def variables() -> Iterator[str]:
    for line in (DOCKER / "example.env").read_text("utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            yield line.partition("=")[0]


def test_what_it_asks_of_the_environment_stands_in_the_example() -> None:
    text = re.sub(r"\$\$\w+", "", FILE.read_text("utf-8"))
    assert set(re.findall(r"\$\{(\w+)", text)) == set(variables())


def test_a_password_that_was_not_chosen_starts_nothing(compose: dict[str, Any]) -> None:
    for name in variables():
        assert compose["services"]["mysql"]["environment"][name] == f"${{{name}:?see example.env}}"


def test_a_chosen_env_is_committed_by_nobody() -> None:
    done = subprocess.run(["git", "check-ignore", "-q", str(DOCKER / ".env")], cwd=PROJECT)
    assert done.returncode == 0


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_change_nothing(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service, "the image's own"
    mounts = [one.split(":") for one in service["tmpfs"] + service.get("volumes", [])]
    places = {part for mount in mounts for part in mount if part.startswith("/")}
    assert places == {image().environment["FUNDOCR_HOME"], "/tmp"}


@pytest.mark.parametrize("name", OURS)
def test_a_tmpfs_says_its_size(compose: dict[str, Any], name: str) -> None:
    assert all("size=" in one for one in compose["services"][name]["tmpfs"])


def test_tmpfs_of_home_belongs_to_the_images_user(compose: dict[str, Any]) -> None:
    (home,) = [one for one in compose["services"]["migrate"]["tmpfs"] if "fundocr" in one]
    uid, _, gid = image().user.partition(":")
    assert f"uid={uid},gid={gid}" in home


@pytest.mark.parametrize("name", OURS)
def test_commands_and_settings_exist(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    command: Any = typer.main.get_command(app)
    for word in service.get("command", image().command):
        command = command.commands[word]
    for setting in service["environment"]:
        assert setting.removeprefix("FUNDOCR_").lower() in Settings.model_fields
    assert service["build"]["dockerfile"] == "deploy/docker/Dockerfile"
    assert (DOCKER / service["build"]["context"]).resolve() == PROJECT


def test_the_service_starts_when_its_tables_are_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["depends_on"] == {"mysql": {"condition": "service_healthy"}}
    done = {"migrate": {"condition": "service_completed_successfully"}}
    assert services["fundocr"]["depends_on"] == done
    url = services["fundocr"]["environment"]["FUNDOCR_DATABASE_URL"]
    assert url == services["migrate"]["environment"]["FUNDOCR_DATABASE_URL"]
    mysql = services["mysql"]["environment"]
    user, database = mysql["MYSQL_USER"], mysql["MYSQL_DATABASE"]
    assert url == f"mysql+pymysql://{user}:${{MYSQL_PASSWORD}}@mysql/{database}"


def test_ports_and_health_fit_the_image(compose: dict[str, Any]) -> None:
    service = compose["services"]["fundocr"]
    port = image().environment["FUNDOCR_FRONT_ADDRESS"].rpartition(":")[2]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    program, python, flag, code = service["healthcheck"]["test"]
    assert (program, flag) == ("CMD", "-c")
    assert python == f"{image().workdir}/.venv/bin/python"
    compile(code, "healthcheck", "exec")
    (path,) = re.findall(rf"http://127\.0\.0\.1:{port}(/\w+)", code)
    assert ("GET", path) in routes()


def test_what_the_settings_say_is_taken(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = compose["services"]["fundocr"]
    for name, text in service["environment"].items():
        monkeypatch.setenv(name, text)
    settings = Settings()
    assert service["mem_limit"] == "4g"
    assert settings.worker_memory + 800_000_000 < 4 * 1024**3
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    assert [str(one) for one in settings.proxy_cidrs] == [f"{network['gateway']}/32"]
