"""`fundocr token`: the key that TorchServe asks for at present."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from serving.failure import Failure, settings_or_failure

KEY_FILE = "key_file.json"


def token(kind: str) -> int:
    """Print the token alone, so that `$(fundocr token inference)` works.

    kind: `inference` or `management`.
    """
    key, expires = read_token(settings_or_failure().home / KEY_FILE, kind)
    if expires is not None and expires <= datetime.now(UTC):
        print(
            f"This token expired at {expires:%Y-%m-%d %H:%M} UTC; restart TorchServe for a new "
            "one, or set token_expiration_min higher in config.properties.",
            file=sys.stderr,
        )
    print(key)
    return 0


def read_token(path: Path, kind: str) -> tuple[str, datetime | None]:
    """The token and the time it expires, if that is told, from TorchServe's key file."""
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))
        key = str(keys[kind]["key"])
    except FileNotFoundError:
        raise Failure(
            f"TorchServe is not running here: there is no {path.name} in {path.parent}; "
            "start it with `make serve` or `fundocr serve`."
        ) from None
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise Failure(
            f"{path} holds no {kind} token; restart TorchServe to have it made anew."
        ) from None
    return key, _time(keys[kind].get("expiration time"))


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
