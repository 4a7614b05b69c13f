"""Draws, measures and judges; nothing of it is shipped."""
