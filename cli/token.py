"""`fundocr token`: prints the key that TorchServe asks for at present."""

import sys
from datetime import UTC, datetime

from serving.failure import Failure, settings_or_failure
from serving.torchserve import KEY_FILE, Api, ApiToken, token_of


def token(api: Api) -> int:
    """Print the token alone, so that `$(fundocr token inference)` works."""
    token_ = _token(api)
    if token_.expires is not None and token_.expires <= datetime.now(UTC):
        print(
            f"This token expired at {token_.expires:%Y-%m-%d %H:%M} UTC; restart TorchServe for a "
            "new one, or set token_expiration_min higher in config.properties.",
            file=sys.stderr,
        )
    print(token_.key)
    return 0


def _token(api: Api) -> ApiToken:
    home = settings_or_failure().home
    try:
        return token_of(home, api)
    except FileNotFoundError:
        raise Failure(
            f"TorchServe is not running here: there is no {KEY_FILE} in {home}; "
            "start it with `make serve` or `fundocr serve`."
        ) from None
    except OSError as error:
        raise Failure(f"{home / KEY_FILE} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Failure(
            f"{home / KEY_FILE} holds no {api} token; restart TorchServe to have it made anew."
        ) from None
