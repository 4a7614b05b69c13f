"""Settings are typed, checked at start, and every wrong one is named."""

import os
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.settings import PROJECT, Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("FUNDOCR_")]:
        monkeypatch.delenv(name)


def test_without_any_setting_the_embedded_database_in_the_project_is_used() -> None:
    settings = load_settings()
    assert settings.home == PROJECT
    assert settings.resolved_database_url == f"sqlite:///{PROJECT}/var/fundocr.db"
    assert (settings.engine, settings.box_threshold, settings.text_threshold) == (
        *("openvino",),
        0.5,
        0.5,
    )


def test_the_file_env_in_home_is_read_and_the_environment_wins_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("FUNDOCR_ENGINE=paddle\nFUNDOCR_MAX_BYTES=5\n")
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    monkeypatch.setenv("FUNDOCR_MAX_BYTES", "7")
    settings = load_settings()
    assert (settings.engine, settings.max_bytes) == ("paddle", 7)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path}/var/fundocr.db"


def test_a_server_url_and_an_absolute_sqlite_path_stay_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for url in ("mysql+pymysql://u:p@h/d", "sqlite:////somewhere/rows.db"):
        monkeypatch.setenv("FUNDOCR_DATABASE_URL", url)
        assert load_settings().resolved_database_url == url


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_OSS_HOSTS", "Bucket.example.com, *.example.org ,")
    monkeypatch.setenv("FUNDOCR_LOCAL_CIDRS", "10.0.0.0/8,fd00::/8")
    settings = load_settings()
    assert settings.oss_hosts == ("bucket.example.com", "*.example.org")
    assert [str(network) for network in settings.local_cidrs] == ["10.0.0.0/8", "fd00::/8"]


def test_every_wrong_setting_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_ENGINE", "tesseract")
    monkeypatch.setenv("FUNDOCR_BOX_THRESHOLD", "half")
    monkeypatch.setenv("FUNDOCR_LOCAL_CIDRS", "10.0.0.0/33")
    monkeypatch.setenv("FUNDOCR_FRONT_ADDRESS", "8000")
    with pytest.raises(SettingsError) as failure:
        load_settings()
    lines = str(failure.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "FUNDOCR_ENGINE",
        "FUNDOCR_BOX_THRESHOLD",
        "FUNDOCR_LOCAL_CIDRS",
        "FUNDOCR_FRONT_ADDRESS",
    ]


