"""Alive, ready, and what is missing where it is not."""

from contextlib import AbstractContextManager
from pathlib import Path

import requests

from tests.front.in_process import front_in_process, lone_front_in_process
from tests.front.openapi_schema import assert_as_described
from tests.trial import Trial


def missing(url: str) -> tuple[int, list[str]]:
    """What /readyz names, asked the way a load balancer does."""
    answer = requests.get(f"{url}/readyz", timeout=60)
    assert_as_described(answer, "get", "/readyz")
    if answer.status_code != 200:
        assert answer.json()["code"] == "NOT_READY"
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code, answer.json().get("missing", [])


def test_a_service_that_runs_is_ready(trial: Trial) -> None:
    assert missing(trial.front) == (200, [])
    ping = requests.get(f"{trial.front}/ping", timeout=60)
    assert (ping.status_code, ping.json()) == (200, {"status": "Healthy"})
    assert_as_described(ping, "get", "/ping")


def test_without_torchserve_and_tables_all_is_missing_but_it_lives(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    with front_in_process(nobody, tmp_path, management=nobody) as url:
        assert missing(url) == (503, ["ocr_handler", "ocr_info_update", "database"])
        assert requests.get(f"{url}/healthz", timeout=30).json() == {"alive": True}
        ping = requests.get(f"{url}/ping", timeout=30)
        assert (ping.status_code, ping.json()["missing"]) == (503, ["torchserve"])


def test_with_tables_and_without_torchserve_the_models_are_missing(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path) as url:
        assert missing(url) == (503, ["ocr_handler", "ocr_info_update"])


def test_a_balancer_may_ask_for_the_models_alone(trial: Trial, tmp_path: Path) -> None:
    """The database is everybody's: without it no front door is worse than another."""
    nothing = {"FUNDOCR_DATABASE_URL": f"sqlite:///{tmp_path}/without-tables.db"}
    address = trial.address
    with front_in_process(
        address.inference, trial.home, management=address.management, **nothing
    ) as url:
        assert missing(url) == (503, ["database"])
        assert requests.get(f"{url}/readyz?parts=models", timeout=60).json() == {"ready": True}
    with lone_front_in_process(tmp_path) as url:
        answer = requests.get(f"{url}/readyz?parts=models", timeout=60)
        assert (answer.status_code, answer.json()["missing"]) == (
            503,
            ["ocr_handler", "ocr_info_update"],
        )


def test_a_token_that_is_not_torchserves_does_not_make_it_ready(
    trial: Trial, tmp_path: Path
) -> None:
    """Another home: its key file is missing, although TorchServe answers at these addresses."""
    address = trial.address
    with front_in_process(address.inference, tmp_path, management=address.management) as url:
        assert missing(url)[1][:2] == ["ocr_handler", "ocr_info_update"]


def test_a_model_without_a_worker_is_missing_although_ping_is_healthy(
    trial: Trial,
) -> None:
    """Its worker is taken away and given back."""

    def scale(workers: int) -> None:
        answer = requests.put(
            f"{trial.address.management}/models/ocr_info_update",
            params={"min_worker": workers, "max_worker": workers, "synchronous": "true"},
            headers=trial.authorization("management"),
            timeout=120,
        )
        assert answer.status_code == 200

    def front() -> AbstractContextManager[str]:
        """One that has not asked yet."""
        address = trial.address
        return front_in_process(address.inference, trial.home, management=address.management)

    with front() as url:
        scale(0)
        try:
            assert missing(url) == (503, ["ocr_info_update"])
            assert requests.get(f"{url}/ping", timeout=30).status_code == 200
        finally:
            scale(1)
    with front() as url:
        assert missing(url) == (200, [])
