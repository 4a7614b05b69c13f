"""The rules under noise and mutation, and what they cost."""