def test_a_home_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_HOME", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="FUNDOCR_HOME: /nowhere/at/all"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("3000000000", 3_000_000_000), ("3 GiB", 3 * 1024**3)]
)
def test_the_memory_of_a_worker_is_written_with_or_without_a_unit(
    text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNDOCR_WORKER_MEMORY", text)
    assert load_settings().worker_memory == size


@pytest.mark.parametrize("text", ["much", "-1", "3 apples"])
def test_a_memory_that_is_none_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_WORKER_MEMORY", text)
    with pytest.raises(SettingsError, match="FUNDOCR_WORKER_MEMORY"):
        load_settings()


def test_an_env_file_that_is_none_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    env = tmp_path / ".env"
    os.mkfifo(env)
    with pytest.raises(SettingsError, match="It is a pipe, a device or a socket and no file"):
        load_settings()
    env.unlink()
    text = "FUNDOCR_RATE=7\n"
    for content in (b"\xff\xfe", *map(text.encode, ("utf-16", "utf-16-le", "utf-8-sig"))):
        env.write_bytes(content)
        with pytest.raises(SettingsError, match=r"\.env is no text in UTF-8; save it as UTF-8, .*"):
            load_settings()
    env.write_text(text)
    assert load_settings().rate == 7
    env.unlink()
    load_settings()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("FUNDOCR_RATES", "did you mean FUNDOCR_RATE?"),
        ("FUNDOCR_TEXT_TRESHOLD", "did you mean FUNDOCR_TEXT_THRESHOLD?"),
        ("FUNDOCR_LOCAL_HOST", "did you mean FUNDOCR_LOCAL_HOSTS?"),
        ("fundocr_databse_url", "did you mean FUNDOCR_DATABASE_URL?"),
        ("FUNDOCR_XYZZY_PLUGH", "docs/settings.md has all"),
    ],
)
def test_a_name_that_no_setting_has_is_told_with_the_nearest_one(
    name: str, hint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    monkeypatch.setenv(name, "1")
    assert load_settings().rate == 500  # an older archive's worker, beside newer settings
    with pytest.raises(SettingsError) as failure:
        load_settings(strict=True)
    assert str(failure.value) == f"{name}: there is no such setting; {hint}"
    monkeypatch.delenv(name)
    (tmp_path / ".env").write_text(f"# {name}\nOTHER=1\nexport {name}=1\nFUNDOCR_RATE=2\n")
    with pytest.raises(SettingsError) as failure:
        load_settings(strict=True)
    place = tmp_path / ".env"
    assert str(failure.value) == f"{name} in {place}: there is no such setting; {hint}"


def test_a_name_with_two_values_in_the_file_is_told_with_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    file.write_text(
        "FUNDOCR_RULES=seed\n# FUNDOCR_RULES=layout\nFUNDOCR_RATE=7\nOTHER=1\nOTHER=2\n"
        "\nexport FUNDOCR_RATE='7'\nfundocr_rules = layout\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(strict=True)
    assert str(caught.value) == (
        f"FUNDOCR_RULES in {file}: has several values, in lines 1 and 8; keep one of them"
    )
    assert load_settings().rules == "layout"  # workers start all the same


def test_a_time_zone_is_one_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().zone == ZoneInfo("Asia/Shanghai")
    monkeypatch.setenv("FUNDOCR_TIMEZONE", "Europe/Berlin")
    assert load_settings().zone == ZoneInfo("Europe/Berlin")
    for text in ("", "Peking", "../UTC", "/etc/passwd", "+08:00", "Asia"):
        monkeypatch.setenv("FUNDOCR_TIMEZONE", text)
        with pytest.raises(
            SettingsError, match=r"^FUNDOCR_TIMEZONE: .* is no time zone; for example "
        ):
            load_settings()


def test_wrong_values_and_wrong_names_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_RATE", "0")
    monkeypatch.setenv("FUNDOCR_RATES", "0")
    with pytest.raises(SettingsError) as failure:
        load_settings(strict=True)
    lines = str(failure.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["FUNDOCR_RATE", "FUNDOCR_RATES"]


def test_what_kubernetes_tells_of_a_service_of_this_name_is_no_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {
        "FUNDOCR_SERVICE_HOST": "10.0.0.1",
        "FUNDOCR_SERVICE_PORT_HTTP": "8000",
        "FUNDOCR_PORT": "tcp://10.0.0.1:8000",
        "FUNDOCR_FRONT_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    for name, text in told.items():
        monkeypatch.setenv(name, text)
    load_settings(strict=True)
    monkeypatch.setenv("FUNDOCR_PORT", "8000")
    with pytest.raises(SettingsError, match=r"^FUNDOCR_PORT: there is no such setting; .*$"):
        load_settings(strict=True)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("MAX_BYTES", "10 apples", "'10 apples' is no number of bytes; for example {}=10 MiB"),
        ("MAX_PIXELS", "many", "'many' is no whole number; for example {}=50000000"),
        ("MAX_PIXELS", "0", "'0' is not above 0; for example {}=50000000"),
        ("FETCH_SECONDS", "soon", "'soon' is no number; for example {}=5.0"),
        ("FRONT_ADDRESS", "8000", "'8000' is no host:port; for example {}=127.0.0.1:8000"),
        ("FRONT_ADDRESS", "a:99999", "a:99999 has no port below 65536, as 127.0.0.1:8000 has"),
        ("LEGACY", "maybe", "'maybe' is neither 0 nor 1; for example {}=0"),
        ("DEVICE", "cuda", "'cuda' is no device; for example {}=gpu:0"),
        ("RULES", "best", "'best' is none of 'layout' or 'seed'; for example {}=layout"),
        ("LOCAL_CIDRS", "10.0.0.1/8", "10.0.0.1/8 is not a network such as 10.0.0.0/8"),
        (
            *("LOCAL_HOSTS", "http://10.0.0.5/"),
            "'http://10.0.0.5/' is not a host such as bucket.example.com, *.example.com "
            "or 10.0.0.5:8080",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_name_and_an_example(
    name: str, text: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FUNDOCR_{name}", text)
    with pytest.raises(SettingsError) as failure:
        load_settings()
    assert str(failure.value) == f"FUNDOCR_{name}: " + sentence.format(f"FUNDOCR_{name}")


def test_every_setting_that_can_be_wrong_has_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.setenv(f"FUNDOCR_{field.upper()}", " ")
    monkeypatch.delenv("FUNDOCR_HOME")
    with pytest.raises(SettingsError) as failure:
        load_settings()
    lines = str(failure.value).splitlines()
    assert len(lines) > 15
    for line in lines:
        example = line.rpartition("for example ")[2]
        name, _, text = example.partition("=")
        monkeypatch.setenv(name, text)
    for field in Settings.model_fields:
        if f"FUNDOCR_{field.upper()}:" not in str(failure.value):
            monkeypatch.delenv(f"FUNDOCR_{field.upper()}", raising=False)
    load_settings()  # all examples at once


def test_a_picture_may_be_as_large_as_a_size_with_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNDOCR_MAX_BYTES", "10 MiB")
    assert load_settings().max_bytes == 10 * 1024 * 1024


def test_legacy_means_what_the_replaced_service_had_and_named_settings_win(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FUNDOCR_LEGACY", "1")
    settings = load_settings()
    assert (settings.legacy_status, settings.front_address) == (True, "0.0.0.0:8000")
    asks = {
        text: any(ip_address(text) in network for network in settings.anonymous_cidrs)
        for text in ("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.7.7", "8.8.8.8", "100.64.0.1")
    }
    assert [text for text, is_let_in in asks.items() if not is_let_in] == ["8.8.8.8", "100.64.0.1"]
    assert (settings.anonymous_pages, settings.local_hosts, settings.local_cidrs) == (False, (), ())

    monkeypatch.setenv("FUNDOCR_LEGACY_STATUS", "0")
    monkeypatch.setenv("FUNDOCR_ANONYMOUS_CIDRS", "")
    monkeypatch.setenv("FUNDOCR_FRONT_ADDRESS", "127.0.0.1:8000")
    settings = load_settings()
    assert (settings.legacy_status, settings.anonymous_cidrs) == (False, ())
    assert settings.front_address == "127.0.0.1:8000"
