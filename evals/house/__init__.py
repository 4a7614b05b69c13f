"""Measures the code: how many modules there are, and how many of them one request passes."""
