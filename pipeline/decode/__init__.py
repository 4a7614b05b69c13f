"""Bytes become a picture, within bounds."""
