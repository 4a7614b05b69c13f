"""The manifests of deploy/k8s: by their schemas, against each other, and against the program."""

import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from cli.main import app
from pipeline.settings import PROJECT, Settings
from serving.front_address import GRACEFUL_SECONDS, front_address
from tests.deploy.container import image
from tests.front.app_routes import routes

K8S = PROJECT / "deploy" / "k8s"
PROGRAM = PROJECT / "scripts" / "check_manifests.py"
# For people to copy, and another chart's settings.
NOT_APPLIED = {"secret.example.yaml", "ingress.example.yaml", "prometheus-adapter.yaml"}


def documents(kind: str | None = None) -> Iterator[dict[str, Any]]:
    """Of all files, examples too; another chart's settings are none of ours."""
    for path in sorted(K8S.rglob("*.yaml")):
        if path.name == "prometheus-adapter.yaml":
            continue
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            if kind in (None, document.get("kind")):
                yield document


def the(kind: str, name: str = "fundocr") -> dict[str, Any]:
    (found,) = [one for one in documents(kind) if one["metadata"]["name"] == name]
    return found


def pods() -> dict[str, dict[str, Any]]:
    """The pod templates, by what makes them."""
    made = {"serve": the("Deployment"), "migrate": the("Job", "fundocr-migrate")}
    return {name: one["spec"]["template"] for name, one in made.items()}


def containers() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, container)
        for name, pod in pods().items()
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
    ]


@pytest.fixture(params=["serve", "migrate"])
def pod(request: pytest.FixtureRequest) -> dict[str, Any]:
    return pods()[request.param]


# Schemas


