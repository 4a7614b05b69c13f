"""Servers for tests and benches: MariaDB, a host of pictures."""
