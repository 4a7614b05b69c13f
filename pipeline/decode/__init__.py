"""Decodes bytes to a picture, within limits."""
