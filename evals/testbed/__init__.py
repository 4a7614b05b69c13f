"""Servers that tests and benches stand on."""
