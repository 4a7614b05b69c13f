"""Kept for the folders that still take these names from here."""

from tests.fundocr_command import ROOT, fundocr

__all__ = ["ROOT", "fundocr"]
