"""Where the front door listens, and what it allows its callers."""

import ipaddress

from pipeline.settings import Settings, SettingsError

# Boundaries and headers of a form come on top of the picture's own bytes.
FORM_FRAME = 64 * 1024
# A whole request must arrive within the first time (s), and be answered within the second, which is
# above the longest responseTimeout of the archives (120 s). A stop waits for both.
ARRIVAL_SECONDS = 30
ANSWER_SECONDS = 130
GRACEFUL_SECONDS = ARRIVAL_SECONDS + ANSWER_SECONDS + 5


def front_address(settings: Settings) -> tuple[str, int]:
    """Host and port of FUNDOCR_FRONT_ADDRESS.

    SettingsError when that is beyond loopback: until callers have keys, nobody else may call.
    """
    host, _, port = settings.front_address.rpartition(":")
    host = host.strip("[]")
    if not _is_loopback(host):
        raise SettingsError(
            f"FUNDOCR_FRONT_ADDRESS: {host} is not loopback; callers have no keys yet, so it "
            f"must be, such as 127.0.0.1:{port}"
        )
    return host, int(port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
