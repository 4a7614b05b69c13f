"""Settings: environment variables FUNDOCR_*, or `.env` in FUNDOCR_HOME; checked once at start."""

import ipaddress
import os
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ocr.engines import DEFAULT_ENGINE, EngineName
from pipeline.regular_file import read_text
from pipeline.setting_errors import sentence
from pipeline.setting_names import unknown_settings

PROJECT = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LAST_PORT = 65_535
# What FUNDOCR_LEGACY means where a setting is not named: the replaced service answered 200, knew no
# keys and listened on all addresses. Whoever comes from the Internet still needs a key.
_LEGACY: dict[str, Any] = {
    "legacy_status": True,
    "anonymous_cidrs": tuple(
        map(
            ipaddress.ip_network,
            ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
        )
    ),
    "front_address": "0.0.0.0:8000",
}
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


class SettingsError(Exception):
    """One line for each setting that is wrong."""


def _parts(value: object) -> object:
    """Lists are written with commas: `a.example.com, *.example.com`."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


def _network(text: str | Network) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text} is not a network such as 10.0.0.0/8") from None


def _picture_host(entry: str) -> str:
    # Brings what parses links: commands without such a list start sooner.
    from pipeline.fetch.host_list import parse_host_rule

    parse_host_rule(entry)
    return entry


# The parts first, then each of them.
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(_picture_host)], ...], NoDecode, BeforeValidator(_parts)
]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]
Networks = Annotated[
    tuple[Annotated[Network, BeforeValidator(_network)], ...], NoDecode, BeforeValidator(_parts)
]


class Settings(BaseSettings):
    """All settings of the service; see docs/settings.md. Frozen after load."""

    model_config = SettingsConfigDict(env_prefix="FUNDOCR_", frozen=True, extra="ignore")

    home: Path = PROJECT
    database_url: str = "sqlite:///var/fundocr.db"
    engine: EngineName = DEFAULT_ENGINE
    device: str = Field("cpu", pattern=r"^(cpu|gpu(:\d+)?)$")
    box_threshold: float = Field(0.5, gt=0, lt=1)
    text_threshold: float = Field(0.5, ge=0, lt=1)
    detector_side: int = Field(640, ge=640, le=960)
    rules: Literal["layout", "seed"] = "layout"
    fund_list: Path | None = None
    oss_hosts: Hosts = ()
    local_hosts: Hosts = ()
    local_cidrs: Networks = ()
    max_bytes: ByteSize = Field(ByteSize(10 * 1024 * 1024), gt=0)
    max_pixels: int = Field(50_000_000, gt=0)
    fetch_seconds: float = Field(5.0, gt=0, le=60)
    keep_days: int = Field(0, ge=0, le=36_500)
    timezone: str = "Asia/Shanghai"
    threads: int = Field(0, ge=0)
    worker_memory: ByteSize = ByteSize(4 * 1024**3)
    front_address: str = Field("127.0.0.1:8000", pattern=r"^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$")
    hosts: Names = ()
    anonymous_cidrs: Networks = ()
    anonymous_pages: bool = False
    proxy_cidrs: Networks = ()
    rate: int = Field(500, gt=0)
    open_items: int = Field(10_000, gt=0)
    drain_seconds: float = Field(0.0, ge=0, le=60)
    legacy: bool = False
    legacy_status: bool = False

    @field_validator("front_address", mode="after")
    @classmethod
    def _a_port(cls, value: str) -> str:
        if int(value.rpartition(":")[2]) > _LAST_PORT:
            raise ValueError(f"{value} has no port below {_LAST_PORT + 1}, as 127.0.0.1:8000 has")
        return value

    @field_validator("fund_list", mode="before")
    @classmethod
    def _none_when_empty(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("hosts", mode="after")
    @classmethod
    def _plain_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Compared with what stands before the port of a Host."""
        for name in value:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name} is not a host's name such as fundocr.example.com")
        return tuple(name.removesuffix(".") for name in value)

    @field_validator("timezone", mode="after")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"{value!r} is no time zone; for example FUNDOCR_TIMEZONE=Asia/Shanghai"
            ) from None

    @property
    def zone(self) -> ZoneInfo:
        """In which a day begins at midnight, for all that people type or see."""
        return ZoneInfo(self.timezone)

    @property
    def resolved_fund_list(self) -> Path | None:
        """The fund list with a relative path taken from FUNDOCR_HOME; None: there is none."""
        return None if self.fund_list is None else self.home / self.fund_list.expanduser()

    @cached_property
    def resolved_database_url(self) -> str:
        """The database URL with a relative SQLite path taken from FUNDOCR_HOME."""
        return self.resolved(self.database_url)

    def resolved(self, database_url: str) -> str:
        """The same of another database URL."""
        prefix = "sqlite:///"
        if not database_url.startswith(prefix):
            return database_url
        return prefix + str(self.home / database_url.removeprefix(prefix))


def _look_at(file: Path) -> None:
    """SettingsError for a .env that cannot be read as one; without the file all is well."""
    try:
        text = read_text(file)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        text = "\0"
    # A mark would become part of the first name, and UTF-16 without one is UTF-8 full of zeros.
    if text.startswith("\ufeff") or "\0" in text:
        raise SettingsError(
            f"{file} is no text in UTF-8; save it as UTF-8, without a byte order mark"
        )


def load_settings(home: Path | None = None, *, strict: bool = False) -> Settings:
    """Read the environment and FUNDOCR_HOME/.env; SettingsError names every wrong setting.

    home: the folder to use where FUNDOCR_HOME is not set; default: the project's folder. strict:
    a FUNDOCR_ name that no setting has is wrong, too; else see `unknown_names`, so that an older
    version still starts beside newer settings.
    """
    folder = Path(os.environ.get("FUNDOCR_HOME") or home or PROJECT).expanduser()
    if not folder.is_dir():
        raise SettingsError(f"FUNDOCR_HOME: {folder} is not a folder")
    folder = folder.resolve()
    _look_at(folder / ".env")
    unknown = unknown_names(folder) if strict else []
    try:
        settings = Settings(_env_file=folder / ".env", home=folder)  # type: ignore[call-arg]
    except ValidationError as error:
        defaults = {name: info.default for name, info in Settings.model_fields.items()}
        lines = [sentence(e, defaults) for e in error.errors()]
        raise SettingsError("\n".join([*lines, *unknown])) from None
    if unknown:
        raise SettingsError("\n".join(unknown))
    return _with_legacy(settings) if settings.legacy else settings


def unknown_names(home: Path) -> list[str]:
    """One line for each FUNDOCR_ name of the environment and of home/.env that no setting has."""
    return unknown_settings(Settings.model_fields, home / ".env")


def _with_legacy(settings: Settings) -> Settings:
    """What is not named is as the replaced service had it."""
    named = settings.model_fields_set
    return settings.model_copy(update={k: v for k, v in _LEGACY.items() if k not in named})
