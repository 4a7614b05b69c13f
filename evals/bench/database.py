"""One MariaDB server for all measured systems, each with a database of its own."""

from evals.bench.lifeline import with_us
from evals.testbed.mariadb import MariaDB

__all__ = ["Database", "server"]

Database = MariaDB


def server() -> MariaDB:
    """A private server on a free port that ends with the bench; a context manager."""
    return MariaDB(buffer_pool="1G", inside=with_us())
