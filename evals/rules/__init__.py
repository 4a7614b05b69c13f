"""Tries the rules alone: noise, mutation, speed."""
