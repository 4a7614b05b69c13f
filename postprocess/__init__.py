"""Text lines → holding: pure functions, no I/O, no clock."""
