"""Host, port and URL of the front door, from FUNDOCR_FRONT_ADDRESS."""

from pipeline.settings import Settings

# Boundaries and headers of a form come on top of the picture's own bytes.
FORM_FRAME = 64 * 1024
# A whole request must arrive within the first time (s), and be answered within the second, which is
# above the longest responseTimeout of the archives (120 s). A stop waits for both.
ARRIVAL_SECONDS = 30
ANSWER_SECONDS = 130
GRACEFUL_SECONDS = ARRIVAL_SECONDS + ANSWER_SECONDS + 5


def front_address(settings: Settings) -> tuple[str, int]:
    """Host and port of FUNDOCR_FRONT_ADDRESS."""
    host, _, port = settings.front_address.rpartition(":")
    return host.strip("[]"), int(port)


def front_url(settings: Settings) -> str:
    """Where the front door is reached from this machine, without a slash at the end.

    A front door that listens on all addresses listens on loopback too.
    """
    host, port = front_address(settings)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
