"""Fetches the bytes behind a link: where it may lead, and how they are asked for."""
