"""Rows: tables, connections, the store, migrations."""
