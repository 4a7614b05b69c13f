"""Which versions of the models answer, and how that changes without a gap."""
