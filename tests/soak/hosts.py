"""Where the links of a soak lead to: pictures, and hosts that fail in one way or another."""

from collections.abc import Iterator, Mapping, Sequence

from evals.testbed.picture_host import (
    Behaviour,
    endless_body,
    endless_chunks,
    gzip_encoded,
    hangs_up,
    redirect,
    slow_drip,
    status,
    wrong_length,
)
from tests.soak.files import File

FETCH_SECONDS = 1
# Each is answered by one of these, depending on what comes first.
FAILED = frozenset({"FETCH_FAILED", "FETCH_TIMEOUT", "TOO_MANY_BYTES"})
FAILING: dict[str, Behaviour] = {
    "gone": status(404),
    "hangs-up": hangs_up,
    "broken": status(500),
    "too-late": slow_drip(b"x" * 1000),
    "elsewhere": redirect("http://127.0.0.1:1/a.png"),
    "too-short": wrong_length(b"x" * 100, 1000),
    "zipped": gzip_encoded(b"x" * 100),
    "endless": endless_body,
    "crumbs": endless_chunks,
}


class Routes(Mapping[str, bytes | Behaviour]):
    """`/PICTURE/NUMBER`: the file of that place in `files`, with the bytes of that number;
    `/FAILING/NUMBER`: a host that fails.
    """

    def __init__(self, files: Sequence[File]) -> None:
        self._files = files

    def __getitem__(self, path: str) -> bytes | Behaviour:
        _, name, number = path.split("/")
        if name in FAILING:
            return FAILING[name]
        return self._files[int(name)].numbered(int(number))

    def __iter__(self) -> Iterator[str]:
        return iter(FAILING)

    def __len__(self) -> int:
        return len(FAILING)