def check(folder: Path) -> str:
    """What `make check` says of the manifests of another folder."""
    program = PROGRAM.read_text("utf-8").replace(
        'Path(__file__).resolve().parent.parent / "deploy" / "k8s"', f"Path({str(folder)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


def test_every_manifest_is_as_the_schemas_of_kubernetes_say() -> None:
    assert check(K8S) == ""


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("deployment.yaml", "terminationGracePeriodSeconds: 200", "terminationGracePeriod: 200"),
        ("deployment.yaml", "runAsNonRoot: true", 'runAsNonRoot: "yes"'),
        ("deployment.yaml", "          readinessProbe:", "          readynessProbe:"),
        ("scaling.yaml", "autoscaling/v2", "autoscaling/v2beta2"),
        ("scaling.yaml", "minReplicas: 3", "minReplicas: three"),
        ("network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: Ingress"),
        ("migrate/job.yaml", "backoffLimit: 3", "backOffLimit: 3"),
        ("service.yaml", "port: 80", "port: http80"),
        ("secret.example.yaml", "kind: Secret", "kind: Secrets"),
    ],
)
def test_a_manifest_that_is_not_is_told(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    text = (K8S / file).read_text("utf-8")
    assert right in text
    (tmp_path / "some.yaml").write_text(text.replace(right, wrong), "utf-8")
    checks = runpy.run_path(str(PROGRAM))  # here, because what it imports takes two seconds
    for version in checks["versions"]():
        found = checks["problems"](tmp_path, version)
        assert found and all(problem.startswith("some.yaml (") for problem in found)


def test_the_check_fails_where_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text("apiVersion: v1\nkind: Secrets\n", "utf-8")
    assert check(tmp_path).startswith("some.yaml (Secrets)")


# Each other


def test_each_file_is_applied_or_meant_not_to_be() -> None:
    for folder in (K8S, K8S / "migrate"):
        kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        listed = kustomization["resources"]
        assert len(listed) == len(set(listed))
        assert set(listed) == files - NOT_APPLIED


def test_both_kustomizations_name_the_same_image_of_this_version() -> None:
    (first, second) = [one["images"] for one in documents("Kustomization")]
    assert first == second
    assert [one["name"] for one in first] == [containers()[0][1]["image"]]
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{first[0]["newTag"]}"\n' in text


def test_all_is_in_one_namespace_that_is_made_first() -> None:
    names = {one["metadata"].get("namespace") for one in documents() if "metadata" in one} - {None}
    assert names == {the("Namespace")["metadata"]["name"]}
    enforced = the("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert enforced == "restricted"


@pytest.mark.parametrize(
    "selector_of",
    [
        lambda: the("Deployment")["spec"]["selector"]["matchLabels"],
        lambda: the("Service")["spec"]["selector"],
        lambda: the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        lambda: pods()["serve"]["spec"]["topologySpreadConstraints"][0]["labelSelector"][
            "matchLabels"
        ],
    ],
    ids=["Deployment", "Service", "PodDisruptionBudget", "topologySpreadConstraints"],
)
def test_what_looks_for_the_services_pods_finds_these_alone(
    selector_of: Callable[[], dict[str, str]],
) -> None:
    wanted = selector_of().items()
    assert wanted
    labels = {name: one["metadata"]["labels"].items() for name, one in pods().items()}
    assert [name for name, given in labels.items() if wanted <= given] == ["serve"]


def test_the_network_policy_is_for_all_pods_and_closes_both_ways(pod: dict[str, Any]) -> None:
    policy = the("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}


def test_pictures_come_from_no_private_address_and_not_from_the_clouds_metadata() -> None:
    import ipaddress

    (pictures,) = [
        rule
        for rule in the("NetworkPolicy")["spec"]["egress"]
        if {port["port"] for port in rule["ports"]} == {80, 443}
    ]
    blocks = [one["ipBlock"] for one in pictures["to"]]

    def allowed(address: str) -> bool:
        one = ipaddress.ip_address(address)
        return any(
            one in ipaddress.ip_network(block["cidr"])
            and not any(one in ipaddress.ip_network(other) for other in block["except"])
            for block in blocks
        )

    assert allowed("93.184.216.34") and allowed("2606:2800::1")
    for address in ("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.1"):
        assert not allowed(address), address
    for address in ("::1", "fe80::1", "fd00:ec2::254", "::a00:1", "64:ff9b::a00:1"):
        assert not allowed(address), address


def test_the_autoscaler_scales_the_deployment_and_alone_says_how_many() -> None:
    scaler = the("HorizontalPodAutoscaler")["spec"]
    target = the("Deployment")
    assert scaler["scaleTargetRef"] == {
        "apiVersion": target["apiVersion"],
        "kind": target["kind"],
        "name": target["metadata"]["name"],
    }
    assert "replicas" not in target["spec"]
    (metric,) = scaler["metrics"]
    assert metric["pods"]["metric"]["name"] == "fundocr_queue_seconds_mean"
    # One pod of the fewest may be taken away, and the rest still serve.
    assert scaler["minReplicas"] > the("PodDisruptionBudget")["spec"]["maxUnavailable"] >= 1


def test_every_secret_that_is_asked_for_has_an_example_and_every_setting_a_place() -> None:
    examples = {one["metadata"]["name"]: one["stringData"] for one in documents("Secret")}
    asked = [
        variable["valueFrom"]["secretKeyRef"]
        for _, container in containers()
        for variable in container["env"]
        if "valueFrom" in variable
    ]
    assert {one["name"] for one in asked} == set(examples)
    assert all(one["key"] in examples[one["name"]] for one in asked)
    maps = {one["metadata"]["name"] for one in documents("ConfigMap")}
    for _, container in containers():
        assert {one["configMapRef"]["name"] for one in container.get("envFrom", [])} <= maps


def test_the_migration_and_the_service_have_users_of_their_own() -> None:
    """The service's may change no table."""
    users = {one["metadata"]["name"]: one["stringData"]["url"] for one in documents("Secret")}
    made = (PROJECT / "deploy" / "mysql" / "users.sql").read_text("utf-8")
    for secret, user in (
        ("fundocr-database", "fundocr"),
        ("fundocr-database-migrate", "fundocr_migrate"),
    ):
        assert f"//{user}:" in users[secret]
        assert f"CREATE USER IF NOT EXISTS '{user}'@" in made
    secrets = {
        name: [one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"][-1:]]
        for name, container in containers()
    }
    assert secrets == {"serve": ["fundocr-database"], "migrate": ["fundocr-database-migrate"]}


# What a pod may do


def test_no_pod_gets_a_token_of_kubernetes(pod: dict[str, Any]) -> None:
    account = the("ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]


def test_every_pod_runs_as_the_images_user(pod: dict[str, Any]) -> None:
    security = pod["spec"]["securityContext"]
    uid, _, gid = image().user.partition(":")
    assert security["runAsNonRoot"] is True
    assert (security["runAsUser"], security["runAsGroup"]) == (int(uid), int(gid))
    assert security["fsGroup"] == int(gid)  # or it could not write its volumes
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize(("name", "container"), containers(), ids=[n for n, _ in containers()])
def test_every_container_may_change_nothing(name: str, container: dict[str, Any]) -> None:
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    mounted = {one["mountPath"] for one in container["volumeMounts"]}
    assert mounted == {image().environment["FUNDOCR_HOME"], "/tmp"}
    assert {one["name"] for one in container["volumeMounts"]} == {
        one["name"] for one in pods()[name]["spec"]["volumes"]
    }
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]


# The program


@pytest.mark.parametrize(("name", "container"), containers(), ids=[n for n, _ in containers()])
def test_every_container_starts_a_command_that_exists(name: str, container: dict[str, Any]) -> None:
    assert "command" not in container, "the image's entry point stays"
    command: Any = typer.main.get_command(app)
    for word in container["args"]:
        command = command.commands[word]
    assert name in ("serve", "migrate")


def test_every_setting_is_one() -> None:
    names = {name for one in documents("ConfigMap") for name in one["data"]}
    names |= {variable["name"] for _, one in containers() for variable in one["env"]}
    assert names
    assert {name.removeprefix("FUNDOCR_").lower() for name in names} <= set(Settings.model_fields)
    assert all(name.startswith("FUNDOCR_") for name in names)


def test_the_settings_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (data,) = [one["data"] for one in documents("ConfigMap")]
    for name, text in data.items():
        monkeypatch.setenv(name, text)
    settings = Settings(home=tmp_path)
    (_, serve), *_ = containers()
    assert settings.threads == int(serve["resources"]["requests"]["cpu"])
    # 0.8 GB for front door, Java and corrections: measured, docs/reliability.md.
    limit = int(serve["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024**3
    assert settings.worker_memory + 800_000_000 < limit


def test_ports_agree() -> None:
    (_, serve), *_ = containers()
    _, port = front_address(Settings(front_address=image().environment["FUNDOCR_FRONT_ADDRESS"]))
    assert [one["containerPort"] for one in serve["ports"]] == [port]
    (name,) = [one["name"] for one in serve["ports"]]
    (given,) = the("Service")["spec"]["ports"]
    assert given["targetPort"] == name
    (way_in,) = the("NetworkPolicy")["spec"]["ingress"]
    assert [one["port"] for one in way_in["ports"]] == [port]
    backend = the("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "fundocr", "port": {"name": given["name"]}}


def test_probes_ask_for_what_the_front_door_has() -> None:
    (_, serve), *_ = containers()
    known = {path for method, path in routes() if method == "GET"}
    asked = {
        name: serve[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    for one in asked.values():
        assert one["path"].partition("?")[0] in known
        assert one["port"] == serve["ports"][0]["name"]
    # A database that is away is no reason to start anew, or to answer nothing at all.
    assert asked["livenessProbe"]["path"] == "/healthz"
    assert asked["readinessProbe"]["path"] == "/readyz?parts=models"


def test_a_stop_may_take_as_long_as_the_longest_request() -> None:
    template = pods()["serve"]["spec"]
    (serve,) = template["containers"]
    settings = {one["name"]: one.get("value") for one in serve["env"]}
    drain = float(settings["FUNDOCR_DRAIN_SECONDS"])
    words = serve["lifecycle"]["preStop"]["exec"]["command"]
    assert words[0] == "sleep"
    needed = int(words[1]) + drain + GRACEFUL_SECONDS
    assert template["terminationGracePeriodSeconds"] >= needed + 10
    assert re.fullmatch(r"\d+", words[1])
