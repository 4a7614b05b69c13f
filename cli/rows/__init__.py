"""Stored rows: exported, imported, compared with what other rules or models say."""
