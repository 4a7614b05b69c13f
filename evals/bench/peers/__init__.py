"""The others: each in an environment of its own, started by the bench."""
